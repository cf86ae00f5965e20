"""Two versions of one message, merged part by part: a change that only one side made is taken.

The translation and its fuzzy flag are one part, so that no fuzzy translation becomes active, or the other way round.
Only that part can conflict: comments of translators are merged by line, flags by name, and locations and extracted
comments can be regenerated.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from virtsmith.po.entry import Row
from virtsmith.po.flags import format_flags, parse_flags
from virtsmith.po.minimize import unwrapped

Part = TypeVar("Part")


class MergedMessage(NamedTuple):
    """The merged message, and whether both sides translated it differently (it then has our translation)."""

    row: Row
    conflict: bool


def merge_message(old: Row | None, own: Row, other: Row) -> MergedMessage:
    """Merge two versions of a message; ``old`` is their common base, if there is one."""
    if own in (other, old):
        return MergedMessage(other, conflict=False)
    if other == old:
        return MergedMessage(own, conflict=False)
    base = old or _NOTHING
    if own[_FLAGS:] == other[_FLAGS:] and own.comments == other.comments:  # all but what can be regenerated
        extracted = _pick(base.extracted, own.extracted, other.extracted)
        return MergedMessage(
            own._replace(extracted=extracted, locations=_pick(base.locations, own.locations, other.locations)),
            conflict=False,
        )
    same = _same(own, other)
    side = own if same else _pick_translation(old, own, other)
    chosen = side or own
    row = Row(
        comments=merge_lines(base.comments, own.comments, other.comments),
        extracted=_pick(base.extracted, own.extracted, other.extracted),
        locations=_pick(base.locations, own.locations, other.locations),
        flags=_merge_flags(base, own, other, fuzzy=chosen.is_fuzzy()),
        previous=_pick(base.previous, own.previous, other.previous) if same else chosen.previous,
        msgctxt=_pick(base.msgctxt, own.msgctxt, other.msgctxt),
        msgid=_pick(base.msgid, own.msgid, other.msgid),
        msgstr=_layout(base.msgstr, own.msgstr, other.msgstr, chosen.msgstr, same=same),
        plural=_layout(base.plural, own.plural, other.plural, chosen.plural, same=same),
        forms=_layout(base.forms, own.forms, other.forms, chosen.forms, same=same),
    )
    return MergedMessage(row, side is None)


_FLAGS = Row._fields.index("flags")
_NOTHING = Row(b"", b"", b"", b"", b"", b"", b"", b"", b"", b"")


def _pick(old: Part, own: Part, other: Part) -> Part:
    """The side that changed; ours if both did."""
    return other if own == old else own


def _layout(old: bytes, own: bytes, other: bytes, chosen: bytes, *, same: bool) -> bytes:
    """The text of the chosen side; if both have the same text, that of the side that changed its line breaks."""
    return _pick(old, own, other) if same else chosen


def _translation(row: Row | None) -> tuple[bytes, ...] | None:
    if row is None:
        return None
    plain = unwrapped(row)
    return (plain.plural, plain.msgstr, plain.forms, b"fuzzy" if row.is_fuzzy() else b"")


def _same(own: Row, other: Row) -> bool:
    if own.msgstr == other.msgstr and own.forms == other.forms and own.plural == other.plural:
        return own.flags == other.flags or own.is_fuzzy() == other.is_fuzzy()
    return _translation(own) == _translation(other)


def _pick_translation(old: Row | None, own: Row, other: Row) -> Row | None:
    """The side whose translation is used; None if both translated it differently."""
    before, mine, yours = _translation(old), _translation(own), _translation(other)
    if yours in (mine, before):
        return own
    if mine == before or (_is_guess(own) and not _is_guess(other)):
        return other
    return own if _is_guess(other) and not _is_guess(own) else None


def _is_guess(row: Row) -> bool:
    """Whether the message is untranslated or fuzzy."""
    return row.is_fuzzy() or row.is_untranslated()


def _merge_flags(old: Row, own: Row, other: Row, *, fuzzy: bool) -> bytes:
    if own.flags == other.flags:
        return own.flags
    before, mine, yours = (parse_flags(row.flags[2:].decode()) for row in (old, own, other))
    if set(mine) - {"fuzzy"} == set(before) - {"fuzzy"}:
        mine, yours = yours, mine
    merged = [flag for flag in mine if flag in yours or flag not in before]
    merged += [flag for flag in yours if flag not in mine and flag not in before]
    names = [flag for flag in merged if flag != "fuzzy"]
    return format_flags(("fuzzy", *names) if fuzzy else tuple(names))


def merge_lines(old: bytes, own: bytes, other: bytes) -> bytes:
    """A block of comments: the lines of both sides, without those that either side removed."""
    if own == old:
        return other
    if other in (old, own):
        return own
    before, mine, yours = (text.splitlines(keepends=True) for text in (old, own, other))
    kept = [line for line in mine if line not in before or line in yours]
    return b"".join(kept + [line for line in yours if line not in mine and line not in before])
