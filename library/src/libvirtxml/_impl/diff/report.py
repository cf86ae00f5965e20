"""Changes for people: as text, with colours for a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libvirtxml._impl.diff.changes import Change, ChangeKind, text_of
from libvirtxml._impl.element import Element
from libvirtxml._impl.raw import RawNode

_MARKS = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "-", ChangeKind.CHANGED: "~", ChangeKind.MOVED: ">"}
_COLOURS = {ChangeKind.ADDED: "32", ChangeKind.REMOVED: "31", ChangeKind.CHANGED: "33", ChangeKind.MOVED: "36"}


def changes_as_text(changes: Sequence[Change], *, colour: bool = False) -> str:
    """One line for each change, and the XML of whole elements below; empty if there are none."""
    lines: list[str] = []
    for change in changes:
        head = f"{_MARKS[change.kind]} {change.path}{_details(change)}"
        body = [f"    {line}" for line in _xml_lines(change)]
        lines += [f"\x1b[{_COLOURS[change.kind]}m{line}\x1b[0m" for line in [head, *body]] if colour else [head, *body]
    return "".join(f"{line}\n" for line in lines)


def _details(change: Change) -> str:
    reason = f"  ({change.remarks})" if change.remarks else ""
    if change.kind is ChangeKind.MOVED:
        return f": place {change.old} -> {change.new}{reason}"
    if change.kind is ChangeKind.CHANGED:
        return f": {text_of(change.old)} -> {text_of(change.new)}{reason}"
    value = change.new if change.kind is ChangeKind.ADDED else change.old
    return reason if _is_tree(value) else f": {text_of(value)}{reason}"


def _is_tree(value: Any) -> bool:
    return isinstance(value, (Element, RawNode))


def _xml_lines(change: Change) -> list[str]:
    if change.kind not in (ChangeKind.ADDED, ChangeKind.REMOVED):
        return []
    value = change.new if change.kind is ChangeKind.ADDED else change.old
    if isinstance(value, Element):
        return value.to_xml().splitlines()
    return value.to_string().splitlines() if isinstance(value, RawNode) else []


def changes_as_markdown(changes: Sequence[Change]) -> str:
    """A table of changes; one sentence if there are none."""
    if not changes:
        return "No differences.\n"
    rows = ["| change | path | before | after |", "|---|---|---|---|"]
    for change in changes:
        reason = f" ({change.remarks})" if change.remarks else ""
        cells = [change.kind.value + reason, _code(change.path), _cell(change.old), _cell(change.new)]
        rows.append(f"| {' | '.join(cells)} |")
    return "".join(f"{row}\n" for row in rows)


def _cell(value: Any) -> str:
    return "" if value is None else _code(text_of(value))


def _code(text: str) -> str:
    """Text as code in a table cell, whatever is in it."""
    text = " ".join(text.split()).replace("|", "\\|")
    ticks = "`"
    while ticks in text:
        ticks += "`"
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{text}{space}{ticks}"
