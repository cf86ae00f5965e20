"""Element trees as the library uses them: marks for what ElementTree has no place for, depth, prefixes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

COMMENT: Any = ET.Comment
PI: Any = ET.ProcessingInstruction
STRAY = "\x01text"
"""Tag of a made-up element that holds text where the schema allows none."""

ORIGINAL = "\x01"
"""Attribute under which the parser notes an element's name as written and the namespaces in scope."""

LAYOUT = " \t\r\n"
"""What may be between elements without being content."""

MAX_DEPTH = 256
"""How deep elements may nest: the limit of libxml2, and so of libvirt."""


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
    todo: list[tuple[ET.Element, frozenset[str]]] = [(element, frozenset())]
    while todo:
        item, scope = todo.pop()
        if not isinstance(item.tag, str) or item.tag == STRAY:
            continue
        declared = declarations(item)
        if declared:
            scope |= declared.keys()
        names = [item.tag, *(name for name in item.attrib if not name.startswith("xmlns") and ":" in name)]
        used |= {name.partition(":")[0] if ":" in name else "" for name in names} - scope
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
