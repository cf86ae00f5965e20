"""``virtsmith ark``: QEMU and libvirt versions side by side."""

from __future__ import annotations

from pathlib import Path

import click

from virtsmith.cli.commands import ToolGroup

MODULES: dict[str, tuple[str, ...]] = {
    "build": ("catalogue", "spec", "srpm", "build"),
    "check": ("check",),
    "install": ("install", "list", "remove", "clean", "verify", "doctor"),
    "rules": ("rules",),
    "targets": ("targets", "minimum"),
    "use": ("run", "shell", "env", "daemon"),
}
"""The commands of each module."""


@click.group(cls=ToolGroup, package=__name__, commands=MODULES)
@click.option("--ark", "place", type=click.Path(path_type=Path), envvar="VIRTSMITH_ARK", metavar="DIR",
              help="The ark's folder.  [default: $VIRTSMITH_ARK, or the user's data folder]")  # fmt: skip
@click.pass_context
def group(context: click.Context, place: Path | None) -> None:
    """QEMU and libvirt versions side by side."""
    context.obj = place
