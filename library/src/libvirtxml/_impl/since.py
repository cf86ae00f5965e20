"""Resolves paths like ``/domain/devices/disk[@type='nvme']/source/@type=pci`` in the table of dates."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import reduce
from operator import or_
from typing import NamedTuple

from libvirtxml._impl.dates import Body, Slot, Table
from libvirtxml._impl.refusals import shown
from libvirtxml.errors import UsageError

_STEP = re.compile(
    r"""/(?P<name>text\(\)|@?[\w.:-]+|\{[^}]+\}[\w.-]+|\#)"""
    r"""(?P<tests>(?:\[[^\]]*\])*)(?P<value>=.*)?""",
    re.DOTALL,
)
_TEST = re.compile(r"""\[(?:\d+|@(?P<name>[\w.-]+)\s*=\s*(?P<quote>['"]?)(?P<value>[^\]]*?)(?P=quote))\]""")


class _Step(NamedTuple):
    key: str
    tests: list[tuple[str, str]]
    value: str | None


class _Place(NamedTuple):
    """A body that a path can mean, and the releases in which it does."""

    body: Body
    mask: int


def find_mask(table: Table, path: str) -> int:
    """The releases that have what a path means.

    Raises:
        UsageError: it is no path, or nothing is there in any release.
    """
    steps = _parse(path)
    root, *rest = steps
    if root.key not in table.roots:
        raise _no_such(f"no libvirt document is called <{root.key}>", root.key, list(table.roots))
    if root.value is not None:
        raise UsageError(f"a document has no value: {path!r}", hint="a value belongs to an attribute or a text")
    identity, mask = table.roots[root.key]
    places, result = _narrowed(table, _Place(table.body(identity), mask), root.tests), int(mask)
    seen = f"/{root.key}"
    for step in rest:
        places, result = _descend(table, places, step, seen)
        seen += f"/{step.key}"
    return result


def _parse(path: str) -> list[_Step]:
    steps = []
    place = 0
    text = "/" + path.strip().removeprefix("/")
    while place < len(text):
        match = _STEP.match(text, place)
        if match is None or (match["value"] is not None and match.end() != len(text)):
            raise UsageError(f"not a path: {path!r}", hint="write it like /domain/devices/disk/source/@file")
        value = match["value"][1:].strip() if match["value"] else None
        if value is not None and len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        inside = match["tests"]
        tests = [(test["name"], test["value"]) for test in _TEST.finditer(inside) if test["name"]]
        if _TEST.sub("", inside):
            raise UsageError(f"not a condition that is understood: {inside}", hint="write it like [@type='file']")
        steps.append(_Step("#" if match["name"] == "text()" else match["name"], tests, value))
        place = match.end()
    if not steps:
        raise UsageError("the path is empty", hint="write it like /domain/devices/disk/source/@file")
    return steps


def _narrowed(table: Table, place: _Place, tests: list[tuple[str, str]]) -> list[_Place]:
    """The variants that a place means under some conditions on attributes."""
    found: list[_Place] = []
    body, mask = place
    conditions = dict(tests)
    for name, value in tests:
        slots = [one.slots["@" + name] for one in body.leaves() if "@" + name in one.slots]
        mask &= reduce(or_, (slot.since & table.accepts(slot.content, value) for slot in slots), 0)
    todo = [body]
    while todo:
        one = todo.pop()
        wanted = conditions.get(one.attribute or "")
        if wanted is not None and wanted in one.variants:
            todo.append(one.variants[wanted])
        elif one.variants:
            todo.extend(one.variants.values())
        else:
            found.append(_Place(one, mask))
    return found


def _descend(table: Table, places: list[_Place], step: _Step, seen: str) -> tuple[list[_Place], int]:
    """The places that one more step leads to, and the releases that have them."""
    below: dict[int, _Place] = {}
    found = 0
    result = 0
    keys: set[str] = set()
    for place in places:
        keys.update(place.body.slots)
        if place.body.free:  # metadata: anything
            found += 1
            result |= place.mask
            below[id(place.body)] = place
            continue
        for key in _matching(step.key, place.body):
            slot = place.body.slots[key]
            found += 1
            mask = place.mask & slot.since
            if step.value is not None:
                mask &= _value_mask(table, slot, step.value)
            result |= mask
            if isinstance(slot.content, str):
                for one in _narrowed(table, _Place(table.body(slot.content), mask), step.tests):
                    known = below.get(id(one.body))
                    below[id(one.body)] = _Place(one.body, one.mask | (known.mask if known else 0))
    if not found:
        what = "attribute" if step.key.startswith("@") else "text" if step.key == "#" else "element"
        raise _no_such(f"no known libvirt has the {what} {shown(step.key)} in {seen}", step.key, list(keys))
    if step.tests:
        result = reduce(or_, (one.mask for one in below.values()), 0)
    return list(below.values()), result


def _matching(name: str, body: Body) -> list[str]:
    if name in body.slots:
        return [name]
    return [key for key in body.slots if "}" in key and shown(key) == name]


def _value_mask(table: Table, slot: Slot, value: str) -> int:
    if isinstance(slot.content, int):
        return table.accepts(slot.content, value)
    text = [leaf.slots["#"] for leaf in table.body(slot.content).leaves() if "#" in leaf.slots]
    return reduce(or_, (one.since & table.accepts(one.content, value) for one in text), 0)


def _no_such(message: str, key: str, known: list[str]) -> UsageError:
    names = sorted({shown(one) for one in known if one.startswith("@") == key.startswith("@") and one != "#"})
    close = get_close_matches(key, names, 1)
    if close:
        return UsageError(message, hint=f"did you mean {close[0]}?")
    return UsageError(message, hint=f"there is {', '.join(names[:40])}" if names else None)
