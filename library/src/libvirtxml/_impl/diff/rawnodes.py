"""Comparison of content that the model does not know: metadata, unknown elements."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from libvirtxml._impl.diff.changes import Change, ChangeKind
from libvirtxml._impl.raw import RawNode


def compare_nodes(path: str, old: list[RawNode], new: list[RawNode], *, known: Collection[str] = ()) -> list[Change]:
    """Compare the nodes of one element; comments, layout and the choice of prefixes mean nothing.

    Elements of one name are compared in turn; the order of different ones means nothing. ``known`` are the names of
    which the model has the first element.
    """
    changes: list[Change] = []
    first, second = _by_name(old), _by_name(new)
    for name in dict.fromkeys([*first, *second]):
        olds, news = first.get(name, []), second.get(name, [])
        for i in range(max(len(olds), len(news))):
            a, b = (nodes[i] if i < len(nodes) else None for nodes in (olds, news))
            shown = (a or b or olds[0]).name
            step = f"<{shown}>" if shown else "text()"
            where = f"{path}.{step}" if path else step
            if name in known:
                where += f"[{i + 1}]"
            elif len(olds) > 1 or len(news) > 1:
                where += f"[{i}]"
            if a is None or b is None:
                changes.append(Change(ChangeKind.ADDED if a is None else ChangeKind.REMOVED, where, a, b))
            elif _print_of(a) != _print_of(b):
                changes += _compare_pair(where, a, b)
    return changes


def _compare_pair(path: str, old: RawNode, new: RawNode) -> list[Change]:
    if not old.is_element:
        return [Change(ChangeKind.CHANGED, path, old.text, new.text)]
    changes: list[Change] = []
    first, second = _attributes(old), _attributes(new)
    for name in dict.fromkeys([*first, *second]):
        a, b = first.get(name), second.get(name)
        if a != b:
            kind = ChangeKind.ADDED if a is None else ChangeKind.REMOVED if b is None else ChangeKind.CHANGED
            changes.append(Change(kind, f"{path}.@{name}", a, b))
    if (a := _own_text(old)) != (b := _own_text(new)):
        changes.append(Change(ChangeKind.CHANGED, path, a, b))
    return changes + compare_nodes(path, _elements(old), _elements(new))


def _by_name(nodes: list[RawNode]) -> dict[str, list[RawNode]]:
    found: dict[str, list[RawNode]] = {}
    for node in nodes:
        if node.kind in ("element", "text"):
            found.setdefault(node.clark_name, []).append(node)
    return found


def _elements(node: RawNode) -> list[RawNode]:
    return [child for child in node.children() if child.is_element]


def _attributes(node: RawNode) -> dict[str, str]:
    return {name: value for name, value in node.attributes.items() if name.split(":")[0] != "xmlns"}


def _own_text(node: RawNode) -> str:
    parts = [node.element.text, *(child.tail for child in node.element)]
    return "".join(part for part in parts if part and not part.isspace())


def _print_of(node: RawNode) -> Any:
    if not node.is_element:
        return node.kind, node.text
    return (
        node.clark_name,
        tuple(sorted(_attributes(node).items())),
        _own_text(node),
        tuple(map(_print_of, _elements(node))),
    )
