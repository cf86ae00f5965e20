"""Content that the model does not know, kept as it was: unknown elements and attributes, comments, metadata."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

from libvirtxml._impl.markup import WriteContext, finish, write_tree
from libvirtxml._impl.parse import around_root, parse_doctype, parse_fragment
from libvirtxml._impl.trees import (
    COMMENT,
    DOCTYPE,
    PI,
    STRAY,
    declarations,
    stray_element,
    string_value,
    used_prefixes,
)
from libvirtxml.errors import XMLError


class RawNode:
    """An element, comment, processing instruction or piece of text that is kept as it was written.

    Names are as in the document, with their prefix; `namespaces` are the prefixes that it uses and does not declare
    itself.

    Example:
        >>> node = RawNode.from_string('<nova:name xmlns:nova="urn:nova">vm</nova:name>')
        >>> node.clark_name
        '{urn:nova}name'
        >>> node.text
        'vm'
    """

    __slots__ = ("behind", "element", "namespaces")

    def __init__(self, element: ET.Element, namespaces: dict[str, str] | None = None) -> None:
        self.element = element
        self.namespaces = namespaces or {}
        self.behind = False
        """Whether it is a remark at the end of a line, about what is before it on that line."""

    @classmethod
    def from_string(cls, text: str, namespaces: Mapping[str, str] | None = None) -> RawNode:
        """Read one element, comment or processing instruction.

        ``namespaces`` are the prefixes that it may use without declaring them, because the document around it does.

        Raises:
            XMLError: it is not well-formed, or uses a prefix that nothing declares.
        """
        element = parse_fragment(text)
        scope = namespaces or {}
        needed = used_prefixes(element) if isinstance(element.tag, str) else set()
        if missing := sorted(prefix for prefix in needed if prefix not in scope):
            raise XMLError(f"not well-formed XML: unbound prefix: {missing[0]}")
        return cls(element, {prefix: scope[prefix] for prefix in sorted(needed)})

    @classmethod
    def from_text(cls, text: str) -> RawNode:
        """Text in a place where the schema allows none."""
        return cls(stray_element(text))

    @classmethod
    def from_doctype(cls, text: str) -> RawNode:
        """A document type declaration, which an `Extra` can have before the root element.

        Raises:
            XMLError: it is none, or holds more than the types of elements.
        """
        return cls(parse_doctype(text))

    @property
    def is_element(self) -> bool:
        """Whether this is an element, not a comment, processing instruction or text."""
        return isinstance(self.element.tag, str) and self.element.tag != STRAY

    @property
    def is_remark(self) -> bool:
        """Whether this is a comment or a processing instruction."""
        return self.element.tag is COMMENT or self.element.tag is PI

    @property
    def kind(self) -> str:
        """``element``, ``comment``, ``processing-instruction``, ``document-type`` or ``text``."""
        tag: Any = self.element.tag
        if tag is DOCTYPE:
            return "document-type"
        if tag is COMMENT:
            return "comment"
        if tag is PI:
            return "processing-instruction"
        return "text" if tag == STRAY else "element"

    @property
    def name(self) -> str:
        """The name as written, with its prefix; empty for what has none."""
        return str(self.element.tag) if self.is_element else ""

    @property
    def clark_name(self) -> str:
        """The name with its namespace: ``{uri}name``."""
        prefix, colon, local = self.name.rpartition(":")
        scope = self.namespaces | declarations(self.element)
        uri = scope.get(prefix if colon else "", "")
        return f"{{{uri}}}{local}" if uri else local

    @property
    def text(self) -> str:
        """All text in it, that of elements in it included: what XPath calls its string value."""
        return string_value(self.element) if self.is_element else self.element.text or ""

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes as written, namespace declarations included."""
        return self.element.attrib

    def to_string(self) -> str:
        """The node as XML; prefixes that it does not declare itself are declared."""
        element = self.element
        if self.kind == "document-type":
            return element.text or ""
        if self.is_element and self.namespaces:
            element = ET.Element(element.tag, {**_xmlns(self.namespaces), **element.attrib})
            element.text, element[:] = self.element.text, self.element[:]
        out: list[str] = []
        context = WriteContext()
        write_tree(element, out.append, context)
        return finish("".join(out), context)

    def to_inner_string(self) -> str:
        """The node as XML just as in its document: prefixes declared around it are not declared again."""
        return RawNode(self.element).to_string()

    def children(self) -> Iterator[RawNode]:
        """The nodes directly in it."""
        scope = self.namespaces | declarations(self.element)
        for child in self.element:
            yield RawNode(child, scope)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RawNode):
            return NotImplemented
        return self.to_string() == other.to_string()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if self.kind == "text":
            return f"RawNode.from_text({self.text!r})"
        if self.kind == "document-type":
            return f"RawNode.from_doctype({self.text!r})"
        declared = f", {self.namespaces!r}" if self.namespaces else ""
        return f"RawNode.from_string({self.to_inner_string()!r}{declared})"


def nodes_around_root(text: str | bytes) -> tuple[list[RawNode], list[RawNode]]:
    """What is before and after the root element of a well-formed document: comments and the like."""
    before, after = around_root(text)
    return [RawNode(node) for node in before], [RawNode(node) for node in after]


def _without_text(node: RawNode) -> RawNode:
    """A node with its attributes and elements alone."""
    rest = ET.Element(node.element.tag, node.element.attrib)
    for child in node.element:
        if isinstance(child.tag, str) and child.tag != STRAY:
            rest.append(copy(child))
            rest[-1].tail = None
    return RawNode(rest, node.namespaces)


def _xmlns(namespaces: dict[str, str]) -> dict[str, str]:
    return {f"xmlns:{prefix}" if prefix else "xmlns": uri for prefix, uri in namespaces.items()}


class Extra:
    """What an element holds beyond its fields.

    That is unknown attributes, and the sequence of its children where the fields alone do not give it (unknown
    nodes, comments, tags that alternate).

    An item of `sequence` is the name of a field, for its next value; a `RawNode`; or a pair of a field and a
    `RawNode`, for a plain field that was written with unknown attributes or content. What is not in it has its
    usual place, behind its like.

    `before` and `after` are comments and processing instructions around the root element; a document type declaration
    is before it.

    `unchecked` is for constructors alone: values that are taken though the schema forbids them, as they would be
    written in XML, and None for a required field or the attribute of a union that is to be absent.

    Example:
        >>> from libvirtxml import OSBoot
        >>> print(OSBoot(extra=Extra({"new": "1"}, unchecked={"dev": "tape"})).to_xml(), end="")
        <boot dev='tape' new='1'/>
    """

    __slots__ = ("after", "attributes", "before", "members", "namespaces", "sequence", "tag", "unchecked")

    def __init__(
        self,
        attributes: dict[str, str] | None = None,
        sequence: list[Any] | None = None,
        tag: str | None = None,
        *,
        before: list[RawNode] | None = None,
        after: list[RawNode] | None = None,
        unchecked: dict[str, Any] | None = None,
    ) -> None:
        self.attributes = attributes or {}
        self.sequence = sequence
        self.tag = tag
        """The name as written, for elements of a foreign namespace."""
        self.before = before or []
        self.after = after or []
        self.namespaces: Mapping[str, str] = {}
        """The prefixes in scope where the element was read, if it uses any."""
        self.unchecked = unchecked or {}
        self.members: dict[str, tuple[Any, ...]] | None = None
        """The children that `sequence` is about, by field, where it has content beyond the model."""

    def nodes(self) -> list[RawNode]:
        """The unknown nodes, without comments and processing instructions."""
        return [item for item in self.sequence or () if isinstance(item, RawNode) and item.kind in ("element", "text")]

    def unknown_attributes(self) -> dict[str, str]:
        """The unknown attributes, without namespace declarations."""
        return {name: text for name, text in self.attributes.items() if not _is_declaration(name)}

    def content(self) -> tuple[Any, ...]:
        """What counts in a comparison: not comments, order, or where namespaces are declared."""
        return self.unknown_attributes(), [node.to_string() for node in [*self.nodes(), *self.beside_values()]]

    def beside_values(self) -> list[RawNode]:
        """What plain values have beyond the model: attributes and elements, in a node without text and comments."""
        beyond = [_without_text(item[1]) for item in self.sequence or () if isinstance(item, tuple)]
        return [node for node in beyond if node.attributes or len(node.element)]

    def checked(self) -> Extra:
        """The same without what is for constructors alone."""
        copy = Extra(dict(self.attributes), self.sequence, self.tag, before=self.before, after=self.after)
        copy.namespaces = self.namespaces
        copy.members = self.members
        return copy

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__ if name != "members")

    def __getstate__(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        for name, value in zip(self.__slots__, state, strict=True):
            setattr(self, name, value)

    def __repr__(self) -> str:
        names = ("attributes", "sequence", "tag", "before", "after", "unchecked")
        parts = [f"{name}={value!r}" for name in names if (value := getattr(self, name))]
        return f"Extra({', '.join(parts)})"


def _is_declaration(name: str) -> bool:
    return name == "xmlns" or name.startswith("xmlns:")
