"""The output of ``virtsmith po diff``: for a terminal, and for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from virtsmith.cli.output import table_text
from virtsmith.po.diff import CatalogueDiff, MessageChange
from virtsmith.report import markdown
from virtsmith.report.table import Table

_MARKS = {"added": "+", "removed": "-", "changed": "~"}
_SHOWN = 100
"""The number of changes per language in Markdown: pull requests are limited in size."""


def render_text(diffs: Sequence[CatalogueDiff], *, summary: bool) -> str:
    """A summary by language, then every change."""
    if not diffs:
        return ""
    parts = [table_text(_summary(diffs))]
    for item in diffs if not summary else ():
        lines = [item.language, *_header_lines(item), *map(_change_text, item.changes)]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def render_markdown(diffs: Sequence[CatalogueDiff], *, summary: bool) -> str:
    """The same for a pull request: a table, and collapsed changes."""
    if not diffs:
        return "No translations changed." + "\n"
    parts = [markdown.render_table(_summary(diffs))]
    for item in diffs if not summary else ():
        rows = [(_MARKS[c.kind], c.msgid, " / ".join(c.old), " / ".join(c.new)) for c in item.changes[:_SHOWN]]
        table = markdown.render_table(Table.make(("", "message", "before", "after"), rows))
        more = len(item.changes) - len(rows)
        tail = "\n" + f"{more} more" + "\n" if more > 0 else ""
        parts.append(f"<details><summary>{item.language}</summary>\n\n{table}{tail}\n</details>\n")
    return "\n".join(parts)


def _summary(diffs: Sequence[CatalogueDiff]) -> Table:
    columns = ("language", "added", "removed", "changed")
    rows = [(d.language, d.count("added"), d.count("removed"), d.count("changed")) for d in diffs]
    return Table.make(columns, rows, right=columns[1:])


def _header_lines(item: CatalogueDiff) -> Iterator[str]:
    for name, old, new in item.header:
        yield f"  {name}: {old or '-'} -> {new or '-'}"


def _change_text(change: MessageChange) -> str:
    context = f" [{change.msgctxt}]" if change.msgctxt else ""
    lines = [f"{_MARKS[change.kind]} {change.msgid!r}{context}"]
    lines += [f"    - {text!r}" for text in change.old] + [f"    + {text!r}" for text in change.new]
    return "\n".join(lines)
