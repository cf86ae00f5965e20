"""Traits of a document that may keep libvirt from reading it: values it does not know, parts missing or repeated.

A trait is named ``word Class.field``, where the word says in which way a value is unlike what the schema has, or that
the field is missing or there more than once. Of values, the class is the union, of the others the variant.
``measured.py`` has the traits that matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from libvirtxml._impl.element import Element
from libvirtxml._impl.problems import walk
from libvirtxml._impl.tables import Field, info_of
from libvirtxml._impl.trees import shown

MISSING, REPEATED = "missing", "repeated"
_NUMBER = re.compile(r"-?(0x[0-9a-fA-F]+|\d+)")


@dataclass(frozen=True, slots=True)
class Trait:
    """One trait, where it is, and the value if it is about one."""

    name: str
    path: str
    value: str | None = None

    @property
    def kind(self) -> str:
        """Its first word."""
        return self.name.partition(" ")[0]


def traits_of(document: Element) -> Iterator[Trait]:
    """All traits of a document, in its order."""
    for path, element in walk(document):
        info = info_of(type(element))
        cls = type(element).__name__
        union = info.base or cls
        repeated = _repeated(element)
        for name, field in info.fields.items():
            key = f"{cls}.{name}"
            if name not in element.__dict__:
                if info.abstract or not field.required:
                    continue  # what it needs depends on the variant, which is not known, or on something else
                yield Trait(f"{MISSING} {key}", _place(path, field))
                continue
            if field.key in repeated and field.kind.has_tag and not field.many:
                yield Trait(f"{REPEATED} {key}", _place(path, field))
            if field.kind.is_value or field.kind.is_discriminant:
                values = element.__dict__[name] if field.many else [element.__dict__[name]]
                for value in values:
                    text = field.text_of(value)
                    if kind := _unlike(field, text, info.variants):
                        yield Trait(f"{kind} {union}.{name}", _place(path, field), text)


def _repeated(element: Element) -> set[str]:
    """The tags of children that the model has once and a document more often."""
    extra = element.extra
    return {node.clark_name for node in extra.nodes() if node.is_element} if extra is not None else set()


def _place(path: str, field: Field) -> str:
    if field.kind.is_attribute:
        return f"{path}/@{shown(field.key)}"
    return path if field.kind.is_text else f"{path}/{shown(field.key)}"


def _unlike(field: Field, text: str, variants: Any) -> str:
    """In which way a value is unlike what the schema has; empty if it is not."""
    allowed = field.allowed
    if field.kind.is_discriminant:
        # a variant has the value that makes it one; the union itself is there for values that make none
        return _way(text, is_listed=True) if variants and text not in variants else ""
    if allowed is None or (text in allowed and text == text.strip()):
        return ""  # schemas overlook blanks around numbers and names
    return _way(text, is_listed=bool(allowed.values) and not allowed.datas)


def _way(text: str, *, is_listed: bool) -> str:
    if not text.strip():
        return "empty"
    if text != text.strip():
        return "blanks"
    if is_listed:
        return "unknown"
    number = _NUMBER.fullmatch(text)
    return _size(text) if number else "shape"


def _size(text: str) -> str:
    if text.startswith("-"):
        return "negative"
    value = int(text, 16 if "x" in text else 10)
    return "huge" if value >= 1 << 64 else "large" if value >= 1 << 32 else "number"
