"""Documents and parts of documents whose class does not follow from their root element.

``<disk>`` may be a domain's disk or that of a snapshot, ``<interface>`` a domain's device or a host's interface. The
classes that have such an element are tried, and the one that knows all that is in it is taken.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from libvirtxml._impl.data import type_of
from libvirtxml._impl.document import parse
from libvirtxml._impl.element import Element
from libvirtxml._impl.parse import parse_tree
from libvirtxml._impl.problems import Problem
from libvirtxml._impl.sources import read_source
from libvirtxml._impl.tables import find_class, info_of
from libvirtxml.errors import UsageError, XMLError
from libvirtxml.model import MODULES, ROOTS


def parse_any(source: Any) -> Element:
    """Read a document or a part of one; where a root element may mean several things, its content decides.

    Raises:
        XMLError: it cannot be read, is not well-formed, or no class of the model has its root element.

    Example:
        >>> type(parse_any("<interface type='network'><source network='default'/></interface>")).__name__
        'InterfaceNetwork'
    """
    text, name = read_source(source)
    root = parse_tree(text, name=name)
    if (document := _perfect_document(text, root.tag)) is not None:
        return document
    candidates = classes_of(root.tag)
    if not candidates:
        raise XMLError(f"no libvirt document or part of one has the root element <{root.tag}>", source=name)
    best: tuple[tuple[int, ...], Element] | None = None
    for cls in candidates:
        try:
            element = parse(text, cls)
        except XMLError as error:
            raise error.with_source(name) from error
        if len(candidates) == 1:
            return element
        score = _misfit(element)
        if best is None or score < best[0]:
            best = score, element
    assert best is not None  # noqa: S101 - there is a candidate
    return best[1]


def root_tag(text: str) -> str:
    """The name of the root element of a document or part of one, as ``{uri}name`` in a namespace.

    Raises:
        XMLError: it is not well-formed.
    """
    return str(parse_tree(text).tag)


def _perfect_document(text: str | bytes, tag: Any) -> Element | None:
    """The whole document that a text is, if the model knows all of it: no other class has to be tried then."""
    if tag not in ROOTS:
        return None
    element = parse(text, find_class(ROOTS[tag]))
    return None if element.unknown() or _is_strange_variant(element) else element


def _misfit(element: Element) -> tuple[int, ...]:
    """How badly an element fits its class; of those that fit equally well documents, then devices are preferred."""
    info = info_of(type(element))
    unknown = len(split_private(element.unknown())[0])
    is_document = type_of(element).__name__ in ROOTS.values() and not _is_strange_variant(element)
    is_device = info.path.startswith("/domain/devices/") and info.path.count("/") == 3
    return unknown, not is_document, not is_device, len(element.problems())


def _is_strange_variant(element: Element) -> bool:
    """Whether the attribute that a union goes by has a value that the model does not know."""
    info = info_of(type(element))
    return bool(info.variants) and info.discriminant.name in element.__dict__


def split_private(unknown: list[Problem]) -> tuple[list[Problem], list[Problem]]:
    """Unknown content, and apart from it what is in ``<privateData>``, where libvirtd keeps notes for itself."""
    public = [problem for problem in unknown if "/privateData/" not in problem.path]
    return public, [problem for problem in unknown if "/privateData/" in problem.path]


def classes_of(tag: str) -> list[type[Element]]:
    """The classes of an element (``{uri}name`` in a namespace), those of whole documents first; not the variants."""
    from libvirtxml.model._tags import TAGS  # noqa: PLC0415 - generated; loaded when first needed

    uri, _, local = tag.rpartition("}")
    return [find_class(name) for name in TAGS.get((local, uri.removeprefix("{")), ())]


def find_type(name: str) -> type[Element]:
    """The class of a name that a user gives: a class (``DiskFile``), or an element (``disk``, ``domainsnapshot``).

    Raises:
        UsageError: there is none.
    """
    from libvirtxml.model._tags import TAGS  # noqa: PLC0415 - generated; loaded when first needed

    if name in MODULES:
        return find_class(name)
    if found := classes_of(name):
        return found[0]
    known = {**{module.lower(): module for module in MODULES}, **{tag: tag for tag, _ in TAGS}}
    if name.lower() in known:
        return find_type(known[name.lower()])
    close = get_close_matches(name.lower(), known, 1)
    hint = f"did you mean {known[close[0]]}?" if close else "give a document's root element: domain, network, volume"
    raise UsageError(f"no document or part of one is called {name!r}", hint=hint)
