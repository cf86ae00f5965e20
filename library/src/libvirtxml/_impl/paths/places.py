"""Places in a document: what is there, and what each is called in both languages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, TypeGuard

from libvirtxml._impl.element import Element
from libvirtxml._impl.paths import dotted, xpath
from libvirtxml._impl.paths.names import in_dotted, in_xpath
from libvirtxml._impl.paths.steps import Language, PathError, PathStep
from libvirtxml._impl.paths.translate import root_step
from libvirtxml._impl.raw import RawNode
from libvirtxml._impl.sequence import current_sequence
from libvirtxml._impl.tables import Field, info_of


class Place(ABC):
    """A place in a document, reached from the one around it."""

    parent: Place | None

    @property
    @abstractmethod
    def value(self) -> Any:
        """What is there: a value of a field, an `Element`, a `RawNode`, text; None if nothing is."""

    @abstractmethod
    def step(self, language: Language) -> PathStep:
        """The last step of its path."""

    @abstractmethod
    def remove(self) -> None:
        """Take out what is there."""

    @abstractmethod
    def set_text(self, text: str) -> None:
        """Replace what is there by a text, where the model has no say in it."""

    def text(self) -> str | None:
        """What is there, as text; None if that is nothing, or nothing but elements."""
        value = self.value
        return value if value is None or isinstance(value, str) else str(getattr(value, "text", value))

    def path(self, language: Language | None = None) -> str:
        """Its path, by default in the language of the one that led there."""
        around: list[Place] = [self]
        while (parent := around[-1].parent) is not None:
            around.append(parent)
        root = around.pop()
        if language is None:
            language = root.language if isinstance(root, Root) else Language.DOTTED
        steps = [place.step(language) for place in reversed(around)]
        if language is Language.DOTTED:
            return dotted.format_steps(steps)
        return xpath.format_xpath(root_step(type(root.value)), steps)


@dataclass(frozen=True, slots=True)
class Root(Place):
    """The document itself."""

    document: Element
    language: Language
    """The language of the path that is followed."""
    parent: None = None  # pyright: ignore[reportIncompatibleVariableOverride] - narrower, and frozen

    @property
    def value(self) -> Element:
        return self.document

    def step(self, language: Language) -> PathStep:  # noqa: ARG002 - the root has one name
        return root_step(type(self.document))

    def remove(self) -> None:
        raise PathError("the document itself cannot be removed")

    def set_text(self, text: str) -> None:  # noqa: ARG002 - as declared above
        raise PathError("the document itself cannot be set", hint="name a place in it")


@dataclass(frozen=True, slots=True)
class PathTarget(Place):
    """A field of an element, or one member of it."""

    owner: Element
    field: Field
    index: int | None
    """The place in the list; None for a single value, and for the list itself."""
    parent: Place  # pyright: ignore[reportIncompatibleVariableOverride] - narrower, and frozen

    @property
    def value(self) -> Any:
        value = self.owner.__dict__.get(self.field.name)
        return value if self.index is None or value is None else value[self.index]

    def members(self) -> list[PathTarget]:
        """The members of the list that it is."""
        count = len(self.value or ())
        return [PathTarget(self.owner, self.field, index, self.parent) for index in range(count)]

    def step(self, language: Language) -> PathStep:
        tests = () if self.index is None else (self.index,)
        return in_dotted(self.field, tests) if language is Language.DOTTED else in_xpath(self.field, tests)

    def remove(self) -> None:
        if self.index is not None:
            del getattr(self.owner, self.field.name)[self.index]
        elif self.field.many:
            getattr(self.owner, self.field.name).clear()
        else:
            setattr(self.owner, self.field.name, None)

    def replace(self, value: Any) -> None:
        """Put another value there."""
        if self.index is None:
            setattr(self.owner, self.field.name, value)
        else:
            getattr(self.owner, self.field.name)[self.index] = value

    def set_text(self, text: str) -> None:
        self.replace(self.field.load(text))

    def text(self) -> str | None:
        """As written; of an element its own text, of the attribute of a union what the class says."""
        value = self.value
        if isinstance(value, Element):
            return own.text() if (own := own_text(self)) else None
        if value is None and self.field.kind.is_discriminant:
            value = self.field.reference
        if value is None or is_list(self):
            return None
        if isinstance(value, RawNode):
            return value.text
        return "yes" if self.field.kind.is_flag else self.field.text_of(value)

    def leaf_node(self) -> RawNode | None:
        """A plain value as it was written, if it had attributes or children beyond the model."""
        names = [item if isinstance(item, tuple) else (item, None) for item in current_sequence(self.owner)]
        nodes: list[RawNode | None] = [node for name, node in names if name == self.field.name]
        index = self.index or 0
        return nodes[index] if index < len(nodes) else None


def is_list(place: Place) -> TypeGuard[PathTarget]:
    """Whether a place is a list, not one of its members."""
    return isinstance(place, PathTarget) and place.field.many and place.index is None


def own_text(place: Place) -> PathTarget | None:
    """The own text of an element, if it may have one."""
    fields = info_of(type(place.value)).fields.values()
    return next((PathTarget(place.value, field, None, place) for field in fields if field.kind.is_text), None)
