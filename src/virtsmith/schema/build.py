"""Builds the facts of one release: walks its world from the roots and records types, slots and unions."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from virtsmith.schema.facts import Body, ElementType, SchemaFacts, Slot, Union, Value, Variant, iter_bodies
from virtsmith.schema.pattern import INFINITE, Count, Pattern, counts, exclusive_groups
from virtsmith.schema.unions import Split, find_split, try_split
from virtsmith.schema.world import Classes, World

FLAT = ""
ROOT_ORDER = ("domain", "network", "storagepool", "storagevol", "nodedev", "capability", "domaincaps")
NOT_DOCUMENTS = ("inactiveDomain",)


@dataclass(frozen=True, slots=True)
class Task:
    """An element type whose slots have not been recorded yet."""

    type: ElementType
    classes: Classes


class Builder:
    """Adds element types of one world to facts.

    Args:
        facts: the facts to add types to.
        world: the release.
        bit: the mask of the release.
        decisions: the attribute of the union of each type id, or `FLAT`; other types are analysed.
    """

    def __init__(self, facts: SchemaFacts, world: World, bit: int, decisions: Mapping[str, str]) -> None:
        self.facts = facts
        self.world = world
        self.bit = bit
        self.decisions = decisions
        self._types: dict[Classes, str] = {}
        self._queue: deque[Task] = deque()
        self._filled: list[Task] = []

    def add_roots(self) -> None:
        """Add all documents of the release."""
        order = sorted(self.world.roots, key=lambda name: (_index(ROOT_ORDER, name), name))
        for schema in order:
            if schema in NOT_DOCUMENTS:
                continue
            for key, classes in sorted(self.world.roots[schema].items()):
                self.facts.documents[key] = self.bit
                self.facts.roots.setdefault(schema, {})[key] = self.type_of(key, classes, "")
        self.finish()

    def type_of(self, key: str, classes: Classes, parent: str) -> str:
        """Return the id of a child's type, which is created and queued if it is new."""
        if classes not in self._types:
            namespace, _, name = key.rpartition("}")
            identity = f"{parent}/{key if not namespace else namespace[1:] + ':' + name}"
            while identity in self.facts.types:
                identity += "'"
            kind = ElementType(id=identity, name=name, namespace=namespace[1:], free=self.world.is_free(classes))
            self.facts.types[identity] = kind
            self._types[classes] = identity
            self._queue.append(Task(kind, classes))
        return self._types[classes]

    def finish(self) -> None:
        """Fill all types that were created, and those that they refer to."""
        while self._queue:
            task = self._queue.popleft()
            self._filled.append(task)
            if not task.type.free:
                self.fill(task.type, self.world.content(task.classes), task.type.id, frozenset())
        for task in self._filled:
            relax(task.type, self.world.folded(task.classes), self.bit)
        self._filled.clear()

    def fill(self, body: Body, content: Pattern, path: str, used: frozenset[str]) -> None:
        """Record the slots of a content model, as a union if it is one."""
        split = self._split(content, path, used)
        if split is None:
            body.slots = {key: self.slot(key, count, path) for key, count in counts(content).items()}
            body.exclusive = exclusive_groups(content)
            return
        body.union = Union(split.attribute, split.required, split.default)
        seen = used | {split.attribute}
        for value, restricted in split.contents.items():
            variant = body.union.variants[value] = Variant(since=self.bit)
            self.fill(variant, restricted, f"{path}[@{split.attribute}='{value}']", seen)
        body.slots = self._base_slots(body.union, content, split, path)

    def slot(self, key: str, count: Count, path: str) -> Slot:
        """Return a slot; the type of a child is created if it is new."""
        most = count.most == INFINITE
        slot = Slot(count.least, most, self.bit, self.bit if most else 0, self.bit if count.least else 0)
        if count.targets:
            slot.type = self.type_of(key, self.world.classes(count.targets), path)
        elif count.value is not None:
            datas = sorted(count.value.datas, key=repr)
            slot.value = Value(dict.fromkeys(sorted(count.value.values), self.bit), dict.fromkeys(datas, self.bit))
        return slot

    def _split(self, content: Pattern, path: str, used: frozenset[str]) -> Split | None:
        decided = self.decisions.get(path)
        if decided == FLAT:
            return None
        if decided and "@" + decided in counts(content):
            return try_split(self.world, content, decided)
        return find_split(self.world, content, used, nested=bool(used))

    def _base_slots(self, union: Union, content: Pattern, split: Split, path: str) -> dict[str, Slot]:
        """Return the slots of the base: those that all variants share (children only if of one type).

        The base has the widest values and counts; a variant keeps its own slot if that is narrower.
        """
        variants = list(union.variants.values())
        whole = counts(content)
        base = {"@" + split.attribute: self.slot("@" + split.attribute, whole["@" + split.attribute], path)}
        for key, count in whole.items():
            own = [variant.slots[key] for variant in variants if key in variant.slots]
            if key in base or (len(own) < len(variants) and key not in split.base):
                continue
            if key not in split.base and len({slot.type for slot in own}) > 1:
                continue
            base[key] = self.slot(key, count, path)
            for variant in variants:
                if variant.slots.get(key) == base[key]:
                    del variant.slots[key]
        return base


def relax(body: Body, folded: list[Pattern], bit: int) -> None:
    """Mark slots as not required in this release if a smaller form of the element, merged into it, lacks them."""
    for content in folded:
        have = counts(content)
        for inner in iter_bodies(body):
            for key, slot in inner.slots.items():
                if slot.required & bit and (key not in have or not have[key].least):
                    slot.required &= ~bit


def _index(order: tuple[str, ...], name: str) -> int:
    return order.index(name) if name in order else len(order)
