"""Reading documents and parts of documents without saying which class they are of."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from libvirtxml._impl.containers import opening
from libvirtxml._impl.document import read_recognised, read_text
from libvirtxml._impl.element import Element
from libvirtxml._impl.parse import parse_tree
from libvirtxml._impl.problem import Problem
from libvirtxml._impl.recognition import classes_of
from libvirtxml._impl.sources import read_source
from libvirtxml._impl.tables import find_class
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
    try:
        return opening(text, read_any)[0]
    except XMLError as error:
        raise error.with_source(name) from error


def read_any(text: str | bytes) -> Element:
    """Read a document or a part of one; see `parse_any`.

    Raises:
        XMLError: it cannot be read, is not well-formed, or no class of the model has its root element.
    """
    try:
        return read_text(text, None)
    except XMLError:  # it has an error, or is a part: then its content decides which
        root = parse_tree(text)
        if root.tag in ROOTS:
            raise
        return read_recognised(text, root)


def root_tag(text: str) -> str:
    """The name of the root element of a document or part of one, as ``{uri}name`` in a namespace.

    Raises:
        XMLError: it is not well-formed.
    """
    return str(parse_tree(text).tag)


def split_private(unknown: list[Problem]) -> tuple[list[Problem], list[Problem]]:
    """Unknown content, and apart from it what is in ``<privateData>``, where libvirtd keeps notes for itself."""
    public = [problem for problem in unknown if "/privateData/" not in problem.path]
    return public, [problem for problem in unknown if "/privateData/" in problem.path]


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
