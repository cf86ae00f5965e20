"""URLs of the documentation, for formats that link a finding to the page of its rule."""

from __future__ import annotations

from urllib.parse import quote

DOCUMENTATION = "https://virtsmith.readthedocs.io/en/stable/"
"""The published documentation."""

_PAGES = {
    "VH": "host", "PO": "po", "ARK": "ark", "ABI-VM-": "machines", "ABI-": "abi", "xml-": "xml", "DEF": "xml",
    "verify/": "verify", "twin/": "twin", "kcli/": "export", "kubevirt/": "export", "nova/": "export",
    "nova-compute/": "export",
}  # fmt: skip
"""The page of each group of rules, by prefix of the rule id; the first match counts."""


def rule_link(rule: str) -> str:
    """Return the URL of a rule's documentation."""
    return f"{DOCUMENTATION}rules/{page_of(rule)}.html#{quote(anchor(rule))}"


def page_of(rule: str) -> str:
    """Return the name of the page that documents a rule."""
    return next((page for start, page in _PAGES.items() if rule.startswith(start)), "index")


def anchor(rule: str) -> str:
    """Return the anchor of a rule's section in its page.

    Example:
        >>> anchor("verify/numa")
        'verify-numa'
    """
    return rule.lower().replace("/", "-")
