"""What holds a document of libvirt without being one: private formats, images of saved domains, anything else.

A container gives the text of its document and takes another one back; all around it stays byte for byte.
"""

from __future__ import annotations

import re
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar
from xml.parsers import expat

from libvirtxml._impl.parse import decode, parse_fragment, parse_tree
from libvirtxml._impl.scan import SourceNode, scan
from libvirtxml._impl.sources import IMAGE_HEADER, IMAGE_START, image_room
from libvirtxml._impl.trees import used_prefixes
from libvirtxml.errors import XMLError

Read = TypeVar("Read")

HELD = {
    "domaincheckpoint": "domain", "domainsnapshot": "domain", "domstatus": "domain", "networkstatus": "network",
    "poolstate": "pool", "qemu-migration": "domain",
}  # fmt: skip
"""The documents that formats of libvirt hold as a child, by the root elements of both."""

_ELSEWHERE = "domain"
"""What is looked for in all other files."""

_START = re.compile(rf"<{_ELSEWHERE}(?=[\s>])")
_MOST_FAILURES = 100
"""Starts of domains in a text that turn out to be none, until the rest is left alone."""
_ONE = "put the one that you mean into a file of its own"
_COOKIE_FIELD = slice(32, 36)
"""Where the header of an image says at which place behind the header its cookie is."""


@dataclass(frozen=True, slots=True)
class Container(ABC):
    """A file that holds a document.

    Attributes:
        path: where the document is in it, as an XPath: ``/domstatus/domain``.
        text: the document.
        line: the line on which the document starts in the file, from 1.
    """

    path: str
    text: str
    line: int = 1

    @abstractmethod
    def holding(self, text: str) -> str | bytes:
        """The file with another document in place of its own; all else is as it was, byte for byte.

        Raises:
            XMLError: the file has no room for it.
        """

    def place(self, path: str) -> str:
        """The XPath in the file of what has an XPath in the document."""
        return self.path + path.removeprefix("/" + self.path.rpartition("/")[2])

    def line_of(self, line: int | None) -> int | None:
        """The line in the file of a line of the document."""
        return None if line is None else line + self.line - 1


@dataclass(frozen=True, slots=True)
class TextContainer(Container):
    """A text around the document: elements, or no XML at all."""

    head: str = field(default="", repr=False)
    tail: str = field(default="", repr=False)
    declarations: str = field(default="", repr=False)
    """Those of prefixes that are declared around the document, as they were put into its root element."""

    def holding(self, text: str) -> str:
        """See `Container.holding`."""
        return self.head + text.replace(self.declarations, "", 1 if self.declarations else 0) + self.tail


@dataclass(frozen=True, slots=True)
class SaveImage(Container):
    """An image of a domain that libvirt's QEMU driver saved: a header, the domain, a cookie, and the memory."""

    data: bytes = field(default=b"", repr=False)

    def holding(self, text: str) -> bytes:
        """The image with another domain, as long as it was: there is some room behind the domain.

        Raises:
            XMLError: the domain does not fit into it.
        """
        if text == self.text:
            return self.data
        head, body = self.data[: IMAGE_HEADER.size], self.data[IMAGE_HEADER.size :]
        order, room = image_room(head)
        (offset,) = struct.unpack(f"{order}I", head[_COOKIE_FIELD])
        cookie = body[offset:room].partition(b"\0")[0] + b"\0" if offset else b""
        document = text.encode() + b"\0"
        if len(document) + len(cookie) > room:
            hint = f"it may have {room - len(cookie) - 1:,} bytes"
            raise XMLError(f"a domain of {len(document) - 1:,} bytes does not fit into the image", hint=hint)
        if offset:
            place = struct.pack(f"{order}I", len(document))
            head = head[: _COOKIE_FIELD.start] + place + head[_COOKIE_FIELD.stop :]
        return head + (document + cookie).ljust(room, b"\0") + body[room:]


def opening(source: str | bytes, read: Callable[[str | bytes], Read], tag: str = "") -> tuple[Read, Container | None]:
    """What a function reads in a source, or else in the document that the source holds, with what holds it.

    Raises:
        XMLError: it can be read in neither, or there are several documents.
    """
    try:
        return read(source), None
    except XMLError:
        if (held := container_of(source, tag)) is None:
            raise
    return read(held.text), held


def container_of(source: str | bytes, tag: str = "") -> Container | None:
    """What holds a document; None if the source is itself one of libvirt, or a part of one, or holds none.

    Args:
        source: the content of a file.
        tag: the root element of the document that is wanted, if only one kind is: a domain is in snapshots, too.

    Raises:
        XMLError: it holds several.
    """
    if isinstance(source, bytes) and source.startswith(IMAGE_START):
        found: Container | None = _image(source)
    else:
        text = source if isinstance(source, str) else _decoded(source)
        found = None if text is None else _in_xml(source, text, tag) if _is_xml(text) else _in_text(text)
    return found if found is None or not tag or found.path.endswith(f"/{tag}") else None


def _decoded(data: bytes) -> str | None:
    try:
        return decode(data)
    except (UnicodeError, LookupError):
        return None


def _is_xml(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def _image(data: bytes) -> SaveImage:
    _, room = image_room(data)
    document = data[IMAGE_HEADER.size : IMAGE_HEADER.size + room].partition(b"\0")[0]
    try:
        return SaveImage(f"/{_ELSEWHERE}", document.decode(), data=data)
    except UnicodeDecodeError as error:
        raise XMLError("an image of a saved domain, which is not valid UTF-8") from error


def _in_xml(source: str | bytes, text: str, tag: str) -> TextContainer | None:
    from libvirtxml._impl.recognition import classes_of  # noqa: PLC0415 - loads the model

    try:
        root = parse_tree(source).tag
    except XMLError:  # its reader says why
        return None
    if classes_of(root) and (not tag or HELD.get(root) != tag):
        return None
    kind = HELD.get(root, _ELSEWHERE)
    found = [node for node in _outermost(scan(text), kind) if root not in HELD or _is_child(node)]
    if len(found) > 1:
        raise XMLError(f"<{root}> holds {len(found)} documents <{kind}>", hint=_ONE)
    return _around(text, found[0]) if found else None


def _outermost(root: SourceNode, tag: str) -> Iterator[SourceNode]:
    """The elements of a name that can be documents; what is inside one is part of it."""
    todo = [root]
    while todo:
        node = todo.pop()
        if node.clark_name() == tag and any(child.kind == "open" for child in node.children):
            yield node
        else:
            todo.extend(reversed([child for child in node.children if child.kind == "open"]))


def _is_child(node: SourceNode) -> bool:
    """Whether an element is directly in the root."""
    return node.parent is not None and node.parent.parent is None


def _around(text: str, node: SourceNode) -> TextContainer:
    document = text[node.start : node.end]
    scope = node.parent.scope if node.parent is not None else node.scope
    needed = sorted(used_prefixes(parse_fragment(document)))
    quoted = {prefix: f'"{uri}"' if "'" in uri else f"'{uri}'" for prefix in needed if (uri := scope.get(prefix, ""))}
    declarations = "".join(f" xmlns:{prefix}={uri}" for prefix, uri in quoted.items())
    start = 1 + len(node.name)
    document = document[:start] + declarations + document[start:]
    line = text.count("\n", 0, node.start) + 1
    return TextContainer(_path(node), document, line, text[: node.start], text[node.end :], declarations)


def _path(node: SourceNode) -> str:
    if node.parent is None:
        return f"/{node.name}"
    same = [child for child in node.parent.children if child.kind == "open" and child.name == node.name]
    place = next(number for number, child in enumerate(same, 1) if child is node)
    return f"{_path(node.parent)}/{node.name}" + (f"[{place}]" if len(same) > 1 else "")


def _in_text(text: str) -> TextContainer | None:
    """The domain in a text that has none of the form of XML, such as a log."""
    found: list[TextContainer] = []
    place = failures = 0
    while failures < _MOST_FAILURES and (match := _START.search(text, place)) is not None:
        start, end = match.start(), _end_of(text, match.start())
        place = end or match.end()
        if end is None:
            failures += 1
            continue
        line = text.count("\n", 0, start) + 1
        found.append(TextContainer(f"/{_ELSEWHERE}", text[start:end], line, text[:start], text[end:]))
        if len(found) > 1:
            raise XMLError(f"the text holds several documents <{_ELSEWHERE}>", hint=_ONE)
    return found[0] if found else None


class _Ended(Exception):
    """An element has ended, with the place of its end tag."""


def _end_of(text: str, start: int) -> int | None:
    """Where the element ends that starts at a place; None if it is not well-formed."""
    data = text[start:].encode(errors="surrogatepass")
    parser = expat.ParserCreate("utf-8")
    level = 0

    def opened(*_: object) -> None:
        nonlocal level
        level += 1

    def closed(_tag: str) -> None:
        nonlocal level
        level -= 1
        if not level:
            raise _Ended(parser.CurrentByteIndex)

    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    try:
        parser.Parse(data, True)
    except _Ended as ended:
        (place,) = ended.args
        is_empty = data[place : place + 2] != b"</"  # then this is behind its tag
        return start + len(data[: place if is_empty else data.index(b">", place) + 1].decode())
    except expat.ExpatError:
        pass
    return None
