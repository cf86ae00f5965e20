"""A document laid out as libvirt does, and the proof that nothing but its layout has changed."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

from libvirtxml._impl.containers import Container, TextContainer, container_of, opening
from libvirtxml._impl.edit.encoding import EditError, decode, encode
from libvirtxml._impl.edit.style import Style
from libvirtxml._impl.element import Element
from libvirtxml._impl.fragments import read_any
from libvirtxml._impl.parse import encoding_of
from libvirtxml._impl.raw import nodes_around_root
from libvirtxml._impl.sources import read_source
from libvirtxml._impl.trees import LAYOUT
from libvirtxml.errors import XMLError

_PROLOG = re.compile(r"\ufeff?\s*(?:<\?xml\s[^>]*\?>)?")


def format_xml(source: Any) -> bytes:
    r"""A document with the indentation and the quotes of libvirt; everything else is as it was.

    Its declaration and its encoding stay, and a byte order mark too, and all that is around a document in a container.

    Args:
        source: whatever ``parse`` takes.

    Raises:
        XMLError: it cannot be read.

    Example:
        >>> format_xml('<domain type="kvm"><name>web</name></domain>')
        b"<domain type='kvm'>\n  <name>web</name>\n</domain>\n"
    """
    data, name = read_source(source, with_memory=True)
    encoding = encoding_of(data)
    try:
        document, held = opening(data, read_any)
    except XMLError as error:
        raise error.with_source(name) from error
    if held is not None:
        return _format_inside(held, document, encoding)
    text = data if isinstance(data, str) else decode(data, encoding, name)
    prolog = _PROLOG.match(text)
    head = prolog[0].rstrip() if prolog else ""
    formatted = encode(head + ("\n" if "<" in head else "") + document.to_xml(), encoding)
    check_same_content(encode(text, encoding), formatted)
    return formatted


def _format_inside(held: Container, document: Element, encoding: str) -> bytes:
    """A file with the document in it laid out, at the depth at which it is.

    Where parts that the model does not know would move with each time, it starts at the margin.
    """
    start = held.head.rpartition("\n")[2] if isinstance(held, TextContainer) else ""
    text = _written(held, document, "" if start.strip() else start)
    if start and not start.strip():
        again, _ = opening(held.holding(text), read_any)
        text = text if _written(held, again, start) == text else _written(held, document, "")
    check_same_content(held.text.encode(), text.encode())
    whole = held.holding(text)
    return whole if isinstance(whole, bytes) else encode(whole, encoding)


def _written(held: Container, document: Element, indent: str) -> str:
    if isinstance(held, TextContainer):
        return Style("  ", "'", "\n").write(document, indent, {})[0]
    return document.to_xml()


def check_same_content(old: bytes, new: bytes) -> None:
    """Make sure that two documents differ in nothing but layout, by a parser that reads nothing but XML.

    Raises:
        EditError: they do, or one of them is not well-formed.
    """
    old, new = (held.text.encode() if (held := container_of(data)) else data for data in (old, new))
    try:
        place = _difference(_tree(old), _tree(new))
    except ET.ParseError as error:
        raise EditError(f"laid out again, it cannot be read: {error}") from error
    around = [[[node.to_string() for node in nodes] for nodes in nodes_around_root(data)] for data in (old, new)]
    if place is not None or around[0] != around[1]:
        raise EditError(f"it cannot be laid out again without a change of {place or 'what is around the root'}")


def _tree(data: bytes) -> ET.Element:
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True, insert_pis=True))  # noqa: S314 - no DTD here
    parser.feed(data)
    return parser.close()


def _difference(old: ET.Element, new: ET.Element) -> str | None:
    """The tag of the first element that differs."""
    todo = [(old, new)]
    while todo:
        first, other = todo.pop()
        if _own_content(first) != _own_content(other):
            return f"<{first.tag}>" if isinstance(first.tag, str) else "a comment"
        todo.extend(zip(first, other, strict=True))
    return None


def _own_content(element: ET.Element) -> tuple[Any, ...]:
    """All of an element but its children; space around these, or nothing but space, is layout."""
    texts = [text or "" for text in (element.text, *(child.tail for child in element))]
    stripped = [text.strip(LAYOUT) for text in texts]
    return element.tag, element.attrib, texts if len(texts) == 1 and stripped[0] else stripped
