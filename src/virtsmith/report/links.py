"""Addresses of the documentation, for formats that link a finding to what explains it."""

from __future__ import annotations

from urllib.parse import quote

DOCUMENTATION = "https://virtsmith.readthedocs.io/en/stable/"
"""Where the built documentation is."""

_PAGES = {
    "VH": "host", "PO": "po", "ARK": "ark", "ABI-VM-": "machines", "ABI-": "abi", "xml-": "xml", "verify/": "verify",
    "twin/": "twin", "kcli/": "export", "kubevirt/": "export", "nova/": "export", "nova-compute/": "export",
}  # fmt: skip
"""The page of the rules, by the beginning of their ids; the first that fits."""


def rule_link(rule: str) -> str:
    """The address of what explains a rule."""
    return f"{DOCUMENTATION}rules/{page_of(rule)}.html#{quote(anchor(rule))}"


def page_of(rule: str) -> str:
    """The page that explains a rule."""
    return next((page for start, page in _PAGES.items() if rule.startswith(start)), "index")


def anchor(rule: str) -> str:
    """The name of a rule's section in its page.

    Example:
        >>> anchor("verify/numa")
        'verify-numa'
    """
    return rule.lower().replace("/", "-")
