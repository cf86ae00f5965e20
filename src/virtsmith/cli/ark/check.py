"""``virtsmith ark check``: will this domain work there?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import INPUT
from virtsmith.cli.output import input_name, progress, read_input
from virtsmith.errors import ExitCode
from virtsmith.report.report import Page, Report

if TYPE_CHECKING:
    from virtsmith.ark.check.run import DomainCheck


@examples(
    "virtsmith ark check web.xml --libvirt 9..12 --qemu '>=7'",
    "virtsmith ark check web.xml --format html -o matrix.html",
)
@click.command()
@click.argument("document", type=INPUT, metavar="DOMAIN.xml")
@click.option(
    "--libvirt", "libvirts", default="all", show_default=True, metavar="VERSIONS", help="6..9, >=7, min,max, ..."
)
@click.option("--qemu", "qemus", default="all", show_default=True, metavar="VERSIONS", help="The same for QEMU.")
@click.option(
    "--accel",
    type=click.Choice(["auto", "tcg", "kvm"]),
    default="auto",
    show_default=True,
    help="auto: as the domain says, emulated if KVM does not work.",
)
@click.option(
    "--until",
    type=click.Choice(["define", "native", "start", "save", "migrate"]),
    default="save",
    show_default=True,
    help="The last thing to try; native is the conversion to QEMU's command line.",
)
@click.option("--as-is", is_flag=True, help="Without stand-ins: whether it works on this machine.")
@click.option("--command-lines", is_flag=True, help="Also show in what QEMU's command lines differ.")
@click.option("-j", "--jobs", type=click.IntRange(1, 64), help="Cells at once.  [default: one per processor]")
@click.option("--fresh", is_flag=True, help="Ignore cached results of earlier runs.")
@findings_output
@click.pass_obj
def check(
    place: Path | None,
    document: Path,
    *,
    libvirts: str,
    qemus: str,
    accel: str,
    until: str,
    as_is: bool,
    command_lines: bool,
    jobs: int | None,
    fresh: bool,
) -> Report:
    """Run a domain on installed libvirt and QEMU versions: define, start, save, restore, destroy.

    Every pair gets a daemon of its own. The domain is defined as it is, and started, paused, with stand-ins for what it
    names of the machine it comes from: empty disks, the user's network, less memory. Where something is missing that it
    needs, the result is 'environment', with what fixes it. For requested libvirt releases that are not installed, the
    table shows what their schemas say. Exits with 1 if a step of any pair does not succeed.
    """
    from virtsmith.ark import Ark, check_domain

    with progress() as shown:
        found = check_domain(
            read_input(document),
            libvirts=libvirts,
            qemus=qemus,
            accel=accel,
            name=input_name(document),
            ark=Ark.open(place),
            jobs=jobs,
            fresh=fresh,
            until=until,
            as_is=as_is,
            progress=shown,
        )
    return check_report(found, input_name(document), command_lines=command_lines)


def check_report(found: DomainCheck, source: str, *, command_lines: bool = False) -> Report:
    """A table of all pairs of versions, and the steps that did not succeed as findings."""
    from virtsmith.ark.check.findings import RULES, check_findings
    from virtsmith.ark.check.report import command_lines_table, matrix_table, stand_ins_table, to_cases
    from virtsmith.ark.check.steps import StepResult

    name, cells = found.domain.name, found.cells
    good = sum(cell.result is StepResult.OK for cell in cells)
    facts = {"domain": name, "pairs": str(len(cells)), "ok": str(good)}
    if unjudged := sum(not cell.result.is_verdict for cell in cells):
        facts["not judged"] = str(unjudged)

    def page() -> Page:
        more = [stand_ins_table(cells), *([command_lines_table(cells)] if command_lines else [])]
        tables = [matrix_table(cells, found.prospects), *(table for table in more if table.rows)]
        return Page(f"Will {name} work there?", tables, facts=facts)

    return Report(
        "ark check",
        check_findings(cells, source),
        RULES,
        source,
        page=page,
        data=found.to_dict,
        cases=lambda: to_cases(cells),
        exit_code=ExitCode.OK if found.is_fine else ExitCode.FINDINGS,
    )


COMMANDS: tuple[click.Command, ...] = (check,)
