"""``virtsmith xml``: libvirt documents."""

from __future__ import annotations

import click

from virtsmith.cli.commands import Commands, ToolGroup

MODULES: Commands = {
    "check": {
        "check": "libvirtxml.acceptance.check",
        "since": "libvirtxml.acceptance.since",
    },
    "convert": {
        "convert": "libvirtxml.convert",
        "format": "libvirtxml.format_xml",
    },
    "diff": {"diff": "libvirtxml.diff"},
    "edit": {"edit": "libvirtxml.apply"},
    "get": {"get": "libvirtxml.get"},
    "roundtrip": {"roundtrip": "libvirtxml.round_trip"},
    "rules": {"rules": "libvirtxml.rules.RULES"},
    "schema": {"schema": "libvirtxml.json_schema"},
    "show": {"show": "libvirtxml.outline"},
    "validate": {"validate": "libvirtxml.validate"},
}
"""The commands of each module, and the function of the library that does the same."""


@click.group(cls=ToolGroup, package=__name__, commands=MODULES)
def group() -> None:
    """Libvirt XML: show it, convert it, format it, check it, prove that nothing is lost."""
