"""``virtsmith ark check``: will this domain work there?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import INPUT
from virtsmith.cli.output import input_name, progress, read_input, say
from virtsmith.errors import ExitCode, MissingError
from virtsmith.report.report import Page, Report

if TYPE_CHECKING:
    from virtsmith.ark.check.cell import Cell
    from virtsmith.ark.check.domain import Domain
    from virtsmith.ark.check.report import Prospect
    from virtsmith.ark.layout import Ark, Installed


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
@click.option("--accel", type=click.Choice(["auto", "tcg", "kvm"]), default="auto", show_default=True,
              help="auto: as the domain says, emulated where KVM does not work.")  # fmt: skip
@click.option("-j", "--jobs", type=click.IntRange(1, 64), help="Cells at once.  [default: one per processor]")
@click.option("--fresh", is_flag=True, help="Run everything, whatever is remembered of earlier runs.")
@findings_output
@click.pass_obj
def check(
    place: Path | None, document: Path, *, libvirts: str, qemus: str, accel: str, jobs: int | None, fresh: bool
) -> Report:
    """Put a domain through installed libvirt and QEMU versions: define, start, save, restore, destroy, for real.

    Every pair gets a daemon of its own. Of libvirt releases that are wanted and not installed, the table tells what
    their schemas say. Exits with 1 when a step of any pair does not succeed.
    """
    from virtsmith.ark.check import matrix
    from virtsmith.ark.check.domain import Domain
    from virtsmith.ark.check.outlook import find_prospects
    from virtsmith.ark.layout import Ark

    domain = Domain.parse(read_input(document), input_name(document))
    ark = Ark.open(place)
    chosen = _choose(ark, "libvirt", libvirts)
    pairs = list(matrix.iter_pairs(chosen, _choose(ark, "qemu", qemus)))
    prospects = find_prospects(domain.text, libvirts, [one.version for one in ark.installed("libvirt") if one.version])
    emulated = matrix.must_emulate(domain, accel)
    if emulated and domain.kind == "kvm":
        say("note: the domain asks for KVM; it is run emulated")
    with progress() as shown:
        cells = matrix.run_matrix(domain, pairs, emulated=emulated, jobs=jobs, fresh=fresh, progress=shown)
    return check_report(cells, prospects, domain, input_name(document))


def _choose(ark: Ark, app: str, text: str) -> list[Installed]:
    from virtsmith.ark.wanted import choose

    versions = ark.installed(app)
    chosen = choose(versions, text)
    if not versions:
        raise MissingError(f"no {app} is installed", hint=f"virtsmith ark install {app}, or {app}@VERSION")
    if not chosen:
        names = ", ".join(version.version or version.id for version in versions)
        raise MissingError(f"no installed {app} is {text}", hint=f"installed are {names}")
    return chosen


def check_report(cells: list[Cell], prospects: list[Prospect], domain: Domain, source: str) -> Report:
    """A table of all pairs of versions, and the steps that did not succeed as findings."""
    from virtsmith.ark.check.cell import Result
    from virtsmith.ark.check.findings import RULES, check_findings
    from virtsmith.ark.check.report import matrix_table, to_cases

    good = sum(cell.result is Result.OK for cell in cells)
    facts = {"domain": domain.name, "pairs": str(len(cells)), "ok": str(good)}
    return Report(
        "ark check", check_findings(cells, source), RULES, source,
        page=lambda: Page(f"Will {domain.name} work there?", [matrix_table(cells, prospects)], facts=facts),
        data=lambda: {
            "domain": domain.name,
            "cells": [cell.to_dict() for cell in cells],
            "not_run": [{"libvirt": one.version, "message": one.message} for one in prospects],
        },
        cases=lambda: to_cases(cells),
        exit_code=ExitCode.OK if good == len(cells) else ExitCode.FINDINGS,
    )  # fmt: skip


COMMANDS: tuple[click.Command, ...] = (check,)
