"""Reads a directory of RELAX NG schemas (the XML syntax, as far as libvirt uses it) into patterns.

Two rules are easy to get wrong: ``ns`` is inherited by nested elements, and a define or start inside ``<include>``
replaces the included one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from virtsmith.errors import InputError
from virtsmith.schema.pattern import (
    ANY_TEXT,
    ATTR,
    EL,
    EMPTY,
    NA,
    VAL,
    Data,
    Key,
    Pattern,
    ValueType,
    choice,
    group,
    many,
    optional,
)

_RNG = "{http://relaxng.org/ns/structure/1.0}"
ANY_NAME = "*"


@dataclass
class ElementInfo:
    """An ``<element>`` of the schemas: its name and namespace, and its content in each grammar that uses it."""

    location: str
    name: str
    namespace: str
    contents: list[Pattern] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """The key of its slot in a parent."""
        return f"{{{self.namespace}}}{self.name}" if self.namespace else self.name


@dataclass
class Grammar:
    """The definitions of one grammar, after inclusion and overriding; expanded on first use."""

    defines: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    start: list[tuple[str, Any]] = field(default_factory=list)
    expanded: dict[str, Pattern] = field(default_factory=dict)


class SchemaSet:
    """All schemas of one release: `roots` maps each schema (``domain``) to its start pattern."""

    def __init__(self, directory: Path) -> None:
        """Read every schema in a directory.

        Raises:
            InputError: a file cannot be read or is not RELAX NG, or the directory contains no schema.
        """
        self.directory = directory
        self.elements: dict[str, ElementInfo] = {}
        self.roots: dict[str, Pattern] = {}
        self._files: dict[str, Any] = {}
        self._queue: list[tuple[ElementInfo, Any, Grammar]] = []
        self._seen: set[tuple[str, int]] = set()
        names = sorted(path.name for path in directory.glob("*.rng"))
        if not names:
            raise InputError("no RELAX NG schemas (*.rng) in this directory", source=str(directory))
        for name in names:
            grammar = Grammar()
            self._read_grammar(grammar, self._file(name), name)
            if grammar.start:
                self.roots[name.removesuffix(".rng")] = self._all(grammar.start, grammar)
        self._finish_elements()

    def _file(self, name: str) -> Any:
        if name not in self._files:
            path = self.directory / name
            if path.name != name:
                raise InputError(f"included schema is outside of the directory: {name}", source=str(self.directory))
            try:
                parser = etree.XMLParser(remove_comments=True, remove_pis=True, no_network=True, resolve_entities=False)
                self._files[name] = etree.parse(os.fsencode(path), parser).getroot()
            except etree.XMLSyntaxError as error:
                raise InputError(error.msg or "not XML", source=str(path), line=error.lineno) from error
            except OSError as error:
                raise InputError(f"cannot read: {error}", source=str(path)) from error
        return self._files[name]

    def _read_grammar(self, grammar: Grammar, node: Any, file: str) -> None:
        if node.tag != f"{_RNG}grammar":
            raise InputError("not a RELAX NG grammar", source=str(self.directory / file), line=node.sourceline)
        for child in node:
            self._read_component(grammar, child, file)

    def _read_component(self, grammar: Grammar, node: Any, file: str) -> None:
        if node.tag == f"{_RNG}define":
            grammar.defines.setdefault(node.get("name"), []).append((file, node))
        elif node.tag == f"{_RNG}start":
            grammar.start.append((file, node))
        elif node.tag == f"{_RNG}include":
            included = Grammar()
            href = node.get("href")
            self._read_grammar(included, self._file(href), href)
            overrides = Grammar()
            for child in node:
                self._read_component(overrides, child, file)
            for name, parts in (included.defines | overrides.defines).items():
                grammar.defines.setdefault(name, []).extend(parts)
            grammar.start.extend(overrides.start or included.start)
        else:
            raise InputError(f"unsupported: {node.tag}", source=str(self.directory / file), line=node.sourceline)

    def _all(self, parts: list[tuple[str, Any]], grammar: Grammar) -> Pattern:
        patterns = [group(self._children(node, file, grammar)) for file, node in parts]
        if len(parts) > 1 and any(node.get("combine") == "interleave" for _, node in parts):
            return group(patterns)
        return choice(patterns)

    def _children(self, node: Any, file: str, grammar: Grammar) -> Iterator[Pattern]:
        for child in node:
            yield self._pattern(child, file, grammar)

    def _pattern(self, node: Any, file: str, grammar: Grammar) -> Pattern:  # noqa: PLR0911, PLR0912, C901 - one case per form
        match node.tag.removeprefix(_RNG):
            case "group" | "interleave":
                return group(self._children(node, file, grammar))
            case "choice":
                return choice(self._children(node, file, grammar))
            case "optional":
                return optional(group(self._children(node, file, grammar)))
            case "zeroOrMore":
                return many(group(self._children(node, file, grammar)), 0)
            case "oneOrMore":
                return many(group(self._children(node, file, grammar)), 1)
            case "ref":
                return self._ref(node, file, grammar)
            case "element":
                return self._element(node, file, grammar)
            case "attribute":
                return self._attribute(node, file, grammar)
            case "value":
                return VAL, ValueType(values=frozenset([node.text or ""]))
            case "data":
                return VAL, ValueType(datas=frozenset([_data(node)]))
            case "text":
                return VAL, ANY_TEXT
            case "empty":
                return EMPTY
            case "notAllowed":
                return NA
            case "grammar":
                nested = Grammar()
                self._read_grammar(nested, node, file)
                return self._all(nested.start, nested)
            case other:
                raise InputError(f"unsupported: <{other}>", source=str(self.directory / file), line=node.sourceline)

    def _ref(self, node: Any, file: str, grammar: Grammar) -> Pattern:
        name = node.get("name")
        if name not in grammar.expanded:
            if name not in grammar.defines:
                message = f"reference to an unknown definition: {name}"
                raise InputError(message, source=str(self.directory / file), line=node.sourceline)
            grammar.expanded[name] = (
                NA  # a definition that refers to itself other than through an element allows nothing
            )
            grammar.expanded[name] = _named(self._all(grammar.defines[name], grammar), name)
        return grammar.expanded[name]

    def _element(self, node: Any, file: str, grammar: Grammar) -> Pattern:
        name = node.get("name")
        content = list(node)
        if name is None:
            name = content[0].text if content[0].tag == f"{_RNG}name" else ANY_NAME
        location = f"{file}:{node.sourceline}"
        info = self.elements.get(location)
        if info is None:
            info = self.elements[location] = ElementInfo(location, name.strip(), _namespace(node))
        if (location, id(grammar)) not in self._seen:
            self._seen.add((location, id(grammar)))
            self._queue.append((info, node, grammar))
        return EL, location, info.key

    def _attribute(self, node: Any, file: str, grammar: Grammar) -> Pattern:
        name = node.get("name")
        if name is None:  # <anyName/>: only in free content
            return EMPTY
        content = choice([group(self._children(node, file, grammar))]) if len(node) else (VAL, ANY_TEXT)
        return ATTR, name.strip(), _value_type(content)

    def _finish_elements(self) -> None:
        while self._queue:
            info, node, grammar = self._queue.pop()
            file = info.location.rsplit(":", 1)[0]
            children = [child for child in node if child.tag not in (f"{_RNG}name", f"{_RNG}anyName")]
            content = group(self._pattern(child, file, grammar) for child in children)
            if info.name != ANY_NAME and content not in info.contents:
                info.contents.append(content)


def _namespace(node: Any) -> str:
    while node is not None:
        if (ns := node.get("ns")) is not None:
            return str(ns)
        node = node.getparent()
    return ""


def _data(node: Any) -> Data:
    patterns: list[str] = []
    low = high = None
    for param in node.iter(f"{_RNG}param"):
        text = param.text or ""
        match param.get("name"):
            case "pattern":
                patterns.append(text)
            case "minInclusive":
                low = int(text)
            case "maxInclusive":
                high = int(text)
    return Data(node.get("type"), tuple(patterns), low, high)


def _named(pattern: Pattern, name: str) -> Pattern:
    """Add the name of a definition to its pattern if that is only a value type."""
    if pattern[0] != VAL:
        return pattern
    kind: ValueType = pattern[1]
    datas = frozenset(data._replace(names=(name, *data.names)) for data in kind.datas)
    return VAL, ValueType(kind.values, datas, (name, *kind.names))


def _value_type(content: Pattern) -> ValueType:
    if content[0] == VAL:
        kind: ValueType = content[1]
        return kind
    if content == EMPTY:
        return ValueType(values=frozenset([""]))
    # An attribute is text, however the schema composes it: a choice with empty, a list of data types.
    result = ValueType()
    for member in content[1] if content[0] in ("ch", "grp") else ():
        part = _value_type(member)
        result = ValueType(result.values | part.values, result.datas | part.datas)
    return result if result.values or result.datas else ANY_TEXT
