"""Fields that are read as a class of values and may be given as plain text: a MAC address, a set of CPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

Value = TypeVar("Value")

if TYPE_CHECKING:

    class FromText(Generic[Value]):
        """What type checkers know of such a field: what it holds, and that it takes text."""

        def __get__(self, obj: object, owner: Any = None, /) -> Value: ...
        def __set__(self, obj: object, value: Value | str, /) -> None: ...

else:

    class FromText:
        """In annotations, what the field holds."""

        def __class_getitem__(cls, value: Any) -> Any:
            return value


def from_text(*, default: None = None) -> Any:  # noqa: ARG001 - what type checkers look for
    """Declare such a field in a generated class, where it may be absent."""
    return None
