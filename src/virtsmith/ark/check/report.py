"""The matrix for readers: a table, one line per reason, test cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from virtsmith.ark.check.cell import Cell, Result
from virtsmith.report import table
from virtsmith.report.cases import Case, Outcome
from virtsmith.report.table import Table, Tone

_TONES = {
    Result.OK: Tone.GOOD, Result.REFUSED: Tone.WARN, Result.FAILED: Tone.BAD, Result.ERROR: Tone.BAD,
    Result.NOT_REACHED: Tone.DIM,
}  # fmt: skip
_OUTCOMES = {
    Result.OK: Outcome.PASSED, Result.REFUSED: Outcome.FAILED, Result.FAILED: Outcome.FAILED,
    Result.ERROR: Outcome.ERROR, Result.NOT_REACHED: Outcome.SKIPPED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prospect:
    """What is known of a version that was not run, such as ``accepted by schema; not run``."""

    version: str
    message: str


def matrix_table(cells: Sequence[Cell], prospects: Sequence[Prospect] = ()) -> Table:
    """Return libvirt versions down, QEMU versions across; details tell why a cell is not ok."""
    libvirts = list(dict.fromkeys(cell.libvirt for cell in cells))
    qemus = list(dict.fromkeys(cell.qemu for cell in cells))
    at = {(cell.libvirt, cell.qemu): cell for cell in cells}
    rows: list[list[object]] = [[libvirt, *(_shown(at.get((libvirt, qemu))) for qemu in qemus)] for libvirt in libvirts]
    rows += [
        [p.version, *(table.Cell(p.message if n == 0 else "", Tone.DIM) for n, _ in enumerate(qemus))]
        for p in prospects
    ]
    return Table.make(["", *qemus], rows)


def to_cases(cells: Sequence[Cell]) -> list[Case]:
    """Return one test case per step of every cell."""
    return [
        Case(
            f"{cell.libvirt} {cell.qemu}", step.name, _OUTCOMES[step.result], step.seconds,
            step.reason or ("an earlier step did not succeed" if step.result is Result.NOT_REACHED else ""), step.log,
        )
        for cell in cells
        for step in cell.steps
    ]  # fmt: skip


def _shown(cell: Cell | None) -> table.Cell:
    if cell is None:
        return table.Cell("")
    step = cell.decisive
    if cell.result is Result.OK:
        return table.Cell("ok", Tone.GOOD)
    return table.Cell(f"{step.name} {step.result.value}", _TONES[step.result], step.reason)
