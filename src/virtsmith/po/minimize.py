"""Catalogue to its stored form: sorted, without anything that can be regenerated, in canonical layout.

The canonical form is byte for byte what gettext 0.21 writes for ``msgattrib --force-po --translated --no-fuzzy
--no-obsolete --no-location --sort-output --no-wrap``, apart from the header fields that the profile drops.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import attrgetter

from virtsmith.po.catalogue import Catalogue
from virtsmith.po.entry import Row
from virtsmith.po.flags import format_flags, parse_flags
from virtsmith.po.header import Header, set_utf8
from virtsmith.po.profile import MINI, StorageProfile
from virtsmith.po.quoting import BACKSLASH, NEWLINE, quote, unwrap

_LINE_NUMBER = re.compile(rb":\d+(?=[ \n])")


@dataclass(frozen=True, slots=True)
class DroppedCounts:
    """The numbers of translations that a profile leaves out: fuzzy ones, and those of messages that no longer exist."""

    fuzzy: int = 0
    obsolete: int = 0


def minimize(catalogue: Catalogue, profile: StorageProfile = MINI) -> bytes:
    r"""The stored form of a catalogue; minimising it again changes nothing.

    Example:
        >>> from virtsmith.po import parse_catalogue
        >>> print(minimize(parse_catalogue(b'#: a.c:1\nmsgid "one"\nmsgstr "eins"\n')).decode(), end="")
        msgid "one"
        msgstr "eins"
    """
    pairs = _select(catalogue, profile)
    if profile.sort == "id":
        pairs.sort()
    parts = _render(pairs, profile)
    if profile.obsolete:
        for _, row in sorted(zip(catalogue.obsolete_keys, catalogue.obsolete, strict=True)):
            parts += (_BLANK_LINE, _stored(row, profile, obsolete=True).render_obsolete()[:-1])
    return b"".join(parts)[len(_BLANK_LINE) :] + b"\n" if parts else b""


_BLANK_LINE = b"\n\n"


def count_dropped(catalogue: Catalogue, profile: StorageProfile = MINI) -> DroppedCounts:
    """Count what `minimize` leaves out."""
    lines = set() if profile.fuzzy else _fuzzy_lines(catalogue.rows)
    pairs = zip(catalogue.keys, catalogue.rows, strict=True) if lines else ()
    fuzzy = sum(1 for key, row in pairs if key and row.flags in lines)
    return DroppedCounts(fuzzy, 0 if profile.obsolete else len(catalogue.obsolete))


def lost_drafts(old: Catalogue, new: Catalogue) -> DroppedCounts:
    """The numbers of fuzzy and of obsolete messages of one version whose texts another lacks."""
    kept = {key for key, row in zip(new.keys, new.rows, strict=True) if not row.is_untranslated()}
    kept.update(new.obsolete_keys)
    fuzzy = {key for key, row in zip(old.keys, old.rows, strict=True) if row.is_fuzzy() and not row.is_untranslated()}
    return DroppedCounts(len(fuzzy - kept - {b""}), len(set(old.obsolete_keys) - kept))


_get_flags = attrgetter("flags")


def _fuzzy_lines(rows: list[Row]) -> set[bytes]:
    """The distinct lines of flags with fuzzy: few, so that a lookup is fast."""
    return {line for line in set(map(_get_flags, rows)) if line.startswith(b"#, fuzzy")}


def _select(catalogue: Catalogue, profile: StorageProfile) -> list[tuple[bytes, Row]]:
    """The messages that are kept, with their keys; the header is always kept."""
    pairs = zip(catalogue.keys, catalogue.rows, strict=True)
    if profile.untranslated and profile.fuzzy:
        return list(pairs)
    drop_empty = not profile.untranslated
    fuzzy = set() if profile.fuzzy else _fuzzy_lines(catalogue.rows)
    return [
        (key, row)
        for key, row in pairs
        if (
            not (drop_empty and (row.msgstr == b'""' or (row.forms and row.is_untranslated())))
            and row.flags not in fuzzy
        )
        or not key
    ]


def _render(pairs: list[tuple[bytes, Row]], profile: StorageProfile) -> list[bytes]:
    """The parts of live messages, each with a blank line before it and without its last line feed.

    The common case is written here, in few parts, because this loop takes most of the time.
    """
    unwrapping = profile.wrap == "none"
    plain = profile.locations == "none" and profile.extracted and not (profile.fuzzy or profile.untranslated)
    starts: dict[bytes, bytes] = {}
    parts: list[bytes] = []
    write = parts.extend
    for key, row in pairs:
        comments, extracted, _, flags, _, msgctxt, msgid, msgstr, _, _ = row
        if not (plain and msgstr and key) or msgctxt:
            stored = _stored(row, profile) if key else _stored_header(row, profile)
            write((_BLANK_LINE, stored.render()[:-1]))
            continue
        if unwrapping:
            if NEWLINE in msgid or BACKSLASH in msgid:
                msgid = unwrap(msgid)
            if NEWLINE in msgstr or BACKSLASH in msgstr:
                msgstr = unwrap(msgstr)
        else:
            msgid, msgstr = _wrapped_texts(msgid, msgstr, flags, profile.form)
        if comments or extracted:
            start = b"".join((_BLANK_LINE, comments, extracted, flags, b"msgid "))
        else:
            start = starts.get(flags) or starts.setdefault(flags, b"%b%bmsgid " % (_BLANK_LINE, flags))
        write((start, msgid, b"\nmsgstr ", msgstr))
    return parts


def _stored(row: Row, profile: StorageProfile, *, obsolete: bool = False) -> Row:
    """A message with the parts that the profile keeps."""
    if not profile.extracted:
        row = row._replace(extracted=b"")
    if profile.locations != "full":
        row = row._replace(locations=_files_only(row.locations) if profile.locations == "file" else b"")
    if not row.is_fuzzy():
        row = row._replace(previous=b"")
    elif row.is_untranslated():
        flags = parse_flags(row.flags[2:].decode())
        row = row._replace(flags=format_flags(tuple(flag for flag in flags if flag != "fuzzy")))
    return unwrapped(row) if profile.wrap == "none" else _wrapped(row, profile.form, obsolete=obsolete)


def _wrapped_texts(msgid: bytes, msgstr: bytes, flags: bytes, form: str) -> tuple[bytes, bytes]:
    """The texts of a message in the form's line layout, if the format language in the flags is supported."""
    from virtsmith.po.wrap import wrapped_texts  # noqa: PLC0415 - its tables take milliseconds to make

    return wrapped_texts(msgid, msgstr, flags, form)


def _wrapped(row: Row, form: str, *, obsolete: bool = False) -> Row:
    """A message with all its texts in the form's line layout."""
    from virtsmith.po.wrap import wrapped  # noqa: PLC0415 - its tables take milliseconds to make

    return wrapped(row, obsolete=obsolete, form=form)


def unwrapped(row: Row) -> Row:
    """A message with all its texts in canonical layout."""
    return row.laid_out(lambda raw, _: unwrap(raw))


def _stored_header(row: Row, profile: StorageProfile) -> Row:
    row = _stored(row, profile) if row.forms or row.plural else row._replace(locations=b"", previous=b"")
    names = frozenset(name.lower() for name in profile.drop_header)
    header = set_utf8(Header.of_raw(row.msgstr))
    row = row._replace(msgstr=quote(header.without(names).text))
    return _wrapped(row, profile.form) if profile.wrap == "keep" else row


def _files_only(lines: bytes) -> bytes:
    """Locations without line numbers, each file once, on one line."""
    names = dict.fromkeys(_LINE_NUMBER.sub(b"", lines.replace(b"#: ", b" ")).split())
    return b"#: %b\n" % b" ".join(names) if names else b""
