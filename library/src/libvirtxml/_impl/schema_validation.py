"""Validation of documents against libvirt's RELAX NG schemas, in words that help.

libxml2 says that a document does not fit, but hardly ever why: it says ``Element domain failed to validate content``
for a misspelt attribute deep inside. So what it finds is explained in three ways, the first that says something:

1. The model knows what is unknown, forbidden or missing, and what would be allowed instead.
2. If all of that is fine and the schema still refuses the document, parts are left out of it, from the root down, to
   find the smallest one without which it is valid.
3. What libxml2 says itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from libvirtxml._impl.containers import Container, opening
from libvirtxml._impl.element import Element
from libvirtxml._impl.former import in_no_release
from libvirtxml._impl.fragments import read_any
from libvirtxml._impl.parse import parse_tree
from libvirtxml._impl.problem import Problem, ProblemKind
from libvirtxml._impl.problems import find_problems, walk
from libvirtxml._impl.recognition import fits_document
from libvirtxml._impl.sources import read_source
from libvirtxml._impl.tables import find_class, info_of
from libvirtxml._impl.trees import shown
from libvirtxml.errors import InputError, MissingError, XMLError
from libvirtxml.findings import Finding, Location, Severity

INSTALLED = Path("/usr/share/libvirt/schemas")
"""Where an installed libvirt keeps its schemas."""

SCHEMA_FILES = {
    "capabilities": "capability.rng", "cpu": "cpu.rng", "device": "nodedev.rng", "domain": "domain.rng",
    "domainCapabilities": "domaincaps.rng", "domainbackup": "domainbackup.rng",
    "domaincheckpoint": "domaincheckpoint.rng", "domainsnapshot": "domainsnapshot.rng", "filter": "nwfilter.rng",
    "filterbinding": "nwfilterbinding.rng", "interface": "interface.rng", "network": "network.rng",
    "networkport": "networkport.rng", "pool": "storagepool.rng", "secret": "secret.rng",
    "storagepoolCapabilities": "storagepoolcaps.rng", "volume": "storagevol.rng",
}  # fmt: skip
"""The schema of each document, by its root element."""

_MOST_PROBES = 2000


def find_schemas() -> Path | None:
    """The schemas of the installed libvirt, or None."""
    return INSTALLED if (INSTALLED / "domain.rng").is_file() else None


@dataclass(frozen=True, slots=True)
class Examined:
    """A document as it was read, and what its schema forbids in it."""

    element: Element
    findings: list[Finding]
    name: str | None
    _lines: _Lines
    _held: Container | None

    def finding_of(self, problem: Problem) -> Finding:
        """A problem of the document as a finding, with its line in the document and what would be allowed."""
        return _finding(problem, self.element, self._lines)

    def in_file(self, found: Finding) -> Finding:
        """A finding about the document as one about the file that it is in."""
        if self._held is None:
            return replace(found, where=replace(found.where, file=self.name))
        where = replace(found.where, file=self.name, line=self._held.line_of(found.where.line))
        return replace(found, subject=self._held.place(found.subject), where=where)


def examine(source: Any, schemas: Path | None = None) -> Examined:
    """Check a document against its schema; see `libvirtxml.validate`, which also asks what libvirt defines."""
    text, name = read_source(source)
    try:
        element, held = opening(text, read_any)
    except XMLError as error:
        raise error.with_source(name) from error
    text = held.text if held else text
    lines = _Lines(text)
    root = parse_tree(text)
    root_tag = root.tag
    has_schema = schemas is not None and root_tag in SCHEMA_FILES and fits_document(root)
    unknown = element.unknown() if has_schema else in_no_release(element, root, element.unknown())
    problems = (*unknown, *find_problems(element, newest=has_schema))
    known = [_finding(problem, element, lines) for problem in problems]
    if schemas is None or not has_schema:
        why = "no schemas were given" if schemas is None else f"libvirt has no schema for <{root_tag}> on its own"
        note = f"checked against the model alone, not for rules of combination: {why}"
        found = [*known, Finding("xml-unchecked", Severity.NOTE, f"/{root_tag}", note)]
    else:
        found = _check_with_schema(lines, known, load_schema(schemas / SCHEMA_FILES[root_tag]))
    return Examined(element, found, name, lines, held)


@cache
def load_schema(path: Path) -> Any:
    if not path.is_file():
        raise MissingError(f"{path.parent} has no {path.name}", hint="give the directory of libvirt's schemas")
    try:
        parser = etree.XMLParser(no_network=True, resolve_entities=False)
        return etree.RelaxNG(etree.parse(os.fsencode(path), parser))
    except (etree.XMLSyntaxError, etree.RelaxNGParseError) as error:
        raise InputError(f"not a RELAX NG schema: {error}", source=str(path)) from error


class _Lines:
    """A document as lxml reads it, for the line of each path."""

    def __init__(self, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_blank_text=True,
            encoding="utf-8" if isinstance(text, str) else None,
        )
        try:
            self.root = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as error:  # beyond what libxml2, and so libvirt, reads
            raise XMLError(f"libxml2 cannot read it: {error}") from error

    def node_of(self, path: str) -> Any:
        """The element that a path means, or the nearest one around it."""
        node: Any = self.root
        for step in path.strip("/").split("/")[1:]:
            name, _, place = step.rstrip("]").partition("[")
            if name.startswith("@"):
                break
            found = [child for child in node if isinstance(child.tag, str) and name in _names(child)]
            index = int(place) - 1 if place else 0
            if index >= len(found):
                break
            node = found[index]
        return node


def _names(node: Any) -> tuple[str, str]:
    """What an element may be called in a path: with libvirt's prefix, or with that of the document."""
    local = etree.QName(node).localname
    return shown(node.tag), f"{node.prefix}:{local}" if node.prefix else local


def _finding(problem: Problem, element: Element, lines: _Lines) -> Finding:
    message = problem.message
    if problem.kind in (ProblemKind.UNKNOWN_ELEMENT, ProblemKind.UNKNOWN_ATTRIBUTE):
        message += _alternatives(problem, element)
    line = lines.node_of(problem.path).sourceline
    rule = problem.rule or f"xml-{problem.kind}"
    return Finding(rule, Severity.ERROR, problem.path, message, where=Location(line=line))


def _alternatives(problem: Problem, element: Element) -> str:
    """What could be in the place of something unknown, in words."""
    parent, _, step = problem.path.rpartition("/")
    name = step.partition("[")[0]
    owner = _element_at(element, parent)
    if owner is None:
        return ""
    info = info_of(type(owner))
    if name.startswith("@"):
        names = sorted(field.key for field in info.fields.values() if field.kind.is_attribute)
        others = _variants_with(owner, "@" + name[1:])
        what = "attribute"
    else:
        names = sorted({shown(field.key) for field in info.fields.values() if field.kind.has_tag})
        others = _variants_with(owner, name)
        what = "element"
    if name.lstrip("@") in names:
        return f": <{info.tag}> may hold it once only"
    if others:
        return f"; only {_listed(others)} may have it"
    close = _close(name.lstrip("@"), names)
    if close:
        return f"; did you mean {close!r}?"
    if not names:
        return f"; <{info.tag}> has no {what}s here"
    return f"; expected one of {_listed(names)}"


def _variants_with(owner: Element, key: str) -> list[str]:
    """The other variants of an element's union that know an attribute (``@name``) or child."""
    info = info_of(type(owner))
    if info.base is None:
        return []
    base = info_of(find_class(info.base))
    return sorted(
        f"{base.attribute}='{value}'"
        for value, name in base.variants.items()
        if value and key in info_of(find_class(name)).by_key
    )


def _element_at(element: Element, path: str) -> Element | None:
    return next((node for place, node in walk(element) if place == path), None)


def _close(name: str, names: list[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - for messages alone

    return next(iter(get_close_matches(name, names, 1, 0.7)), "")


def _listed(names: list[str], most: int = 12) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


# --- the schema has the last word -----------------------------------------------------------------------------------


def _check_with_schema(lines: _Lines, known: list[Finding], schema: Any) -> list[Finding]:
    if schema.validate(lines.root):
        return []  # what the model minds, this release allows
    if known:
        return known
    log = list(schema.error_log)
    culprit = _find_culprit(lines.root, schema)
    if culprit is not None:
        return [culprit]
    return [_from_log(lines, entry) for entry in _innermost(log)]


def _find_culprit(root: Any, schema: Any) -> Finding | None:
    """The smallest part of a document without which it is valid."""
    probes = _MOST_PROBES
    found: Finding | None = None
    node = root
    while probes > 0:
        step: Any = None
        for candidate in _parts(node):
            probes -= 1
            if _valid_without(node, candidate, root, schema):
                step = candidate
                break
        if step is None:
            return found
        path = _path(node if isinstance(step, str) else step)
        if isinstance(step, str):
            where = Location(line=node.sourceline)
            message = f"{step}={node.get(step)!r} does not fit what is around it: without it the document is valid"
            return Finding("xml-combination", Severity.ERROR, f"{path}/@{step}", message, where=where)
        message = (
            f"this <{etree.QName(step).localname}> does not fit: without it the document is valid, so something is "
            "missing in it, or its parts do not fit together or here"
        )
        found = Finding("xml-combination", Severity.ERROR, path, message, where=Location(line=step.sourceline))
        node = step
    return found


def _parts(node: Any) -> Iterator[Any]:
    """The attributes and children of an element: what may be left out."""
    yield from list(node.attrib)
    yield from [child for child in node if isinstance(child.tag, str)]


def _valid_without(node: Any, part: Any, root: Any, schema: Any) -> bool:
    if isinstance(part, str):
        value = node.attrib.pop(part)
        valid = schema.validate(root)
        node.set(part, value)
        return bool(valid)
    place = node.index(part)
    node.remove(part)
    valid = schema.validate(root)
    node.insert(place, part)
    return bool(valid)


def _innermost(log: list[Any]) -> list[Any]:
    """The entries of libxml2's log that do not merely repeat that something inside failed."""
    vague = ("failed to validate content", "Extra element", "Expecting an element")
    precise = [entry for entry in log if not any(words in entry.message for words in vague)]
    return list({(entry.line, entry.message): entry for entry in precise or log}.values())


def _from_log(lines: _Lines, entry: Any) -> Finding:
    nodes = (element for element in lines.root.iter() if isinstance(element.tag, str))
    node = next((item for item in nodes if item.sourceline == entry.line), lines.root)
    message = f"the schema does not allow this: {entry.message}"
    return Finding("xml-schema", Severity.ERROR, _path(node), message, where=Location(line=entry.line))


def _path(node: Any) -> str:
    steps: list[str] = []
    while node is not None:
        parent = node.getparent()
        same = [element for element in parent if element.tag == node.tag] if parent is not None else [node]
        steps.append(shown(node.tag) + (f"[{same.index(node) + 1}]" if len(same) > 1 else ""))
        node = parent
    return "/" + "/".join(reversed(steps))
