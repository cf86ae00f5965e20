"""Markdown as GitHub and GitLab render it, for job summaries and comments."""

from __future__ import annotations

import re
from collections.abc import Iterable

from virtsmith.report.report import Block, Lines, Report, Screen
from virtsmith.report.table import Cell, Table, Tone, findings_table

_MARKS = {Tone.GOOD: "✅ ", Tone.WARN: "⚠️ ", Tone.BAD: "❌ "}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def render_report(report: Report, _screen: Screen = Screen()) -> str:  # noqa: B008 - it is frozen
    """Return the page of a report; findings are a table, or a line that says that there are none."""
    page = report.shown()
    parts = [f"# {_escape(page.title)}\n"] if report.page else []
    parts += [_block(block) for block in page.blocks]
    parts += [_bullets(page.summary)] if page.summary else []
    return "\n".join(parts)


def render_table(table: Table, *, details: bool = True) -> str:
    """Return a Markdown table, with details in a list below it."""
    lines = [f"## {_escape(table.title)}", ""] if table.title else []
    lines.append(_row(_escape(name) for name in table.columns))
    lines.append(_row("---:" if name in table.right else "---" for name in table.columns))
    lines += [_row(_cell(cell) for cell in row) for row in table.rows]
    notes = table.details() if details else []
    if notes:
        lines += ["", *(f"- **{_escape(where)}**: {_escape(text)}" for where, text in notes)]
    return "\n".join(lines) + "\n"


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return render_table(block)
    title = f"## {_escape(block.title)}\n\n" if block.title else ""
    if isinstance(block, Lines):
        return title + _bullets(block.lines)
    return title + (render_table(findings_table(block.findings)) if block.findings else "No findings.\n")


def _bullets(lines: Iterable[str]) -> str:
    return "".join(f"- {_escape(line)}\n" for line in lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(cell: Cell) -> str:
    return _MARKS.get(cell.tone, "") + _escape(cell.text)


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
