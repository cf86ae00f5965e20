"""Parts that are always there when they are read: ``domain.devices``, ``domain.metadata``.

Reading must not change an element, so a part that the document does not have is not put into the element when it is
looked at, but when it gets its first content. Until then an empty element is not written.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakValueDictionary, finalize

from libvirtxml._impl.tables import find_class, info_of

_absent: WeakValueDictionary[tuple[int, str], Any] = WeakValueDictionary()
"""The absent parts that somebody holds, by element and field: whoever looks twice gets the same part."""

_owners: dict[int, tuple[Any, str]] = {}
"""The element and the field that each absent part is to enter, by the id of the part; kept as long as the part is."""


class PartField:
    """The default of a field whose element is always there when it is read."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, obj: Any, owner: type) -> Any:
        return self if obj is None else _absent_part(obj, self._name)


def part(*, default: None = None) -> Any:  # noqa: ARG001 - what type checkers look for
    """Declare such a field in a generated class; constructors may be given it."""
    return PartField()


def _absent_part(owner: Any, name: str) -> Any:
    key = id(owner), name
    found = _absent.get(key)
    if found is None:
        cls = find_class(info_of(type(owner)).fields[name].reference)
        created = cls.__new__(cls)
        _owners[id(created)] = owner, name
        finalize(created, _owners.pop, id(created), None).atexit = False
        found = _absent.setdefault(key, created)
    return found


def enter(element: Any) -> None:
    """Put an element that gets its first content where it was read from, if it was absent there."""
    owner, name = _owners.pop(id(element), (None, ""))
    if owner is not None and name not in owner.__dict__:  # else the field was given another element meanwhile
        owner._set_new(name, element)  # noqa: SLF001 - our own class
