"""Paths into documents: ``devices.disks[target.dev=vda].driver.cache``.

A step is the name of a field. Members of lists are chosen by place (``[0]``, ``[-1]``), by what they hold
(``[type=usb,index=0]``), or all (``[*]``). Values with blanks, commas or brackets stand in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from libvirtxml._impl.element import Element
from libvirtxml._impl.tables import ClassInfo, Field, find_class, info_of
from libvirtxml.errors import UsageError

_STEP = re.compile(r"([^.\[\]=]+)")
_CONDITION = re.compile(r"\s*([^=\[\],\"']+?)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^,\]]*)\s*")
_PLACE = re.compile(r"\[\s*(-?\d+|\*)\s*\]")


class PathError(UsageError):
    """A path that leads nowhere, or to something else than what is needed."""


class NothingThereError(PathError):
    """A path that is right, in a document that holds nothing at its end."""


@dataclass(frozen=True, slots=True)
class Step:
    """A field, and which of its members: a place, ``*``, conditions, or None for the field itself."""

    name: str
    choice: int | str | tuple[tuple[str, str], ...] | None = None

    def __str__(self) -> str:
        if self.choice is None:
            return self.name
        inner = self.choice
        if isinstance(inner, tuple):
            inner = ",".join(f"{path}={value}" for path, value in inner)
        return f"{self.name}[{inner}]"


def parse_path(text: str) -> list[Step]:
    """Take a path apart.

    Raises:
        PathError: it is not one.
    """
    steps: list[Step] = []
    place = 0
    while place < len(text) or not steps:
        match = _STEP.match(text, place)
        if match is None:
            raise PathError(f"not a path: {text!r}", hint="a path is like devices.disks[target.dev=vda].driver.cache")
        name, place = match[1].strip(), match.end()
        choice: Any = None
        if text[place : place + 1] == "[":
            choice, place = _parse_choice(text, place)
        steps.append(Step(name, choice))
        if place < len(text):
            if text[place] != "." or place + 1 == len(text):
                raise PathError(f"not a path: {text!r}", hint=f"after {text[:place]!r} comes a dot and a name")
            place += 1
    return steps


def _parse_choice(text: str, place: int) -> tuple[Any, int]:
    if match := _PLACE.match(text, place):
        return ("*" if match[1] == "*" else int(match[1])), match.end()
    conditions: list[tuple[str, str]] = []
    place += 1
    while match := _CONDITION.match(text, place):
        value = match[2].strip()
        if value[:1] in ("'", '"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] == '"' else value[1:-1]
        conditions.append((match[1], value))
        place = match.end()
        if text[place : place + 1] != ",":
            break
        place += 1
    if not conditions or text[place : place + 1] != "]":
        raise PathError(
            f"not a path: {text!r}", hint="in brackets stands a place, [0], or conditions, [target.dev=vda]"
        )
    return tuple(conditions), place + 1


@dataclass(frozen=True, slots=True)
class Target:
    """A field of an element; its place in the list, or None; how it was come to, for messages."""

    owner: Element
    field: Field
    index: int | None
    path: str
    parent: Target | None = None

    @property
    def value(self) -> Any:
        """What stands there; None if nothing does."""
        value = self.owner.__dict__.get(self.field.name)
        return value if self.index is None or value is None else value[self.index]


def find(document: Element, steps: Sequence[Step], *, create: bool = False, tolerant: bool = False) -> list[Target]:
    """All places that a path leads to.

    Args:
        document: where the path begins.
        steps: the path.
        create: make single elements on the way that are missing.
        tolerant: pass over elements of a class that lacks the field.

    Raises:
        PathError: it leads nowhere.
    """
    reached: list[Target | None] = [None]
    walked = ""
    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        found: list[Target] = []
        for target in reached:
            owner = document if target is None else _element_at(target, walked, create=create)
            if owner is not None and not (tolerant and step.name not in info_of(type(owner)).fields):
                found += _take_step(owner, step, walked, target, last=last)
        walked = f"{walked}.{step}" if walked else str(step)
        if not found:
            raise NothingThereError(f"there is no {walked}")
        reached = list(found)
    return [target for target in reached if target is not None]


def _element_at(target: Target, walked: str, *, create: bool) -> Element | None:
    value = target.value
    if isinstance(value, Element):
        return value
    if target.field.kind != "c":
        raise PathError(f"{walked} is a plain value: it has no fields")
    if not create:
        return None
    cls = find_class(target.field.reference)
    if info_of(cls).variants and info_of(cls).default is None and info_of(cls).attribute_required:
        raise PathError(f"there is no {walked}", hint=f"give it whole, with its {info_of(cls).attribute}")
    made = _empty(cls)
    setattr(target.owner, target.field.name, made)
    return made


def _empty(cls: type[Element]) -> Element:
    info = info_of(cls)
    if info.variants and info.default in info.variants:
        cls = find_class(info.variants[str(info.default)])
    return cls.__new__(cls)


def _take_step(owner: Element, step: Step, walked: str, parent: Target | None, *, last: bool) -> list[Target]:
    info = info_of(type(owner))
    field = info.fields.get(step.name)
    if field is None:
        raise _no_field(info, step.name, walked)
    where = f"{walked}.{step.name}" if walked else step.name
    if step.choice is None:
        if field.many and not last:
            members = owner.__dict__.get(field.name) or []
            hint = f"name one: {where}[0]" + (f"; there are {len(members)}" if members else "; it is empty")
            raise PathError(f"{where} is a list", hint=hint)
        return [Target(owner, field, None, where, parent)]
    if not field.many:
        raise PathError(f"{where} is no list", hint=f"write {where} without brackets")
    members = owner.__dict__.get(field.name) or []
    return [Target(owner, field, i, f"{where}[{i}]", parent) for i in _chosen(members, field, step, where)]


def _chosen(members: list[Any], field: Field, step: Step, where: str) -> list[int]:
    choice = step.choice
    if choice == "*":
        return list(range(len(members)))
    if isinstance(choice, int):
        place = choice + len(members) if choice < 0 else choice
        if not 0 <= place < len(members):
            raise NothingThereError(f"{where} has no member {choice}", hint=f"it has {len(members)}, counted from 0")
        return [place]
    assert isinstance(choice, tuple)  # noqa: S101 - what is left
    if field.kind != "c":
        raise PathError(f"{where} holds plain values", hint=f"choose by place: {where}[0]")
    found = [i for i, one in enumerate(members) if all(_meets(one, path, value) for path, value in choice)]
    if not found:
        raise _no_member(members, field, choice, where)
    return found


def _meets(member: Element, path: str, wanted: str) -> bool:
    field, value = _look_up(member, path)
    if field is None or value is None:
        return False
    return bool(field.text_of(value) == wanted or field.codec[wanted] == value)


def _look_up(member: Any, path: str) -> tuple[Field | None, Any]:
    field: Field | None = None
    for name in path.split("."):
        if not isinstance(member, Element):
            return None, None
        field = info_of(type(member)).fields.get(name)
        member = member.__dict__.get(name)
        if member is None and field is not None and field.kind == "d":
            member = field.reference
    if isinstance(member, Element):
        inner = next((one for one in info_of(type(member)).fields.values() if one.kind == "t"), None)
        return (inner, member.__dict__.get(inner.name)) if inner else (None, None)
    return field, None if isinstance(member, list) else member


def _no_field(info: ClassInfo, name: str, walked: str) -> PathError:
    by_key = {field.key.rpartition("}")[2]: field.name for field in info.fields.values()}
    place = f"{walked} " if walked else f"a {info.tag} "
    if name.lstrip("@") in by_key:
        close = [by_key[name.lstrip("@")]]
    else:
        close = get_close_matches(name, info.fields, 1) or [by_key[one] for one in get_close_matches(name, by_key, 1)]
    hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(info.fields) or 'none'}"
    return PathError(f"{place}has no field {name!r}", hint=hint)


def _no_member(members: list[Any], field: Field, choice: tuple[tuple[str, str], ...], where: str) -> PathError:
    text = ",".join(f"{path}={value}" for path, value in choice)
    for path, wanted in choice:
        check_names(find_class(field.reference), path, where)
        pairs = [_look_up(one, path) for one in members]
        there = list(dict.fromkeys(one.text_of(value) for one, value in pairs if one is not None and value is not None))
        if wanted not in there:
            close = get_close_matches(wanted, there, 1)
            listed = ", ".join(there[:10]) + (" ..." if len(there) > 10 else "") if there else "none"
            hint = f"did you mean {close[0]}? There are {listed}" if close else f"values of {path}: {listed}"
            return NothingThereError(f"no member of {where} has {text}", hint=hint)
    return NothingThereError(f"no member of {where} has {text}")


def check_names(cls: type[Element], path: str, where: str) -> None:
    """Refuse a path of fields, without places or conditions, that no variant of a class has."""
    classes = [cls]
    for name in path.split("."):
        every = list(classes)
        for one in every:
            every += [find_class(name) for name in info_of(one).variants.values()]
        fields = [info_of(one).fields[name] for one in every if name in info_of(one).fields]
        if not fields:
            raise _no_field(info_of(classes[0]), name, where)
        classes = [find_class(field.reference) for field in fields if field.kind == "c"]
        if not classes:
            return
