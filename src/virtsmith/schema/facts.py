"""The facts: every element type with its slots, values and unions, each dated by the releases that have it.

`SchemaFacts` is what is checked in (``data/facts.json``) and what the model is generated from. A set of releases is
a bit mask over `SchemaFacts.releases`, in ascending order; in the file it is written as ranges
(``1.2.0-2.1.0 7.0.0-``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from libvirtxml.releases import format_ranges, parse_ranges
from libvirtxml.versions import Version

from virtsmith.errors import InputError
from virtsmith.schema.pattern import Data

SCHEMA = "virtsmith.schema-facts/1"


@dataclass(slots=True)
class Value:
    """A value type: listed values, and data types if more than the list is allowed, each with its releases."""

    values: dict[str, int] = field(default_factory=dict)
    dates: dict[Data, int] = field(default_factory=dict)
    """The data types, including those of older releases."""

    @property
    def open(self) -> int:
        """The releases in which the type is open, that is, allows more than its listed values."""
        return reduce(or_, self.dates.values(), 0)

    @property
    def datas(self) -> tuple[Data, ...]:
        """The data types of the newest release in which the type is open."""
        newest = 1 << self.open.bit_length() >> 1
        return tuple(sorted((data for data, mask in self.dates.items() if mask & newest), key=repr))


@dataclass(slots=True)
class Slot:
    """An attribute, child or text of an element type."""

    least: int
    many: bool
    since: int
    """The releases that have it."""
    repeats: int = 0
    """The releases in which it may occur more than once."""
    required: int = 0
    """The releases in which it must occur."""
    value: Value | None = None
    """For attributes and text."""
    type: str | None = None
    """For children: the id of the element type."""


@dataclass(slots=True)
class Body:
    """The slots of an element type or of one of its variants, and the union that they form, if any."""

    slots: dict[str, Slot] = field(default_factory=dict)
    union: Union | None = None
    exclusive: list[list[str]] = field(default_factory=list)
    """Groups of slots of which the newest schema allows at most one."""
    former: dict[str, Slot] = field(default_factory=dict)
    """Slots that older releases have here, but the newest only in other variants; they are not in the model."""


@dataclass(slots=True)
class Variant(Body):
    """The content of an element for one value of the discriminant, besides the slots of all variants."""

    since: int = 0


@dataclass(slots=True)
class Union:
    """Variants of an element by the value of one attribute.

    ``default`` is the value that a missing attribute implies; None if it implies no variant. ``required`` means that
    the newest schema requires the attribute.
    """

    attribute: str
    required: bool
    default: str | None
    variants: dict[str, Variant] = field(default_factory=dict)


@dataclass(slots=True)
class ElementType(Body):
    """A type of element. Its id is the shortest path that leads to it, variants included."""

    id: str = ""
    name: str = ""
    namespace: str = ""
    free: bool = False
    """Whether it may have any content (``<metadata>``)."""


@dataclass(slots=True)
class SchemaFacts:
    """The facts of all imported releases; the newest one determines the structure."""

    releases: list[str] = field(default_factory=list)
    roots: dict[str, dict[str, str]] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)
    """The releases that have each document, by its root element."""
    types: dict[str, ElementType] = field(default_factory=dict)

    def bit(self, release: str) -> int:
        """Return the mask of one release."""
        return 1 << self.releases.index(release)

    @property
    def all(self) -> int:
        """The mask of all releases."""
        return (1 << len(self.releases)) - 1

    def names(self, mask: int) -> list[str]:
        """Return the releases of a mask."""
        return [name for i, name in enumerate(self.releases) if mask >> i & 1]


def iter_bodies(body: Body) -> Iterator[Body]:
    """Yield a body and all variants in it."""
    yield body
    if body.union:
        for variant in body.union.variants.values():
            yield from iter_bodies(variant)


def all_keys(body: Body) -> set[str]:
    """Return the keys of the slots of a body and of all variants in it."""
    keys = set(body.slots)
    for variant in body.union.variants.values() if body.union else ():
        keys |= all_keys(variant)
    return keys


def find_slot(union: Union, key: str) -> Slot | None:
    """Return a slot with this key in any variant."""
    for variant in union.variants.values():
        found = variant.slots.get(key) or (find_slot(variant.union, key) if variant.union else None)
        if found:
            return found
    return None


def widen_for(facts: SchemaFacts, release: str) -> int:
    """Insert a release in order into all masks, and return its mask.

    Raises:
        InputError: the release is already in the facts.
    """
    if release in facts.releases:
        raise InputError(f"release {release} is already in the facts")
    place = sum(Version.parse(text) < Version.parse(release) for text in facts.releases)
    facts.releases.insert(place, release)
    low = (1 << place) - 1

    def widen(mask: int) -> int:
        return (mask & low) | (mask & ~low) << 1

    facts.documents = {key: widen(mask) for key, mask in facts.documents.items()}
    for kind in facts.types.values():
        for body in iter_bodies(kind):
            if isinstance(body, Variant):
                body.since = widen(body.since)
            for slot in (*body.slots.values(), *body.former.values()):
                slot.since, slot.repeats, slot.required = map(widen, (slot.since, slot.repeats, slot.required))
                if slot.value:
                    slot.value.dates = {data: widen(mask) for data, mask in slot.value.dates.items()}
                    slot.value.values = {text: widen(mask) for text, mask in slot.value.values.items()}
    return 1 << place


# --- the file ---------------------------------------------------------------------------------------------------


def dump(facts: SchemaFacts) -> str:
    """Return the facts as text: JSON with one slot per line, in a fixed order."""
    return _Writer(facts).text()


class _Writer:
    def __init__(self, facts: SchemaFacts) -> None:
        self.facts = facts
        self.datas: dict[Data, str] = {}
        taken: dict[str, int] = {}
        bodies = [body for kind in facts.types.values() for body in iter_bodies(kind)]
        slots = [slot for body in bodies for slot in (*body.slots.values(), *body.former.values())]
        for data in sorted({data for slot in slots if slot.value for data in slot.value.dates}, key=repr):
            name = "/".join(data.names) or data.base
            taken[name] = taken.get(name, 0) + 1
            self.datas[data] = name if taken[name] == 1 else f"{name}~{taken[name]}"

    def text(self) -> str:
        types = [f"{_json(kind.id)}: {self.type(kind)}" for kind in sorted(self.facts.types.values(), key=_id)]
        datas = [f"{_json(name)}: {_json(_data_fields(data))}" for data, name in sorted(self.datas.items(), key=_name)]
        roots = [f"{_json(schema)}: {_json(roots)}" for schema, roots in sorted(self.facts.roots.items())]
        dated = {key: self.ranges(mask) for key, mask in sorted(self.facts.documents.items())}
        return (
            f'{{\n"schema": {_json(SCHEMA)},\n"releases": {_json(self.facts.releases)},\n'
            f'"roots": {{\n{_lines(roots)}\n}},\n"documents": {_json(dated)},\n"data": {{\n{_lines(datas)}\n}},\n'
            f'"types": {{\n{_lines(types)}\n}}\n}}\n'
        )

    def type(self, kind: ElementType) -> str:
        head: dict[str, Any] = {"name": kind.name}
        if kind.namespace:
            head["namespace"] = kind.namespace
        if kind.free:
            head["free"] = True
        return self.body(kind, head, " ")

    def body(self, body: Body, head: dict[str, Any], pad: str) -> str:
        parts = [f"{_json(key)}: {_json(value)}" for key, value in head.items()]
        for title, slots in (("slots", body.slots), ("former", body.former)):
            if slots:
                lines = [f"{pad} {_json(key)}: {_json(self.slot(slot))}" for key, slot in sorted(slots.items())]
                parts.append(f'"{title}": {{\n' + ",\n".join(lines) + "\n" + pad + "}")
        if body.exclusive:
            parts.append(f'"exclusive": {_json(body.exclusive)}')
        if union := body.union:
            about = {"attribute": union.attribute, "required": union.required, "default": union.default}
            variants = [
                f"{pad} {_json(value)}: " + self.body(variant, {"since": self.ranges(variant.since)}, pad + " ")
                for value, variant in sorted(union.variants.items())
            ]
            parts.append(
                f'"union": {{{_json(about)[1:-1]}, "variants": {{\n' + ",\n".join(variants) + "\n" + pad + "}}"
            )
        return "{" + ", ".join(parts) + "}"

    def slot(self, slot: Slot) -> dict[str, Any]:
        data: dict[str, Any] = {"since": self.ranges(slot.since)}
        if slot.least:
            data["min"] = slot.least
        if slot.many:
            data["many"] = True
        if slot.repeats and slot.repeats != slot.since:
            data["repeats"] = self.ranges(slot.repeats)
        if slot.required != (slot.since if slot.least else 0):
            data["required"] = self.ranges(slot.required)
        if slot.type is not None:
            data["type"] = slot.type
        if slot.value:
            if slot.value.values:
                data["values"] = {
                    text: "" if mask == slot.since else self.ranges(mask)
                    for text, mask in sorted(slot.value.values.items())
                }
            if slot.value.dates:
                named = sorted((self.datas[name], mask) for name, mask in slot.value.dates.items())
                data["data"] = {name: "" if mask == slot.since else self.ranges(mask) for name, mask in named}
        return data

    def ranges(self, mask: int) -> str:
        return format_ranges(mask, self.facts.releases)


def load(text: str, *, source: str = "facts.json") -> SchemaFacts:
    """Read what `dump` wrote.

    Raises:
        InputError: it is not such a file.
    """
    try:
        raw = json.loads(text)
        if raw.get("schema") != SCHEMA:
            raise InputError(f"not a facts file: schema is {raw.get('schema')!r}", source=source)
        return _Reader(raw).facts
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"not a facts file: {error}", source=source) from error


class _Reader:
    def __init__(self, raw: dict[str, Any]) -> None:
        self.releases: list[str] = raw["releases"]
        self.masks: dict[str, int] = {}
        self.datas = {name: Data(d[0], tuple(d[1]), d[2], d[3], tuple(d[4])) for name, d in raw["data"].items()}
        self.facts = SchemaFacts(
            self.releases, raw["roots"], {key: self.mask(text) for key, text in raw["documents"].items()}
        )
        for identity, item in raw["types"].items():
            kind = ElementType(
                id=identity, name=item["name"], namespace=item.get("namespace", ""), free=item.get("free", False)
            )
            self.fill(kind, item)
            self.facts.types[identity] = kind

    def mask(self, text: str) -> int:
        if text not in self.masks:
            self.masks[text] = parse_ranges(text, self.releases)
        return self.masks[text]

    def fill(self, body: Body, raw: dict[str, Any]) -> None:
        body.slots = {key: self.slot(item) for key, item in raw.get("slots", {}).items()}
        body.former = {key: self.slot(item) for key, item in raw.get("former", {}).items()}
        body.exclusive = raw.get("exclusive", [])
        if union := raw.get("union"):
            body.union = Union(union["attribute"], union["required"], union["default"])
            for value, entry in union["variants"].items():
                variant = Variant(since=self.mask(entry["since"]))
                self.fill(variant, entry)
                body.union.variants[value] = variant

    def slot(self, raw: dict[str, Any]) -> Slot:
        since = self.mask(raw["since"])
        slot = Slot(raw.get("min", 0), raw.get("many", False), since, type=raw.get("type"))
        slot.repeats = self.mask(raw["repeats"]) if "repeats" in raw else since if slot.many else 0
        slot.required = self.mask(raw["required"]) if "required" in raw else since if slot.least else 0
        if slot.type is None:
            values = {text: self.mask(mask) if mask else since for text, mask in raw.get("values", {}).items()}
            dates = {self.datas[name]: self.mask(mask) if mask else since for name, mask in raw.get("data", {}).items()}
            slot.value = Value(values, dates)
        return slot


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lines(items: list[str]) -> str:
    return ",\n".join(items)


def _id(kind: ElementType) -> str:
    return kind.id


def _name(item: tuple[Data, str]) -> str:
    return item[1]


def _data_fields(data: Data) -> list[Any]:
    return [data.base, list(data.patterns), data.low, data.high, list(data.names)]
