"""``virtsmith abi``: is this still the same machine on another QEMU?"""

from __future__ import annotations

import click

from virtsmith.cli.commands import Commands, ToolGroup

MODULES: Commands = {
    "diff": {"diff": "virtsmith.abi.compare_qemus"},
    "dump": {
        "dump": "virtsmith.abi.dump_qemus",
        "show": "virtsmith.abi.find_dump",
    },
    "history": {
        "history": "virtsmith.abi.trace_history",
        "rules": "virtsmith.abi.load_rules",
    },
    "machines": {"machines": "virtsmith.abi.advise_domains"},
    "migrate": {"migrate": "virtsmith.abi.try_migrations"},
    "report": {"report": "virtsmith.abi.report_qemus"},
    "vm": {"vm": "virtsmith.abi.check_vm"},
}
"""The commands of each module, each with its library function."""


@click.group(cls=ToolGroup, package=__name__, commands=MODULES)
def group() -> None:
    """Compare the guest ABI of machine types between QEMU versions, and prove it by real migration."""
