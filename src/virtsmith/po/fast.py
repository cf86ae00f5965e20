"""The fast path: catalogues as gettext writes them, read in one pass of one regular expression.

The expression accepts exactly what gettext itself would rewrite unchanged (apart from line breaks), so whatever it
accepts needs no further check. For everything else `scan` returns None and the full parser (`virtsmith.po.reader`) is
used; both give the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

from virtsmith.po.entry import Row, make_key
from virtsmith.po.flags import format_flags, parse_flags
from virtsmith.po.quoting import BACKSLASH, NEWLINE, value_of

# Only the escapes that gettext writes, and no character that it would escape. NUL and EOT are not allowed in a .mo.
_INSIDE = rb'[^"\\\x00\x04\x07-\x0d]*+(?:\\["\\abfnrtv][^"\\\x00\x04\x07-\x0d]*+)*+'
_PIECE = rb'"' + _INSIDE + rb'"'
_MORE = rb'"(?!")' + _INSIDE + rb'"'
_RAW = _PIECE + rb"(?:\n" + _MORE + rb")*+"
_PREVIOUS = _PIECE + rb"\n(?:#\| " + _MORE + rb"\n)*+"

_ENTRY = re.compile(
    rb"((?:#(?: .++)?+\n)*+)"  # comments
    rb"((?:#\.(?: .++)?+\n)*+)"  # extracted
    rb"((?:#: .++\n)*+)"  # locations
    rb"((?:#, .++\n)?+)"  # flags
    rb"((?:(?:#\| msgctxt "
    + _PREVIOUS
    + rb")?+#\| msgid "
    + _PREVIOUS
    + rb"(?:#\| msgid_plural "
    + _PREVIOUS
    + rb")?+)?+)"
    rb"(?:msgctxt (" + _RAW + rb")\n)?+"
    rb"msgid (" + _RAW + rb")\n"
    rb"(?:msgstr (" + _RAW + rb")\n|msgid_plural (" + _RAW + rb")\n((?:msgstr\[\d\] " + _RAW + rb"\n)++))"
    rb"(?:\n++|\Z)"
    rb"|[\s\S]++"  # anything else, to the end: a match without groups means that the format is different
)
_BETWEEN = b"\n\n"  # messages; no message has a blank line
_OBSOLETE_MARK = re.compile(rb"^#~(\|?+) ", re.MULTILINE)
_LIVE_LINE = re.compile(rb"\n[^#\n]")
_SOLARIS_LOCATIONS = (b"# File:", b"# file:")  # gettext reads these comments as locations
_CHARSET = re.compile(rb"charset=([^ \t\\\"]+)")

_get_comments, _get_flags, _get_msgctxt, _get_msgid, _get_forms = map(  # for loops in C
    attrgetter, ("comments", "flags", "msgctxt", "msgid", "forms")
)


@dataclass(slots=True)
class Scan:
    """The result of the fast path: live and obsolete messages with their keys, in the order of the file."""

    rows: list[Row]
    keys: list[bytes]
    obsolete: list[Row]
    obsolete_keys: list[bytes]


Known = dict[bytes, Row]
"""The messages of another version of a catalogue, by their text."""


def scan(data: bytes, known: Known | None = None) -> Scan | None:
    """Read a catalogue in gettext's own format; None for any other.

    Messages that are in ``known`` are not read again but shared, which takes less time and memory. If it is empty, the
    live messages of this catalogue are put into it.
    """
    if b"\0" in data or b"\r" in data or not data or not _is_utf8(data):
        return None
    start = _obsolete_start(data)
    live = data[:start] if start else data
    rows = _read_rows(live) if known is None else _read_new_rows(live, known)
    obsolete = _read_obsolete(data[start:]) if start else []
    if rows is None or obsolete is None:
        return None
    every = rows + obsolete
    if _has_solaris_locations(every) or not (_flags_are_canonical(every) and _forms_are_numbered(every)):
        return None
    keys, obsolete_keys = keys_of(rows), keys_of(obsolete)
    if len({*keys, *obsolete_keys}) != len(rows) + len(obsolete) or not _declares_utf8(rows, keys, data):
        return None
    return Scan(rows, keys, obsolete, obsolete_keys)


def line_numbers(data: bytes) -> list[int]:
    """The line of each ``msgid`` of a catalogue that `scan` accepts, from 1."""
    lines: list[int] = []
    line, done = 1, 0
    for match in _ENTRY.finditer(data):
        start = match.start(7)
        if start < 0:
            break
        line += data.count(b"\n", done, start)
        done = start
        lines.append(line)
    return lines


def keys_of(rows: list[Row]) -> list[bytes]:
    """`Row.key` of many messages."""
    raws = map(_get_msgid, rows)
    keys = [value_of(raw) if BACKSLASH in raw or NEWLINE in raw else raw[1:-1] for raw in raws]
    if any(map(_get_msgctxt, rows)):
        keys = [
            make_key(key, value_of(row.msgctxt)) if row.msgctxt else key for key, row in zip(keys, rows, strict=True)
        ]
    return keys


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return not data.startswith(b"\xef\xbb\xbf")


_make_row: Callable[[tuple[bytes, ...]], Row] = partial(tuple.__new__, Row)  # Row._make without its check


def _read_rows(data: bytes) -> list[Row] | None:
    found = _ENTRY.findall(data)
    return list(map(_make_row, found)) if found and found[-1][6] else None


def _read_new_rows(data: bytes, known: Known) -> list[Row] | None:
    texts = data.rstrip(b"\n").split(_BETWEEN)
    new = [text for text in texts if text not in known]
    rows = _read_rows(_BETWEEN.join(new) + b"\n") if new else []
    if rows is None or len(rows) != len(new):  # more blank lines than one between messages
        return _read_rows(data)
    found = dict(zip(new, rows, strict=True))
    if not known:
        known.update(found)
    return [known.get(text) or found[text] for text in texts]


def _obsolete_start(data: bytes) -> int:
    """The offset of the commented-out messages at the end, with their comments; 0 if there are none."""
    first = 0 if data.startswith(b"#~") else data.find(b"\n#~")
    return data.rfind(b"\n\n", 0, first + 1) + 2 if first > 0 else 0


def _read_obsolete(tail: bytes) -> list[Row] | None:
    """The messages of a commented-out tail; None if it has another format."""
    if not tail.startswith(b"#") or _LIVE_LINE.search(tail):
        return None
    if tail.startswith(b"#~ ") and b"\n#~|" not in tail:
        return _read_rows(tail[3:].replace(b"\n#~ ", b"\n"))
    return _read_rows(_OBSOLETE_MARK.sub(lambda match: b"#| " if match[1] else b"", tail))


def _has_solaris_locations(rows: list[Row]) -> bool:
    comments = b"".join(set(map(_get_comments, rows)))
    return any(mark in comments for mark in _SOLARIS_LOCATIONS)


def _flags_are_canonical(rows: list[Row]) -> bool:
    different = set(map(_get_flags, rows)) - {b""}
    return all(format_flags(parse_flags(line[2:].decode())) == line for line in different)


def _forms_are_numbered(rows: list[Row]) -> bool:
    for forms in filter(None, map(_get_forms, rows)):
        numbers = [part[:1] for part in forms.removeprefix(b"msgstr[").split(b"\nmsgstr[")]
        if numbers != [b"%d" % index for index in range(len(numbers))]:
            return False
    return True


def _declares_utf8(rows: list[Row], keys: list[bytes], data: bytes) -> bool:
    if b"" not in keys:
        return data.isascii()
    charset = _CHARSET.search(rows[keys.index(b"")].msgstr)
    if charset is None:
        return data.isascii()
    if charset[1].upper() in (b"UTF-8", b"UTF8"):
        return True
    return data.isascii() and charset[1] in (b"CHARSET", b"ASCII", b"US-ASCII")
