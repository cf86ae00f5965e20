"""The matrix for readers: a table, one line per reason, test cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from virtsmith.ark.check.cell import CheckCell, StepResult
from virtsmith.report import table
from virtsmith.report.cases import Case, CaseOutcome
from virtsmith.report.table import Table, Tone

_TONES = {
    StepResult.OK: Tone.GOOD, StepResult.REFUSED: Tone.WARN, StepResult.FAILED: Tone.BAD, StepResult.ERROR: Tone.BAD,
    StepResult.NOT_REACHED: Tone.DIM,
}  # fmt: skip
_OUTCOMES = {
    StepResult.OK: CaseOutcome.PASSED, StepResult.REFUSED: CaseOutcome.FAILED, StepResult.FAILED: CaseOutcome.FAILED,
    StepResult.ERROR: CaseOutcome.ERROR, StepResult.NOT_REACHED: CaseOutcome.SKIPPED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class UntestedVersion:
    """What is known about a version that was not run, such as ``schema accepts; not run``."""

    version: str
    message: str


def matrix_table(cells: Sequence[CheckCell], prospects: Sequence[UntestedVersion] = ()) -> Table:
    """Return libvirt versions down, QEMU versions across; details give the reason why a cell is not ok."""
    libvirts = list(dict.fromkeys(cell.libvirt for cell in cells))
    qemus = list(dict.fromkeys(cell.qemu for cell in cells))
    at = {(cell.libvirt, cell.qemu): cell for cell in cells}
    rows: list[list[object]] = [[libvirt, *(_shown(at.get((libvirt, qemu))) for qemu in qemus)] for libvirt in libvirts]
    rows += [
        [p.version, *(table.Cell(p.message if n == 0 else "", Tone.DIM) for n, _ in enumerate(qemus))]
        for p in prospects
    ]
    return Table.make(["", *qemus], rows)


def to_cases(cells: Sequence[CheckCell]) -> list[Case]:
    """Return one test case per step of every cell."""
    return [
        Case(
            f"{cell.libvirt} {cell.qemu}",
            step.name,
            _OUTCOMES[step.result],
            step.seconds,
            step.reason or ("an earlier step did not succeed" if step.result is StepResult.NOT_REACHED else ""),
            step.log,
        )
        for cell in cells
        for step in cell.steps
    ]


def _shown(cell: CheckCell | None) -> table.Cell:
    if cell is None:
        return table.Cell("")
    step = cell.decisive
    if cell.result is StepResult.OK:
        return table.Cell("ok", Tone.GOOD)
    return table.Cell(f"{step.name} {step.result.value}", _TONES[step.result], step.reason)
