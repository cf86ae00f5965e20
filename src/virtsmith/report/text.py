"""Plain text, with colours on request: aligned tables, findings the way compilers print them."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width

from virtsmith.core.findings import Finding
from virtsmith.report.table import SEVERITY_TONES, Cell, Table, Tone

_COLOURS = {Tone.GOOD: "32", Tone.WARN: "33", Tone.BAD: "31", Tone.DIM: "2"}


def render_table(table: Table, *, colour: bool = False, details: bool = True) -> str:
    """Return a table with aligned columns; details follow below it.

    Example:
        >>> print(render_table(Table.make(["name", "size"], [["a", 3]])))
        name  size
        a     3
        <BLANKLINE>
    """
    head = tuple(Cell(name, Tone.PLAIN) for name in table.columns)
    widths = [max(_width(row[n].text) for row in [head, *table.rows]) for n in range(len(head))]
    lines = [table.title, ""] if table.title else []
    lines += [_line(row, table, widths, colour=colour) for row in [head, *table.rows]]
    notes = table.details() if details else []
    if notes:
        lines.append("")
        lines += [f"{where}: {_indented(text)}" for where, text in notes]
    return "\n".join(lines) + "\n"


def render_findings(findings: Sequence[Finding], *, colour: bool = False) -> str:
    """Return findings one a line: ``place: severity: message [rule]``; empty for none."""
    return "".join(f"{_finding_line(finding, colour=colour)}\n" for finding in findings)


def _finding_line(finding: Finding, *, colour: bool) -> str:
    place = str(finding.where) or finding.subject
    about = f" ({finding.subject})" if finding.subject and finding.subject != place else ""
    severity = paint(finding.severity.value, SEVERITY_TONES[finding.severity], wanted=colour)
    return f"{place}: {severity}: {finding.message}{about} [{finding.rule}]"


def paint(text: str, tone: Tone, *, wanted: bool) -> str:
    """Return text in the colour of a tone, where colours are wanted."""
    code = _COLOURS.get(tone) if wanted else None
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def _line(row: tuple[Cell, ...], table: Table, widths: list[int], *, colour: bool) -> str:
    parts = []
    for name, cell, width in zip(table.columns, row, widths, strict=True):
        gap = " " * (width - _width(cell.text))
        shown = paint(cell.text, cell.tone, wanted=colour)
        parts.append(gap + shown if name in table.right else shown + gap)
    return "  ".join(parts).rstrip()


def _indented(text: str) -> str:
    return text.strip().replace("\n", "\n    ")


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(1 + (east_asian_width(char) in "WF") for char in text)
