"""``virtsmith clean``: leftovers of killed runs of all tools."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.commands import TwinCommand, examples
from virtsmith.cli.options import format_option
from virtsmith.cli.output import say, table_text, write_json, write_output
from virtsmith.errors import ExternalError

if TYPE_CHECKING:
    from virtsmith.cleanup import Leftover


@examples("virtsmith clean", "virtsmith clean --yes", "virtsmith clean --json")
@click.command("clean", cls=TwinCommand, twin="virtsmith.cleanup.find_leftovers")
@click.option("-y", "--yes", is_flag=True, help="Remove what is listed: processes are ended, then killed.")
@format_option("text", "json")
def command(output_format: str, output: Path, *, yes: bool) -> None:
    """List leftovers of killed runs: processes, directories, libvirt domains, downloads; with --yes, remove them.

    Runs clean up after themselves and after killed ones; this command is for leftovers when nothing is run again.
    Nothing that belongs to a living run is listed or removed.
    """
    from virtsmith.cleanup import find_leftovers, remove_leftovers

    found = find_leftovers()
    stuck = remove_leftovers(found) if yes else []
    _show(found, output_format, output, removed=yes)
    if stuck:
        raise ExternalError(f"cannot remove {', '.join(str(leftover.path) for leftover in stuck)}")


def _show(found: list[Leftover], output_format: str, output: Path, *, removed: bool) -> None:
    from virtsmith.report.table import Table

    if output_format == "json":
        write_json("clean", {"removed": removed, "leftovers": [_as_data(leftover) for leftover in found]}, output)
        return
    if found:
        rows = [
            [
                leftover.kind,
                str(leftover.path),
                " ".join(map(str, leftover.processes)),
                "; ".join(map(shlex.join, leftover.commands)),
            ]
            for leftover in found
        ]
        write_output(table_text(Table.make(["of", "path", "processes", "to be run"], rows), output), output)
    if not found:
        say("there are no leftovers of killed runs")
    elif not removed:
        say("remove them with: virtsmith clean --yes")


def _as_data(leftover: Leftover) -> dict[str, object]:
    return {
        "kind": leftover.kind,
        "path": str(leftover.path),
        "processes": list(leftover.processes),
        "commands": [list(command) for command in leftover.commands],
    }
