"""``virtsmith abi report``: one page about machine types across QEMU versions."""

from __future__ import annotations

import json
from pathlib import Path

import click

from virtsmith.cli.abi.allow import allow_option, read_allowances, reviewed
from virtsmith.cli.abi.sources import Wanted, dump_options, load_sources
from virtsmith.cli.commands import examples
from virtsmith.cli.output import progress, say, write_output
from virtsmith.errors import UsageError


@examples(
    "virtsmith abi report dumps -o abi.html",
    "virtsmith abi report qemu@7.2 qemu@10.0 recordings/*.replies --machine 'pc-q35-*'",
    "virtsmith abi report dumps --loads loads.json -o abi.html",
)
@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="QEMU|DUMP|FOLDER...")
@click.option(
    "-m", "--machine", "machines", multiple=True, metavar="GLOB", help="Only these machine types; repeatable."
)
@click.option(
    "-d", "--devices", multiple=True, metavar="SET",
    help="Only this set of devices; repeatable.  [default: all in folders; `default` for QEMUs]",
)  # fmt: skip
@click.option(
    "--loads", multiple=True, type=click.Path(path_type=Path, allow_dash=True), metavar="FILE",
    help="Real loads to show beside: what `virtsmith abi migrate --json` wrote; repeatable.",
)  # fmt: skip
@allow_option
@click.option("--title", default="Guest ABI of machine types", show_default=True, help="Of the page.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default="abi-report.html", show_default=True,
    metavar="FILE", help="The page; the same data goes beside it as JSON.",
)  # fmt: skip
@dump_options
def report(
    sources: tuple[str, ...], *, machines: tuple[str, ...], devices: tuple[str, ...], loads: tuple[Path, ...],
    allow: tuple[Path, ...], title: str, output: Path, folder: Path | None, jobs: int | None, fresh: bool,
) -> None:  # fmt: skip
    """Write one self-contained page: machine types by version, every difference, real loads, life-cycle.

    Every pair of QEMUs is compared, both ways. Recordings (*.replies) add to the life-cycle. The page loads nothing
    from anywhere, can be searched and filtered, and has the same data as JSON beside it.
    """
    from virtsmith.abi.diff.rule_file import load_rules
    from virtsmith.abi.diff.sets import ITSELF, compare_sets, iter_pairs
    from virtsmith.abi.migrate.results import read_loads
    from virtsmith.abi.report import build_report, render_report

    allowances = read_allowances(allow)
    wanted = Wanted(machines, devices, None, folder, jobs, fresh=fresh)
    sets = load_sources(sources, wanted)
    lists = [dump for each in sets if (dump := each.find(ITSELF)) is not None]
    compared = [each for each in sets if any(key.machine for key in each.dumps)]
    if not compared:
        raise UsageError("none of these has a dump of a machine type", hint="virtsmith abi dump makes some")
    made = [load for path in loads for load in read_loads(path)]
    with progress() as shown:
        comparisons = compare_sets(iter_pairs(compared, "all"), wanted.choice, made, shown)
    comparisons = reviewed(comparisons, allowances).comparisons
    data = build_report(title, comparisons, lists, [rule.as_rule() for rule in load_rules().rules])
    beside = output.with_suffix(".json")
    write_output(json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n", beside)
    write_output(render_report(data), output)
    say(f"wrote {output} and {beside}: {len(compared)} QEMUs, {len(data['machines'])} machine types")


COMMANDS: tuple[click.Command, ...] = (report,)
