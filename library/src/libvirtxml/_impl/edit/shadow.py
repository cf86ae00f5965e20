"""What a document was before an edit, and where each part of it is in the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from libvirtxml._impl.base import values_of
from libvirtxml._impl.element import Element
from libvirtxml._impl.raw import RawNode
from libvirtxml._impl.read import EXTRA
from libvirtxml._impl.scan import SourceNode
from libvirtxml._impl.sequence import current_sequence
from libvirtxml._impl.tables import ClassInfo, Field, info_of
from libvirtxml.errors import XMLError


@dataclass(slots=True)
class ShadowItem:
    """A child as it was: its value (of an element its shadow, of a raw node the XML), the object, the place."""

    value: Any
    source: Any
    node: SourceNode


class Shadow:
    """An element as it was before the edit."""

    __slots__ = ("attributes", "children", "info", "node", "parts", "places", "raw", "source", "text", "unknown")

    def __init__(self, element: Element, node: SourceNode) -> None:
        todo: list[tuple[Shadow, Element]] = []
        self.begin(element, node)
        self.align(element, todo)
        while todo:  # not recursive: documents may nest deeply
            shadow, inner = todo.pop()
            shadow.align(inner, todo)

    def begin(self, element: Element, node: SourceNode) -> None:
        """Note all of the element but its children."""
        self.source = element
        self.node = node
        self.info: ClassInfo = info_of(type(element))
        self.attributes = attribute_values(element)
        self.text = own_text(element)
        self.children: dict[str, list[ShadowItem]] = {}
        self.unknown: list[ShadowItem] = []
        self.raw: dict[int, RawNode] = {}
        """The raw nodes by the id of their place in the text."""
        self.parts = node.parts
        self.places = {id(part): place for place, part in enumerate(self.parts)}

    def align(self, element: Element, todo: list[tuple[Shadow, Element]]) -> None:
        """Find the child nodes of each field: the n-th value of a field is the n-th child of its name."""
        waiting: dict[str, list[SourceNode]] = {}
        for node in self.parts:
            waiting.setdefault(node.clark_name() if node.kind == "open" else "", []).append(node)
        claimed: set[int] = set()
        for name, value in values_of(element).items():
            if name == EXTRA or value == [] or not (field := self.info.fields[name]).kind.has_tag:
                continue
            values = value if field.many else [value]
            nodes = waiting.get(field.key, [])[: len(values)]
            if len(nodes) != len(values):
                raise XMLError(f"cannot find all of {name} in the text")
            claimed.update(map(id, nodes))
            self.children[name] = [
                ShadowItem(_frozen(value, node, todo), value, node) for value, node in zip(values, nodes, strict=True)
            ]
        if _has_own_content(element, self.info):
            return  # what is beside the text belongs to it
        rest = [node for node in self.parts if id(node) not in claimed]
        raw = raw_nodes(element, self.info)
        if len(rest) != len(raw):
            raise XMLError(f"cannot find all of what <{self.node.name}> holds in the text")
        self.unknown = [ShadowItem(item.to_inner_string(), item, node) for item, node in zip(raw, rest, strict=True)]
        self.raw = {id(item.node): item.source for item in self.unknown}


def _has_own_content(element: Element, info: ClassInfo) -> bool:
    """Whether an element's own text has comments or unknown elements beside it."""
    sequence = (element.extra.sequence if element.extra else None) or ()
    return any(isinstance(item, tuple) and info.fields[item[0]].kind.is_text for item in sequence)


def _frozen(value: Any, node: SourceNode, todo: list[tuple[Shadow, Element]]) -> Any:
    """A value as it is now; the children of an element are noted to be done later."""
    if not isinstance(value, Element):
        return value
    shadow = object.__new__(Shadow)
    shadow.begin(value, node)
    todo.append((shadow, value))
    return shadow


def attribute_values(element: Element) -> dict[str, tuple[Field | None, Any]]:
    """All attributes: name in the text to field (None if unknown) and value."""
    info = info_of(type(element))
    found: dict[str, tuple[Field | None, Any]] = {}
    for name, value in values_of(element).items():
        if name != EXTRA and (field := info.fields[name]).kind.is_attribute:
            found[field.key] = field, value
    if element.extra is not None:
        found.update({name: (None, value) for name, value in element.extra.attributes.items()})
    return found


def own_text(element: Element) -> Any:
    """The value of an element's own text; None if it has none."""
    text = info_of(type(element)).text
    return element.__dict__.get(text.name) if text else None


def raw_nodes(element: Element, info: ClassInfo) -> list[RawNode]:
    """What an element holds beyond its fields, without stray text."""
    if info.nodes:
        nodes = element.__dict__.get(info.nodes.name, [])
    else:
        nodes = [item for item in current_sequence(element) if isinstance(item, RawNode)]
    return [node for node in nodes if node.kind != "text"]
