"""The matrix for readers: a table, one line per reason, test cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from virtsmith.ark.check.steps import CheckCell, StepResult
from virtsmith.report import table
from virtsmith.report.cases import Case, CaseOutcome
from virtsmith.report.table import Table, Tone

_TONES = {
    StepResult.OK: Tone.GOOD, StepResult.REFUSED: Tone.WARN, StepResult.FAILED: Tone.BAD, StepResult.ERROR: Tone.BAD,
    StepResult.ENVIRONMENT: Tone.DIM, StepResult.NOT_REACHED: Tone.DIM,
}  # fmt: skip
_TITLE = "Tried with stand-ins for"
_OUTCOMES = {
    StepResult.OK: CaseOutcome.PASSED, StepResult.REFUSED: CaseOutcome.FAILED, StepResult.FAILED: CaseOutcome.FAILED,
    StepResult.ERROR: CaseOutcome.ERROR, StepResult.ENVIRONMENT: CaseOutcome.ERROR,
    StepResult.NOT_REACHED: CaseOutcome.SKIPPED,
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


def stand_ins_table(cells: Sequence[CheckCell]) -> Table:
    """Return what of the domain was replaced, and in which cells where it was not in all of them."""
    where: dict[str, list[str]] = {}
    for cell in cells:
        for note in cell.stand_ins:
            where.setdefault(note, []).append(f"{cell.libvirt} {cell.qemu}")
    tried = [cell for cell in cells if cell.stand_ins or cell.command_line]
    rows = [
        [*note.partition(": ")[::2], "all" if len(names) == len(tried) else ", ".join(names)]
        for note, names in where.items()
    ]
    return Table.make(["part", "stand-in", "cells"], rows, title=_TITLE)


def notes_table(notes: Sequence[str]) -> Table:
    """Return what of a domain was replaced."""
    return Table.make(["part", "stand-in"], [list(note.partition(": ")[::2]) for note in notes], title=_TITLE)


def command_lines_table(cells: Sequence[CheckCell]) -> Table:
    """Return in what QEMU's command line differs from that of the first cell that has one."""
    having = [cell for cell in cells if cell.command_line]
    rows: list[list[object]] = []
    for cell in having[1:]:
        pair = f"{cell.libvirt} {cell.qemu}"
        first, other = (options(item.command_line) for item in (having[0], cell))
        rows.extend([pair, "-", word] for word in first if word not in other)
        rows.extend([pair, "+", word] for word in other if word not in first)
    name = f"{having[0].libvirt} {having[0].qemu}" if having else ""
    return Table.make(["pair", "", "option"], rows, title=f"QEMU's command lines, compared with {name}")


def options(command_line: Sequence[str]) -> list[str]:
    """Return the options of a command line, each with its argument."""
    found: list[str] = []
    for word in command_line:
        if word.startswith("-") or not found or not found[-1].startswith("-") or " " in found[-1]:
            found.append(word)
        else:
            found[-1] += f" {word}"
    return found


def to_cases(cells: Sequence[CheckCell]) -> list[Case]:
    """Return one test case per step of every cell."""
    return [
        Case(
            f"{cell.libvirt} {cell.qemu}",
            step.name,
            _OUTCOMES[step.result],
            step.seconds,
            step.reason or ("an earlier step did not succeed" if step.result is StepResult.NOT_REACHED else ""),
            "\n".join([step.log, *(f"stand-in: {note}" for note in cell.stand_ins)]).strip()
            if step.result not in (StepResult.OK, StepResult.NOT_REACHED)
            else step.log,
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
