"""What virtsmith reads and writes of an XML document, compared with what lxml and expat read of it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from libvirtxml import XMLError, edit, format_xml, from_json, from_yaml, get, parse_any
from libvirtxml.errors import LibvirtXMLError
from libvirtxml.paths import set as set_value
from lxml import etree

_BLANK = " \t\r\n"
_STRICT = {"resolve_entities": False, "no_network": True, "huge_tree": True}
EDITED = "7"
"""What an edit writes: a value that every kind of field takes; some write it as 07 or 0x7."""


class Lost(AssertionError):
    """What was written is not what was read."""


@dataclass
class Tally:
    """How many documents were read, refused and written in which way."""

    counts: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))


def infoset(root: Any) -> tuple[Any, ...]:
    """All that a document says, in order: elements, attributes, namespaces, texts, comments and instructions.

    Whitespace alone is layout. Character data sections are text, as they are for whoever reads the document.
    """
    return (
        *(_node(node, {}) for node in reversed(list(root.itersiblings(preceding=True)))),
        _node(root, {}),
        *(_node(node, {}) for node in root.itersiblings()),
    )


def _node(node: Any, around: dict[str | None, str]) -> tuple[Any, ...]:
    if node.tag is etree.Comment:
        return "comment", node.text
    if node.tag is etree.ProcessingInstruction:
        return "instruction", node.target, node.text
    inner, parts = node.nsmap, []
    if (node.text or "").strip(_BLANK):
        parts.append(node.text)
    for child in node:
        parts.append(_node(child, inner))
        if (child.tail or "").strip(_BLANK):
            parts.append(child.tail)
    declared = {prefix: uri for prefix, uri in inner.items() if around.get(prefix) != uri}
    return node.tag, node.prefix, dict(node.attrib), declared, tuple(parts)


def outside(data: bytes | str) -> Any:
    """The document as lxml reads it, or None where it refuses it: names of namespaces that are not URIs, for one."""
    try:
        return etree.fromstring(data.encode() if isinstance(data, str) else data, etree.XMLParser(**_STRICT))
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None


def is_well_formed(data: bytes) -> bool:
    """Whether expat reads a document, its namespaces included."""
    try:
        expat.ParserCreate(namespace_separator=" ").Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError):
        return False
    return True


_OTHER_REASONS = re.compile(r"nest too deeply|document type definition|has the root element|namespace|encoding")
"""Why a document that is well-formed may be refused."""


def prove(data: bytes, tally: Tally, number: int) -> None:
    """Read a document, write it in every way, and compare with the outside parsers.

    Raises:
        Lost: something is not what lxml reads, or what was written is not well-formed.
    """
    try:
        document = parse_any(data)
    except XMLError as error:
        tally.counts["refused"] += 1
        if is_well_formed(data) and not _OTHER_REASONS.search(str(error)):
            raise Lost(f"refused, and it is well-formed: {error}") from error
        return
    if not is_well_formed(data):
        raise Lost("read, and it is not well-formed")
    tally.counts["read"] += 1
    if (root := outside(data)) is None:
        tally.counts["only expat"] += 1
        if not is_well_formed(document.to_xml().encode()) or not is_well_formed(format_xml(data)):
            raise Lost("what was written is not well-formed")
        return
    expected = infoset(root)
    _same("to_xml", expected, document.to_xml())
    _same("format_xml", expected, format_xml(data))
    _same("JSON", expected, from_json(document.to_json()).to_xml())
    if number % 100 == 0:
        _same("YAML", expected, from_yaml(document.to_yaml()).to_xml())
        tally.counts["YAML"] += 1
    _prove_values(document, root, data, tally, number)


def _same(way: str, expected: tuple[Any, ...], written: str | bytes) -> None:
    again = outside(written)
    if again is None:
        raise Lost(f"{way}: what was written is not well-formed")
    if (found := infoset(again)) != expected:
        raise Lost(f"{way}: is {found!r},\nwas {expected!r}")


def _leaves(root: Any) -> list[Any]:
    return [
        element
        for element in root.iter(etree.Element)
        if not any(isinstance(child.tag, str) for child in element) and "".join(element.itertext()).strip(_BLANK)
    ]


def string_value(element: Any) -> str:
    """The value of an element as XPath, and so libvirt, has it."""
    return str(element.xpath("string()"))


def _prove_values(document: Any, root: Any, data: bytes, tally: Tally, number: int) -> None:
    """`get` gives what XPath's string() gives; an edit changes that value and nothing else."""
    foreign = {etree.QName(element).localname for element in root.xpath("//*[namespace-uri()]")}
    leaves = [leaf for leaf in _leaves(root) if foreign.isdisjoint(_names_above(leaf))]
    for leaf in leaves[number % 5 :: 5]:
        path = root.getroottree().getpath(leaf)
        try:
            found = [value.text for value in get(document, path)]
        except LibvirtXMLError:
            tally.counts["values of unknown elements"] += 1
            continue
        tally.counts["values"] += 1
        if not any(_same_value(text, string_value(leaf)) for text in found):
            raise Lost(f"get {path}: {found}, XPath says {string_value(leaf)!r}")
    if leaves and number % 7 == 0:
        _prove_edit(type(document), root, leaves[number % len(leaves)], data, tally)


def _names_above(leaf: Any) -> set[str]:
    """Names on the way to an element; paths of virtsmith take no notice of namespaces."""
    return {etree.QName(element).localname for element in (leaf, *leaf.iterancestors())}


def _same_value(text: str, expected: str) -> bool:
    return text == expected or text.strip(_BLANK) == expected.strip(_BLANK) or _is_markup_of(text, expected)


def _is_markup_of(text: str, expected: str) -> bool:
    """An element with attributes is printed as XML."""
    found = outside(text) if text.startswith("<") else None
    return found is not None and string_value(found).strip(_BLANK) == expected.strip(_BLANK)


def _prove_edit(cls: Any, root: Any, leaf: Any, data: bytes, tally: Tally) -> None:
    path = root.getroottree().getpath(leaf)
    change = edit(data, cls)  # parts of documents say what they are
    try:
        with change as document:
            set_value(document, path, EDITED)
    except LibvirtXMLError:
        tally.counts["edits refused"] += 1
        return
    tally.counts["edits"] += 1
    again = outside(change.data)
    if again is None:
        raise Lost(f"edit {path}: what was written is not well-formed")
    places = again.xpath(path)
    if len(places) != 1 or not re.fullmatch(f"(0x)?0*{EDITED}", string_value(places[0])):
        raise Lost(f"edit {path}: not there, or another value: {change.data!r}")
    if _without_text(infoset(again), places[0].tag) != _without_text(infoset(root), leaf.tag):
        raise Lost(f"edit {path}: more than the value has changed: {change.data!r}")


def _without_text(part: Any, tag: str) -> Any:
    """The infoset without the texts of the elements of a name."""
    if not isinstance(part, tuple):
        return part
    if len(part) == 5 and part[0] == tag:
        return (*part[:4], tuple(_without_text(item, tag) for item in part[4] if isinstance(item, tuple)))
    return tuple(_without_text(item, tag) for item in part)
