"""Two trees compared leaf by leaf. Nothing here knows what a difference means."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from virtsmith.abi.model import Tree, TreePath

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One place where two trees differ; None stands for "not there", a null value is the text ``null``.

    What is on one side only is one change, however much there is below it.
    """

    path: TreePath
    old: Any
    new: Any
    kind: str = ""
    """What the comparison itself knows of it; see `virtsmith.abi.diff.streams`."""


def find_changes(old: Tree, new: Tree) -> list[Change]:
    """Return the places where two trees differ, in the order of their paths. Trees are made of dictionaries.

    Example:
        >>> [(c.path, c.old, c.new) for c in find_changes({"a": 1, "b": {"c": 2}}, {"b": {"c": 3, "d": 4}})]
        [(('a',), 1, None), (('b', 'c'), 2, 3), (('b', 'd'), None, 4)]
    """
    return sorted(_iter_changes(old, new, ()), key=lambda change: change.path)


def _iter_changes(old: Mapping[str, Any], new: Mapping[str, Any], path: TreePath) -> Iterator[Change]:
    for key in old.keys() | new.keys():
        before, after = old.get(key, _ABSENT), new.get(key, _ABSENT)
        if before is after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            if before != after or _bytes(before) != _bytes(after):
                yield from _iter_changes(before, after, (*path, key))
        elif not _same(before, after):
            yield Change((*path, key), _shown(before), _shown(after))


def _bytes(tree: Any) -> bytes:
    """A tree in one piece, in which 1 and true are not the same, as they are for ``==``."""
    return marshal.dumps(tree, 2)


def _same(old: Any, new: Any) -> bool:
    """Whether two leaves are equal, with 1 and true as different as they are in JSON."""
    if type(old) is not type(new):
        return False
    if isinstance(old, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return bool(old == new)


def _shown(value: Any) -> Any:
    return None if value is _ABSENT else "null" if value is None else value
