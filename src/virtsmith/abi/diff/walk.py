"""Comparison of two trees leaf by leaf, without judging what a difference means."""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, NamedTuple

from virtsmith.abi.dump.model import Tree, TreePath

_ABSENT = object()


class TreeDifference(NamedTuple):
    """A place where two trees differ; None means "absent", a null value is the text ``null``.

    A subtree that is only on one side is one difference.
    """

    path: TreePath
    old: Any
    new: Any
    kind: str = ""
    """The kind that the comparison determined; see `virtsmith.abi.diff.streams`."""


def find_changes(old: Tree, new: Tree) -> list[TreeDifference]:
    """Return the places where two trees of dictionaries differ, in the order of their paths.

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
    """Collect differences; this is the inner loop of all comparisons, optimised for equal values."""
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
    """Serialise a tree, so that 1 and true differ, unlike with ``==``."""
    return marshal.dumps(tree, 2)


def _same(old: Any, new: Any) -> bool:
    """Whether two leaves are equal; 1 and true differ, as in JSON."""
    if type(old) is not type(new):
        return False
    if isinstance(old, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return bool(old == new)


def _shown(value: Any) -> Any:
    return "null" if value is None else value
