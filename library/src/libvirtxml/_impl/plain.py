"""Plain documents, from their text straight to model objects.

Most of a document is tags that were seen before: ``<driver name='qemu' type='qcow2'/>``, ``</disk>``. So the text is
cut at each ``<``, and what a piece means within a class - which field, which class, what values - is worked out when
it first occurs and looked up from then on. A piece is checked when it is worked out and the nesting when it is walked,
so nothing is read here that is not well-formed.

Whatever is not plain - prefixes, comments, references such as ``&amp;``, unknown content, errors - raises
`NotPlainError`. Then the whole document is read by ``_parse.py`` and ``_read.py``, which keep everything and explain
every error. Both ways give the same objects.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, ClassVar

from libvirtxml._impl.base import ElementBase
from libvirtxml._impl.lists import MemberList
from libvirtxml._impl.parse import parse_tree
from libvirtxml._impl.read import StrayTextError, extra_of, reader_of
from libvirtxml._impl.tables import ClassInfo, Field, find_class, info_of
from libvirtxml._impl.trees import LAYOUT, MAX_DEPTH, depth
from libvirtxml._impl.values import Codec
from libvirtxml.errors import XMLError

Pieces = Iterator[str]
Attributes = list[tuple[str, str]]
"""For each its name as in `` name=``, and its value as written."""

Parts = tuple[str, Attributes, bool, str]
"""A start tag and what follows: tag, attributes, whether it is an end tag too, text."""

Fill = Callable[[dict[str, Any], Pieces, int], None]
Meaning = tuple[str, type[MemberList] | None, Any, Any, Fill | None, "_Ends | None"]
"""What a start tag means within a class.

The field that it is a value of, and the class of its lists, if it has any; the class of the object to make, if it is
one; the value, or the attributes of the object; how to read the children that follow; and for elements that hold only
text, the end tag that must follow.
"""

_MOST_PIECES = 1 << 14
_LONGEST_PIECE = 200
"""How much is remembered, about 8 MB, until all is forgotten; longer pieces are texts that hardly come again."""

_LONGEST_TEXT = 1 << 23
"""The pieces of a longer text would fill memory if an attacker made them as short as can be."""

_ILLEGAL = "\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff"
_NAME = "[A-Za-z_][A-Za-z0-9_.-]*"
_ATTRIBUTE = rf"""[ \t\n]+({_NAME})[ \t\n]*=[ \t\n]*(?:'([^'&\t\n{_ILLEGAL}]*)'|"([^"&\t\n{_ILLEGAL}]*)")"""
_START = rf"({_NAME})((?:{_ATTRIBUTE})*)[ \t\n]*(/?)>([^&{_ILLEGAL}]*)"
_UTF8 = r"""(?i:'utf-8'|"utf-8")"""
_PROLOG = re.compile(rf"""(<\?xml version=('1\.0'|"1\.0")( encoding={_UTF8})? ?\?>)?[ \t\n]*<(?=[A-Za-z_])""")
_SPACE = " \t\n"
_CLOSINGS = ("", "/")
"""What follows the last value of a start tag."""
_new = object.__new__
_set_values = ElementBase.__dict__["__dict__"].__set__
_append = list.append


@cache
def _tag_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """For start tags in any form, and for the attributes in them; they take milliseconds to compile, few need them."""
    return re.compile(_START), re.compile(_ATTRIBUTE)


class NotPlainError(Exception):
    """The document is to be read the careful way."""


def read_plain(text: str | bytes, find_root: Callable[[str], type[Any]]) -> Any:
    """Read a document, if it is plain, or return None; ``find_root`` gives the class for the tag of its root."""
    if len(text) > _LONGEST_TEXT:
        return None
    try:
        if isinstance(text, bytes):
            text = text.decode()
        start = _PROLOG.match(text)
        pieces = iter(text[start.end() :].split("<")) if start else iter(())
        parts = _start_tags[next(pieces)]
        _, _, cls, values, fill, ends = _class(info_of(find_root(parts[0]))).start(parts, "", None)
        root: Any = _new(cls)
        root.__dict__.update(values)
        if fill is not None:
            fill(root.__dict__, pieces, 1)
        if ends is not None:
            ends[next(pieces)]
    except (NotPlainError, StrayTextError, UnicodeDecodeError, StopIteration, XMLError):
        return None
    return root if next(pieces, None) is None else None


def forget() -> None:
    """Forget what was worked out so far."""
    filled, _Memo.filled = _Memo.filled, []
    for memo in filled:
        memo.clear()


def _parts(piece: str) -> Parts:
    return _usual_parts(piece) or _any_parts(piece)


def _usual_parts(piece: str) -> Parts | None:
    """The parts of a start tag in the form that libvirt writes, None for any other: names are not checked here."""
    head, end, text = piece.partition(">")
    if not end or "&" in piece or not head.isprintable() or '"' in head:
        return None
    if text and ((not text.isprintable() and text.strip(LAYOUT)) or "]]>" in text):
        return None
    *parts, last = head.split("'")
    if not parts:
        return None if " " in head else (head.removesuffix("/"), [], last[-1:] == "/", text)
    if len(parts) % 2 or last not in _CLOSINGS:
        return None
    tag, _, name = parts[0].partition(" ")
    parts[0] = f" {name}"
    return tag, list(zip(parts[::2], parts[1::2], strict=True)), last == "/", text


def _any_parts(piece: str) -> Parts:
    start, pattern = _tag_patterns()
    match = start.fullmatch(piece)
    if match is None or "]]>" in piece:
        raise NotPlainError
    tag, attributes, closed, text = match.group(1, 2, 6, 7)
    found = pattern.findall(attributes) if attributes else []
    return tag, [(f" {name}=", single or double) for name, single, double in found], closed == "/", text


class _Memo(dict[str, Any]):
    """Remembers what was worked out; all memos together keep `_MOST_PIECES` pieces at most."""

    filled: ClassVar[list[_Memo]] = []
    """For each piece that is remembered the memo that it is in."""

    def __missing__(self, piece: str) -> Any:
        found = self.work_out(piece)
        if len(piece) <= _LONGEST_PIECE:
            if len(self.filled) >= _MOST_PIECES:
                forget()
            self.filled.append(self)
            self[piece] = found
        return found

    def work_out(self, piece: str) -> Any:
        """What a piece means.

        Raises:
            NotPlainError: only the careful way can find out.
        """
        raise NotImplementedError


class _StartTags(_Memo):
    """The parts of the start tags of roots."""

    def work_out(self, piece: str) -> Parts:
        return _parts(piece)


_start_tags = _StartTags()


class _Ends(_Memo):
    """The ends of elements with a tag, with the layout that follows."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self._tag = f"/{tag}"

    def work_out(self, piece: str) -> None:
        """Raises an error if the piece is not the end tag."""
        tag, end, layout = piece.partition(">")
        if tag.rstrip(_SPACE) != self._tag or not end or layout.strip(_SPACE):
            raise NotPlainError


class _Class(_Memo):
    """A class of the model, and what pieces of text mean inside of its elements: a `Meaning`, None for the end."""

    def __init__(self, info: ClassInfo) -> None:
        super().__init__()
        fields = info.fields.values()
        self._info = info
        self._cls = info.cls
        self._attributes = {f" {f.key}=": (f.name, _decoder(f)) for f in fields if f.kind.is_attribute}
        self._attribute = f" {info.attribute}="
        self._content = info.text
        self._children = {field.key: field for field in fields if field.kind.has_tag}
        self._names = {field.name for field in self._children.values()}
        self._ends = _ends(info.tag)

    def start(self, parts: Parts, name: str, list_type: type[MemberList] | None) -> Meaning:
        """What a start tag of the class means, as a value of a field."""
        tag, attributes, closed, text = parts
        if self._info.variants and (variant := self._variant(attributes)) is not None:
            return variant.start(parts, name, list_type)
        values: dict[str, Any] = {}
        try:
            for key, raw in attributes:
                field_name, decoder = self._attributes[key]
                values[field_name] = raw if decoder is None else decoder[raw]
        except KeyError:
            raise NotPlainError from None
        content = self._content
        if len(values) != len(attributes) or ((content is None or closed) and text.strip(LAYOUT)):
            raise NotPlainError
        if closed:
            return name, list_type, self._cls, values, None, None
        if content is None:
            return name, list_type, self._cls, values, self.fill, None
        if text:
            decoder = _decoder(content)
            values[content.name] = text if decoder is None else decoder[text]
        return name, list_type, self._cls, values, None, _ends(tag)

    def _variant(self, attributes: Attributes) -> _Class | None:
        info = self._info
        given = next((value for key, value in attributes if key == self._attribute), info.default)
        name = info.variants.get(given or "")
        return _class_named(name) if name else None

    def work_out(self, piece: str) -> Meaning | None:
        if piece[:1] == "/":
            self._ends.work_out(piece)
            return None
        tag, attributes, closed, text = parts = _parts(piece)
        field = self._children.get(tag)
        if field is None:
            raise NotPlainError
        list_type = field.list_type if field.many else None
        if field.kind.is_object:
            return _class_named(field.reference).start(parts, field.name, list_type)
        if attributes or ((closed or field.kind.is_flag) and text.strip(LAYOUT)):
            raise NotPlainError
        if closed:
            text = ""
        decoder = _decoder(field)
        value = True if field.kind.is_flag else text if decoder is None else decoder[text]
        return field.name, list_type, None, value, None, None if closed else _ends(tag)

    def fill(self, values: dict[str, Any], pieces: Pieces, level: int) -> None:
        """Read the children of an element up to its end; ``level`` is how deep it is itself."""
        if level >= MAX_DEPTH:
            raise NotPlainError
        last = None
        items: list[Any] = []
        runs: list[tuple[str, int]] = []
        for piece in pieces:
            found = self[piece]
            if found is None:
                if runs:
                    extra_of(values).sequence = _sequence(values, runs)
                return
            name, list_type, cls, value, fill, ends = found
            if cls is not None:
                obj = _new(cls)
                own = value.copy()
                _set_values(obj, own)
                if fill is not None:
                    fill(own, pieces, level + 1)
                value = obj
            if ends is not None:
                ends[next(pieces)]
            if name not in values:
                values[name] = items = value if list_type is None else list_type((value,))
                if runs:
                    runs.append((name, 0))
            elif list_type is None:
                raise NotPlainError
            elif name == last:
                _append(items, value)
            else:  # tags alternate
                runs = runs or [(item, 0) for item in values if item in self._names]
                items = values[name]
                runs.append((name, len(items)))
                _append(items, value)
            last = name
        raise NotPlainError


class _FreeClass(_Class):
    """A class that holds what it likes: the careful way reads it, but it alone."""

    def fill(self, values: dict[str, Any], pieces: Pieces, level: int) -> None:
        """Read the element from its start tag, which has no attributes, to its end."""
        text = [f"{self._info.tag}>"]
        inner = 1
        while inner:
            text.append(piece := next(pieces))
            if piece[:1] in ("!", "?"):
                raise NotPlainError
            inner += -1 if piece[:1] == "/" else not piece.partition(">")[0].endswith("/")
        self._ends.work_out(text[-1])
        root = parse_tree("<" + "<".join(text))
        if level - 1 + depth(root) > MAX_DEPTH:
            raise NotPlainError
        values.update(reader_of(self._info.cls)(root).__dict__)


@cache
def _ends(tag: str) -> _Ends:
    return _Ends(tag)


@cache
def _class(info: ClassInfo) -> _Class:
    return _FreeClass(info) if info.nodes else _Class(info)


@cache
def _class_named(name: str) -> _Class:
    return _class(info_of(find_class(name)))


def _decoder(field: Field) -> Codec | None:
    return field.codec if field.codec.name else None


def _sequence(values: dict[str, Any], runs: list[tuple[str, int]]) -> list[str]:
    """The names of all children in order; runs begin with the item of their number."""
    sequence: list[str] = []
    ends = {name: len(value) if isinstance(value, list) else 1 for name, value in values.items()}
    for name, first in reversed(runs):
        sequence += [name] * (ends[name] - first)
        ends[name] = first
    sequence.reverse()
    return sequence
