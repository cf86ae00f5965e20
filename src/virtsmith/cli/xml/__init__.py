"""``virtsmith xml``: libvirt documents."""

from __future__ import annotations

import click

from virtsmith.cli.commands import ToolGroup

MODULES: dict[str, tuple[str, ...]] = {
    "check": ("check", "since"),
    "diff": ("diff",),
    "edit": ("edit",),
    "get": ("get",),
    "roundtrip": ("roundtrip",),
    "rules": ("rules",),
    "show": ("show", "convert", "format", "validate", "schema"),
}
"""The commands of each module."""


@click.group(cls=ToolGroup, package=__name__, commands=MODULES)
def group() -> None:
    """Libvirt XML: show it, convert it, format it, check it, prove that nothing is lost."""
