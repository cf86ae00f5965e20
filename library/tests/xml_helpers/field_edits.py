"""Single-field edits of documents, for tests: which there are, and what each may touch."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from libvirtxml import Element
from libvirtxml._impl.problems import walk
from libvirtxml._impl.tables import Field, info_of


@dataclass
class FieldEdit:
    """A field of one element, its place in a list, and another value for it; None removes it."""

    owner: Element
    field: Field
    index: int
    value: Any

    @property
    def field_class(self) -> tuple[str, str]:
        return type(self.owner).__name__, self.field.name

    def apply(self) -> None:
        if not self.field.many:
            setattr(self.owner, self.field.name, self.value)
        elif self.value is None:
            del getattr(self.owner, self.field.name)[self.index]
        else:
            getattr(self.owner, self.field.name)[self.index] = self.field._store_one(self.value, "")


def field_edits(document: Element, rng: random.Random) -> Iterator[FieldEdit]:
    """One random edit for each field that each element of a document has."""
    for _, owner in list(walk(document)):
        for field in info_of(type(owner)).fields.values():
            value = owner.__dict__.get(field.name)
            if value is None or value == [] or field.kind.is_discriminant or field.kind.is_nodes:
                continue
            index = rng.randrange(len(value)) if field.many else 0
            item = value[index] if field.many else value
            new = other_value(field, item, rng)
            if new is not None or field.many or not field.required:
                yield FieldEdit(owner, field, index, new)


def other_value(field: Field, value: Any, rng: random.Random) -> Any:
    """Another value that the schema allows for a field; None if none is found, or removal is the only change."""
    if field.kind.is_object or field.kind.is_flag:
        return None
    if isinstance(value, bool):
        return not value
    candidates: list[Any] = []
    if isinstance(value, int):
        candidates = [int(value) + 1, int(value) + rng.randrange(2, 40), int(value) - 1, 1, 2]
    elif isinstance(value, str):
        text = str(value)
        candidates = [text + "7", text + "x", "7" + text, text[:-1] + "7", text[:-1] + "3", text[:-1] + "b"]
    if field.allowed is not None:
        listed = [item for item in field.allowed.values if item and item not in ("yes", "no", "on", "off")]
        rng.shuffle(listed)
        candidates = listed + candidates if rng.random() < 0.5 else candidates + listed
    for candidate in candidates:
        text = candidate if isinstance(candidate, str) else field.codec.encode(candidate)
        if (field.allowed is None or text in field.allowed) and field.codec[text] != value:
            return candidate
    return None


def element_extents(data: bytes) -> dict[int, tuple[int, int]]:
    """For each element, by the byte where it starts: where its start tag ends, and where it ends; found by expat."""
    extents: dict[int, tuple[int, int]] = {}
    open_starts: list[int] = []
    tag_ends: dict[int, int] = {}
    waiting: list[int] = []
    parser = expat.ParserCreate()

    def settle() -> None:
        if waiting:
            tag_ends[waiting.pop()] = parser.CurrentByteIndex

    def start(*_: Any) -> None:
        settle()
        open_starts.append(parser.CurrentByteIndex)
        waiting.append(parser.CurrentByteIndex)

    def end(*_: Any) -> None:
        first = open_starts.pop()
        here = parser.CurrentByteIndex
        own = _tag_end(data, first)
        if data[own - 2 : own] == b"/>":  # the element closes itself: there is no end tag to look at
            close = tag_ends[first] = own
            waiting.clear()
        else:
            settle()
            close = _tag_end(data, here)
        extents[first] = tag_ends[first], close

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.DefaultHandler = lambda _: settle()
    parser.Parse(data, True)
    return extents


def _tag_end(data: bytes, start: int) -> int:
    quote = 0
    for i in range(start, len(data)):
        char = data[i]
        if quote:
            quote = 0 if char == quote else quote
        elif char in b"\"'":
            quote = char
        elif char == ord(">"):
            return i + 1
    raise AssertionError("no end of the tag")


def changed_region(old: bytes, new: bytes) -> tuple[int, int]:
    """From where to where the old bytes differ from the new."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    tail = 0
    while tail < min(len(old), len(new)) - start and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return start, len(old) - tail


def bytes_outside(old: bytes, new: bytes, start: int, end: int) -> int:
    """How many bytes before `start` and behind `end` of the old text are not the same in the new."""
    tail = len(old) - end
    before = sum(a != b for a, b in zip(old[:start], new[:start], strict=False)) + max(0, start - len(new))
    behind = sum(a != b for a, b in zip(old[end:][::-1], new[::-1], strict=False)) + max(0, tail - len(new))
    return before + behind
