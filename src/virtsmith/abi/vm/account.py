"""What of a document is in the trial, and what is not: consumed or noted, for every element and attribute.

Nothing here knows the mapping of documents to QEMU's arguments. Each part of a document is taken away, and each value
replaced by others; where the arguments change, the trial depends on it. What never changes them is not in the trial:
it is either something that a guest cannot see, or listed.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from libvirtxml import Domain, Element, SizeError, diff
from libvirtxml.introspect import children, field_kind, field_names

from virtsmith.abi.vm.unseen import is_replaced, is_unseen, may_be_implied, reason_for
from virtsmith.errors import VirtsmithError

Arguments = Callable[[Domain], object]
"""What QEMU is started with for a document; two documents with equal answers make the same trial."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part of a document that a guest can notice and that is not in the trial; ``path`` is an XPath."""

    path: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.path}: left out" + (f", {self.reason}" if self.reason else "")


@dataclass(frozen=True, slots=True)
class Account:
    """The parts of a document: in the trial, invisible to a guest, and left out. Each is in one of the three."""

    consumed: tuple[str, ...]
    unseen: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def account(domain: Domain, arguments: Arguments) -> Account:
    """Return what became of each element and attribute of a document."""
    copy = deepcopy(domain)
    audit = _Audit(domain, copy, arguments)
    _, left = audit.visit(copy, "/domain")
    strange = [LeftOut(problem.path, "libvirtxml does not know it") for problem in domain.unknown()]
    return Account(tuple(audit.consumed), tuple(audit.unseen), (*left, *strange))


class _Audit:
    """Changes a copy of a domain, one part at a time."""

    def __init__(self, given: Domain, copy: Domain, arguments: Arguments) -> None:
        self._given = given
        self._domain = copy
        self._arguments = arguments
        self._original = self._ask()
        self.consumed: list[str] = []
        self.unseen: list[str] = []

    def visit(self, element: Element, path: str) -> tuple[bool, list[LeftOut]]:
        """Return whether anything of an element is in the trial, and what is left out of it."""
        used, left = False, list[LeftOut]()
        for tag, number, child in children(element):
            field, position = _find(element, child)
            place = f"{path}/{tag}" + (f"[{number}]" if isinstance(vars(element)[field], list) else "")
            found, inner = self._child(element, field, position, place)
            used |= found
            left += inner
        for name in [name for name in field_names(type(element)) if name in vars(element)]:
            kind = field_kind(type(element), name)
            if kind.is_object or kind.is_discriminant or vars(element)[name] == []:
                continue
            place = path if kind.is_text else f"{path}/{'@' if kind.is_attribute else ''}{name}"
            if not is_replaced(element, name) and any(
                self._differs(element, name, value) for value in _others(element, name)
            ):
                used = True
                self.consumed.append(place)
            elif is_unseen(element, name, vars(element)[name]) or not self._is_visible(element, name):
                self.unseen.append(place)
            else:
                left.append(LeftOut(place, reason_for(element, name)))
        return used, left

    def _child(self, parent: Element, field: str, position: int | None, path: str) -> tuple[bool, list[LeftOut]]:
        child = vars(parent)[field] if position is None else vars(parent)[field][position]
        without = None if position is None else [item for item in vars(parent)[field] if item is not child]
        counts = self._differs(parent, field, without)
        if not counts and (is_unseen(parent, field, child) or not self._is_visible(parent, field, without)):
            self.unseen.append(path)
            return False, []
        if not counts and position is not None and not may_be_implied(parent, field):
            return False, [LeftOut(path, reason_for(parent, field))]
        used, left = self.visit(child, path)
        if counts and not used:
            self.consumed.append(path)
        if used or counts:
            return True, left
        if not isinstance(parent, Domain) and _only_names_a_kind(child):
            self.unseen.append(path)  # the kind that the device has without it
            return False, []
        return False, [LeftOut(path, reason_for(parent, field))]

    def _differs(self, element: Element, name: str, value: object) -> bool:
        with _changed(element, name, value):
            return self._ask() != self._original

    def _is_visible(self, element: Element, name: str, value: object = None) -> bool:
        """Whether libvirtxml's view of the guest ABI has a field of an element."""
        with _changed(element, name, value):
            return bool(diff(self._given, self._domain, "abi"))

    def _ask(self) -> object:
        try:
            return self._arguments(self._domain)
        except (VirtsmithError, SizeError, ValueError, TypeError, AttributeError, KeyError) as error:
            return type(error), str(error)  # a value that the mapping stumbles over is one that it reads


@contextmanager
def _changed(element: Element, name: str, value: object) -> Iterator[None]:
    """Set a field, or take it away (None), without the model's checks; put everything back at the end."""
    values = vars(element)
    before = dict(values)
    try:
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
        yield
    finally:
        values.clear()
        values.update(before)


def _only_names_a_kind(element: Element) -> bool:
    """Whether an element holds nothing but the attribute that distinguishes variants."""
    return all(
        field_kind(type(element), name).is_discriminant for name in field_names(type(element)) if name in vars(element)
    )


def _find(parent: Element, child: Element) -> tuple[str, int | None]:
    """Return the field of a child, and its position if that is a list."""
    for name, value in vars(parent).items():
        if value is child:
            return name, None
        if isinstance(value, list):
            for position, item in enumerate(value):
                if item is child:
                    return name, position
    raise KeyError(type(child).__name__)


def _others(element: Element, name: str) -> Iterator[Any]:
    """Yield other values for a field, nothing first."""
    yield None
    value, cls = vars(element)[name], cast("Any", type(element))
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield from (text for text in _choices(cls, name) if text != value)
        yield f"{value}x"
        yield "1" if value != "1" else "2"


@cache
def _choices(cls: type, name: str) -> tuple[str, ...]:
    """Return the words that a field may hold, if the model lists them."""
    hint = typing.get_type_hints(cls).get(name)
    literals = [hint, *typing.get_args(hint)]
    return tuple(
        text for part in literals if typing.get_origin(part) is typing.Literal for text in typing.get_args(part)
    )
