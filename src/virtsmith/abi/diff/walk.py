"""Two trees compared leaf by leaf. Nothing here knows what a difference means."""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, NamedTuple

from virtsmith.abi.dump.model import Tree, TreePath

_ABSENT = object()


class TreeDifference(NamedTuple):
    """One place where two trees differ; None stands for "not there", a null value is the text ``null``.

    What is on one side only is one change, however much there is below it.
    """

    path: TreePath
    old: Any
    new: Any
    kind: str = ""
    """What the comparison itself knows of it; see `virtsmith.abi.diff.streams`."""


def find_changes(old: Tree, new: Tree) -> list[TreeDifference]:
    """Return the places where two trees differ, in the order of their paths. Trees are made of dictionaries.

    Example:
        >>> [(c.path, c.old, c.new) for c in find_changes({"a": 1, "b": {"c": 2}}, {"b": {"c": 3, "d": 4}})]
        [(('a',), 1, None), (('b', 'c'), 2, 3), (('b', 'd'), None, 4)]
    """
    found: list[TreeDifference] = []
    _collect(old, new, (), found)
    found.sort(key=_path)
    return found


_path = itemgetter(0)


def _collect(old: Mapping[str, Any], new: Mapping[str, Any], path: TreePath, found: list[TreeDifference]) -> None:
    """The inner loop of all comparisons: as little as possible is made for what is equal, which is almost all."""
    shared = 0
    for key, before in old.items():
        after = new.get(key, _ABSENT)
        if after is _ABSENT:
            found.append(TreeDifference((*path, key), _shown(before), None))
            continue
        shared += 1
        if isinstance(before, dict) and isinstance(after, dict):
            if before != after or _bytes(before) != _bytes(after):
                _collect(before, after, (*path, key), found)
        elif not _same(before, after):
            found.append(TreeDifference((*path, key), _shown(before), _shown(after)))
    if shared < len(new):
        found += [TreeDifference((*path, key), None, _shown(new[key])) for key in new if key not in old]


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
    return "null" if value is None else value
