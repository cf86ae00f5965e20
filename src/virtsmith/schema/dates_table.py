"""Writes the model's table of dates (which release has what), for `libvirtxml.acceptance`.

The table contains the facts before the overlay narrows anything, because it is about documents, not classes. It is
JSON, which loads faster than any other form; sets of releases and value types are stored once, and have numbers.

``types`` maps the id of an element type to a body: ``[slots, union, exclusive, former, free]``. A slot is ``[since,
required, repeats, content]`` with the numbers of sets, and the content is the id of a type (a child), or the number of
a value type. A union is ``[attribute, default, {value: body}]``. A value type is ``[{value: set}, [[data type, set],
...]]``.
"""

from __future__ import annotations

import json
from typing import Any

from libvirtxml.releases import format_ranges

from virtsmith.schema.facts import Body, ElementType, SchemaFacts, Slot, Value

SCHEMA = "virtsmith.dates/1"


def dates_table(facts: SchemaFacts) -> str:
    """Return the table as text, with one type per line."""
    return _Writer(facts).text()


class _Numbers(dict[str, int]):
    """Numbers values by their JSON form, in order of first use."""

    def of(self, value: Any) -> int:
        return self.setdefault(_json(value), len(self))


class _Writer:
    def __init__(self, facts: SchemaFacts) -> None:
        self.facts = facts
        self.masks = _Numbers()
        self.values = _Numbers()
        self.datas = _Numbers()

    def text(self) -> str:
        self.masks.of("")
        roots = {
            key: [identity, self.mask(self.facts.documents[key])]
            for all_roots in self.facts.roots.values()
            for key, identity in all_roots.items()
        }
        types = [f"{_json(kind.id)}:{_json(self.type(kind))}" for kind in self._sorted_types()]
        parts = {
            "schema": _json(SCHEMA),
            "releases": _json(self.facts.releases),
            "roots": _json(dict(sorted(roots.items()))),
            "masks": f"[\n{_lines(self.masks)}\n]",
            "datas": f"[\n{_lines(self.datas)}\n]",
            "values": f"[\n{_lines(self.values)}\n]",
            "types": f"{{\n{_lines(types)}\n}}",
        }
        return "{\n" + ",\n".join(f"{_json(key)}:{value}" for key, value in parts.items()) + "\n}\n"

    def _sorted_types(self) -> list[ElementType]:
        return [kind for _, kind in sorted(self.facts.types.items())]

    def type(self, kind: ElementType) -> list[Any]:
        return [*self.body(kind), 1] if kind.free else self.body(kind)

    def body(self, body: Body) -> list[Any]:
        slots, former = (
            {key: self.slot(slot) for key, slot in sorted(group.items())} for group in (body.slots, body.former)
        )
        union: Any = 0
        if body.union:
            variants = {value: self.body(variant) for value, variant in sorted(body.union.variants.items())}
            union = [body.union.attribute, body.union.default, variants]
        return [slots, union, body.exclusive, former]

    def slot(self, slot: Slot) -> list[Any]:
        content: Any = slot.type
        if content is None:
            content = self.value(slot.value or Value())
        return [self.mask(slot.since), self.mask(slot.required), self.mask(slot.repeats), content]

    def value(self, value: Value) -> int:
        texts = {text: self.mask(mask) for text, mask in sorted(value.values.items())}
        dates: dict[int, int] = {}
        for data, mask in sorted(value.dates.items(), key=repr):
            number = self.datas.of([data.base, data.patterns, data.low, data.high])
            dates[number] = dates.get(number, 0) | mask
        return self.values.of([texts, [[number, self.mask(mask)] for number, mask in sorted(dates.items())]])

    def mask(self, mask: int) -> int:
        return self.masks.of(format_ranges(mask, self.facts.releases))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _lines(items: Any) -> str:
    return ",\n".join(items)
