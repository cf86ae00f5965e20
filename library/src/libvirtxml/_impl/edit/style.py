"""How a document is laid out and quoted, so that new parts look like the old."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libvirtxml._impl.edit.patches import Patches
from libvirtxml._impl.element import Element
from libvirtxml._impl.raw import RawNode
from libvirtxml._impl.scan import SourceNode, scan

_LAYOUT = re.compile(r"\n( *)\Z")


@dataclass(frozen=True, slots=True)
class Style:
    """The indentation of one level, the quote of attributes, and the line break."""

    unit: str
    quote: str
    newline: str

    @classmethod
    def of(cls, text: str, root: SourceNode) -> Style:
        """The style that prevails in a document; libvirt's own where it shows none."""
        quotes = [text[attribute.value_end] for node in root.walk() for attribute in node.attributes]
        outer: dict[int, str | None] = {}
        quote = '"' if quotes.count('"') > len(quotes) / 2 else "'"
        newline = "\r\n" if "\r\n" in text else "\n"
        for node in root.walk():
            if node.parent is not None and not node.is_text:
                if (key := id(node.parent)) not in outer:
                    outer[key] = indent_of(text, node.parent)
                inner, around = indent_of(text, node), outer[key]
                if inner is not None and around is not None and inner.startswith(around) and inner != around:
                    return cls(inner[len(around) :], quote, newline)
        return cls("  ", quote, newline)

    def write(
        self, value: Element | RawNode, indent: str | None, scope: Mapping[str, str]
    ) -> tuple[str, dict[str, str]]:
        """A new element as text, and the namespaces it uses that have yet to be declared around it.

        ``indent`` is that of its own line; None for a document without layout.
        """
        if isinstance(value, RawNode):
            known = all(scope.get(prefix) == uri for prefix, uri in value.namespaces.items())
            return (value.to_inner_string() if known else value.to_string()), {}
        text = value.to_xml(indent=indent is not None).rstrip("\n")
        root = scan(text)
        patches = Patches(text)
        missing: dict[str, str] = {}
        own = value.extra.attributes if value.extra else {}
        for attribute in root.attributes:
            if attribute.name.startswith("xmlns:") and attribute.name not in own:
                prefix, uri = attribute.name[6:], text[attribute.value_start : attribute.value_end]
                if scope.get(prefix, uri) == uri:
                    patches.replace(attribute.start - 1, attribute.end, "")
                    if prefix not in scope:
                        missing[prefix] = uri
        for node in root.walk():
            self._restyle(node, text, patches, indent or "")
        return patches.apply(), missing

    def _restyle(self, node: SourceNode, text: str, patches: Patches, indent: str) -> None:
        if node.kind == "text" and node.parent is not None and node.parent.parts:
            layout = _LAYOUT.fullmatch(text[node.start : node.end])
            if layout:
                levels = len(layout[1]) // 2
                patches.replace(node.start, node.end, self.newline + indent + self.unit * levels)
        if self.quote == '"':
            for attribute in node.attributes:
                if not (attribute.name.startswith("xmlns:") and patches.replaces(attribute.start - 1)):
                    value = (
                        text[attribute.value_start : attribute.value_end].replace('"', "&quot;").replace("&apos;", "'")
                    )
                    patches.replace(attribute.value_start - 1, attribute.value_end + 1, f'"{value}"')


def indent_of(text: str, node: SourceNode) -> str | None:
    """The white space before a node that begins its line; None if something else is before it."""
    start = node.start
    while start and text[start - 1] in " \t\r\ufeff":
        start -= 1
    return text[start : node.start] if not start or text[start - 1] == "\n" else None


def escape_attribute(value: str, quote: str) -> str:
    """A value for between quotes."""
    text = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = text.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")
    return text.replace(quote, "&apos;" if quote == "'" else "&quot;")


def escape_text(value: Any) -> str:
    """A value for the content of an element."""
    text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#13;")
