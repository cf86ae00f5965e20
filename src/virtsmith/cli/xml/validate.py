"""``virtsmith xml validate``: validation of documents with libvirt's schemas."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click
from libvirtxml.findings import Severity

from virtsmith.cli.commands import examples
from virtsmith.cli.findings import findings_output
from virtsmith.cli.options import DIRECTORY, INPUT
from virtsmith.cli.output import input_name, naming, read_input, steps
from virtsmith.core.terminal import one_line
from virtsmith.report.report import Report

if TYPE_CHECKING:
    from libvirtxml.findings import Finding


@examples("virtsmith xml validate web.xml", "virtsmith xml validate --schemas /usr/share/libvirt/schemas web.xml")
@click.command()
@click.argument("files", nargs=-1, required=True, type=INPUT)
@click.option(
    "--schemas", type=DIRECTORY, help="Directory of RELAX NG schemas; by default those of the installed libvirt."
)
@findings_output
def validate(files: tuple[Path, ...], schemas: Path | None) -> Report:
    """Check documents against libvirt's schemas and the rules of what it defines, and suggest corrections.

    Without schemas they are checked against the model, which covers all releases but not all combinations. The rules
    are those of the second verdict of `xml check`, as far as all releases have them; `xml rules` explains them.
    """
    from dataclasses import replace

    from libvirtxml import find_schemas
    from libvirtxml import validate as check

    directory = schemas or find_schemas()
    found: list[Finding] = []
    with steps("checking", files) as paths:
        for path in paths:
            with naming(path):
                findings = check(read_input(path, with_memory=False), directory)
            findings = sorted(findings, key=lambda item: item.where.line or math.inf)
            found.extend(replace(finding, where=replace(finding.where, file=input_name(path))) for finding in findings)
    return _report(found, len(files))


def _report(found: list[Finding], count: int) -> Report:
    from libvirtxml.definition import RULES
    from libvirtxml.rules import VALIDATION_RULES

    errors = [finding for finding in found if finding.severity is not Severity.NOTE]
    notes = [finding for finding in found if finding.severity is Severity.NOTE]
    bad = len({error.where.file for error in errors})
    return Report(
        "xml validate",
        found,
        (*VALIDATION_RULES, *(declared.rule for declared in RULES.values())),
        text=lambda _: "".join(f"{_in_short(error)}\n" for error in errors),
        remarks=[
            *(f"note: {_in_short(note)}" for note in notes),
            f"{count} checked, {count - bad} valid, {bad} not valid",
        ],
        data=lambda: {"valid": not errors},
    )


def _in_short(finding: Finding) -> str:
    return one_line(f"{finding.where}: {finding.subject}: {finding.message}")


COMMANDS: tuple[click.Command, ...] = (validate,)
