"""Dates facts by older releases: marks what a release has, and adds what only that release has.

The newest release determines types, unions and counts. An older world is walked in parallel with the facts, element
type by element type, so that a fact is dated once per type and not once per path that leads to it.
"""

from __future__ import annotations

from virtsmith.schema.build import Builder, relax
from virtsmith.schema.facts import Body, SchemaFacts, Slot, Union, Value, all_keys, find_slot
from virtsmith.schema.pattern import INFINITE, NA, Count, Pattern, absent, choice, counts, present
from virtsmith.schema.world import Classes, World


def mark_release(facts: SchemaFacts, world: World, bit: int, decisions: dict[str, str]) -> None:
    """Mark everything that an older release has, and add what the facts do not have."""
    marker = _Marker(facts, world, bit, decisions)
    for schema, roots in world.roots.items():
        for key, classes in roots.items():
            identity = facts.roots.get(schema, {}).get(key)
            if identity is not None:
                facts.documents[key] |= bit
                marker.mark_type(identity, classes)
    marker.loosen()


class _Marker:
    def __init__(self, facts: SchemaFacts, world: World, bit: int, decisions: dict[str, str]) -> None:
        self.facts = facts
        self.world = world
        self.bit = bit
        self.builder = Builder(facts, world, bit, decisions)
        self.done: set[tuple[str, Classes]] = set()
        self.todo: list[tuple[str, Classes]] = []
        self.lenient: list[Slot] = []
        """Slots that are optional in some form in the release, even if required in others."""

    def loosen(self) -> None:
        """Mark slots as not required in the release if one of the forms merged into a type lacks them."""
        for slot in self.lenient:
            slot.required &= ~self.bit
        for identity, classes in self.done:
            relax(self.facts.types[identity], self.world.folded(classes), self.bit)

    def mark_type(self, identity: str, classes: Classes) -> None:
        self.todo.append((identity, classes))
        while self.todo:
            identity, classes = self.todo.pop()
            kind = self.facts.types[identity]
            if (identity, classes) not in self.done and not kind.free:
                self.done.add((identity, classes))
                self.mark_body(kind, self.world.content(classes), identity)

    def mark_body(self, body: Body, content: Pattern, path: str, above: frozenset[str] = frozenset()) -> None:
        """Mark the slots of a body and its variants that the content has; add slots that are missing.

        ``above`` are the slots of the bodies of which this one is a variant.
        """
        elsewhere = all_keys(body) - body.slots.keys()
        if body.union:
            self.mark_variants(body, body.union, content, path, above)
        self.note_lenient(body, content)
        for key, count in counts(content).items():
            if key in body.slots:
                self.mark_slot(body.slots[key], count)
            elif key not in elsewhere and key not in above:
                body.slots[key] = self.new_slot(key, count, path)

    def mark_variants(self, body: Body, union: Union, content: Pattern, path: str, above: frozenset[str]) -> None:
        """Mark the variants; slots that only other variants have in the newest release are kept in `Body.former`."""
        known = above | body.slots.keys()
        nothing = absent(content, union.attribute)
        for value, variant in union.variants.items():
            restricted = present(content, union.attribute, value)
            if value == union.default:
                restricted, nothing = choice([restricted, nothing]), NA
            if restricted == NA:
                continue
            variant.since |= self.bit
            place = f"{path}[@{union.attribute}='{value}']"
            if variant.union:
                self.mark_body(variant, restricted, place, known)
                continue
            self.note_lenient(variant, restricted)
            self.mark_known(variant, restricted, known, union)
        slot = counts(content).get("@" + union.attribute)
        values = sorted(slot.value.values) if slot and slot.value else []
        others = [present(content, union.attribute, value) for value in values if value not in union.variants]
        for other in (nothing, *others):
            if other != NA:
                self.mark_known(body, other, known, union)

    def mark_known(self, body: Body, content: Pattern, known: frozenset[str], union: Union) -> None:
        """Mark the slots of a body; those that only other variants of its union have are added to `Body.former`."""
        for key, count in counts(content).items():
            if key in known and key not in body.slots:
                continue  # marked there
            slot = body.slots.get(key) or body.former.get(key)
            if slot is None:
                like = find_slot(union, key)
                if like is None:
                    continue
                slot = body.former[key] = Slot(0, like.many, 0, type=like.type, value=Value() if like.value else None)
            self.mark_slot(slot, count)

    def note_lenient(self, body: Body, content: Pattern) -> None:
        have = counts(content)
        self.lenient += [slot for key, slot in body.slots.items() if key not in have or not have[key].least]

    def mark_slot(self, slot: Slot, count: Count) -> None:
        slot.since |= self.bit
        if count.most == INFINITE:
            slot.repeats |= self.bit
        if count.least:
            slot.required |= self.bit
        if slot.value is not None and count.value is not None:
            _mark_value(slot.value, count, self.bit)
        if slot.type is not None and count.targets:
            self.todo.append((slot.type, self.world.classes(count.targets)))

    def new_slot(self, key: str, count: Count, path: str) -> Slot:
        """Return a slot that only older releases have; it is always optional."""
        slot = self.builder.slot(key, count, path)
        self.builder.finish()
        slot.least = 0
        return slot


def _mark_value(value: Value, count: Count, bit: int) -> None:
    assert count.value is not None  # noqa: S101 - for the type checker
    for text in sorted(count.value.values):
        value.values[text] = value.values.get(text, 0) | bit
    for data in sorted(count.value.datas, key=repr):
        value.dates[data] = value.dates.get(data, 0) | bit
