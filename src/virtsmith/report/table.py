"""Tables: rows of cells, each with a tone (good, bad, ...) and a detail that explains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from libvirtxml.findings import Finding, Severity


class Tone(StrEnum):
    """How a cell is judged; formats with colours show it, other formats rely on the text."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    DIM = "dim"


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a table. ``detail`` is shown where there is room: as a footnote or below the table."""

    text: str
    tone: Tone = Tone.PLAIN
    detail: str = ""

    @classmethod
    def of(cls, value: object) -> Cell:
        """Make a cell from a plain value; None gives an empty cell."""
        return value if isinstance(value, Cell) else cls("" if value is None else str(value))


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; the columns named in ``right`` are right-aligned.

    With ``stacked``, text shows each field of a row on a line of its own, for sentences that are too long for columns.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    title: str = ""
    right: frozenset[str] = field(default_factory=frozenset)
    stacked: bool = False

    @classmethod
    def make(
        cls,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        *,
        title: str = "",
        right: Sequence[str] = (),
        stacked: bool = False,
    ) -> Table:
        """Make a table from cells and plain values.

        Example:
            >>> Table.make(["name", "size"], [["a", 3]]).rows[0][1].text
            '3'
        """
        cells = [tuple(Cell.of(value) for value in row) for row in rows]
        return cls(tuple(columns), cells, title, frozenset(right), stacked)

    def details(self) -> list[tuple[str, str]]:
        """The details of all cells, as pairs of "row, column" and text, in reading order."""
        return [
            (f"{row[0].text}, {column}" if number else row[0].text, cell.detail)
            for row in self.rows
            for number, (column, cell) in enumerate(zip(self.columns, row, strict=True))
            if cell.detail
        ]


SEVERITY_TONES = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.WARN, Severity.NOTE: Tone.DIM}


def findings_table(findings: Sequence[Finding], title: str = "") -> Table:
    """Return findings as a table: severity, rule, subject, location, message."""
    rows = [
        [Cell(f.severity.value, SEVERITY_TONES[f.severity]), f.rule, f.subject, str(f.where), f.message]
        for f in findings
    ]
    return Table.make(["severity", "rule", "subject", "where", "message"], rows, title=title)
