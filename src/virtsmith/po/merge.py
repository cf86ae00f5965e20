"""Three-way merge of catalogues by message, as git's merge driver; right on merge, rebase and cherry-pick.

A message is one unit (ids, translations, flags, translator comments). Locations and extracted comments can be made
again, so they never conflict. The header merges by field, and no date is ever invented: the same three inputs give the
same bytes whenever and wherever they are merged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from virtsmith.po.catalogue import Catalogue, parse_catalogue
from virtsmith.po.entry import Row
from virtsmith.po.header import TEMPLATE_DATE, Header, layout_header
from virtsmith.po.minimize import minimize, unwrapped
from virtsmith.po.profile import StorageProfile
from virtsmith.po.quoting import quote


@dataclass(frozen=True, slots=True)
class MergeResult:
    """The outcome: bytes to write, and the keys of messages in conflict (shown in the file between markers)."""

    data: bytes
    conflicts: tuple[bytes, ...]


@dataclass(slots=True)
class _Merge:
    rows: dict[bytes, Row] = field(default_factory=dict)
    conflicts: dict[bytes, tuple[Row, Row]] = field(default_factory=dict)


def merge(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    *,
    profile: StorageProfile | None = None,
    template: frozenset[bytes] | None = None,
    labels: tuple[str, str] = ("ours", "theirs"),
    source: str | None = None,
    take: str = "",
) -> MergeResult:
    """Merge two versions of a catalogue that come from a common one.

    Args:
        base: the common version; empty if there is none.
        ours: one version; the result keeps its order, and its form.
        theirs: the other version.
        profile: the form that the project keeps; used if ``ours`` is in it.
        template: keys of the messages that exist: a translation that one side removed and the other changed is kept
            only if its message still exists; without a template it is kept.
        labels: what to write at conflict markers.
        source: what to call the file in errors.
        take: ``ours`` or ``theirs`` settles conflicts that way.

    Raises:
        CatalogueError: one of the three cannot be read.
    """
    versions = [parse_catalogue(data, source) for data in (base, ours, theirs)]
    old, own, other = (catalogue.by_key() for catalogue in versions)
    outcome = _Merge()
    for key in _merged_order(versions[1].keys, versions[2].keys):
        _merge_one(key, (old.get(key), own.get(key), other.get(key)), template, outcome)
    if take:
        outcome.rows.update({key: sides[take == "theirs"] for key, sides in outcome.conflicts.items()})
        outcome.conflicts.clear()
    obsolete = _merge_obsolete(versions, set(outcome.rows))
    catalogue = Catalogue(list(outcome.rows.values()), list(outcome.rows), list(obsolete.values()), list(obsolete))
    stored = profile is not None and minimize(versions[1], profile) == ours
    return MergeResult(
        _render(catalogue, profile if stored else None, outcome.conflicts, labels), tuple(outcome.conflicts)
    )


def _merge_one(
    key: bytes, sides: tuple[Row | None, Row | None, Row | None], template: frozenset[bytes] | None, outcome: _Merge
) -> None:
    old, own, other = sides
    if own is not None and other is not None and not key:
        _merge_header(old, own, other, outcome)
    elif _content(own) == _content(other) or _content(other) == _content(old):
        _keep(key, own, outcome)
    elif _content(own) == _content(old):
        _keep(key, other, outcome)
    elif own is None or other is None:
        survivor = own or other
        if template is None or key in template:
            _keep(key, survivor, outcome)
    else:
        outcome.rows[key] = own
        outcome.conflicts[key] = (own, other)


def _keep(key: bytes, winner: Row | None, outcome: _Merge) -> None:
    if winner is not None:
        outcome.rows[key] = winner


def _content(row: Row | None) -> tuple[bytes, ...] | None:
    """What makes two versions of a message different: everything but what can be made again and line breaks."""
    if row is None:
        return None
    plain = unwrapped(row)
    return (plain.comments, plain.flags, plain.plural, plain.msgstr, plain.forms)


def _merged_order(ours: list[bytes], theirs: list[bytes]) -> Iterable[bytes]:
    """Our order, with what only they have after what precedes it there."""
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
    """Commented-out messages: ours and theirs, without those that either side removed or that live again."""
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
            outcome.conflicts[b""] = (own, other)
            value = mine.get(name)
        if value != _ABSENT:
            merged = merged.with_field(name, value)
    comments = _merge_lines(old.comments if old else b"", own.comments, other.comments)
    flags = own.flags if own.flags != (old.flags if old else b"") else other.flags
    raws = (own.msgstr, other.msgstr)
    wrapped = any(_is_wrapped(raw) for raw in raws)
    raw = layout_header(merged, raws) if wrapped and merged.text else quote(merged.text)
    outcome.rows[b""] = own._replace(msgstr=raw, comments=comments, flags=flags)


_ABSENT = "\0"


def _merge_field(name: str, before: Header, mine: Header, yours: Header, newer: Header) -> str | None:
    """The merged value, `_ABSENT` if the field is dropped, None for a conflict."""
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


def _merge_lines(old: bytes, own: bytes, other: bytes) -> bytes:
    """The header's comment block: lines of both, without those that either side removed."""
    before, mine, yours = (text.splitlines(keepends=True) for text in (old, own, other))
    if mine == before:
        return other
    if yours in (before, mine):
        return own
    kept = [line for line in mine if line not in before or line in yours]
    return b"".join(kept + [line for line in yours if line not in mine and line not in before])


def _is_wrapped(raw: bytes) -> bool:
    return unwrapped_raw(raw) != raw


def unwrapped_raw(raw: bytes) -> bytes:
    """A raw string in canonical layout."""
    return quote(Header.of_raw(raw).text)


def _render(
    catalogue: Catalogue,
    profile: StorageProfile | None,
    conflicts: dict[bytes, tuple[Row, Row]],
    labels: tuple[str, str],
) -> bytes:
    if not conflicts:
        return minimize(catalogue, profile) if profile else catalogue.render()
    pairs = list(zip(catalogue.keys, catalogue.rows, strict=True))
    if profile and profile.sort == "id":
        pairs.sort()
    blocks = []
    for key, row in pairs:
        if key in conflicts:
            own, other = (side.render() for side in conflicts[key])
            start, end = (label.encode() for label in labels)
            blocks.append(b"<<<<<<< %b\n%b=======\n%b>>>>>>> %b\n" % (start, own, other, end))
        else:
            blocks.append(row.render())
    blocks += [row.render_obsolete() for row in catalogue.obsolete]
    return b"\n".join(blocks)
