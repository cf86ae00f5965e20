"""Another variant of an element: a file disk as a block disk, with all that both can have."""

from __future__ import annotations

from typing import Any, TypeVar

from libvirtxml._impl.element import Element
from libvirtxml._impl.raw import Extra, RawNode
from libvirtxml._impl.read import EXTRA
from libvirtxml._impl.tables import ClassInfo, Field, info_of
from libvirtxml.errors import ModelError

AnyElement = TypeVar("AnyElement", bound=Element)


def as_variant(element: Element, cls: type[AnyElement], changes: dict[str, Any]) -> AnyElement:
    """A copy of an element as another variant of its union; the element is left as it is.

    Raises:
        ModelError: they are not variants of one element, a field would be lost, or a required one is missing.
    """
    old, new = info_of(type(element)), info_of(cls)
    if (old.tag, old.namespace, _union(old)) != (new.tag, new.namespace, _union(new)) or new.abstract:
        raise ModelError(
            f"a {type(element).__name__} cannot become a {cls.__name__}", hint="use a variant of its union"
        )
    kept = {name for name in element.__dict__ if _fits(old.fields.get(name), new.fields.get(name))}
    lost = [name for name in element.__dict__ if name in old.fields and name not in kept | changes.keys()]
    if lost := [name for name in lost if element.__dict__[name] != [] and not old.fields[name].kind.is_discriminant]:
        raise ModelError(
            f"a {cls.__name__} cannot have the {lost[0]} of a {type(element).__name__}",
            hint=f"say what it becomes, or leave it out with {lost[0]}=None",
        )
    result = _blank(element, cls, new)
    source = element.replace()  # its lists are copies
    for name in source.__dict__:
        if name in kept and name not in changes:
            value, field = source.__dict__[name], new.fields[name]
            result._set_new(name, field.list_type(value) if field.many else value)  # noqa: SLF001 - our own class
    for name, value in changes.items():
        if value is not None or name in new.fields:
            _set(result, name, value)
    if missing := [field.name for field in new.fields.values() if field.required and field.name not in result.__dict__]:
        raise ModelError(f"{cls.__name__} needs {missing[0]}")
    return result


def _union(info: ClassInfo) -> str:
    """The name of the union that a class belongs to, or is."""
    return info.base or info.model.__name__


def _fits(old: Field | None, new: Field | None) -> bool:
    """Whether what one field holds is what the other holds."""
    if old is None or new is None or old.kind.is_discriminant:
        return False
    same_class = old.reference == new.reference if old.kind.is_object else True
    return (old.kind, old.key, old.many) == (new.kind, new.key, new.many) and same_class


def _set(element: Element, name: str, value: Any) -> None:
    if value is None:
        element.__dict__.pop(name, None)
    else:
        setattr(element, name, value)


def _blank(element: Element, cls: type[AnyElement], new: ClassInfo) -> AnyElement:
    """An object without fields, which has the unknown content of an element."""
    result = cls.__new__(cls)
    if element.extra is not None:
        extra = element.extra.checked()
        extra.sequence = _sequence(extra, new)
        if clashing := sorted(extra.attributes.keys() & {field.key for field in new.fields.values()}):
            raise ModelError(f"{cls.__name__} has a field for the unknown attribute {clashing[0]!r}")
        result.__dict__[EXTRA] = extra
    for field in new.fields.values():
        if field.kind.is_discriminant and field.reference is not None:
            result._set_new(field.name, field.reference)  # noqa: SLF001 - our own class
    return result


def _sequence(extra: Extra, new: ClassInfo) -> list[Any] | None:
    """The sequence of the children, without the fields that the new class does not have."""
    if extra.sequence is None:
        return None
    return [item for item in extra.sequence if isinstance(item, RawNode) or _name(item) in new.fields]


def _name(item: Any) -> str:
    return str(item[0] if isinstance(item, tuple) else item)
