"""The lists of elements: what is put into one is checked at once, as what is assigned to a field is.

Reading a document must cost nothing for that: readers use the methods of `list` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Self, SupportsIndex

if TYPE_CHECKING:
    from typing import Protocol

    class ListField(Protocol):
        """What a list knows of its field."""

        owner: str
        name: str

        @property
        def restored_list(self) -> Callable[[str, str, list[Any]], list[Any]]: ...

        @property
        def list_type(self) -> type[MemberList]: ...

        def store_member(self, value: Any, /) -> Any: ...


class MemberList(list[Any]):
    """The list of a field of an element; slices and copies by slicing are plain lists.

    Raises:
        ModelError: something is put in that is of the wrong type, or that the schema forbids.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        _field: ListField

    def _checked(self, items: Iterable[Any]) -> list[Any]:
        return [self._field.store_member(item) for item in items]

    def append(self, item: Any, /) -> None:
        super().append(self._field.store_member(item))

    def insert(self, index: SupportsIndex, item: Any, /) -> None:
        super().insert(index, self._field.store_member(item))

    def extend(self, items: Iterable[Any], /) -> None:
        super().extend(self._checked(items))

    def __iadd__(self, items: Iterable[Any], /) -> Self:  # type: ignore[misc]  # as typeshed has it for `list`
        self.extend(items)
        return self

    def __setitem__(self, index: Any, items: Any, /) -> None:
        if isinstance(index, slice):
            super().__setitem__(index, self._checked(items))
        else:
            super().__setitem__(index, self._field.store_member(items))

    def __reduce_ex__(self, _protocol: SupportsIndex, /) -> tuple[Any, ...]:
        return self._field.restored_list, (self._field.owner, self._field.name, list(self))

    def __deepcopy__(self, memo: dict[int, Any], /) -> MemberList:
        return self._field.list_type([deepcopy(item, memo) for item in self])


def list_type_of(field: ListField) -> type[MemberList]:
    """The class of the lists of a field: the field is an attribute of the class, and takes no room in a list."""
    return type("MemberList", (MemberList,), {"__slots__": (), "_field": field, "__module__": __name__})
