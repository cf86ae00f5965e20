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
"""The commands of each module, each with its library function."""


@click.group(cls=ToolGroup, package=__name__, commands=MODULES)
def group() -> None:
    """Libvirt XML: show, convert, format, check and edit it, and prove that nothing is lost."""
