"""``virtsmith abi``: is this still the same machine on another QEMU?"""

from __future__ import annotations

import click

from virtsmith.cli.commands import ToolGroup

MODULES: dict[str, tuple[str, ...]] = {
    "diff": ("diff",),
    "dump": ("dump", "show"),
    "history": ("history", "rules"),
    "machines": ("machines",),
    "migrate": ("migrate",),
    "report": ("report",),
    "vm": ("vm",),
}
"""The commands of each module."""


@click.group(cls=ToolGroup, package=__name__, commands=MODULES)
def group() -> None:
    """Compare the guest ABI of machine types between QEMU versions, and prove it by real migration."""
