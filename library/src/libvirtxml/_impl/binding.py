"""Dataclasses as elements of a namespace, and back."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, TypeGuard, TypeVar, Union, get_args, get_origin, get_type_hints

from libvirtxml.errors import ModelError

AnyObject = TypeVar("AnyObject")

_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def from_element(element: ET.Element, cls: type[AnyObject]) -> AnyObject:
    """The object that an element describes; what the class has no field for is passed over.

    Raises:
        ModelError: the class is not a dataclass of such values, or the element lacks what it requires.
    """
    types = _types_of(cls)
    values = {}
    for field in _fields(cls):
        if (found := _read(element, field.name, types[field.name])) is not None:
            values[field.name] = found
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ModelError(f"<{_local(element)}> has no {_xml_name(field.name)}, which {cls.__name__} needs")
    return cls(**values)


def to_element(value: Any, namespace: str, name: str) -> ET.Element:
    """The element that describes an object.

    Raises:
        ModelError: its class is not a dataclass of such values.
    """
    result = ET.Element(f"{{{namespace}}}{name}")
    _types_of(type(value))
    for field in _fields(type(value)):
        _write(result, namespace, _xml_name(field.name), getattr(value, field.name))
    return result


def _types_of(cls: type) -> dict[str, Any]:
    if not is_dataclass(cls):
        raise ModelError(f"{cls.__name__} is not a dataclass")
    return get_type_hints(cls)


def _fields(cls: Any) -> tuple[Field[Any], ...]:
    return fields(cls)


def _read(element: ET.Element, name: str, kind: Any) -> Any:
    """The value of a field; None if the element does not have it."""
    name = _xml_name(name)
    kind = _without_none(kind)
    children = [child for child in element if isinstance(child.tag, str) and _local(child) == name]
    if get_origin(kind) is list:
        (member,) = get_args(kind)
        return [_child_value(child, member) for child in children]
    if _is_class(kind):
        return from_element(children[0], kind) if children else None
    text = element.get(name, children[0].text or "" if children else None)
    return None if text is None else _value(text, kind, name)


def _is_class(kind: Any) -> TypeGuard[type[Any]]:
    return isinstance(kind, type) and is_dataclass(kind)


def _child_value(child: ET.Element, kind: Any) -> Any:
    return from_element(child, kind) if _is_class(kind) else _value(child.text or "", kind, _local(child))


def _value(text: str, kind: Any, name: str) -> Any:
    try:
        if kind is bool:
            return _WORDS[text.strip().lower()]
        if isinstance(kind, type) and issubclass(kind, (str, int, float, Enum)):
            return kind(text)
    except (ValueError, KeyError):
        raise ModelError(f"{name}: {text!r} is not a value of {kind.__name__}") from None
    raise ModelError(f"{name}: fields of type {kind} cannot be read from metadata")


def _write(element: ET.Element, namespace: str, name: str, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, list):
        for member in value:
            child = (
                to_element(member, namespace, name) if is_dataclass(member) else ET.Element(f"{{{namespace}}}{name}")
            )
            if not is_dataclass(member):
                child.text = _text(member, name)
            element.append(child)
    elif is_dataclass(value):
        element.append(to_element(value, namespace, name))
    else:
        element.set(name, _text(value, name))


def _text(value: Any, name: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ModelError(f"{name}: a {type(value).__name__} cannot be stored in metadata")


def _without_none(kind: Any) -> Any:
    """The type that an optional one is of."""
    if get_origin(kind) in (Union, UnionType):
        kinds = [item for item in get_args(kind) if item is not NoneType]
        return kinds[0] if len(kinds) == 1 else kind
    return kind


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _xml_name(name: str) -> str:
    return name.replace("_", "-")
