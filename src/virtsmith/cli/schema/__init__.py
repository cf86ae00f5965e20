"""``virtsmith schema``: libvirt's schemas, their facts, and the model."""

from __future__ import annotations

import click

from virtsmith.cli.commands import ToolGroup

MODULES: dict[str, tuple[str, ...]] = {
    "commands": ("import", "generate", "releases", "learn-order"),
}
"""The commands of each module."""


@click.group(cls=ToolGroup, package=__name__, commands=MODULES)
def group() -> None:
    """Read libvirt's RELAX NG schemas, compare releases, generate the typed model."""
