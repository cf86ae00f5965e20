"""Layouts of migration streams compared: can one QEMU read what the other sends?

Names and C structures may change freely; bytes may not. So fields are compared as sequences of sizes, in the version
of the stream that is sent. Each change gets a kind, which the rules know:

``unreadable``   the version that is sent is above what the reader knows, or below what it still accepts
``wire``         under no conditions whatever is what is sent what is read
``conditional``  it depends on conditions (or on lengths of arrays) that the layout does not tell
``respelled``    the same bytes under other names or versions, or more that can be read than is ever sent
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, TypeVar

from virtsmith.abi.diff.walk import TreeDifference
from virtsmith.abi.dump.layout import StreamField
from virtsmith.abi.dump.model import Tree, TreePath

T = TypeVar("T")
_KNOWN: dict[tuple[bool, bytes], list[TreeDifference]] = {}
_MOST_KNOWN = 4096


def find_stream_changes(old: Tree, new: Tree) -> list[TreeDifference]:
    """Compare what ``old`` sends with what ``new`` reads, device type by device type."""
    comparer = _Comparer(_tells_lengths(old) and _tells_lengths(new))
    return sorted(comparer.types(old, new), key=lambda change: change.path)


def _tells_lengths(tree: Any) -> bool:
    """Whether this QEMU says how long arrays are; those before 8.0 do not."""
    if isinstance(tree, Mapping):
        return any(map(_tells_lengths, tree.values()))
    return isinstance(tree, list) and any("*" in line for line in tree)


@dataclass(frozen=True, slots=True)
class _Comparer:
    lengths: bool
    """Whether both sides tell the lengths of arrays."""

    def types(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[TreeDifference]:
        for name in old.keys() | new.keys():
            sent, read = old.get(name), new.get(name)
            if sent is None or read is None:
                yield TreeDifference((name,), sent, read)
            elif sent != read:
                for change in self._remembered(sent, read):
                    yield TreeDifference((name, *change.path), change.old, change.new, change.kind)

    def _remembered(self, sent: Any, read: Any) -> list[TreeDifference]:
        """What differs in one type. The same types with the same state are in all machine types of a QEMU."""
        key = self.lengths, marshal.dumps((dict(sent), dict(read)), 2)
        if key not in _KNOWN:
            if len(_KNOWN) >= _MOST_KNOWN:
                _KNOWN.clear()
            _KNOWN[key] = list(self._description(sent, read, ()))
        return _KNOWN[key]

    def _description(
        self, sent: Mapping[str, Any], read: Mapping[str, Any], path: TreePath
    ) -> Iterator[TreeDifference]:
        version = sent["version"]
        fits = read["minimum"] <= version <= read["version"]
        for key in ("version", "minimum"):
            if sent[key] != read[key]:
                yield TreeDifference((*path, key), sent[key], read[key], "respelled" if fits else "unreadable")
        if sent["name"] != read["name"]:
            yield TreeDifference((*path, "name"), sent["name"], read["name"], "respelled")
        if sent["fields"] != read["fields"]:
            yield self._fields(sent["fields"], read["fields"], version, (*path, "fields"))
        yield from self._subsections(sent.get("subsections", {}), read.get("subsections", {}), (*path, "subsections"))

    def _subsections(
        self, sent: Mapping[str, Any], read: Mapping[str, Any], path: TreePath
    ) -> Iterator[TreeDifference]:
        for name in sent.keys() | read.keys():
            mine, yours = sent.get(name), read.get(name)
            if mine is None or yours is None:
                yield TreeDifference((*path, name), mine, yours, "respelled" if mine is None else "conditional")
            elif mine != yours:
                for change in self._description(mine, yours, (*path, name)):  # a subsection may never be sent
                    kind = "respelled" if change.kind == "respelled" else "conditional"
                    yield TreeDifference(change.path, change.old, change.new, kind)

    def _fields(self, sent: list[str], read: list[str], version: int, path: TreePath) -> TreeDifference:
        """Compare two lists of fields; the change shows what is between their common beginning and end."""
        writes = [StreamField.parse(line) for line in sent]
        expects = [field for field in map(StreamField.parse, read) if field.version <= version]
        if _alike(writes, expects, self._same):
            kind = "respelled"
        elif _can_agree(writes, expects, self._may_fit):
            kind = "conditional"
        else:
            kind = "wire"
        return TreeDifference(path, *_differing(sent, read), kind)

    def _same(self, first: StreamField, other: StreamField) -> bool:
        """Whether two fields are the same bytes under the same condition, for all that the layouts tell."""
        if first.conditional != other.conditional:
            return False
        if first.size == other.size:
            return True
        return first.name == other.name and not self.lengths and first.size.split("*")[0] == other.size.split("*")[0]

    def _may_fit(self, first: StreamField, other: StreamField) -> bool:
        """Whether two fields can be the same bytes: a field that tells no length may be an array of any."""
        small, big = sorted((_bytes(first), _bytes(other)))
        return small == big or (not self.lengths and small > 0 and big % small == 0)


def _bytes(field: StreamField) -> int:
    return prod(map(int, field.size.split("*")))


def _alike(
    writes: Sequence[StreamField], expects: Sequence[StreamField], same: Callable[[StreamField, StreamField], bool]
) -> bool:
    """Whether the same bytes are sent and read under the same conditions."""
    before, after = _differing(writes, expects, same)
    if any(field.conditional for field in (*before, *after)):
        return False
    # what is left are fields split or joined: VMSTATE_UNUSED often takes the place of others
    return sum(map(_bytes, before)) == sum(map(_bytes, after))


def _can_agree(
    writes: Sequence[StreamField], expects: Sequence[StreamField], may_fit: Callable[[StreamField, StreamField], bool]
) -> bool:
    """Whether conditions can hold under which what is sent is what is read."""
    reached = _skip_conditional({0}, expects)  # how many of the expected fields may have been read by now
    for field in writes:
        after = {at + 1 for at in reached if at < len(expects) and may_fit(field, expects[at])}
        reached = _skip_conditional(after | reached if field.conditional else after, expects)
    return len(expects) in reached


def _skip_conditional(reached: set[int], expects: Sequence[StreamField]) -> set[int]:
    for at in sorted(reached):
        here = at
        while here < len(expects) and expects[here].conditional:
            here += 1
            reached.add(here)
    return reached


def _differing(
    old: Sequence[T], new: Sequence[T], same: Callable[[T, T], bool] = lambda first, other: first == other
) -> tuple[list[T], list[T]]:
    """Both lists without what they share at the beginning and at the end."""
    start, shorter = 0, min(len(old), len(new))
    while start < shorter and same(old[start], new[start]):
        start += 1
    end = 0
    while end < shorter - start and same(old[-1 - end], new[-1 - end]):
        end += 1
    return list(old[start : len(old) - end]), list(new[start : len(new) - end])
