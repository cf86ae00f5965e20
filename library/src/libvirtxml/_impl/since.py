"""Resolves paths like ``/domain/devices/disk[@type='nvme']/source/@type=pci`` in the table of dates."""

from __future__ import annotations

from difflib import get_close_matches
from functools import reduce
from operator import or_
from typing import NamedTuple

from libvirtxml._impl.dates import DatedBody, DatedSlot, DatesTable
from libvirtxml._impl.paths import parse_path, split_assignment
from libvirtxml._impl.paths.steps import Axis, Path, PathError, PathStep
from libvirtxml._impl.paths.translate import translate
from libvirtxml._impl.tables import find_class, info_of
from libvirtxml._impl.trees import shown
from libvirtxml.errors import UsageError


class _Step(NamedTuple):
    key: str
    tests: list[tuple[str, str]]


class _Place(NamedTuple):
    """A body that a path can mean, and the releases in which it does."""

    body: DatedBody
    mask: int


def find_mask(table: DatesTable, path: str) -> int:
    """The releases that have what a path, perhaps with ``=VALUE``, means.

    Raises:
        UsageError: it is not a path, or nothing is there in any release.
    """
    text, value = split_assignment(path)
    parsed = parse_path(text)
    if not parsed.steps and parsed.root is None:
        raise UsageError(f"not the path of a part: {path!r}")
    if value is not None:
        value = _unquoted(value.strip())
    if parsed.root is not None or text in table.roots:
        return _mask_of(table, parsed, value)
    return reduce(or_, (_mask_of(table, meaning, value) for meaning in _as_xpaths(table, parsed)))


def _as_xpaths(table: DatesTable, path: Path) -> list[Path]:
    """What a dotted path means: in a domain, or in the document that its first name is."""
    from libvirtxml.model import ROOTS  # noqa: PLC0415 - generated; loaded when first needed

    first = path.steps[0]
    if first.name in table.roots and first.name not in info_of(find_class("Domain")).fields:
        path = Path(path.steps[1:], text=path.text)
        return translate(find_class(ROOTS[first.name]), path)
    return translate(find_class("Domain"), path)


def _mask_of(table: DatesTable, path: Path, value: str | None) -> int:
    root, *rest = [_plain(step) for step in ((path.root, *path.steps) if path.root else path.steps)]
    if root.key not in table.roots:
        raise _no_such(f"no libvirt document is called <{root.key}>", root.key, list(table.roots))
    if not rest and value is not None:
        raise UsageError(f"a document has no value: {path.text!r}", hint="a value belongs to an attribute or a text")
    identity, mask = table.roots[root.key]
    places, result = _narrowed(table, _Place(table.body(identity), mask), root.tests), int(mask)
    seen = f"/{root.key}"
    for number, step in enumerate(rest, 1):
        places, result = _descend(table, places, step, value if number == len(rest) else None, seen)
        seen += f"/{step.key}"
    return result


def _plain(step: PathStep) -> _Step:
    """A step as the table has it; positions do not matter."""
    keys = {Axis.ATTRIBUTE: f"@{step.name}", Axis.TEXT: "#"}
    tests: list[tuple[str, str]] = []
    for test in step.tests:
        for condition in test if isinstance(test, tuple) else ():
            if len(condition.path) != 1 or condition.path[0].axis is not Axis.ATTRIBUTE:
                hint = "only attributes of the element itself have dates, like [@type='file']"
                raise PathError(f"not a condition that dates are known for, behind {step.name}", hint=hint)
            tests.append((condition.path[0].name, condition.value))
    return _Step(keys.get(step.axis, step.name), tests)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def _narrowed(table: DatesTable, place: _Place, tests: list[tuple[str, str]]) -> list[_Place]:
    """The variants that a place means under some conditions on attributes."""
    found: list[_Place] = []
    body, mask = place
    conditions = dict(tests)
    for name, value in tests:
        slots = [leave.slots["@" + name] for leave in body.leaves() if "@" + name in leave.slots]
        mask &= reduce(or_, (slot.since & table.accepts(slot.content, value) for slot in slots), 0)
    todo = [body]
    while todo:
        item = todo.pop()
        chosen = conditions.get(item.attribute or "")
        if chosen is not None and chosen in item.variants:
            todo.append(item.variants[chosen])
        elif item.variants:
            todo.extend(item.variants.values())
        else:
            found.append(_Place(item, mask))
    return found


def _descend(
    table: DatesTable, places: list[_Place], step: _Step, value: str | None, seen: str
) -> tuple[list[_Place], int]:
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
            if value is not None:
                mask &= _value_mask(table, slot, value)
            result |= mask
            if isinstance(slot.content, str):
                for item in _narrowed(table, _Place(table.body(slot.content), mask), step.tests):
                    known = below.get(id(item.body))
                    below[id(item.body)] = _Place(item.body, item.mask | (known.mask if known else 0))
    if not found:
        what = "attribute" if step.key.startswith("@") else "text" if step.key == "#" else "element"
        raise _no_such(f"no known libvirt has the {what} {shown(step.key)} in {seen}", step.key, list(keys))
    if step.tests:
        result = reduce(or_, (item.mask for item in below.values()), 0)
    return list(below.values()), result


def _matching(name: str, body: DatedBody) -> list[str]:
    if name in body.slots:
        return [name]
    return [key for key in body.slots if "}" in key and shown(key) == name]


def _value_mask(table: DatesTable, slot: DatedSlot, value: str) -> int:
    if isinstance(slot.content, int):
        return table.accepts(slot.content, value)
    text = [leaf.slots["#"] for leaf in table.body(slot.content).leaves() if "#" in leaf.slots]
    return reduce(or_, (item.since & table.accepts(item.content, value) for item in text), 0)


def _no_such(message: str, key: str, known: list[str]) -> UsageError:
    names = sorted({shown(text) for text in known if text.startswith("@") == key.startswith("@") and text != "#"})
    close = get_close_matches(key, names, 1)
    if close:
        return UsageError(message, hint=f"did you mean {close[0]}?")
    return UsageError(message, hint=f"there is {', '.join(names[:40])}" if names else None)
