"""From text to element trees: safe parsing, with namespaces as they were written.

Most documents declare no namespace and go straight through the C parser. The others are parsed without namespace
processing, so that prefixes and the places of their declarations are kept, and resolved here.
"""

from __future__ import annotations

import codecs
import re
import xml.etree.ElementTree as ET
from typing import Any
from xml.parsers import expat

from libvirtxml._impl.bounds import check_markup
from libvirtxml._impl.trees import (
    DOCTYPE,
    LAYOUT,
    MAX_DEPTH,
    ORIGINAL,
    TOO_DEEP,
    Scope,
    depth,
    doctype_element,
    stray_element,
)
from libvirtxml.errors import XMLError

_MARKED = (b"\xff\xfe", b"\xfe\xff")
WIDE_STARTS = {
    start.encode(encoding): encoding for encoding in ("utf-16-le", "utf-16-be") for start in ("\ufeff", *"< \t\r\n")
}
"""The two bytes that a document in UTF-16 can begin with, and its byte order. Search in other bytes finds nothing."""


def parse_tree(text: str | bytes, *, name: str | None = None, keep_names: bool = False) -> ET.Element:
    """Parse a document.

    With ``keep_names``, element names stay as written; else they are resolved to ``{uri}name`` and the spelling is
    noted in the attribute `ORIGINAL`.

    Raises:
        XMLError: it is not well-formed, nests too deeply, or has a document type declaration with more than the types
            of elements: entities, values of attributes, or another file.
    """
    if isinstance(text, bytes) and text[:2] in WIDE_STARTS:
        text = _decode_wide(text, name)
    check_markup(text, name)
    try:
        as_written = _has(text, "<!DOCTYPE") or _has(text, "xmlns") or _has(text, "xml:")
        root = _parse_as_written(text) if as_written else _parse_plain(text)
        if text.count("</" if isinstance(text, str) else b"</") > MAX_DEPTH and depth(root) > MAX_DEPTH:  # type: ignore[arg-type]
            raise _too_deep(text)
        if as_written and not keep_names:
            _check_namespaces(text)
            _resolve_names(root)
    except (ET.ParseError, expat.ExpatError) as error:
        raise _syntax_error(error, name) from error
    except UnicodeEncodeError as error:
        line, column = _place_of(str(text), error.start)
        raise XMLError("text holds half of a surrogate pair", source=name, line=line, column=column) from error
    except (ValueError, LookupError, UnicodeError) as error:  # an unknown or multi-byte encoding
        raise XMLError(f"its encoding is not supported: {error}", source=name, line=1, column=1) from error
    except _ForbiddenError as error:
        raise XMLError(str(error), source=name, line=error.line, column=error.column) from None
    return root


def _parse_plain(text: str | bytes) -> ET.Element:
    """Parse what declares no namespaces and no document type."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True, insert_pis=True))  # noqa: S314 - no DTD here
    parser.feed(text)
    return parser.close()


def _check_namespaces(text: str | bytes) -> None:
    """Parse with namespace processing, for its errors alone: they have a line and a column."""
    expat.ParserCreate("utf-8" if isinstance(text, str) else None, " ").Parse(_encoded(text), True)


def _encoded(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _place_of(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _too_deep(text: str | bytes) -> _ForbiddenError:
    """The error for a document that nests too deeply, at the first element that does."""
    level = 0
    place: tuple[int, int] | None = None
    parser = expat.ParserCreate("utf-8" if isinstance(text, str) else None)

    def start(*_: Any) -> None:
        nonlocal level, place
        level += 1
        if level > MAX_DEPTH and place is None:
            place = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1

    def end(*_: Any) -> None:
        nonlocal level
        level -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(_encoded(text), True)
    return _ForbiddenError(TOO_DEEP, *(place or (1, 1)))


class _ForbiddenError(Exception):
    """Something that is well-formed but not wanted, with its place."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def _has(text: str | bytes, part: str) -> bool:
    return part in text if isinstance(text, str) else part.encode() in text


def _decode_wide(data: bytes, name: str | None) -> str:
    encoding = "utf-16" if data[:2] in _MARKED else WIDE_STARTS[data[:2]]
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, errors="replace")
        line, column = _place_of(before, len(before))
        raise XMLError("not valid UTF-16", source=name, line=line, column=column) from error


def _syntax_error(error: Any, name: str | None) -> XMLError:
    message = str(error).partition(": line ")[0]
    if isinstance(error, ET.ParseError):
        line, column = error.position
    else:
        line, column = error.lineno, error.offset
    return XMLError(f"not well-formed XML: {message}", source=name, line=line, column=column + 1)


def _parse_as_written(text: str | bytes) -> ET.Element:
    """Parse without namespace processing."""
    builder = ET.TreeBuilder(insert_comments=True, insert_pis=True)
    parser = expat.ParserCreate("utf-8" if isinstance(text, str) else None)
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.CommentHandler = builder.comment
    parser.ProcessingInstructionHandler = builder.pi

    _refuse_definitions(parser)
    parser.Parse(_encoded(text), True)
    return builder.close()


def _refuse_definitions(parser: Any) -> None:
    """Refuse what a document type declaration adds to a document; the types of its elements add nothing."""

    def refuse(what: str) -> None:
        raise _ForbiddenError(f"{what} are not allowed", parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    def start(_name: str, system: str | None, public: str | None, _has_subset: bool) -> None:
        if system is not None or public is not None:
            refuse("document type definitions in other files")

    def attributes(_element: str, _name: str, kind: str, default: str | None, _required: bool) -> None:
        if default is not None or kind != "CDATA":
            refuse("values or types of attributes in a document type declaration")

    parser.StartDoctypeDeclHandler = start
    parser.AttlistDeclHandler = attributes
    parser.EntityDeclHandler = lambda *_: refuse("entities")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)  # else references in the DTD pass unnoticed
    parser.SkippedEntityHandler = lambda *_: refuse("entities")


def parse_fragment(text: str) -> ET.Element:
    """Parse one element, comment or processing instruction; names stay as written.

    Raises:
        XMLError: it is not well-formed.
    """
    text = text.strip()
    try:
        holder = _parse_as_written(f"<x>{text}</x>")
        if len(holder) != 1 or holder.text or holder[0].tail:
            raise XMLError(f"not one XML node: {text[:60]!r}")
    except expat.ExpatError as error:
        raise _syntax_error(error, None) from error
    except UnicodeEncodeError as error:
        raise XMLError("text holds half of a surrogate pair") from error
    except _ForbiddenError as error:
        raise XMLError(str(error)) from None
    node = holder[0]
    if depth(node) > MAX_DEPTH:
        raise XMLError("elements nest too deeply")
    return node


def decode(data: bytes) -> str:
    """The text of a document; a byte order mark is part of it.

    Raises:
        UnicodeError, LookupError: it is not in the encoding that it says, or that is none.
    """
    return data.decode(encoding_of(data))


def parse_doctype(text: str) -> ET.Element:
    """Read a document type declaration alone.

    Raises:
        XMLError: it is none, or one that is refused.
    """
    text = text.strip()
    root = parse_tree(f"{text}<x/>")
    before, _ = around_root(f"{text}<x/>")
    tags: list[Any] = [node.tag for node in before]
    if root.tag != "x" or tags != [DOCTYPE]:
        raise XMLError(f"not a document type declaration: {text[:60]!r}")
    return before[0]


_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_NOTHING_BEFORE = re.compile(r"\ufeff?\s*+(<\?xml\s[^>]*\?>)?+\s*+<(?![!?])")
_NOTHING_BEFORE_BYTES = re.compile(rb"(\xef\xbb\xbf)?\s*+(<\?xml\s[^>]*\?>)?+\s*+<(?![!?])")


def around_root(text: str | bytes) -> tuple[list[ET.Element], list[ET.Element]]:
    """What is before and after the root element of a well-formed document: comments and the like."""
    if isinstance(text, bytes) and text[:2] in WIDE_STARTS:
        text = _decode_wide(text, None)
    if isinstance(text, str):
        plain = _NOTHING_BEFORE.match(text) and text.rstrip()[-2:] not in ("->", "?>")
    else:
        plain = _NOTHING_BEFORE_BYTES.match(text) and text.rstrip()[-2:] not in (b"->", b"?>")
    return ([], []) if plain else _find_around_root(text)


def _find_around_root(text: str | bytes) -> tuple[list[ET.Element], list[ET.Element]]:
    found: tuple[list[ET.Element], list[ET.Element]] = ([], [])
    level = place = seen = 0

    def start(*_: Any) -> None:
        nonlocal level, place
        level += 1
        place = 1

    def end(*_: Any) -> None:
        nonlocal level
        level -= 1

    def keep(node: Any) -> None:
        if not level:
            found[place].append(node)

    data = _encoded(text)
    parser = expat.ParserCreate("utf-8" if isinstance(text, str) else None)

    def doctype() -> None:
        at = parser.CurrentByteIndex
        raw = data[data.rindex(b"<!DOCTYPE", 0, at) : at + 1]
        found[0][:] = [
            *found[0][:seen],
            doctype_element(raw.decode(encoding_of(text))),
        ]  # without the remarks inside it

    def note(*_: Any) -> None:
        nonlocal seen
        seen = len(found[0])

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CommentHandler = lambda data: keep(ET.Comment(data))
    parser.ProcessingInstructionHandler = lambda target, data: keep(ET.ProcessingInstruction(target, data or None))
    parser.StartDoctypeDeclHandler, parser.EndDoctypeDeclHandler = note, doctype
    parser.Parse(data, True)
    return found


def encoding_of(data: str | bytes) -> str:
    """The encoding of a document, by its first bytes or its declaration; UTF-8 for text."""
    if isinstance(data, str):
        return "utf-8"
    if encoding := WIDE_STARTS.get(data[:2]):
        return encoding
    match = _DECLARED.match(data.removeprefix(codecs.BOM_UTF8))
    return match[1].decode() if match else "utf-8"


def _resolve_names(root: ET.Element) -> None:
    """Replace the names of elements in a namespace by ``{uri}name``, noting the spelling and the scope.

    Raises:
        _ForbiddenError: a name has more than one colon.
    """
    todo: list[tuple[ET.Element, Scope]] = [(root, Scope())]
    while todo:
        element, scope = todo.pop()
        tag: Any = element.tag
        if not isinstance(tag, str):
            continue
        attributes = element.attrib
        special = [name for name in attributes if ":" in name or name == "xmlns"] if attributes else []
        declared = {name[6:]: attributes[name] for name in special if name == "xmlns" or name.startswith("xmlns:")}
        if declared:
            scope = scope.inside(declared)
        prefix, colon, local = tag.rpartition(":")
        prefixed = [name for name in special if name[6:] not in declared and not name.startswith("xml:")]
        for name in (*((prefix,) if colon else ()), *(name.partition(":")[0] for name in prefixed)):
            if name not in scope or not name:
                raise _ForbiddenError(f"not well-formed XML: {tag!r} is not a name", 1, 1)
        if uri := scope.find(prefix if colon else ""):
            element.tag = f"{{{uri}}}{local}"
            attributes[ORIGINAL] = (tag, scope)  # type: ignore[assignment]
        elif prefixed:
            attributes[ORIGINAL] = (tag, scope)  # type: ignore[assignment]
        todo.extend((child, scope) for child in element)


def mark_stray_text(root: ET.Element) -> None:
    """Wrap text beside elements into made-up elements, where readers find and keep it."""
    for parent in list(root.iter()):
        if not len(parent):
            continue
        children: list[ET.Element] = []
        if parent.text and parent.text.strip(LAYOUT):
            children.append(stray_element(parent.text))
            parent.text = None
        for child in parent:
            children.append(child)
            if child.tail and child.tail.strip(LAYOUT):
                children.append(stray_element(child.tail))
                child.tail = None
        parent[:] = children
