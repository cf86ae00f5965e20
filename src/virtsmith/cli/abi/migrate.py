"""``virtsmith abi migrate``: state that one QEMU saves and another loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from virtsmith.cli.abi.requests import STATES, state_options
from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.output import progress, say
from virtsmith.errors import ExitCode
from virtsmith.report.report import Lines, Page, Report

if TYPE_CHECKING:
    from virtsmith.abi.migrate.matrix import Matrix


@examples(
    "virtsmith abi migrate qemu@10.0.13 qemu@11.1 --machine 'pc-q35-*'",
    "virtsmith abi migrate qemu@10.0 system -m pc-q35-7.2 -d virtio -d legacy --format junit -o migrate.xml",
)
@click.command()
@click.argument("qemus", nargs=-1, required=True, metavar="QEMU...")
@click.option(
    "-m",
    "--machine",
    "machines",
    multiple=True,
    metavar="GLOB",
    help="Machine types.  [default: versioned ones that more than one QEMU has]",
)
@click.option(
    "-d",
    "--devices",
    multiple=True,
    default=("default",),
    show_default=True,
    metavar="SET",
    help="Devices to plug in; repeatable.",
)
@state_options
@click.option(
    "--accel",
    "accels",
    multiple=True,
    type=click.Choice(["tcg", "kvm"]),
    default=("tcg",),
    show_default=True,
    help="Accelerator; repeatable.",
)
@click.option("-j", "--jobs", type=click.IntRange(1, 256), help="States at once.  [default: one per processor]")
@click.option("--scheduler", metavar="ADDRESS", help="Distribute the work over a Dask cluster: tcp://host:8786.")
@click.option("--fresh", is_flag=True, help="Ignore cached results of earlier runs.")
@findings_output
def migrate(
    qemus: tuple[str, ...],
    *,
    machines: tuple[str, ...],
    devices: tuple[str, ...],
    state: str,
    accels: tuple[str, ...],
    jobs: int | None,
    scheduler: str | None,
    fresh: bool,
) -> Report:
    """Save the state of machines with each QEMU and load it with each, to see whether migration works.

    QEMU is qemu@VERSION (of the ark), system, or a path. Exits with 1 unless every state that was saved was loaded.
    """
    from virtsmith.abi import try_migrations

    with progress() as shown:
        matrix = try_migrations(
            qemus,
            machines=machines,
            devices=devices,
            accels=accels,
            states=STATES[state],
            fresh=fresh,
            jobs=jobs,
            scheduler=scheduler,
            progress=shown,
        )
    if not matrix.tried:
        say("nothing could be tried: no two of these QEMUs have such a machine type with these devices")
    return migration_report(matrix, qemus[-1])


def migration_report(matrix: Matrix, source: str) -> Report:
    """Tables of all cells, and failed loads as findings."""
    from virtsmith.abi.migrate import report, results
    from virtsmith.abi.migrate.findings import RULES, load_findings

    def page() -> Page:
        notes = report.left_out_notes(matrix)
        return Page("Does the state load?", [*report.matrix_tables(matrix), *([Lines(notes)] if notes else [])])

    return Report(
        "abi migrate",
        load_findings(matrix.loads, report.version_names(matrix.binaries)),
        RULES,
        source,
        page,
        data=lambda: results.to_data(matrix),
        cases=lambda: report.to_cases(matrix),
        exit_code=ExitCode.OK if matrix.all_ok else ExitCode.FINDINGS,
    )


COMMANDS: tuple[click.Command, ...] = (migrate,)
