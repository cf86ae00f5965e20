"""Walks a document beside the table of dates and notes what some release refuses."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from typing import NamedTuple
from xml.parsers import expat

from libvirtxml._impl.dates import DatedBody, DatedSlot, DatesTable
from libvirtxml._impl.trees import ORIGINAL, shown
from libvirtxml._impl.verdicts import RefusalKind


class RawRefusal(NamedTuple):
    """A refusal as found."""

    element: ET.Element
    place: str
    kind: RefusalKind
    value: str | None
    mask: int
    """The releases that refuse it: of those that come to look at it, and have not refused what is around it."""
    allowed: int
    """The releases that allow it."""


class _Task(NamedTuple):
    element: ET.Element
    body: DatedBody
    place: str
    live: int
    """The releases that know the element; what they do not know is refused as a whole, above."""


def find_refused(table: DatesTable, root: ET.Element, identity: str, known: int) -> list[RawRefusal]:
    """All refusals in a document whose root is of a type of the table, known to some releases."""
    place = "/" + shown(root.tag)
    found: list[RawRefusal] = []
    if unknown := table.all & ~known:
        found.append(RawRefusal(root, place, RefusalKind.ELEMENT, None, unknown, known))
    todo = [_Task(root, table.body(identity), place, known)]
    while todo:
        task = todo.pop()
        if not task.body.free:
            _Visit(table, task, todo, found).run()
    return found


class _Visit:
    """One element of the document."""

    def __init__(self, table: DatesTable, task: _Task, todo: list[_Task], found: list[RawRefusal]) -> None:
        self.table = table
        self.found = found
        self.element, _, self.place, self.live = task
        self.todo = todo
        self.body = task.body
        self.unclear: list[DatedBody] = []
        """The variants that the element may be of, where the document does not say."""
        self.inside = task.live
        """The releases that know the variant; others refuse its discriminant, and that says enough."""
        self.discriminants: set[str] = set()
        self._choose_variant()

    def _choose_variant(self) -> None:
        while self.body.variants:
            key = f"@{self.body.attribute}"
            value = self.element.get(key[1:], self.body.default)
            if value is None or value not in self.body.variants:
                self.unclear = list(self.body.leaves())
                return
            self.body = self.body.variants[value]
            if key[1:] in self.element.keys():  # noqa: SIM118 - elements are not dicts
                slot = self.body.slots[key]
                self.inside &= slot.since & self.table.accepts(slot.content, value)
                self.discriminants.add(key)

    def run(self) -> None:
        present: set[str] = set()
        self._attributes(present)
        self._children(present)
        self._text(present)
        for key, slot in self.body.slots.items():
            if slot.required & self.inside and key not in present and key != "#":
                allowed = self.table.all & ~slot.required
                place = f"{self.place}/{shown(key)}"
                self._note(place, RefusalKind.MISSING, None, self.inside, allowed)
        if self.inside & self.table.newest:
            self._combinations(present)

    def _note(
        self,
        place: str,
        kind: RefusalKind,
        value: str | None,
        live: int,
        allowed: int,
        *,
        element: ET.Element | None = None,
    ) -> None:
        if refused := live & ~allowed:
            self.found.append(
                RawRefusal(self.element if element is None else element, place, kind, value, refused, allowed)
            )

    def _combinations(self, present: set[str]) -> None:
        for group in self.body.exclusive:
            together = [shown(key) for key in group if key in present]
            if len(together) > 1:
                words = " and ".join(together)
                allowed = self.table.all & ~self.table.newest
                self._note(self.place, RefusalKind.COMBINATION, words, self.inside, allowed)

    def _attributes(self, present: set[str]) -> None:
        for name, text in self.element.items():
            if name == ORIGINAL or name.startswith("xmlns"):
                continue
            key = "@" + name
            present.add(key)
            slots = self._slots(key)
            live = self.live if key in self.discriminants else self.inside
            since = _union([slot.since for slot in slots])
            allowed = self._accepting(slots, text)
            if live & ~(since & allowed):
                place = f"{self.place}/{key}"
                self._note(place, RefusalKind.ATTRIBUTE, None, live, since)
                self._note(place, RefusalKind.VALUE, text, live & since, allowed)

    def _children(self, present: set[str]) -> None:
        children = [child for child in self.element if isinstance(child.tag, str)]
        if not children:
            return
        totals = Counter(child.tag for child in children)
        seen: Counter[str] = Counter()
        for child in children:
            tag = child.tag
            seen[tag] += 1
            present.add(tag)
            slots = self._slots(tag)
            place = f"{self.place}/{shown(tag)}" + (f"[{seen[tag]}]" if totals[tag] > 1 else "")
            since = _union([slot.since for slot in slots])
            self._note(place, RefusalKind.ELEMENT, None, self.inside, since, element=child)
            live = self.inside & since
            if seen[tag] > 1:
                repeats = _union([slot.repeats for slot in slots])
                self._note(place, RefusalKind.REPEATED, None, live, repeats, element=child)
                live &= repeats
            if live and len({slot.content for slot in slots}) == 1:
                self.todo.append(_Task(child, self.table.body(slots[0].content), place, live))

    def _text(self, present: set[str]) -> None:
        text = self.element.text or ""
        if len(self.element):
            text += "".join([child.tail or "" for child in self.element])
        slots = self._slots("#")
        since = _union([slot.since for slot in slots])
        if text.strip():
            present.add("#")
            self._note(self.place, RefusalKind.TEXT, text.strip(), self.inside, since)
        elif len(self.element):
            return
        else:  # nothing at all is fine where text may be left out
            since = _union([slot.required for slot in slots])
        allowed = self._accepting(slots, text)
        self._note(self.place, RefusalKind.VALUE, text, self.inside & since, allowed)

    def _slots(self, key: str) -> list[DatedSlot]:
        slot = self.body.slots.get(key)
        if slot is not None and not self.unclear:
            return [slot]
        return [body.slots[key] for body in (self.body, *self.unclear) if key in body.slots]

    def _accepting(self, slots: list[DatedSlot], text: str) -> int:
        return _union([self.table.accepts(slot.content, text) for slot in slots])


def _union(masks: list[int]) -> int:
    if len(masks) == 1:
        return masks[0]
    result = 0
    for mask in masks:
        result |= mask
    return result


def find_lines(text: str | bytes, root: ET.Element, elements: list[ET.Element]) -> dict[int, int]:
    """The line on which each of some elements starts, by ``id()``: the text is parsed again, with positions."""
    ids = {id(element) for element in elements}
    numbers: dict[int, int] = {}
    places: dict[int, int] = {}
    for number, element in enumerate(node for node in root.iter() if isinstance(node.tag, str)):
        if id(element) in ids:
            numbers[number] = id(element)
    count = -1
    parser = expat.ParserCreate("utf-8" if isinstance(text, str) else None)

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count in numbers:
            places[numbers[count]] = parser.CurrentLineNumber

    parser.StartElementHandler = start
    parser.Parse(text.encode() if isinstance(text, str) else text, True)
    return places
