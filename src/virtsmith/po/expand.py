"""Stored form and template to a full catalogue: every message of the sources, with current locations.

The result is byte for byte what ``msgmerge --no-fuzzy-matching`` 0.21 writes (with ``--no-wrap`` for unwrapped
catalogues), given a template that gettext 0.21 would rewrite unchanged.
"""

from __future__ import annotations

import re

from virtsmith.po.catalogue import Catalogue
from virtsmith.po.entry import Row, entry_of, join_forms, split_forms
from virtsmith.po.flags import format_flags, parse_flags
from virtsmith.po.header import Header, layout_header, merge_header, set_utf8
from virtsmith.po.minimize import unwrapped
from virtsmith.po.quoting import BACKSLASH, NEWLINE, unwrap

_RANGE = re.compile(r"range: (\d+)\.\.(\d+)")


_BLANK_LINE = b"\n\n"


class Template:
    """A template prepared for expanding many languages; ``wrap`` is ``none`` or ``keep``.

    ``slots`` are its messages: key, flags, whether it has plural forms, the text before a translation (from a blank
    line to the word ``msgstr``), the row, and the complete text of the message without a translation.
    """

    def __init__(self, catalogue: Catalogue, *, wrap: str = "none") -> None:
        self.wrap = wrap
        self.header_raw = (catalogue.header_row() or _EMPTY_HEADER).msgstr
        rows = [unwrapped(row) for row in catalogue.rows] if wrap == "none" else catalogue.rows
        self.slots = [
            (key, row.flags, bool(row.plural), _start(row), row, _BLANK_LINE + row.render()[:-1])
            for key, row in zip(catalogue.keys, rows, strict=True)
            if key
        ]


_EMPTY_HEADER = Row(b"", b"", b"", b"", b"", b"", b'""', b'""', b"", b"")


def expand(catalogue: Catalogue, template: Template) -> bytes:
    """The full catalogue of a language.

    Messages come in the order of the template with its locations, extracted comments and flags; translations and
    their comments come from the catalogue. Messages that the template no longer has are kept at the end, commented out.
    """
    known = catalogue.by_key() | dict(zip(catalogue.obsolete_keys, catalogue.obsolete, strict=True))
    if catalogue.file_order:
        known = {key: known[key] for key in catalogue.file_order}
    unwrapping = template.wrap == "none"
    empty_forms = join_forms([b'""'] * catalogue.header.nplurals)
    header = known.pop(b"", None)
    blocks = [_header(header, template).render()] if header else []
    parts = [_BLANK_LINE + block[:-1] for block in blocks]
    take, write, add = known.pop, parts.extend, parts.append
    for key, flags, has_forms, start, row, block in template.slots:
        own = take(key, None)
        if own is None:
            untouched = not (has_forms and _is_blank(row))
            add(block if untouched else _BLANK_LINE + row._replace(forms=empty_forms).render()[:-1])
        elif own.msgstr and own.flags == flags and not has_forms:
            msgstr = own.msgstr
            if unwrapping and (NEWLINE in msgstr or BACKSLASH in msgstr):
                msgstr = unwrap(msgstr)
            if own.comments:
                write((_BLANK_LINE, own.comments, start[len(_BLANK_LINE) :], msgstr))
            else:
                write((start, msgstr))
        else:
            add(_BLANK_LINE + _merge(unwrapped(own) if unwrapping else own, row, catalogue).render()[:-1])
    for row in known.values():
        if not row.is_untranslated():
            add(_BLANK_LINE + _left_over(row, unwrapping=unwrapping)[:-1])
    return b"".join(parts)[len(_BLANK_LINE) :] + b"\n" if parts else b""


def _start(row: Row) -> bytes:
    context = b"msgctxt %b\n" % row.msgctxt if row.msgctxt else b""
    lines = (_BLANK_LINE, row.extracted, row.locations, row.flags, context, b"msgid ", row.msgid, b"\nmsgstr ")
    return b"".join(lines)


def _is_blank(row: Row) -> bool:
    return all(raw == b'""' for raw in split_forms(row.forms))


def _left_over(row: Row, *, unwrapping: bool) -> bytes:
    previous = row.previous if row.is_fuzzy() else b""
    kept = row._replace(extracted=b"", locations=b"", previous=previous)
    return (unwrapped(kept) if unwrapping else kept).render_obsolete()


def _header(own: Row, template: Template) -> Row:
    merged = set_utf8(merge_header(Header.of_raw(own.msgstr), Header.of_raw(template.header_raw)))
    layout = (own.msgstr, template.header_raw) if template.wrap == "keep" else ()
    return own._replace(msgstr=layout_header(merged, layout), extracted=b"", locations=b"", previous=b"")


def _merge(own: Row, slot: Row, catalogue: Catalogue) -> Row:
    """Merge a message whose flags or plural forms differ from the template's, as msgmerge's ``message_merge`` does."""
    own_flags, slot_flags = parse_flags(own.flags[2:].decode()), parse_flags(slot.flags[2:].decode())
    merged = slot._replace(comments=own.comments, msgstr=own.msgstr, forms=own.forms)
    fuzzy = "fuzzy" in own_flags or slot.plural != own.plural or not _range_fits(own_flags, slot_flags)
    if slot.plural and not own.plural:
        merged = merged._replace(msgstr=b"", forms=join_forms([own.msgstr] * catalogue.header.nplurals))
    elif own.plural and not slot.plural:
        merged = merged._replace(msgstr=split_forms(own.forms)[0], forms=b"")
    if not fuzzy and set(slot_flags) - set(own_flags):
        from virtsmith.po.check.formats import translations_fit  # noqa: PLC0415 - seldom needed, slow to import

        entry = entry_of(merged)
        added = [flag for flag in slot_flags if flag.endswith("-format") and flag not in own_flags]
        fuzzy = not translations_fit(entry, added, catalogue.header)
    flags = tuple(flag for flag in slot_flags if flag != "fuzzy")
    return merged._replace(flags=format_flags(("fuzzy", *flags) if fuzzy and not merged.is_untranslated() else flags))


def _range_fits(own: tuple[str, ...], slot: tuple[str, ...]) -> bool:
    """Whether the template guarantees at least the range that the translator relied on."""
    relied, promised = _range_of(own), _range_of(slot)
    return relied is None or (promised is not None and promised[0] >= relied[0] and promised[1] <= relied[1])


def _range_of(flags: tuple[str, ...]) -> tuple[int, int] | None:
    match = next((found for flag in flags if (found := _RANGE.fullmatch(flag))), None)
    return (int(match[1]), int(match[2])) if match else None
