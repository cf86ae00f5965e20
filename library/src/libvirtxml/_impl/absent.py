"""The list of a field that an element does not have: empty, and part of the element from its first member on.

Reading must not change an element: another thread may be writing it. So an absent list is not put into the element
when it is looked at, but when something is put into it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, SupportsIndex
from weakref import WeakValueDictionary

from libvirtxml._impl.lists import MemberList
from libvirtxml._impl.tables import info_of

_absent: WeakValueDictionary[tuple[int, str], AbsentList] = WeakValueDictionary()
"""The absent lists that somebody holds, by element and field: whoever looks twice gets the same list.

A list keeps its element alive, so that the id of the element is not used again while the list is here.
"""


class AbsentList(MemberList):
    """A list that enters its element when it gets its first member; until then it is in no element."""

    __slots__ = ("__weakref__", "_field", "_owner")

    def __init__(self, owner: Any, name: str) -> None:
        super().__init__()
        self._owner = owner
        self._field = info_of(type(owner)).fields[name]

    @classmethod
    def of(cls, owner: Any, name: str) -> AbsentList:
        """The absent list of a field."""
        key = id(owner), name
        found = _absent.get(key)
        return _absent.setdefault(key, cls(owner, name)) if found is None else found

    def _enter(self) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            _absent.pop((id(owner), self._field.name), None)
            if self._field.name not in owner.__dict__:  # else the field was given another list meanwhile
                owner._set_new(self._field.name, self)  # noqa: SLF001 - our own class

    def append(self, item: Any, /) -> None:
        super().append(item)
        self._enter()

    def insert(self, index: SupportsIndex, item: Any, /) -> None:
        super().insert(index, item)
        self._enter()

    def extend(self, items: Iterable[Any], /) -> None:
        super().extend(items)
        if self:
            self._enter()

    def __setitem__(self, index: Any, items: Any, /) -> None:
        super().__setitem__(index, items)
        if self:
            self._enter()
