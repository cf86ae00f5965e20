"""Where everything is in the text of a document.

The scanner is for text that a real parser has found well-formed: it looks for places alone, and proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from libvirtxml._impl.trees import Scope

_TOKEN = re.compile(
    r"(?P<doctype><!DOCTYPE(?:[^\[>]|\[(?:<!--.*?-->|<\?.*?\?>|\"[^\"]*\"|'[^']*'|[^\]\"'<]|<)*+\])*+>)"
    r"|(?P<comment><!--.*?-->)|(?P<pi><\?.*?\?>)|(?P<cdata><!\[CDATA\[.*?\]\]>)|(?P<close></[^>]*>)"
    r"|(?P<open><(?:[^\"'>]|\"[^\"]*\"|'[^']*')*>)|(?P<text>[^<]+)",
    re.DOTALL,
)
_NAME = re.compile(r"[^\s/>=]+")
_ATTRIBUTE = re.compile(r"([^\s=/>]+)\s*=\s*(\"[^\"]*\"|'[^']*')")


@dataclass(slots=True)
class Attribute:
    """An attribute in the text: its name, from where to where it goes, and its value without the quotes."""

    name: str
    start: int
    end: int
    value_start: int
    value_end: int


@dataclass(slots=True)
class SourceNode:
    """A piece of a document: ``kind`` is ``open`` for an element, or comment, pi, cdata, text.

    An element's content goes from ``inner`` to ``close``; both are None if it closes itself.
    """

    kind: str
    start: int
    end: int
    name: str = ""
    parent: SourceNode | None = None
    attributes: list[Attribute] = field(default_factory=list)
    children: list[SourceNode] = field(default_factory=list)
    inner: int | None = None
    close: int | None = None
    scope: Scope = field(default_factory=Scope)
    """The namespaces that can be used in it."""

    @property
    def is_text(self) -> bool:
        """Whether it is character data."""
        return self.kind in ("text", "cdata")

    @property
    def parts(self) -> list[SourceNode]:
        """The children other than text."""
        return [child for child in self.children if not child.is_text]

    def clark_name(self) -> str:
        """The name with its namespace: ``{uri}name``."""
        prefix, _, local = self.name.rpartition(":")
        uri = self.scope.get(prefix, "")
        return f"{{{uri}}}{local}" if uri else self.name

    def walk(self) -> Iterator[SourceNode]:
        """It, and all in it, in document order."""
        todo: list[SourceNode] = [self]
        while todo:
            item = todo.pop()
            yield item
            todo.extend(reversed(item.children))


def scan(text: str) -> SourceNode:
    """The root element of a well-formed document, with the places of all that is in it."""
    root: SourceNode | None = None
    current: SourceNode | None = None
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind == "close":
            assert current is not None  # noqa: S101 - the text is well-formed
            current.close, current.end = match.start(), match.end()
            current = current.parent
            continue
        if current is None and kind != "open":
            continue  # before or behind the root
        node = SourceNode(kind, match.start(), match.end(), parent=current)
        if current is not None:
            current.children.append(node)
        if kind == "open":
            _read_tag(node, text)
            root = root or node
            if text[match.end() - 2] != "/":
                node.inner = match.end()
                current = node
    assert root is not None  # noqa: S101 - the text is well-formed
    return root


def _read_tag(node: SourceNode, text: str) -> None:
    found = _NAME.match(text, node.start + 1)
    assert found is not None  # noqa: S101 - the text is well-formed
    node.name = found[0]
    declared: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text, found.end(), node.end):
        node.attributes.append(Attribute(match[1], match.start(), match.end(), match.start(2) + 1, match.end(2) - 1))
        if match[1] == "xmlns" or match[1].startswith("xmlns:"):
            declared[match[1][6:]] = match[2][1:-1]
    around = node.parent.scope if node.parent is not None else node.scope
    node.scope = around.inside(declared)
