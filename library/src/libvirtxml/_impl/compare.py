"""Strict comparison of two XML documents.

Compared are elements, attributes, exact values and text, namespaces, prefixes and the places of their declarations,
the order of children, comments, processing instructions and the declaration of the document type. Not compared are the
order of attributes, the declaration of the document, and layout: whitespace alone between elements or in an element
without children.

The documents are read with lxml, not with the parser of the model, so that one proves the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lxml import etree

from libvirtxml._impl.bounds import check_markup
from libvirtxml._impl.trees import LAYOUT, Scope
from libvirtxml.errors import XMLError

_EVERY_ATTRIBUTE: Any = etree.XPath("@*")
_MANY = 100
"""Attributes: `items` looks for each from the first on, which with thousands of them is slower than XPath."""


@dataclass(frozen=True, slots=True)
class XMLDifference:
    """One difference: where, as ``/capabilities[0]/host[0]/@name`` with places counted from 0, and what."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def compare(old: str | bytes, new: str | bytes) -> list[XMLDifference]:
    """Compare two documents strictly; an empty list means that they are the same.

    Raises:
        XMLError: one of them is not well-formed.

    Example:
        >>> for difference in compare("<disk><target dev='vda'/></disk>", "<disk><target dev='vdb'/></disk>"):
        ...     print(difference)
        /disk[0]/target[0]/@dev: is 'vdb', was 'vda'
    """
    first, namespaces = _parse(old)
    second, others = _parse(new)
    found: list[XMLDifference] = []
    if _document_type(first) != _document_type(second):
        found.append(XMLDifference("/", "the document type declaration differs"))
    _compare_lists("/", _around(first, before=True), _around(second, before=True), found)
    _compare_lists("/", _around(first, before=False), _around(second, before=False), found)
    if _label(first) != _label(second):
        return [XMLDifference("/", f"the root element is <{_label(second)}>, was <{_label(first)}>")]
    todo = [(f"/{_label(first)}[0]", first, second)]
    while todo:  # not recursive: documents may nest deeply
        path, item, other = todo.pop()
        _compare_attributes(path, item, other, found)
        _compare_maps(f"{path}/namespace::", namespaces.get(item, {}), others.get(other, {}), found)
        _compare_text(path, item, other, found)
        pairs = _compare_children(path, item, other, found)
        todo.extend(reversed(pairs))
    return found


Declared = dict[Any, dict[str, str]]
"""The namespaces that elements declare themselves, by prefix."""


def _parse(source: str | bytes) -> tuple[Any, Declared]:
    check_markup(source)
    data = source.encode(errors="surrogatepass") if isinstance(source, str) else source
    parser = etree.XMLPullParser(
        events=("start-ns", "start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        recover=False,
        encoding="utf-8" if isinstance(source, str) else None,
    )
    try:
        parser.feed(data)
        root: Any = parser.close()
        return root, _declared(parser.read_events())
    except etree.XMLSyntaxError as error:
        raise XMLError(f"not well-formed XML: {error.msg}", line=error.lineno, column=error.offset) from error
    except (ValueError, LookupError) as error:
        raise XMLError(f"not well-formed XML: {error}") from error


def _declared(events: Iterable[Any]) -> Declared:
    """What elements declare beyond what is declared around them already."""
    declared: Declared = {}
    waiting: dict[str, str] = {}
    scopes = [Scope()]
    for event, item in events:
        if event == "start-ns":
            waiting[item[0]] = item[1]
        elif event == "end":
            scopes.pop()
        else:
            if new := {prefix: uri for prefix, uri in waiting.items() if scopes[-1].get(prefix) != uri}:
                declared[item] = new
            scopes.append(scopes[-1].inside(waiting))
            waiting = {}
    return declared


def _document_type(root: Any) -> Any:
    """What a document says of its type: its name, other files, and the elements and attributes that are declared."""
    info = root.getroottree().docinfo
    if info.internalDTD is None:
        return None
    declared = [
        (item.name, item.type, [(own.name, own.type, own.default, own.default_value) for own in item.iterattributes()])
        for item in info.internalDTD.iterelements()
    ]
    return info.doctype, declared


def _around(root: Any, *, before: bool) -> list[Any]:
    nodes = list(root.itersiblings(preceding=before))
    return nodes[::-1] if before else nodes


def _label(node: Any) -> str:
    """What a node is, in words of XML: its name with prefix, ``comment()`` or ``processing-instruction()``."""
    if node.tag is etree.Comment:
        return "comment()"
    if not isinstance(node.tag, str):
        return "processing-instruction()"
    local = node.tag.rpartition("}")[2]
    return f"{node.prefix}:{local}" if node.prefix else local


def _compare_attributes(path: str, node: Any, other: Any, found: list[XMLDifference]) -> None:
    if node.tag != other.tag:
        found.append(XMLDifference(path, f"is {other.tag}, was {node.tag}"))
    _compare_maps(f"{path}/@", _attributes(node), _attributes(other), found)


def _compare_maps(where: str, old: dict[str, str], new: dict[str, str], found: list[XMLDifference]) -> None:
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            found.append(XMLDifference(where + name, f"is missing, was {old[name]!r}"))
        elif name not in old:
            found.append(XMLDifference(where + name, f"is new: {new[name]!r}"))
        elif old[name] != new[name]:
            found.append(XMLDifference(where + name, f"is {new[name]!r}, was {old[name]!r}"))


def _attributes(node: Any) -> dict[str, str]:
    attributes = (
        dict(node.items()) if len(node.attrib) < _MANY else {a.attrname: str(a) for a in _EVERY_ATTRIBUTE(node)}
    )
    if not any(name.startswith("{") for name in attributes):
        return attributes
    prefixes = {uri: prefix for prefix, uri in node.nsmap.items() if prefix}
    return {_attribute_name(name, prefixes): value for name, value in attributes.items()}


def _attribute_name(name: str, prefixes: dict[str, str]) -> str:
    uri, brace, local = name[1:].partition("}")
    prefix = prefixes.get(uri) if brace else None
    return f"{prefix}:{local}" if prefix else name


def _compare_text(path: str, node: Any, other: Any, found: list[XMLDifference]) -> None:
    old, new = _texts(node), _texts(other)
    if old != new:
        found.append(XMLDifference(path, f"text is {_quoted(new)}, was {_quoted(old)}"))


def _texts(node: Any) -> list[tuple[int, str]]:
    """The pieces of text directly in an element that are more than layout, with the children before each."""
    pieces = [(0, node.text), *((place, child.tail) for place, child in enumerate(node, 1))]
    return [(place, text) for place, text in pieces if text and text.strip(LAYOUT)]


def _quoted(texts: list[tuple[int, str]]) -> str:
    return " ... ".join(repr(text) for _, text in texts) or "empty"


def _compare_children(path: str, node: Any, other: Any, found: list[XMLDifference]) -> list[tuple[str, Any, Any]]:
    """Compare which children there are, and in which order; return those to be compared further."""
    return _compare_lists(path, list(node), list(other), found)


def _compare_lists(path: str, old: list[Any], new: list[Any], found: list[XMLDifference]) -> list[tuple[str, Any, Any]]:
    old_labels, new_labels = [_label(node) for node in old], [_label(node) for node in new]
    if old_labels != new_labels:
        before = len(found)
        _compare_counts(path, Counter(old_labels), Counter(new_labels), found)
        if len(found) == before:
            start = next(i for i, label in enumerate(old_labels) if label != new_labels[i])
            message = f"order of children differs from place {start} on: {_listed(new_labels[start:])}"
            found.append(XMLDifference(path, f"{message}, was {_listed(old_labels[start:])}"))
    waiting: dict[str, list[Any]] = {}
    for label, node in zip(new_labels, new, strict=True):
        waiting.setdefault(label, []).append(node)
    seen: Counter[str] = Counter()
    pairs: list[tuple[str, Any, Any]] = []
    for label, node in zip(old_labels, old, strict=True):
        place = seen[label]
        seen[label] += 1
        if place >= len(waiting.get(label, ())):
            continue
        where, match = f"{path.rstrip('/')}/{label}[{place}]", waiting[label][place]
        if isinstance(node.tag, str):
            pairs.append((where, node, match))
        elif (node.text, getattr(node, "target", "")) != (match.text, getattr(match, "target", "")):
            found.append(XMLDifference(where, f"is {match.text!r}, was {node.text!r}"))
    return pairs


def _compare_counts(path: str, old: Counter[str], new: Counter[str], found: list[XMLDifference]) -> None:
    for label in [*old, *(label for label in new if label not in old)]:
        where = f"{path.rstrip('/')}/{label}"
        found.extend(XMLDifference(f"{where}[{i}]", "is missing") for i in range(new[label], old[label]))
        found.extend(XMLDifference(f"{where}[{i}]", "is new") for i in range(old[label], new[label]))


def _listed(labels: list[str], most: int = 5) -> str:
    return " ".join(labels[:most]) + (" ..." if len(labels) > most else "")
