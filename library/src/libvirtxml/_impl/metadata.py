"""A program's own element in ``<metadata>``, by its namespace: libvirt keeps one for each namespace."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any, TypeVar

from libvirtxml._impl.raw import RawNode
from libvirtxml.errors import ModelError

AnyObject = TypeVar("AnyObject")

_XML = "http://www.w3.org/XML/1998/namespace"


class OwnMetadata:
    """Metadata by namespace, as ``virDomainSetMetadata`` has it.

    Elements are those of `xml.etree.ElementTree`, with names in braces: ``element.find("{urn:example}rack")`` finds
    what it says, whichever prefix the document uses. They are copies: assign one to store it.
    """

    nodes: list[RawNode]

    def __getitem__(self, namespace: str) -> ET.Element:
        """The element of a namespace.

        Raises:
            KeyError: there is none.

        Example:
            >>> from libvirtxml import Domain
            >>> domain = Domain.parse('''
            ...   <domain type='kvm'><name>web</name>
            ...     <metadata><i:rack xmlns:i='urn:inventory'><i:row>4</i:row></i:rack></metadata>
            ...   </domain>''')
            >>> domain.metadata["urn:inventory"].findtext("{urn:inventory}row")
            '4'
        """
        if (place := self._place(namespace)) is None:
            raise KeyError(namespace)
        return ET.fromstring(self.nodes[place].to_string())  # noqa: S314 - our own text, without a document type

    def __setitem__(self, namespace: str, element: ET.Element) -> None:
        """Store an element in the place of the one that its namespace has now, else behind the others.

        Raises:
            ModelError: the element is not in the namespace.
            XMLError: it holds what XML cannot.

        Example:
            >>> import xml.etree.ElementTree as ET
            >>> from libvirtxml import Domain
            >>> domain = Domain.parse("<domain type='kvm'><name>web</name></domain>")
            >>> rack = ET.Element("{urn:inventory}rack", row="4")
            >>> ET.SubElement(rack, "{urn:inventory}unit").text = "12"
            >>> domain.metadata["urn:inventory"] = rack
            >>> print(domain.to_xml(), end="")
            <domain type='kvm'>
              <name>web</name>
              <metadata>
                <own:rack xmlns:own='urn:inventory' row='4'><own:unit>12</own:unit></own:rack>
              </metadata>
            </domain>
        """
        if not str(element.tag).startswith(f"{{{namespace}}}"):
            raise ModelError(
                f"<{element.tag}> is not in the namespace {namespace!r}", hint=f"name it {{{namespace}}}{element.tag}"
            )
        place = self._place(namespace)
        node = _to_node(element, self.nodes[place].name.rpartition(":")[0] if place is not None else "own")
        if place is None:
            self.nodes.append(node)
        else:
            self.nodes[place] = node

    def __delitem__(self, namespace: str) -> None:
        """Remove the element of a namespace.

        Raises:
            KeyError: there is none.
        """
        if (place := self._place(namespace)) is None:
            raise KeyError(namespace)
        del self.nodes[place]

    def __contains__(self, namespace: object) -> bool:
        return self._place(namespace) is not None

    def __iter__(self) -> Iterator[str]:
        """The namespaces of the elements, in the order of the document."""
        return (found for node in self.nodes if (found := _namespace(node)))

    def load(self, namespace: str, cls: type[AnyObject]) -> AnyObject | None:
        """The element of a namespace as an object of a dataclass; None if there is none.

        A field that is text, a number, a boolean or an enumeration is the attribute of its name, else the child
        element; a dataclass is a child element, a list all children of its name. Underscores are hyphens in XML.

        Raises:
            ModelError: the class is not such a dataclass, or the element lacks what it requires.

        Example:
            >>> from dataclasses import dataclass
            >>> from libvirtxml import Domain
            >>> @dataclass
            ... class Rack:
            ...     row: int
            ...     units: list[int]
            >>> domain = Domain.parse("<domain type='kvm'><name>web</name></domain>")
            >>> domain.metadata.store("urn:inventory", Rack(4, [12, 13]))
            >>> domain.metadata.load("urn:inventory", Rack)
            Rack(row=4, units=[12, 13])
        """
        from libvirtxml._impl.binding import from_element  # noqa: PLC0415 - dataclasses are slow to import

        return from_element(self[namespace], cls) if namespace in self else None

    def store(self, namespace: str, value: Any, *, name: str | None = None) -> None:
        """Store an object of a dataclass as the element of a namespace; values become attributes, lists children.

        Args:
            namespace: the namespace.
            value: the object.
            name: the name of the element; by default that which it has now, else the class's in lower case.

        Raises:
            ModelError: its class is not such a dataclass.
        """
        from libvirtxml._impl.binding import to_element  # noqa: PLC0415 - dataclasses are slow to import

        old = self[namespace].tag.rpartition("}")[2] if namespace in self else None
        self[namespace] = to_element(value, namespace, name or old or type(value).__name__.lower())

    def _place(self, namespace: object) -> int | None:
        return next((place for place, node in enumerate(self.nodes) if _namespace(node) == namespace), None)


def _namespace(node: RawNode) -> str:
    return node.clark_name.rpartition("}")[0][1:] if node.is_element else ""


def _to_node(element: ET.Element, prefix: str) -> RawNode:
    """An element with names in braces as it is written, its namespaces declared at its root."""
    prefixes = {element.tag[1:].partition("}")[0]: prefix}
    root = _prefixed(element, prefixes)
    declared = {f"xmlns:{name}" if name else "xmlns": uri for uri, name in prefixes.items()}
    root.attrib = {**declared, **root.attrib}
    return RawNode.from_string(ET.tostring(root, encoding="unicode"))


def _prefixed(element: ET.Element, prefixes: dict[str, str]) -> ET.Element:
    tag: Any = element.tag
    if not isinstance(tag, str):
        return element  # a comment or processing instruction
    result = ET.Element(_prefixed_name(tag, prefixes, is_attribute=False))
    for name, value in element.attrib.items():
        result.set(_prefixed_name(name, prefixes, is_attribute=True), value)
    result.text, result.tail = element.text, element.tail
    result.extend([_prefixed(child, prefixes) for child in element])
    return result


def _prefixed_name(name: str, prefixes: dict[str, str], *, is_attribute: bool) -> str:
    uri, brace, local = name.rpartition("}")
    uri = uri[1:]
    if not brace or uri == _XML:
        return f"xml:{local}" if brace else local
    if uri not in prefixes or (is_attribute and not prefixes[uri]):
        prefixes[uri] = f"ns{len(prefixes)}"
    return f"{prefixes[uri]}:{local}" if prefixes[uri] else local
