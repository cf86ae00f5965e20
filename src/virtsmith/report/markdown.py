"""Markdown as GitHub and GitLab show it: for job summaries and comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from libvirtxml.findings import Finding

from virtsmith.report.table import Cell, Table, Tone, findings_table

_MARKS = {Tone.GOOD: "✅ ", Tone.WARN: "⚠️ ", Tone.BAD: "❌ "}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def render_table(table: Table, *, details: bool = True) -> str:
    """Return a table in Markdown; details follow as a list."""
    lines = [f"## {_escape(table.title)}", ""] if table.title else []
    lines.append(_row(_escape(name) for name in table.columns))
    lines.append(_row("---:" if name in table.right else "---" for name in table.columns))
    lines += [_row(_cell(cell) for cell in row) for row in table.rows]
    notes = table.details() if details else []
    if notes:
        lines += ["", *(f"- **{_escape(where)}**: {_escape(text)}" for where, text in notes)]
    return "\n".join(lines) + "\n"


def render_findings(findings: Sequence[Finding], title: str = "") -> str:
    """Return findings as a Markdown table, or a line that says there are none."""
    return render_table(findings_table(findings, title)) if findings else "No findings.\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(cell: Cell) -> str:
    return _MARKS.get(cell.tone, "") + _escape(cell.text)


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
