"""What libvirt was measured to refuse in documents of each kind; the table of domains is ``measured.py``."""

from __future__ import annotations

from importlib import import_module

KINDS = ("domain", "filter", "interface", "network", "pool", "secret", "volume")
"""The root elements of the documents that libvirt was asked about."""
Table = tuple[dict[tuple[str, ...], dict[str, str]], frozenset[str], frozenset[str]]


def table_of(kind: str) -> Table:
    """For sets of releases, the words that they refuse by field; fields of which any text is taken; early values."""
    if kind == "domain":
        from libvirtxml._impl.definition import measured  # noqa: PLC0415 - large

        return measured.REFUSED, measured.LENIENT, measured.EARLY
    module = import_module(f"libvirtxml._impl.definition.tables.{kind}")
    return module.REFUSED, module.LENIENT, module.EARLY
