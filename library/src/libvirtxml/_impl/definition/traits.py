"""Traits of a document that may keep libvirt from reading it: odd values, parts missing or repeated.

A trait is a word and a field. The word says in which way a value is unlike what most fields take, or that the field is
missing or there more than once. A field is meant in three ways, from the widest to the narrowest, since libvirt's
parser often treats them alike, but not always: ``any Union.field`` of all variants, ``Class.field`` of one, and
``grandparent/parent/@name Class.field`` of one in one kind of place. ``measured.py`` has the traits that matter, each
as widely as it is true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from libvirtxml._impl.element import Element
from libvirtxml._impl.problems import walk
from libvirtxml._impl.tables import ClassInfo, Field, info_of
from libvirtxml._impl.trees import shown
from libvirtxml._impl.values import INTEGER_RANGES, IntegerCodec

MISSING, REPEATED = "missing", "repeated"
MALFORMED = ("unknown", "shape", "blanks", "empty")
"""Words for texts that are not values at all: a field that takes none of one kind takes none of the others."""
_NUMBER = re.compile(r"-?(0[xX][0-9a-fA-F]+|\d+)")
_INDEX = re.compile(r"\[\d+\]")
_MOST_DIGITS = 40
"""A number with more is not read: Python takes long for it, or refuses."""
_SIZES = (64, 63, 32, 16, 8)


@dataclass(frozen=True, slots=True)
class Trait:
    """One trait, where it is, and the value if it is about one.

    Attributes:
        kind: its word.
        union: the name of the union that the class is a variant of, or of the class.
        field: ``Class.field``.
        owner: the path of its element.
        form: what the field takes: ``list`` of words, ``number``, or anything else.
    """

    kind: str
    union: str
    field: str
    path: str
    value: str | None = None
    form: str = ""
    owner: str = ""

    @property
    def said(self) -> str:
        """Its field with the value."""
        return f"{self.field}={self.value}"

    @property
    def place(self) -> str:
        """Its path without positions."""
        return _INDEX.sub("", self.path)

    @property
    def names(self) -> tuple[str, str, str]:
        """Its field as it is meant, from the widest to the narrowest."""
        tags = "/".join(self.place.split("/")[-3:])
        return f"any {self.union}.{self.field.partition('.')[2]}", self.field, f"{tags} {self.field}"


Missing = Callable[[ClassInfo, Mapping[str, Any]], Collection[str]]
"""Which fields of a class are worth mentioning where they are missing."""


def absent(info: ClassInfo, values: Mapping[str, Any]) -> list[str]:
    """All fields that are missing."""
    return [name for name in info.fields if name not in values]


def by_class(fields: Iterable[str]) -> dict[str, frozenset[str]]:
    """The names of fields by their class or union, of fields as traits mean them."""
    found: dict[str, set[str]] = {}
    for name in fields:
        cls, _, field = name.rpartition(" ")[2].partition(".")
        found.setdefault(cls, set()).add(field)
    return {cls: frozenset(names) for cls, names in found.items()}


def worth_mentioning(
    needed: Mapping[str, frozenset[str]], info: ClassInfo, values: Mapping[str, Any]
) -> Collection[str]:
    """The fields that are missing, of those that classes need."""
    names = needed.get(info.model.__name__, frozenset())
    if info.base:
        names |= needed.get(info.base, frozenset())
    return sorted(name for name in names if name not in values and name in info.fields) if names else ()


def traits_of(document: Element, missing: Missing = absent) -> Iterator[Trait]:
    """All traits of a document, in its order."""
    for path, element in walk(document):
        info = info_of(type(element))
        cls = info.model.__name__
        union = info.base or cls
        fields = info.fields
        values = element.__dict__
        for name in missing(info, values):
            yield Trait(MISSING, union, f"{cls}.{name}", _place(path, fields[name]), owner=path)
        if element.extra is not None:
            for name in _repeated(element, fields):
                yield Trait(REPEATED, union, f"{cls}.{name}", _place(path, fields[name]), owner=path)
        for name, value in values.items():
            field = fields.get(name)
            if field is None or not (field.kind.is_value or field.kind.is_discriminant):
                continue
            for item in value if field.many else (value,):
                text = field.text_of(item)
                if kind := _unlike(field, text, info.variants):
                    yield trait_of(kind, path, element, field, text)


def trait_of(kind: str, path: str, element: Element, field: Field, text: str) -> Trait:
    """A trait of a value in an element."""
    info = info_of(type(element))
    cls = info.model.__name__
    return Trait(kind, info.base or cls, f"{cls}.{field.name}", _place(path, field), text, _form(field), path)


def _repeated(element: Element, fields: dict[str, Field]) -> Iterator[str]:
    """The fields that the model has once and a document more often."""
    extra = element.extra
    tags = {node.clark_name for node in extra.nodes() if node.is_element} if extra is not None else ()
    for name in element.__dict__ if tags else ():
        field = fields.get(name)
        if field is not None and field.key in tags and field.kind.has_tag and not field.many:
            yield name


def _place(path: str, field: Field) -> str:
    if field.kind.is_attribute:
        return f"{path}/@{shown(field.key)}"
    return path if field.kind.is_text else f"{path}/{shown(field.key)}"


def _unlike(field: Field, text: str, variants: Any) -> str:
    """In which way a value is odd; empty if it is not."""
    if field.kind.is_discriminant:
        # a variant has the value that makes it one; the union itself is there for values that make none
        return _way(text, is_listed=True) if variants and text not in variants else ""
    allowed = field.allowed
    if not text or text[0].isspace() or text[-1].isspace():
        return _way(text, is_listed=False)  # schemas overlook blanks around numbers and names
    if (text.isdecimal() or (isinstance(field.codec, IntegerCodec) and _NUMBER.fullmatch(text))) and not (
        allowed and allowed.values and not allowed.datas
    ):
        return _size(text)
    if allowed is None or text in allowed:
        return ""
    return _way(text, is_listed=bool(allowed.values) and not allowed.datas)


def _form(field: Field) -> str:
    allowed = field.allowed
    if isinstance(field.codec, IntegerCodec):
        return "number"
    if allowed is None:
        return ""
    if allowed.values and not allowed.datas:
        return "list"
    return "number" if not allowed.values and all(data[0] in INTEGER_RANGES for data in allowed.datas) else ""


def _way(text: str, *, is_listed: bool) -> str:
    if not text.strip():
        return "empty"
    if text != text.strip():
        return "blanks"
    if is_listed:
        return "unknown"
    return _size(text) if _NUMBER.fullmatch(text) else "shape"


def _size(text: str) -> str:
    if text.startswith("-"):
        return "negative"
    lower = text.lower()
    digits = lower.removeprefix("0x").lstrip("0") or "0"
    if len(digits) > _MOST_DIGITS:
        return "over64"
    value = int(digits, 16 if lower.startswith("0x") else 10)
    if not value:
        return "zero"
    return next((f"over{bits}" for bits in _SIZES if value >> bits), "")
