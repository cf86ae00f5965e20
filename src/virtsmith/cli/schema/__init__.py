"""``virtsmith schema``: libvirt's schemas, their facts, and the model."""

from __future__ import annotations

import click

from virtsmith.cli.commands import Commands, ToolGroup

MODULES: Commands = {
    "commands": {
        "import": "virtsmith.schema.import_releases",
        "generate": "virtsmith.schema.generate",
        "releases": "virtsmith.schema.release_additions",
        "learn-order": "virtsmith.schema.write_order",
    },
}
"""The commands of each module, each with its library function."""


@click.group(cls=ToolGroup, package=__name__, commands=MODULES)
def group() -> None:
    """Read libvirt's RELAX NG schemas, compare releases, generate the typed model."""
