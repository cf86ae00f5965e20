"""The markup of documents while they are written.

While a document is put together, its markup is written as control characters, which no value can hold; the whole text
is escaped once at the end, if it holds anything to escape, and then the markup gets its real form.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

from libvirtxml._impl.trees import COMMENT, DOCTYPE, PI, STRAY
from libvirtxml.errors import ModelError

LT, GT, QUOTE, NEWLINE, VERBATIM, NO_LAYOUT = "\x01", "\x02", "\x03", "\x04", "\x05", "\x06"

Write = Callable[[str], None]


class WriteContext:
    """What is noted while a document is written: comments and the like, and whether prefixes are used."""

    __slots__ = ("prefixed", "verbatim")

    def __init__(self) -> None:
        self.verbatim: list[str] = []
        self.prefixed = False


def write_tree(element: ET.Element, write: Write, context: WriteContext) -> None:
    """Write an element tree just as it was."""
    tag: Any = element.tag
    if tag == STRAY:
        write(element.text or "")
    elif tag is COMMENT or tag is PI:
        context.verbatim.append(f"<!--{element.text}-->" if tag is COMMENT else f"<?{element.text}?>")
        write(VERBATIM)
    elif tag is DOCTYPE:
        raise ModelError("a document type declaration can only be before the root element")
    else:
        if tag[:1] == "{" or any(name[:1] == "{" for name in element.attrib):
            raise ModelError(
                f"<{tag}> has a name in braces, which XML does not",
                hint="nodes have names as they are written, with a prefix: make one by RawNode.from_string",
            )
        context.prefixed |= ":" in tag
        attributes = "".join([f" {name}={QUOTE}{value}{QUOTE}" for name, value in element.attrib.items()])
        if element.text or len(element):
            write(f"{LT}{tag}{attributes}{GT}")
            write_content(element, write, context)
            write(f"{LT}/{tag}{GT}")
        else:
            write(f"{LT}{tag}{attributes}/{GT}")


def write_content(element: ET.Element, write: Write, context: WriteContext) -> None:
    """Write what is in an element just as it was."""
    write(element.text or "")
    for child in element:
        write_tree(child, write, context)
        if child.tail:
            write(child.tail)


_QUOTED = re.compile(f"{QUOTE}[^{QUOTE}]*{QUOTE}")
_VERBATIM_MARK = re.compile(VERBATIM)
_MARKUP = bytes.maketrans((LT + GT + QUOTE + NEWLINE).encode(), b"<>'\n")
_LAYOUT = re.compile(f"{NEWLINE} *")
_NO_LAYOUT = re.compile(f"{NO_LAYOUT} *")


def finish(text: str, context: WriteContext, *, compact: bool = False) -> str:
    """Escape what needs it and give the markup its real form; a first line break is left out."""
    text = text.removeprefix(NEWLINE)
    if "&" in text or "<" in text or ">" in text or "'" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&apos;")
    if "\n" in text or "\t" in text or "\r" in text:
        text = _QUOTED.sub(_escape_space, text).replace("\r", "&#13;")
    if NO_LAYOUT in text:
        text = _NO_LAYOUT.sub("", text)
    if compact:
        text = _LAYOUT.sub("", text)
    text = text.encode("utf-8", "surrogatepass").translate(_MARKUP).decode("utf-8", "surrogatepass")
    if context.verbatim:
        parts = iter(context.verbatim)
        text = _VERBATIM_MARK.sub(lambda _: next(parts), text)
    return text


def _escape_space(match: re.Match[str]) -> str:
    return match[0].replace("\n", "&#10;").replace("\t", "&#9;").replace("\r", "&#13;")
