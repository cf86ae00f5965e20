"""Places that the model has no fields for: unknown elements and attributes, metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from libvirtxml._impl.element import Element
from libvirtxml._impl.paths.places import Place
from libvirtxml._impl.paths.steps import Axis, Language, PathError, PathStep
from libvirtxml._impl.raw import Extra, RawNode
from libvirtxml._impl.tables import info_of
from libvirtxml._impl.trees import shown


@dataclass(frozen=True, slots=True)
class NodePlace(Place):
    """An element, or piece of text, for which the model has no field."""

    node: RawNode
    holder: list[Any] | RawNode
    """The list, or the node, that it is in."""
    index: int | None
    """Its place among those of its name, if there are several."""
    parent: Place  # pyright: ignore[reportIncompatibleVariableOverride] - narrower, and frozen

    @property
    def value(self) -> RawNode:
        return self.node

    def step(self, language: Language) -> PathStep:  # noqa: ARG002 - the same in both languages
        tests = () if self.index is None else (self.index,)
        return PathStep(Axis.ELEMENT if self.node.is_element else Axis.TEXT, self.node.name, tests)

    def remove(self) -> None:
        if isinstance(self.holder, RawNode):
            self.holder.element.remove(self.node.element)
        else:
            place = next(i for i, item in enumerate(self.holder) if item is self.node)
            del self.holder[place]

    def set_text(self, text: str) -> None:
        if len(self.node.element):
            raise PathError(f"{self.path()} holds other elements", hint="name one of them")
        self.node.element.text = text


@dataclass(frozen=True, slots=True)
class TextPlace(Place):
    """The own text of an element for which the model has no field."""

    node: RawNode
    parent: Place  # pyright: ignore[reportIncompatibleVariableOverride] - narrower, and frozen

    @property
    def value(self) -> str | None:
        return self.node.element.text

    def step(self, language: Language) -> PathStep:  # noqa: ARG002 - the same in both languages
        return PathStep(Axis.TEXT, "")

    def remove(self) -> None:
        self.node.element.text = None

    def set_text(self, text: str) -> None:
        self.node.element.text = text


@dataclass(frozen=True, slots=True)
class AttributePlace(Place):
    """An attribute for which the model has no field."""

    attributes: dict[str, str]
    name: str
    parent: Place  # pyright: ignore[reportIncompatibleVariableOverride] - narrower, and frozen

    @property
    def value(self) -> str | None:
        return self.attributes.get(self.name)

    def step(self, language: Language) -> PathStep:  # noqa: ARG002 - the same in both languages
        return PathStep(Axis.ATTRIBUTE, self.name)

    def remove(self) -> None:
        del self.attributes[self.name]

    def set_text(self, text: str) -> None:
        self.attributes[self.name] = text


def unknown_nodes(value: Any) -> tuple[list[RawNode], list[Any] | RawNode]:
    """The nodes directly in an element of either kind for which the model has no field, and what holds them."""
    if isinstance(value, RawNode):
        return list(value.children()), value
    info = info_of(type(value))
    if info.nodes:
        holder = value.__dict__.get(info.nodes.name, [])
    else:
        extra: Extra | None = value.extra
        holder = (extra.sequence if extra else None) or []
    return [item for item in holder if isinstance(item, RawNode)], holder


def unknown_places(owner: Element, step: PathStep, place: Place) -> list[Place]:
    """Content of an element that the model has no field for."""
    if step.axis is Axis.ATTRIBUTE:
        attributes = owner.extra.attributes if owner.extra else {}
        return [AttributePlace(attributes, step.name, place)] if step.name in attributes else []
    return [] if step.axis is Axis.FIELD else _nodes(owner, step, place)


def repeated_places(owner: Element, step: PathStep, place: Place) -> list[Place]:
    """Elements of the name of a field that takes only one: they come after it."""
    if step.axis is not Axis.ELEMENT:
        return []
    nodes, holder = unknown_nodes(owner)
    chosen = [node for node in nodes if _is_named(node, step)]
    return [NodePlace(node, holder, index, place) for index, node in enumerate(chosen, 1)]


def places_in_node(node: RawNode, step: PathStep, place: Place) -> list[Place]:
    """Content of a node that the model has no class for."""
    if step.axis is Axis.ATTRIBUTE:
        return [AttributePlace(node.attributes, step.name, place)] if step.name in node.attributes else []
    if step.axis is Axis.TEXT:
        return [TextPlace(node, place)]
    return [] if step.axis is Axis.FIELD else _nodes(node, step, place)


def _nodes(value: Element | RawNode, step: PathStep, place: Place) -> list[Place]:
    nodes, holder = unknown_nodes(value)
    chosen = [node for node in nodes if _is_named(node, step)]
    several = len(chosen) > 1
    return [NodePlace(node, holder, index if several else None, place) for index, node in enumerate(chosen)]


def _is_named(node: RawNode, step: PathStep) -> bool:
    if step.axis is Axis.TEXT:
        return node.kind == "text"
    return node.is_element and (step.name in (node.name, node.clark_name, shown(node.clark_name)))
