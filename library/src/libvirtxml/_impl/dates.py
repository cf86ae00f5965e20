"""The table of dates, read when it is first needed; generated from the dated facts of the schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from libvirtxml._impl.values import AllowedValues
from libvirtxml.releases import parse_ranges


class DatedSlot(NamedTuple):
    """An attribute (``@name``), text (``#``) or child of an element type, with the sets of releases that know it."""

    key: str
    since: int
    required: int
    repeats: int
    content: Any
    """The id of a child's type, or the number of a value type."""


class DatedBody:
    """What an element may hold: an element type, or one of its variants on top of the slots that all share."""

    __slots__ = ("attribute", "default", "exclusive", "free", "slots", "variants")

    def __init__(self, table: DatesTable, raw: list[Any], inherited: dict[str, DatedSlot] | None = None) -> None:
        own = {key: table.slot(key, item) for key, item in raw[0].items()}
        shared = {**inherited, **own} if inherited else own
        former = {key: table.slot(key, item) for key, item in raw[3].items()}
        self.slots: dict[str, DatedSlot] = {**shared, **former} if former else shared
        self.exclusive: list[list[str]] = raw[2]
        self.free = len(raw) > 4
        union: tuple[Any, Any, dict[str, Any]] = raw[1] or (None, None, {})
        self.attribute: str | None = union[0]
        self.default: str | None = union[1]
        self.variants = {value: DatedBody(table, item, shared) for value, item in union[2].items()}

    def leaves(self) -> Iterator[DatedBody]:
        """The bodies that an element of this type can turn out to have."""
        if not self.variants:
            yield self
        for variant in self.variants.values():
            yield from variant.leaves()


class DatesTable:
    """All dates. Element types are decoded when they are asked for."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.releases: list[str] = raw["releases"]
        self.all = (1 << len(self.releases)) - 1
        self.newest = 1 << len(self.releases) - 1
        self.masks = [parse_ranges(text, self.releases) for text in raw["masks"]]
        self.roots = {tag: (item[0], self.masks[item[1]]) for tag, item in raw["roots"].items()}
        self._raw = raw
        self._bodies: dict[str, DatedBody] = {}
        self._names: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        self._accepted: dict[tuple[int, str], int] = {}
        self._data: dict[int, AllowedValues] = {}

    def body(self, identity: str) -> DatedBody:
        """What an element type may hold."""
        found = self._bodies.get(identity)
        if found is None:
            found = self._bodies[identity] = DatedBody(self, self._raw["types"][identity])
        return found

    def type_id(self, path: str) -> str:
        """The id of the type that a class of the model represents: without what narrows it to a variant.

        Types that are alike have one id, which may be another place than that of the class.
        """
        found = path
        while found and found not in self._raw["types"]:
            found = found.rpartition("[")[0]
        return found or self._type_below(*path.rpartition("/")[::2])

    def _type_below(self, path: str, tag: str) -> str:
        leaves = self.body(self.type_id(path)).leaves() if path else ()
        contents = [leaf.slots[tag].content for leaf in leaves if tag in leaf.slots]
        return next((content for content in contents if isinstance(content, str)), "")

    def reading(self, path: str, tag: str) -> tuple[str, int]:
        """The type of the elements that a class of the model represents, and the releases that know it at all."""
        if path.count("/") == 1 and tag in self.roots:
            return self.roots[tag]
        return self.type_id(path), self.all

    def is_document(self, tag: str, names: Iterable[str]) -> bool:
        """Whether a root element can only be a document, by the names of its attributes (``@name``) and children.

        All of them belong to the document, and one to no part of a document with the same tag. This is the rule of
        `recognition` for what is plain, without loading the model.
        """
        if tag not in self.roots:
            return False
        if tag not in self._names:
            own = self._names_in(self.roots[tag][0])
            parts = [path for path in self._raw["types"] if path.count("/") > 1 and _tag_of(path) == tag]
            self._names[tag] = own, own.difference(*map(self._names_in, parts))
        own, signs = self._names[tag]
        found = set(names)
        return found <= own and not found.isdisjoint(signs)

    def _names_in(self, identity: str) -> frozenset[str]:
        return frozenset(key for leaf in self.body(identity).leaves() for key in leaf.slots)

    def slot(self, key: str, raw: list[Any]) -> DatedSlot:
        """Decode one slot."""
        masks = self.masks
        return DatedSlot(key, masks[raw[0]], masks[raw[1]], masks[raw[2]], raw[3])

    def listed(self, number: int) -> dict[str, int]:
        """The values that a value type lists, with the releases of each."""
        return {text: self.masks[mask] for text, mask in self._raw["values"][number][0].items()}

    def open(self, number: int) -> int:
        """The releases in which a value type allows more than it lists."""
        mask = 0
        for _, item in self._raw["values"][number][1]:
            mask |= self.masks[item]
        return mask

    def accepts(self, number: int, text: str) -> int:
        """The releases in which a value type allows a text."""
        found = self._accepted.get((number, text))
        if found is None:
            found = self._accepted[number, text] = self._accepting(number, text)
        return found

    def _accepting(self, number: int, text: str) -> int:
        values, dates = self._raw["values"][number]
        listed = values.get(text)
        if listed is None and values:
            listed = values.get(" ".join(text.split()))
        mask: int = self.masks[listed or 0]
        for data, since in dates:
            if self.masks[since] & ~mask and text in self._allowed(data):
                mask |= self.masks[since]
        return mask

    def _allowed(self, number: int) -> AllowedValues:
        found = self._data.get(number)
        if found is None:
            base, patterns, low, high = self._raw["datas"][number]
            found = self._data[number] = AllowedValues((), ((base, tuple(patterns), low, high),))
        return found


def _tag_of(path: str) -> str:
    """The tag of the elements of a type: the last step of its id, without conditions."""
    return re.sub(r"\[[^]]*\]", "", path).rpartition("/")[2]


@cache
def load_table() -> DatesTable:
    """The table of the model."""
    return DatesTable(json.loads((Path(__file__).parents[1] / "model" / "dates.json").read_bytes()))
