"""What all elements of the model can do by themselves: construction, checked assignment, comparison, copies."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Self, TypeGuard, cast, dataclass_transform

from libvirtxml._impl.absent import AbsentList
from libvirtxml._impl.given import from_text
from libvirtxml._impl.hints import complete_annotations
from libvirtxml._impl.parts import enter, part
from libvirtxml._impl.raw import Extra
from libvirtxml._impl.read import EXTRA
from libvirtxml._impl.sequence import remember_members
from libvirtxml._impl.signature import ConstructorSignature
from libvirtxml._impl.tables import ClassInfo, Field, info_of
from libvirtxml._impl.trees import prefix_of
from libvirtxml.errors import ModelError, UnknownFieldError

if TYPE_CHECKING:
    from libvirtxml._impl.element import Element


_PICKLE_PROTOCOL = 4
"""That of `copy.deepcopy`."""


class _ListField:
    """The default of a list field: an empty list, which enters the element with its first member."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, obj: Any, owner: type) -> Any:
        if obj is None:
            return self
        return AbsentList.of(obj, self._name)


def many(*, factory: type[list[Any]]) -> Any:  # noqa: ARG001 - what type checkers look for
    """Declare a list field in a generated class."""
    return _ListField()


def required() -> Any:
    """Declare a field that a constructor must be given; None where a parsed document lacks it."""
    return None


@dataclass_transform(kw_only_default=True, field_specifiers=(from_text, many, part, required))
class ElementBase:
    """`Element` without what needs a reader or writer of documents: those need this class."""

    if TYPE_CHECKING:
        extra: Extra | None = None
    else:
        __signature__ = ConstructorSignature()

        def __init_subclass__(cls, **options: Any) -> None:
            super().__init_subclass__(**options)
            complete_annotations(cls)

        def __init__(self, **fields: Any) -> None:
            info = info_of(type(self))
            name = type(self).__name__
            extra = fields.pop("extra", None)
            unchecked = extra.unchecked if extra is not None else {}
            chosen = info.implied in fields
            if info.abstract and info.discriminant.name not in unchecked:
                raise ModelError(f"{name} is a union: use one of {', '.join(sorted(info.variants.values()))}")
            if extra := _own_extra(extra, info):
                self.__dict__[EXTRA] = extra
            for field in info.fields.values():
                given = fields.pop(field.name, None)
                if field.name in unchecked:
                    if (text := unchecked[field.name]) is not None:
                        self.__dict__[field.name] = field.load(text)
                else:
                    self._give(field, given, name)
            if lacking := info.lacking({*self.__dict__, *unchecked}):
                raise ModelError(f"{name} needs {lacking[0].name}")
            if not chosen and info.is_smaller_form(self.__dict__):
                self.__dict__.pop(info.implied, None)
            _check_exclusions(self, info, unchecked)
            remember_members(self.extra, self.__dict__, info)
            for item in (*fields, *unchecked):
                if item in info.declared and item in fields:
                    setattr(self, item, fields[item])
                elif item not in info.fields or item in fields:
                    raise TypeError(str(_no_such_field(info, item)))

        @property
        def extra(self) -> Extra | None:
            """What the element holds beyond its fields, or None."""
            return self.__dict__.get(EXTRA)

        def __setattr__(self, name: str, value: Any) -> None:
            info = info_of(type(self))
            field = info.fields.get(name)
            if name == "extra":
                self._set_extra(value)
                return
            if field is None:
                if not _is_own(info, name):
                    raise _no_such_field(info, name)
                object.__setattr__(self, name, value)
                return
            if value is None or (field.kind.is_flag and value is False):
                if field.required and not (field.filled_in or field.kind.is_flag):
                    raise ModelError(f"{type(self).__name__} needs {name}")
                self.__dict__.pop(name, None)
                return
            stored = field.store(value, type(self).__name__)
            if name in self.__dict__:
                self.__dict__[name] = stored
            else:
                self._set_new(name, stored)

    def _give(self, field: Field, given: Any, name: str) -> None:
        """Set a field to what a constructor was given, if that was anything."""
        if field.kind.is_discriminant and given is None:
            given = field.reference
        if given is not None and not (field.kind.is_flag and given is False):
            self.__dict__[field.name] = field.store(given, name)

    def _set_new(self, name: str, value: Any) -> None:
        """Add a field at its canonical place: the order of ``__dict__`` is the order in XML."""
        values = self.__dict__
        info = info_of(type(self))
        ranks = info.ranks
        rank = ranks[name]
        best = -1
        place = 0 if EXTRA in values else -1  # which comes first: writers rely on it
        children = info.fields[name].kind.is_child
        names = list(values)
        for i, other in enumerate(names):
            if other not in ranks:
                continue
            if children and not info.fields[other].kind.is_child:
                place = max(place, i)
            elif best <= ranks[other] <= rank:
                best, place = ranks[other], i
        tail = {other: values.pop(other) for other in names[place + 1 :]}
        values[name] = value
        values.update(tail)
        if len(values) == 1:
            enter(self)

    def _set_extra(self, extra: Extra | None) -> None:
        """Replace what the element holds beyond its fields; it comes first in ``__dict__``, where writers look."""
        values = self.__dict__
        values.pop(EXTRA, None)
        if own := _own_extra(extra, info_of(type(self))):
            rest = dict(values)
            values.clear()
            values[EXTRA] = own
            values.update(rest)
            remember_members(own, values, info_of(type(self)))

    def replace(self, **changes: Any) -> Self:
        """A shallow copy with some fields changed; None removes one."""
        copy = object.__new__(type(self))
        info = info_of(type(self))
        for name, value in self.__dict__.items():
            if (field := info.fields.get(name)) is not None and field.many:
                copy.__dict__[name] = field.list_type(value)
            elif field is not None or name == EXTRA or name in info.declared:  # what is cached may not hold any more
                copy.__dict__[name] = list(value) if isinstance(value, list) else value
        for name, value in changes.items():
            setattr(copy, name, value)
        return copy

    __replace__ = replace

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        """A copy with copies of all below, each as pickle would make it.

        All are made before any is filled in, since a chain of 250 images is deeper than Python recurses.
        """
        made: list[tuple[ElementBase, Any]] = []
        waiting: list[ElementBase] = [self]
        while waiting:
            element = waiting.pop()
            if element is self or type(element).__deepcopy__ is ElementBase.__deepcopy__:
                make, given, state = cast("tuple[Any, ...]", element.__reduce_ex__(_PICKLE_PROTOCOL))[:3]
                memo[id(element)] = copied = make(*given)
                made.append((copied, state))
                waiting += [child for _, _, child in child_items(element) if id(child) not in memo]
        for copied, state in made:
            _restore(copied, deepcopy(state, memo))
        return cast("Self", memo[id(self)])

    def __delattr__(self, name: str) -> None:
        if name in info_of(type(self)).fields:
            setattr(self, name, None)
        else:
            object.__delattr__(self, name)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) and not (
            is_element(other) and info_of(type(self)).model is info_of(type(other)).model
        ):
            return NotImplemented
        return _content(self) == _content(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        parts = [f"{name}={value!r}" for name, value in values_of(self).items() if name != EXTRA and value != []]
        if self.extra is not None:
            parts.append(f"extra={self.extra!r}")
        return f"{type(self).__name__}({', '.join(parts)})"

    def _discriminant(self) -> Any:
        return self.__dict__.get(info_of(type(self)).attribute or "")


def _restore(element: ElementBase, state: Any) -> None:
    """Give a new element the state that it was copied with, as pickle does."""
    if (own := getattr(element, "__setstate__", None)) is not None:
        own(state)
        return
    values, slots = state if isinstance(state, tuple) else (state, None)
    element.__dict__.update(values or {})
    for name, value in (slots or {}).items():
        object.__setattr__(element, name, value)


def _own_extra(given: Extra | None, info: ClassInfo) -> Extra | None:
    """The `Extra` that a constructor was given, without what is for constructors alone; the tag in a namespace."""
    extra = given.checked() if given is not None else Extra()
    if info.namespace and not extra.tag:
        extra.tag = f"{prefix_of(info.namespace)}:{info.tag}"
    return extra or None


def _check_exclusions(element: ElementBase, info: ClassInfo, unchecked: dict[str, Any]) -> None:
    values = element.__dict__
    for group in info.groups:
        given = [item for item in group if item not in unchecked and item in values and values[item] != []]
        if len(given) > 1:
            raise ModelError(f"{info.cls.__name__}: {' and '.join(given)} exclude each other")


def values_of(element: ElementBase) -> dict[str, Any]:
    """The fields that an element has, and its `Extra`, in the order in which they are written; not to be changed.

    That is its ``__dict__``, without what a user's own class keeps there for itself.
    """
    info = info_of(type(element))
    values = element.__dict__
    if info.cls is info.model or all(name in info.fields or name == EXTRA for name in values):
        return values
    return {name: value for name, value in values.items() if name in info.fields or name == EXTRA}


def _is_own(info: ClassInfo, name: str) -> bool:
    """Whether an attribute is the business of a user's own class: one that it declares or defines, or a private one."""
    if info.cls is info.model:
        return False
    own = info.cls.__mro__[: info.cls.__mro__.index(info.model)]
    return name in info.declared or name.startswith("_") or any(name in base.__dict__ for base in own)


def _content(element: Any) -> dict[str, Any]:
    """The fields of an element without empty lists, and what else counts in a comparison."""
    values = {name: value for name, value in values_of(element).items() if value != [] and name != EXTRA}
    values |= {name: element.__dict__[name] for name in info_of(type(element)).declared if name in element.__dict__}
    if element.extra is not None and any(content := element.extra.content()):
        values[EXTRA] = content
    return values


def _no_such_field(info: ClassInfo, name: str) -> UnknownFieldError:
    from difflib import get_close_matches  # noqa: PLC0415 - rarely needed

    close = get_close_matches(name, info.fields, 1)
    hint = f"did you mean {close[0]!r}?" if close else None
    message = f"{info.cls.__name__} has no field {name!r}" + (f", {hint}" if hint else "")
    return UnknownFieldError(message, hint=hint)


def is_element(value: object) -> TypeGuard[Element]:
    """Whether a value is an element of the model."""
    return isinstance(value, ElementBase)


def child_items(element: ElementBase) -> Iterator[tuple[Field, int, Element]]:
    """The children that have a class: field, place among those with its tag (from 1), child."""
    fields = info_of(type(element)).fields
    for name, value in element.__dict__.items():
        field = fields.get(name)
        if field is not None and field.kind.is_object:
            for i, item in enumerate(value if field.many else [value], 1):
                yield field, i, item
