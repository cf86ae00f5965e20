"""Comparison of migration stream layouts: can one QEMU read what the other sends?

Names and C structures may change freely; bytes may not. So fields are compared as sequences of sizes, in the version
of the stream that is sent. Each change has a kind, which rules match:

``unreadable``   the version sent is newer than the reader knows, or older than it accepts
``wire``         the layouts are incompatible whichever optional fields are present
``conditional``  it depends on conditions (or on lengths of arrays) that the layout does not contain
``respelled``    the same bytes under other names or versions, or the reader accepts more than is ever sent
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
    comparer = _Comparer(_has_lengths(old) and _has_lengths(new))
    return sorted(comparer.types(old, new), key=lambda change: change.path)


def _has_lengths(tree: Any) -> bool:
    """Whether this QEMU reports the lengths of arrays, as QEMU does since 8.0."""
    if isinstance(tree, Mapping):
        return any(map(_has_lengths, tree.values()))
    return isinstance(tree, list) and any("*" in line for line in tree)


@dataclass(frozen=True, slots=True)
class _Comparer:
    lengths: bool
    """Whether both sides report the lengths of arrays."""

    def types(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[TreeDifference]:
        for name in old.keys() | new.keys():
            sent, read = old.get(name), new.get(name)
            if sent is None or read is None:
                yield TreeDifference((name,), sent, read)
            elif sent != read:
                for change in self._remembered(sent, read):
                    yield TreeDifference((name, *change.path), change.old, change.new, change.kind)

    def _remembered(self, sent: Any, read: Any) -> list[TreeDifference]:
        """Return the changes of one type, cached: most types are the same in all machine types of a QEMU."""
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
        """Compare two lists of fields; the change shows the part between their common start and end."""
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
        """Whether two fields are the same bytes under the same condition, as far as the layouts show."""
        if first.conditional != other.conditional:
            return False
        if first.size == other.size:
            return True
        return first.name == other.name and not self.lengths and first.size.split("*")[0] == other.size.split("*")[0]

    def _may_fit(self, first: StreamField, other: StreamField) -> bool:
        """Whether two fields can be the same bytes: a field without a length may be an array of any length."""
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
    # the rest are fields split or joined: VMSTATE_UNUSED often replaces other fields
    return sum(map(_bytes, before)) == sum(map(_bytes, after))


def _can_agree(
    writes: Sequence[StreamField], expects: Sequence[StreamField], may_fit: Callable[[StreamField, StreamField], bool]
) -> bool:
    """Whether there are conditions under which the bytes sent are the bytes read."""
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
    """Return both lists without their common start and end."""
    start, shorter = 0, min(len(old), len(new))
    while start < shorter and same(old[start], new[start]):
        start += 1
    end = 0
    while end < shorter - start and same(old[-1 - end], new[-1 - end]):
        end += 1
    return list(old[start : len(old) - end]), list(new[start : len(new) - end])
