"""What stands at a path, as text and as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from libvirtxml._impl.data import to_data, type_of
from libvirtxml._impl.edit.paths import NothingThereError, Target, check_names, find, parse_path
from libvirtxml._impl.element import Element
from libvirtxml._impl.raw import RawNode
from libvirtxml._impl.tables import Field


@dataclass(frozen=True, slots=True)
class Found:
    """One value: as text - of an element, its XML - and as in the document's JSON."""

    text: str
    data: Any


def get(document: Element, path: str) -> list[Found]:
    """All values that a path leads to, in the order of the document; of a list, its members.

    Variants that cannot have the value (a network disk has no file) are passed over.

    Raises:
        NothingThereError: the document holds none.
        PathError: no document of this kind can: the path is wrong.
    """
    steps = parse_path(path)
    check_names(type_of(document), ".".join(step.name for step in steps), "")
    targets = find(document, steps, tolerant=True)
    found = [_found(target.field, one) for target in targets for one in _values(target)]
    if not found:
        raise NothingThereError(f"there is no {path}")
    return found


def _values(target: Target) -> list[Any]:
    value = target.value
    if value is None and target.field.kind == "d":  # a variant is told by its class alone
        value = target.field.reference
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _found(field: Field, value: Any) -> Found:
    if isinstance(value, Element):
        text = value.to_xml().rstrip("\n")
    elif isinstance(value, RawNode):
        text = value.to_string()
    elif field.kind == "f":
        text = "yes" if value else "no"
    else:
        text = field.text_of(value)
    return Found(text, to_data(field, value))
