r"""Machine object files, byte for byte as ``msgfmt`` writes them, hash table included.

Layout (gettext manual, "The Format of GNU MO Files"): magic, revision, N, offsets of the two string tables, size and
offset of the hash table, then these three, then the texts, each followed by NUL. If a C format string contains
``<PRIu64>`` or the like, or the ``I`` flag, the message is system dependent: it is in separate tables (minor revision
1), split into segments between which the C library inserts text when it loads the file. Newer versions of gettext also
write each of these messages as C libraries on 32 and on 64 bits would insert it, and convert everything to UTF-8
(`virtsmith.po.macros`, `virtsmith.po.forms`).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from math import isqrt

from virtsmith.po.catalogue import Catalogue
from virtsmith.po.check.cformat import system_dependent_spans
from virtsmith.po.entry import Row, split_forms, split_key
from virtsmith.po.errors import CatalogueError
from virtsmith.po.flags import parse_flags
from virtsmith.po.forms import DEFAULT_FORM, FORMS
from virtsmith.po.header import TEMPLATE_DATE, Header, set_utf8
from virtsmith.po.macros import MACHINES, expand_macros
from virtsmith.po.quoting import value_of

_MAGIC = 0x950412DE
_SEGMENTS_END = 0xFFFFFFFF
_FOLD = 0xF0000000

_hashes: dict[bytes, int] = {}


@dataclass(slots=True)
class _Pair:
    """Original (context and id) and translation, without the final NUL; the plural id follows the original."""

    original: bytes
    translation: bytes
    plural: bytes = b""


@dataclass(slots=True)
class _SplitPair:
    """A system dependent pair: each side with the spans that the C library replaces."""

    pair: _Pair
    spans: tuple[list[tuple[int, int]], list[tuple[int, int]]] = field(default_factory=lambda: ([], []))


def compile_catalogue(
    catalogue: Catalogue,
    *,
    hash_table: bool = True,
    fuzzy: bool = False,
    skip_partial: bool = False,
    form: str = DEFAULT_FORM,
) -> bytes:
    """The ``.mo`` file of a catalogue: header and translated messages.

    Args:
        catalogue: the catalogue.
        hash_table: whether to write a hash table, which is optional.
        fuzzy: also use fuzzy translations.
        skip_partial: leave out messages with an empty plural form (users would see an empty text).
        form: the version of gettext that is followed, of `virtsmith.po.forms.FORMS`.

    Raises:
        CatalogueError: the declared character set is unknown, or a text cannot be encoded in it.
    """
    plain: list[_Pair] = []
    split: list[_SplitPair] = []
    for key, row in zip(catalogue.keys, catalogue.rows, strict=True):
        if _is_compiled(key, row, fuzzy=fuzzy, skip_partial=skip_partial):
            _sort_in(key, row, plain, split)
    if FORMS[form].expands:
        _modernise(plain, split)
    elif catalogue.charset.upper() not in ("UTF-8", "UTF8"):
        try:
            for split_pair in split:
                _move_spans(split_pair, catalogue.charset)
            for pair in [*plain, *(split_pair.pair for split_pair in split)]:
                _recode(pair, catalogue.charset)
        except (LookupError, ValueError) as error:
            raise CatalogueError(f"cannot be written in its character set {catalogue.charset!r}: {error}") from error
    plain.sort(key=lambda pair: pair.original)
    size = 0
    if hash_table or split:
        size = table_size(len(plain) + len(split), smallest=FORMS[form].smallest_table)
    return _write(plain, split, size)


def _modernise(plain: list[_Pair], split: list[_SplitPair]) -> None:
    """Add the expanded messages, and declare the character set into which everything is converted."""
    known = {pair.original for pair in plain}
    for pair in plain:
        if not pair.original:
            pair.translation = set_utf8(Header(pair.translation.decode()), spelling=True).text.encode()
    for message in split:
        for width in MACHINES:
            sides = [
                expand_macros(text, spans, width)
                for text, spans in zip((message.pair.original, message.pair.translation), message.spans, strict=True)
            ]
            if sides[0] is not None and sides[1] is not None and sides[0] not in known:
                known.add(sides[0])
                plain.append(_Pair(sides[0], sides[1], message.pair.plural))


def _is_compiled(key: bytes, row: Row, *, fuzzy: bool, skip_partial: bool) -> bool:
    if not key:
        return row.msgstr != b'""'
    if row.msgstr == b'""' or (row.flags.startswith(b"#, fuzzy") and not fuzzy) or row.is_untranslated():
        return False
    return not (skip_partial and row.forms and b'""' in split_forms(row.forms))


def _sort_in(key: bytes, row: Row, plain: list[_Pair], split: list[_SplitPair]) -> None:
    original = key
    if row.msgctxt:
        msgid, context = split_key(key)
        original = b"%b\4%b" % (context or b"", msgid)
    if row.plural:
        pair = _Pair(original, b"\0".join(map(value_of, split_forms(row.forms))), value_of(row.plural))
    else:
        pair = _Pair(original, value_of(row.msgstr))
    if not key:
        pair.translation = _NOT_REPRODUCIBLE.sub(b"", pair.translation, count=1)
    elif (
        row.flags
        and (pair.original.find(b"<PRI") >= 0 or _INTEGER_FLAG in pair.translation)
        and _has_c_format(row.flags)
    ):
        spans = _spans_of(pair)
        if spans[0] or spans[1]:
            split.append(_SplitPair(pair, spans))
            return
    plain.append(pair)


_NOT_REPRODUCIBLE = re.compile(rb"^%b:[^\n]*+\n?+" % TEMPLATE_DATE.encode(), re.MULTILINE)
"""What msgfmt leaves out of a header: the first line with exactly this name."""
_INTEGER_FLAG = ord("I")  # %Id: digits of the locale


def _has_c_format(flags: bytes) -> bool:
    words = parse_flags(flags[2:].decode())
    return "c-format" in words or "objc-format" in words


def _spans_of(pair: _Pair) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The spans that the C library replaces, in the original and in the translation."""
    context, separator, msgid = pair.original.rpartition(b"\4")
    shift = len(context) + len(separator)
    original = [(start + shift, end + shift) for start, end in system_dependent_spans(msgid, translated=False)]
    translation: list[tuple[int, int]] = []
    shift = 0
    for form in pair.translation.split(b"\0"):
        spans = system_dependent_spans(form, translated=True)
        translation += [(start + shift, end + shift) for start, end in spans]
        shift += len(form) + 1
    return original, translation


def _move_spans(split: _SplitPair, charset: str) -> None:
    """Put the spans of a message in UTF-8 where they are in another character set."""
    texts = (split.pair.original, split.pair.translation)
    for text, spans in zip(texts, split.spans, strict=True):
        spans[:] = [
            (_encoded_length(text[:start], charset), _encoded_length(text[:end], charset)) for start, end in spans
        ]


def _encoded_length(text: bytes, charset: str) -> int:
    return len(text.decode().encode(charset))


def _recode(pair: _Pair, charset: str) -> None:
    pair.original = pair.original.decode().encode(charset)
    pair.translation = pair.translation.decode().encode(charset)
    pair.plural = pair.plural.decode().encode(charset)


def hash_string(text: bytes) -> int:
    """The string hash of P. J. Weinberger, on 32 bits, as in gettext's hash-string.c.

    Cached, because all languages of a project have the same message ids.
    """
    value = _hashes.get(text)
    if value is None:
        value = 0
        for byte in text:
            value = (value << 4) + byte
            top = value & _FOLD
            if top:
                value ^= top >> 24 ^ top
        value &= 0xFFFFFFFF
        _hashes[text] = value
    return value


def table_size(count: int, *, smallest: int = 5) -> int:
    """The number of slots: the next odd prime above 4/3 of the messages, at least ``smallest``; 3 for one message."""
    size = (count * 4 // 3) | 1
    if size == 1:
        return 3
    size = max(size, smallest)
    while any(size % divisor == 0 for divisor in range(3, isqrt(size) + 1, 2)):
        size += 2
    return size


def _hash_table(originals: list[bytes], size: int) -> list[int]:
    """Open addressing with double hashing; a slot has the index of a message plus one."""
    slots = [0] * size
    known = _hashes.get
    for index, original in enumerate(originals, 1):
        value = known(original)
        if value is None:
            value = hash_string(original)
        slot = value % size
        if slots[slot]:
            step = 1 + value % (size - 2)
            while slots[slot]:
                slot = (slot + step) % size
        slots[slot] = index
    return slots


def _write(plain: list[_Pair], split: list[_SplitPair], size: int) -> bytes:
    count = len(plain)
    tables = _SplitTables(split)
    header_size = 48 if split else 28
    originals_at, hash_at = header_size, header_size + 16 * count
    texts_at = hash_at + 4 * size + tables.size
    words = [_MAGIC, tables.revision, count, originals_at, originals_at + 8 * count, size, hash_at]
    words += tables.header_words(hash_at + 4 * size)
    originals = [b"%b\0%b" % (p.original, p.plural) if p.plural else p.original for p in plain]
    offset = _describe([len(text) for text in originals], texts_at, words)
    offset = _describe([len(pair.translation) for pair in plain], offset, words)
    words += _hash_table([pair.original for pair in plain], size) if size else []
    words += tables.words(hash_at + 4 * size, offset)
    originals += [pair.translation for pair in plain]
    originals.append(b"")  # a NUL after the last one, too
    return struct.pack(f"<{len(words)}I", *words) + b"\0".join(originals) + tables.texts()


def _describe(lengths: list[int], offset: int, words: list[int]) -> int:
    """Append length and offset of consecutive texts from an offset; return the offset after them."""
    for length in lengths:
        words.append(length)
        words.append(offset)
        offset += length + 1
    return offset


class _SplitTables:
    """The tables of system dependent messages; empty if there are none."""

    def __init__(self, split: list[_SplitPair]) -> None:
        self._split = split
        self._fillers: dict[bytes, int] = {}
        cuts = [(self._cut(pair, 0), self._cut(pair, 1)) for pair in split]
        self._sides = [[pair[side] for pair in cuts] for side in (0, 1)]
        self.revision = (int(b"I" in self._fillers) << 16) + 1 if split else 0
        self._descriptors = sum(4 + 8 * len(cuts) for side in self._sides for cuts in side)
        self.size = len(self._fillers) * 8 + len(split) * 8 + self._descriptors

    def _cut(self, pair: _SplitPair, side: int) -> list[tuple[bytes, int]]:
        """One side of a message as (fixed text, number of the replaced segment after it)."""
        text = (pair.pair.original, pair.pair.translation)[side]
        cuts, done = [], 0
        for start, end in pair.spans[side]:
            filler = text[start:end].removeprefix(b"<").removesuffix(b">")
            number = self._fillers.setdefault(filler, len(self._fillers))
            cuts.append((text[done:start], number))
            done = end
        rest = text[done:] + b"\0"
        if side == 0 and pair.pair.plural:
            rest += pair.pair.plural + b"\0"
        return [*cuts, (rest, _SEGMENTS_END)]

    def header_words(self, at: int) -> list[int]:
        """The five words that minor revision 1 adds to the file header."""
        if not self._split:
            return []
        pairs_at = at + 8 * len(self._fillers)
        return [len(self._fillers), at, len(self._split), pairs_at, pairs_at + 4 * len(self._split)]

    def words(self, at: int, texts_at: int) -> list[int]:
        """The tables themselves; ``texts_at`` is the offset of `texts`."""
        words: list[int] = []
        for filler in self._fillers:
            words += [len(filler) + 1, texts_at]
            texts_at += len(filler) + 1
        descriptor_at = at + 8 * len(self._fillers) + 8 * len(self._split)
        for side in self._sides:
            for cuts in side:
                words.append(descriptor_at)
                descriptor_at += 4 + 8 * len(cuts)
        for side in self._sides:
            for cuts in side:
                words.append(texts_at)
                for text, number in cuts:
                    words += [len(text), number]
                    texts_at += len(text)
        return words

    def texts(self) -> bytes:
        """The texts of replaced segments and the fixed parts."""
        fillers = b"".join(filler + b"\0" for filler in self._fillers)
        return fillers + b"".join(text for side in self._sides for cuts in side for text, _ in cuts)
