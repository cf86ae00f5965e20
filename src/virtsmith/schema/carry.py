"""Gives the facts of a new newest release the dates of the older releases.

The schemas of the older releases are not available then, only their facts, so this does what `merge` would do, as far
as facts allow. If the new release splits a type in two, both halves get the dates of the whole: dates may be too early,
which raises no false alarm, but never too late.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import TypeVar

from virtsmith.schema.facts import Body, SchemaFacts, Slot, Union, Value, all_keys, find_slot, iter_bodies

_Key = TypeVar("_Key")


def carry_over(new: SchemaFacts, old: SchemaFacts) -> None:
    """Give the types of a newer release, just built, the dates in the facts of older releases.

    Both must have the same `SchemaFacts.releases`. What only the old facts have is copied with its dates.
    """
    for key in new.documents:
        new.documents[key] |= old.documents.get(key, 0)
    carrier = _Carrier(new, old)
    for schema, roots in new.roots.items():
        for key, identity in roots.items():
            if key in old.roots.get(schema, {}):
                carrier.carry_type(identity, old.roots[schema][key])
    carrier.loosen()


class _Carrier:
    def __init__(self, new: SchemaFacts, old: SchemaFacts) -> None:
        self.new = new
        self.old = old
        self.done: set[tuple[str, str]] = set()
        self.todo: list[tuple[str, str]] = []
        self.views: list[tuple[Body, dict[str, Slot], int]] = []
        """Bodies, with the slots and the mask of releases that they were dated by."""

    def carry_type(self, identity: str, source: str) -> None:
        self.todo.append((identity, source))
        while self.todo:
            pair = self.todo.pop()
            if pair not in self.done:
                self.done.add(pair)
                self.carry_body(self.new.types[pair[0]], self.old.types[pair[1]], self.old.all, frozenset())

    def loosen(self) -> None:
        """Mark slots as not required in a release if one of the forms merged into a type lacks them."""
        for body, slots, mask in self.views:
            there = reduce(or_, (slot.since for slot in slots.values()), 0) & mask
            for key, slot in body.slots.items():
                slot.required &= ~(there & ~(slots[key].required if key in slots else 0))

    def carry_body(self, body: Body, source: Body, mask: int, above: frozenset[str]) -> None:
        """Date a body by an old one for the releases in ``mask``; ``above`` are the slots of its base bodies."""
        elsewhere = all_keys(body) - body.slots.keys()
        if body.union:
            self.carry_variants(body, body.union, source, mask, above)
        whole = _flattened(source)
        self.views.append((body, whole, mask))
        for key, slot in whole.items():
            if key in body.slots:
                self.carry_slot(body.slots[key], slot, mask)
            elif key not in elsewhere and key not in above:
                body.slots[key] = self.adopted(slot)

    def carry_variants(self, body: Body, union: Union, source: Body, mask: int, above: frozenset[str]) -> None:
        """Date the variants by an old union over the same attribute, or by the values of that attribute."""
        known = above | body.slots.keys()
        old = source.union if source.union and source.union.attribute == union.attribute else None
        attribute = source.slots.get("@" + union.attribute)
        absent = mask & ~attribute.required if attribute else mask
        for value, variant in union.variants.items():
            like = old.variants.get(value) if old else None
            if old:
                releases = like.since & mask if like else 0
            else:
                releases = _allows(attribute, value) & mask | (absent if value == union.default else 0)
            variant.since |= releases
            view = Body(source.slots | like.former | like.slots, like.union) if like else source
            if not releases:
                continue
            if variant.union:
                self.carry_body(variant, view, releases, known)
            else:
                whole = _flattened(view)
                self.views.append((variant, whole, releases))
                self.carry_known(variant, whole, releases, known, union)
        self.carry_known(body, source.former, mask, known, union)
        if union.default is None:
            self.carry_known(body, source.slots if old else _flattened(source), absent, known, union)
        for value, variant in old.variants.items() if old else ():
            if value not in union.variants:
                self.carry_known(body, variant.slots, variant.since & mask, known, union)

    def carry_known(self, body: Body, slots: dict[str, Slot], mask: int, known: frozenset[str], union: Union) -> None:
        """Date the slots of a body; those that only other variants of its union have are added to `Body.former`."""
        for key, source in slots.items():
            if not source.since & mask or (key in known and key not in body.slots):
                continue
            slot = body.slots.get(key) or body.former.get(key)
            if slot is None:
                like = find_slot(union, key)
                if like is None:
                    continue
                slot = body.former[key] = Slot(0, like.many, 0, type=like.type, value=Value() if like.value else None)
            self.carry_slot(slot, source, mask)

    def carry_slot(self, slot: Slot, source: Slot, mask: int) -> None:
        slot.since |= source.since & mask
        slot.repeats |= source.repeats & mask
        slot.required |= source.required & mask
        if slot.value and source.value:
            _add_dates(slot.value.values, source.value.values, mask)
            _add_dates(slot.value.dates, source.value.dates, mask)
        if slot.type is not None and source.type is not None:
            self.todo.append((slot.type, source.type))

    def adopted(self, slot: Slot) -> Slot:
        """Return a copy of a slot that only the old facts have, and copy the types below it."""
        queue = [slot]
        while queue:
            child = queue.pop()
            if child.type in self.new.types:
                self.todo.append((child.type, child.type))
            elif child.type is not None:
                kind = self.new.types[child.type] = deepcopy(self.old.types[child.type])
                queue += [inner for body in iter_bodies(kind) for inner in (body.slots | body.former).values()]
        return replace(slot, least=0, value=deepcopy(slot.value))


def _flattened(body: Body) -> dict[str, Slot]:
    """Return the slots of a body and of its variants; those of variants are not required of the whole."""
    slots = dict(body.slots)
    for inner in iter_bodies(body):
        for key, slot in inner.slots.items():
            if key not in slots:
                slots[key] = replace(slot, required=0)
            elif key not in body.slots:
                slots[key] = _joined(slots[key], slot)
    return slots


def _joined(slot: Slot, other: Slot) -> Slot:
    """Return a slot that allows what either of two variants allows."""
    joined = replace(slot, since=slot.since | other.since, repeats=slot.repeats | other.repeats)
    if slot.value and other.value:
        joined.value = Value(dict(slot.value.values), dict(slot.value.dates))
        _add_dates(joined.value.values, other.value.values, other.since)
        _add_dates(joined.value.dates, other.value.dates, other.since)
    return joined


def _allows(attribute: Slot | None, value: str) -> int:
    """Return the releases in which an attribute may have a value."""
    if attribute is None or attribute.value is None:
        return 0
    return attribute.value.values.get(value, 0) | attribute.value.open


def _add_dates(into: dict[_Key, int], source: dict[_Key, int], mask: int) -> None:
    for key, releases in source.items():
        if releases & mask:
            into[key] = into.get(key, 0) | releases & mask
