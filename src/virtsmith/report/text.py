"""Plain text, with colours on request: aligned tables, and findings as compilers print them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from unicodedata import east_asian_width

from libvirtxml.findings import Finding

from virtsmith.core.terminal import harmless, one_line
from virtsmith.report.report import Block, Lines, Page, Report, Screen
from virtsmith.report.table import SEVERITY_TONES, Cell, Table, Tone

_GAP = "  "
_NARROWEST = 8
_COLOURS = {Tone.GOOD: "32", Tone.WARN: "33", Tone.BAD: "31", Tone.DIM: "2"}


def render_report(report: Report, screen: Screen = Screen()) -> str:  # noqa: B008 - it is frozen
    """Return the text of a report: its ``text``, or its page."""
    return report.text(screen) if report.text else render_page(report.shown(), screen)


def render_page(page: Page, screen: Screen = Screen()) -> str:  # noqa: B008 - it is frozen
    """Return the blocks of a page, separated by empty lines, and its summary, but not its title."""
    parts = [_block(block, screen) for block in page.blocks]
    parts += [_lines(page.summary)] if page.summary else []
    return "\n".join(part for part in parts if part)


def _block(block: Block, screen: Screen) -> str:
    if isinstance(block, Table):
        return render_table(block, colour=screen.colour, width=screen.width)
    text = _lines(block.lines) if isinstance(block, Lines) else render_findings(block.findings, colour=screen.colour)
    return f"{one_line(block.title)}\n\n{text}" if block.title and text else text


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{one_line(line)}\n" for line in lines)


def render_table(table: Table, *, colour: bool = False, details: bool = True, width: int | None = None) -> str:
    """Return a table with aligned columns, with details below it.

    If lines would be longer than ``width``, the widest columns are wrapped.

    Example:
        >>> print(render_table(Table.make(["name", "size"], [["a", 3]])))
        name  size
        a     3
        <BLANKLINE>
    """
    if table.stacked:
        return "".join(_stacked(table.columns, row) for row in table.rows)
    rows = [_harmless_row(row) for row in (map(Cell.of, table.columns), *table.rows)]
    widths = [max(_width(cell.text) for cell in column) for column in zip(*rows, strict=True)]
    if width is not None:
        _narrow(widths, width)
    lines = [one_line(table.title), ""] if table.title else []
    lines += [_line(part, table, widths, colour=colour) for row in rows for part in _folded(row, widths)]
    notes = table.details() if details else []
    if notes:
        lines.append("")
        lines += [f"{one_line(where)}: {_indented(harmless(text))}" for where, text in notes]
    return "\n".join(lines) + "\n"


def _stacked(columns: Sequence[str], row: Sequence[Cell]) -> str:
    """Return a row as its first two fields, with the other fields below."""
    name, title, *rest = (one_line(cell.text) for cell in row)
    fields = "".join(f"  {column}: {text}\n" for column, text in zip(columns[2:], rest, strict=True))
    return f"{name}: {title}\n{fields}"


def render_findings(findings: Sequence[Finding], *, colour: bool = False) -> str:
    """Return findings, one per line: ``location: severity: message [rule]``."""
    return "".join(f"{_finding_line(finding, colour=colour)}\n" for finding in findings)


def _finding_line(finding: Finding, *, colour: bool) -> str:
    place = str(finding.where) or finding.subject
    about = f" ({finding.subject})" if finding.subject and finding.subject != place else ""
    severity = paint(finding.severity.value, SEVERITY_TONES[finding.severity], colour=colour)
    return f"{one_line(place)}: {severity}: {one_line(finding.message + about)} [{finding.rule}]"


def paint(text: str, tone: Tone, *, colour: bool) -> str:
    """Return text in the colour of a tone, if ``colour`` is set."""
    code = _COLOURS.get(tone) if colour else None
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def _narrow(widths: list[int], line: int) -> None:
    """Shrink the widest columns until a line fits, or all columns have their minimum width."""
    surplus = sum(widths) + len(_GAP) * (len(widths) - 1) - line
    while surplus > 0 and max(widths, default=0) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
        surplus -= 1


def _folded(row: tuple[Cell, ...], widths: list[int]) -> Iterator[tuple[Cell, ...]]:
    """Yield a row as one row per line of wrapped text."""
    if all(_width(cell.text) <= width for cell, width in zip(row, widths, strict=True)):
        yield row
        return
    columns = [wrap(cell.text, width) for cell, width in zip(row, widths, strict=True)]
    for parts in zip_longest(*columns, fillvalue=""):
        yield tuple(Cell(part, cell.tone) for part, cell in zip(parts, row, strict=True))


def _line(row: tuple[Cell, ...], table: Table, widths: list[int], *, colour: bool) -> str:
    parts = []
    for name, cell, width in zip(table.columns, row, widths, strict=True):
        gap = " " * (width - _width(cell.text))
        shown = paint(cell.text, cell.tone, colour=colour)
        parts.append(gap + shown if name in table.right else shown + gap)
    return _GAP.join(parts).rstrip()


def _harmless_row(row: Iterable[Cell]) -> tuple[Cell, ...]:
    return tuple(Cell(one_line(cell.text), cell.tone) for cell in row)


def _indented(text: str) -> str:
    return text.strip().replace("\n", "\n    ")


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(1 + (east_asian_width(char) in "WF") for char in text)
