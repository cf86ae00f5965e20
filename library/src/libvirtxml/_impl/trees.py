"""Element trees as the library uses them: marks for what ElementTree has no place for, depth, prefixes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from typing import Any

COMMENT: Any = ET.Comment
PI: Any = ET.ProcessingInstruction


def doctype_element(text: str) -> ET.Element:
    """A document type declaration, as it was written; it can only be before the root element."""
    element = ET.Element("")
    element.tag = DOCTYPE
    element.text = text
    return element


DOCTYPE: Any = doctype_element
"""Tag of a document type declaration, as functions are of comments."""
STRAY = "\x01text"
"""Tag of a made-up element that holds text where the schema allows none."""

ORIGINAL = "\x01"
"""Attribute under which the parser notes an element's name as written and the namespaces in scope."""

LAYOUT = " \t\r\n"
"""What may be between elements without being content."""

MAX_DEPTH = 256
"""How deep elements may nest: the limit of libxml2, and so of libvirt."""

TOO_DEEP = f"elements nest too deeply: more than {MAX_DEPTH} levels"


class Scope(Mapping[str, str]):
    """The namespaces that can be used in an element: prefix (empty for the default) to URI.

    The namespaces declared around the element are copied if they are few; else the scope refers to the one around it:
    copies of many, in each of many elements, would take memory and time without bounds.
    """

    __slots__ = ("around", "own")
    _FEW = 16

    def __init__(self, own: Mapping[str, str] | None = None, around: Scope | None = None) -> None:
        self.own = dict(own or {})
        self.around = around
        if around is not None and around.around is None and len(around.own) <= self._FEW:
            self.own = {**around.own, **self.own}
            self.around = None

    def inside(self, declared: Mapping[str, str]) -> Scope:
        """The scope of an element that is in this one and declares these namespaces."""
        return Scope(declared, self) if declared else self

    def find(self, prefix: str) -> str | None:
        """The URI of a prefix; None if it is not declared. Faster than `get`."""
        uri = self.own.get(prefix)
        scope = self.around
        while uri is None and scope is not None:
            uri = scope.own.get(prefix)
            scope = scope.around
        return uri

    def __getitem__(self, prefix: str) -> str:
        if (uri := self.find(prefix)) is None:
            raise KeyError(prefix)
        return uri

    def __contains__(self, prefix: object) -> bool:
        return isinstance(prefix, str) and self.find(prefix) is not None

    def _merged(self) -> dict[str, str]:
        merged: dict[str, str] = {}
        scope: Scope | None = self
        while scope is not None:
            merged = {**scope.own, **merged}
            scope = scope.around
        return merged

    def __iter__(self) -> Iterator[str]:
        return iter(self._merged())

    def __len__(self) -> int:
        return len(self._merged())

    def __repr__(self) -> str:
        return f"Scope({self._merged()!r})"


def stray_element(text: str) -> ET.Element:
    """The element that holds a text where the schema allows none."""
    element = ET.Element(STRAY)
    element.text = text
    return element


def declarations(element: ET.Element) -> dict[str, str]:
    """The namespaces that an element declares: prefix (empty for the default) to URI."""
    if not element.attrib:
        return {}
    return {name[6:]: uri for name, uri in element.attrib.items() if name == "xmlns" or name.startswith("xmlns:")}


def used_prefixes(element: ET.Element) -> set[str]:
    """The prefixes that an element and its descendants use and do not declare within it."""
    used: set[str] = set()
    todo: list[tuple[ET.Element, Scope]] = [(element, Scope())]
    while todo:
        item, scope = todo.pop()
        if not isinstance(item.tag, str) or item.tag == STRAY:
            continue
        if declared := declarations(item):
            scope = scope.inside(declared)
        names = [item.tag, *(name for name in item.attrib if not name.startswith("xmlns") and ":" in name)]
        prefixes = {name.partition(":")[0] if ":" in name else "" for name in names}
        used.update(prefix for prefix in prefixes if prefix not in scope)
        todo.extend((child, scope) for child in item)
    return used - {"", "xml"}


def prefix_of(namespace: str) -> str:
    """The prefix that libvirt uses for one of its namespaces: ``qemu`` of ``.../schemas/domain/qemu/1.0``."""
    parts = namespace.rstrip("/").split("/")
    return parts[-2] if len(parts) > 2 else "ns"


def shown(key: str) -> str:
    """The key of a field, or a tag, as people write it: with libvirt's prefix in place of the namespace."""
    uri, brace, local = key.rpartition("}")
    return f"{prefix_of(uri[1:])}:{local}" if brace else local


def depth(element: ET.Element) -> int:
    """How deep an element nests, counted without recursion; stops counting beyond what is allowed."""
    deepest = 1
    parents = [element] if len(element) else []
    while parents and deepest <= MAX_DEPTH:
        deepest += 1
        parents = [child for parent in parents for child in parent if len(child)]
    return deepest


def string_value(element: ET.Element) -> str:
    """All text in an element; comments and processing instructions hold none (``itertext`` thinks otherwise)."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            parts.append(string_value(child))
        parts.append(child.tail or "")
    return "".join(parts)
