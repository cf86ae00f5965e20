"""``virtsmith abi``: is this still the same machine on another QEMU? The commands are in files of their own."""

from __future__ import annotations

import click

from virtsmith.cli import abi_diff, abi_dump, abi_history, abi_machines, abi_migrate, abi_report, abi_vm
from virtsmith.cli.commands import ToolGroup


@click.group(cls=ToolGroup)
def group() -> None:
    """Compare the guest ABI of machine types between QEMU versions, and prove it by real migration."""


for module in (abi_dump, abi_diff, abi_history, abi_machines, abi_migrate, abi_vm, abi_report):
    for joined in module.COMMANDS:
        group.add_command(joined)
