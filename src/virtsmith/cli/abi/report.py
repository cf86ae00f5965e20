"""``virtsmith abi report``: one page about machine types across QEMU versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.abi.requests import SOURCES, allow_option, request_options
from virtsmith.cli.commands import examples
from virtsmith.cli.findings import say_findings
from virtsmith.cli.output import is_replaceable, progress, say, write_output

if TYPE_CHECKING:
    from virtsmith.abi import DumpRequest


@examples(
    "virtsmith abi report dumps -o abi.html",
    "virtsmith abi report qemu@7.2 qemu@10.0 recordings/*.replies --machine 'pc-q35-*'",
    "virtsmith abi report dumps --loads loads.json -o abi.html",
)
@click.command()
@click.argument("sources", nargs=-1, required=True, metavar=f"{SOURCES}...")
@click.option(
    "-m", "--machine", "machines", multiple=True, metavar="GLOB", help="Only these machine types; repeatable."
)
@click.option(
    "-d",
    "--devices",
    multiple=True,
    metavar="SET",
    help="Only this set of devices; repeatable.  [default: all in directories; `default` for QEMUs]",
)
@click.option(
    "--loads",
    multiple=True,
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Loads to include, written by `virtsmith abi migrate --json`; repeatable.",
)
@allow_option
@click.option("--title", default="Guest ABI of machine types", show_default=True, help="Title of the page.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default="abi-report.html",
    show_default=True,
    metavar="FILE",
    help="The page; its data is written beside it as JSON, if it is a file.",
)
@request_options
def report(
    sources: tuple[str, ...],
    *,
    request: DumpRequest,
    loads: tuple[Path, ...],
    allow: tuple[Path, ...],
    title: str,
    output: Path,
) -> None:
    """Write a self-contained page: machine types by version, every difference, loads, life cycle.

    Every pair of QEMUs is compared in both directions. Recordings (*.replies) add to the life cycle. The page loads no
    external resources, can be searched and filtered, and its data is written beside it as JSON.
    """
    from virtsmith.abi import load_allowances, read_loads, render_report, report_qemus

    allowances, made = load_allowances(allow), [load for path in loads for load in read_loads(path)]
    with progress() as shown:
        found = report_qemus(sources, request, loads=made, allowances=allowances, title=title, progress=shown)
    say_findings(found.review.findings)
    written = [output]
    if is_replaceable(output):
        written.append(output.with_suffix(".json"))
        write_output(json.dumps(found.data, indent=1, sort_keys=True, ensure_ascii=False) + "\n", written[1])
    write_output(render_report(found.data), output)
    names = " and ".join(map(str, written))
    say(f"wrote {names}: {len(found.compared)} QEMUs, {len(found.data['machines'])} machine types")


COMMANDS: tuple[click.Command, ...] = (report,)
