"""Three-way merge of catalogues by message, as git's merge driver for merge, rebase and cherry-pick.

Messages are merged part by part (`virtsmith.po.threeway`). The header is merged by field, and no date is invented: the
same three inputs give the same bytes whenever and wherever they are merged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from virtsmith.po.catalogue import Catalogue, CatalogueError, parse_versions
from virtsmith.po.entry import Row
from virtsmith.po.header import TEMPLATE_DATE, Header, layout_header
from virtsmith.po.minimize import minimize, unwrapped
from virtsmith.po.profile import StorageProfile
from virtsmith.po.quoting import quote
from virtsmith.po.threeway import merge_lines, merge_message

LABELS = ("ours", "base", "theirs")
"""Default names of the versions in conflict markers."""


@dataclass(frozen=True, slots=True)
class MergeResult:
    """The result: bytes to write, and the keys of messages in conflict (which are in the file between markers).

    ``unreadable`` is set if a version could not be read: they were then merged by line, with ``line_conflicts``.
    """

    data: bytes
    conflicts: tuple[bytes, ...]
    unreadable: CatalogueError | None = None
    line_conflicts: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether there are no conflicts."""
        return not self.conflicts and not self.line_conflicts


Conflict = tuple[Row, Row | None, Row]
"""Ours, the common version, theirs."""


@dataclass(slots=True)
class _Merge:
    rows: dict[bytes, Row] = field(default_factory=dict)
    conflicts: dict[bytes, Conflict] = field(default_factory=dict)


def merge(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    *,
    profile: StorageProfile | None = None,
    template: frozenset[bytes] | None = None,
    labels: tuple[str, str, str] = LABELS,
    marker_size: int = 7,
    source: str | None = None,
    take: str = "",
) -> MergeResult:
    """Merge two versions of a catalogue that have a common base.

    Args:
        base: the common base; empty if there is none.
        ours: one version; the result keeps its order and form.
        theirs: the other version.
        profile: the form that the project keeps; used if ``ours`` is in it.
        template: keys of the existing messages: a translation that one side removed and the other changed is kept only
            if its message still exists; without a template it is always kept.
        labels: the names of ours, base and theirs in conflict markers.
        marker_size: the length of a marker.
        source: the name of the file in errors.
        take: ``ours`` or ``theirs`` resolves conflicts in favour of that version.

    Raises:
        CatalogueError: one of the three cannot be read.
    """
    versions = parse_versions((base, ours, theirs), source)
    old, own, other = (catalogue.by_key() for catalogue in versions)
    outcome = _Merge()
    for key in _merged_order(*(version.keys for version in versions)):
        _merge_one(key, (old.get(key), own.get(key), other.get(key)), template, outcome)
    if take:
        for key, (mine, _, yours) in outcome.conflicts.items():
            outcome.rows[key] = yours if take == "theirs" else mine
        outcome.conflicts.clear()
    obsolete = _merge_obsolete(versions, set(outcome.rows))
    catalogue = Catalogue(list(outcome.rows.values()), list(outcome.rows), list(obsolete.values()), list(obsolete))
    stored = profile is not None and minimize(versions[1], profile) == ours
    markers = _Markers(labels, marker_size)
    data = _render(catalogue, profile if stored else None, outcome.conflicts, markers)
    return MergeResult(data, tuple(outcome.conflicts))


def _merge_one(
    key: bytes, sides: tuple[Row | None, Row | None, Row | None], template: frozenset[bytes] | None, outcome: _Merge
) -> None:
    old, own, other = sides
    if own is not None and other is not None:
        if not key:
            _merge_header(old, own, other, outcome)
            return
        outcome.rows[key], conflict = merge_message(old, own, other)
        if conflict:
            outcome.conflicts[key] = (own, old, other)
        return
    survivor = own or other
    is_removed = old is not None and _content(survivor) == _content(old)
    if survivor is not None and not is_removed and (old is None or template is None or key in template):
        outcome.rows[key] = survivor


def _content(row: Row | None) -> tuple[bytes, ...] | None:
    """The content by which two versions of a message are compared: without line breaks and what can be regenerated."""
    if row is None:
        return None
    plain = unwrapped(row)
    return (plain.comments, plain.flags, plain.plural, plain.msgstr, plain.forms)


def _merged_order(base: list[bytes], ours: list[bytes], theirs: list[bytes]) -> Iterable[bytes]:
    """Our order, with messages that only they have after their predecessors; theirs if only they changed the order."""
    if ours == base:
        ours, theirs = theirs, ours
    known = set(ours)
    following: dict[bytes | None, list[bytes]] = {}
    anchor: bytes | None = None
    for key in theirs:
        if key in known:
            anchor = key
        else:
            following.setdefault(anchor, []).append(key)
    yield from following.get(None, [])
    for key in ours:
        yield key
        yield from following.get(key, [])


def _merge_obsolete(versions: list[Catalogue], live: set[bytes]) -> dict[bytes, Row]:
    """Commented-out messages: ours and theirs, without those that either side removed or that are live again."""
    old, own, other = (dict(zip(version.obsolete_keys, version.obsolete, strict=True)) for version in versions)
    merged = {**other, **own}
    removed = {key for key in old if key not in own or key not in other}
    return {key: row for key, row in merged.items() if key not in live and key not in removed}


def _merge_header(old: Row | None, own: Row, other: Row, outcome: _Merge) -> None:
    before = Header.of_raw(old.msgstr) if old else Header("")
    mine, yours = Header.of_raw(own.msgstr), Header.of_raw(other.msgstr)
    newer = mine if mine.get("PO-Revision-Date") >= yours.get("PO-Revision-Date") else yours
    merged = Header("")
    for name in dict.fromkeys(name for header in (mine, yours) for name, _ in header.fields() if name):
        value = _merge_field(name, before, mine, yours, newer)
        if value is None:
            outcome.conflicts[b""] = (own, old, other)
            value = mine.get(name)
        if value != _ABSENT:
            merged = merged.with_field(name, value)
    comments = merge_lines(old.comments if old else b"", own.comments, other.comments)
    flags = own.flags if own.flags != (old.flags if old else b"") else other.flags
    raws = (own.msgstr, other.msgstr)
    wrapped = any(_is_wrapped(raw) for raw in raws)
    raw = layout_header(merged, raws) if wrapped and merged.text else quote(merged.text)
    outcome.rows[b""] = own._replace(msgstr=raw, comments=comments, flags=flags)


_ABSENT = "\0"


def _merge_field(name: str, before: Header, mine: Header, yours: Header, newer: Header) -> str | None:
    """The merged value; `_ABSENT` if the field is dropped, None for a conflict."""
    old, own, other = (header.get(name) if header.has(name) else _ABSENT for header in (before, mine, yours))
    if other in (own, old):
        return own
    if own == old:
        return other
    if name.lower() == TEMPLATE_DATE.lower():
        return max(own, other)
    if name.lower() == "plural-forms":
        return None
    return newer.get(name) if newer.has(name) else _ABSENT


def _is_wrapped(raw: bytes) -> bool:
    return unwrapped_raw(raw) != raw


def unwrapped_raw(raw: bytes) -> bytes:
    """A raw string in canonical layout."""
    return quote(Header.of_raw(raw).text)


@dataclass(frozen=True, slots=True)
class _Markers:
    labels: tuple[str, str, str]
    size: int

    def around(self, sides: Conflict) -> bytes:
        """The versions of a message between markers, as git writes them in the style ``diff3``."""
        own, old, other = (side.render() if side else b"" for side in sides)
        start, middle, end = (label.encode() for label in self.labels)
        left, bar, equals, right = (sign * self.size for sign in (b"<", b"|", b"=", b">"))
        lines = (left, start, own, bar, middle, old, equals, other, right, end)
        return b"%b %b\n%b%b %b\n%b%b\n%b%b %b\n" % lines


def _render(
    catalogue: Catalogue,
    profile: StorageProfile | None,
    conflicts: dict[bytes, Conflict],
    markers: _Markers,
) -> bytes:
    if not conflicts:
        return minimize(catalogue, profile) if profile else catalogue.render()
    pairs = list(zip(catalogue.keys, catalogue.rows, strict=True))
    if profile and profile.sort == "id":
        pairs.sort()
    blocks = []
    for key, row in pairs:
        if key in conflicts:
            blocks.append(markers.around(conflicts[key]))
        else:
            blocks.append(row.render())
    blocks += [row.render_obsolete() for row in catalogue.obsolete]
    return b"\n".join(blocks)
