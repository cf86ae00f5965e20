"""Documents measured against the limits, before anything is made of them.

Most documents are so short that they cannot go beyond any limit; nothing in them is counted. In longer ones the markup
is counted, and only if there is too much of it a parser finds the place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from libvirtxml._impl.trees import MAX_DEPTH, TOO_DEEP
from libvirtxml.errors import LimitError, XMLError
from libvirtxml.limits import SHORTEST_ATTRIBUTE, SHORTEST_NODE, Limits, check_size, current

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)


def check_markup(text: str | bytes, name: str | None = None) -> None:
    """Raise a `LimitError` if an XML document goes beyond a limit; one that is not well-formed passes."""
    limits = current()
    if len(text) > limits.shortest:
        check_size(len(text), name=name)
        if _may_hold(text, "<", SHORTEST_NODE, limits.nodes) or _may_hold(
            text, "=", SHORTEST_ATTRIBUTE, limits.attributes
        ):
            _find_excess(text, limits, name)


def _may_hold(text: str | bytes, sign: str, shortest: int, most: int | None) -> bool:
    """Whether a text may hold more than it should of what begins with a sign."""
    if most is None or len(text) <= most * shortest:
        return False
    return (text.count(sign) if isinstance(text, str) else text.count(sign.encode())) > most


class _Excess(Exception):
    """What there is too much of."""


def _find_excess(text: str | bytes, limits: Limits, name: str | None) -> None:
    """Raise a `LimitError` where the first limit is passed."""
    parser = expat.ParserCreate("utf-8" if isinstance(text, str) else None)
    parser.ordered_attributes = True
    most_nodes = float("inf") if limits.nodes is None else limits.nodes
    most_attributes = float("inf") if limits.attributes is None else 2 * limits.attributes
    nodes = level = 0

    def node(*_: Any) -> None:
        nonlocal nodes
        nodes += 1
        if nodes > most_nodes:
            raise _Excess("nodes")

    def start(_tag: str, attributes: list[str]) -> None:
        nonlocal level
        level += 1
        if level > MAX_DEPTH:
            raise _Excess("depth")
        node()
        if len(attributes) > most_attributes:
            raise _Excess("attributes")

    def end(_tag: str) -> None:
        nonlocal level
        level -= 1

    def stop(*_: Any) -> None:
        raise expat.ExpatError

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CommentHandler = parser.ProcessingInstructionHandler = node
    parser.EntityDeclHandler = stop  # refused by all that read documents
    try:
        parser.Parse(text.encode() if isinstance(text, str) else text, True)
    except (expat.ExpatError, ValueError, LookupError):
        return  # the reader explains it
    except _Excess as excess:
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        if str(excess) == "depth":
            raise XMLError(TOO_DEEP, source=name, line=line, column=column) from None
        message = {
            "nodes": f"more than {limits.nodes:,} nodes",
            "attributes": f"more than {limits.attributes:,} attributes of one element",
        }[str(excess)]
        raise LimitError(str(excess), message, source=name, line=line, column=column) from None


def check_json(text: str | bytes | bytearray) -> None:
    """Raise a `LimitError` if a JSON text goes beyond a limit."""
    check_size(len(text))
    most = current().nodes
    if most is None or len(text) < most or _values(text) <= most:
        return
    source = text if isinstance(text, str) else text.decode(errors="replace")
    check_nodes(_values(_STRING.sub("", source)))


def _values(text: str | bytes | bytearray) -> int:
    """How many keys and values there are at most: each but the first follows one of these characters."""
    parts: tuple[Any, ...] = (",", ":", "[", "{") if isinstance(text, str) else (b",", b":", b"[", b"{")
    return 1 + sum(text.count(part) for part in parts)


def check_nodes(count: int) -> None:
    """Raise a `LimitError` if there are too many keys and values."""
    most = current().nodes
    if most is not None and count > most:
        raise LimitError("nodes", f"more than {most:,} keys and values")


def check_expanded(root: Any, children: Callable[[Any], list[Any]]) -> None:
    """Raise a `LimitError` if a tree of YAML nodes is too large when each alias is written in full.

    A node that several aliases lead to is looked at once: the time is that of the text, not of what it expands to.
    """
    most = current().nodes
    sizes: dict[int, int] = {}
    todo = [root]
    while todo:
        node = todo[-1]
        inner = children(node)
        if id(node) not in sizes:
            sizes[id(node)] = 0  # an alias to a node that it is in counts as nothing, and is refused later
            todo += inner
            continue
        todo.pop()
        if not sizes[id(node)]:
            sizes[id(node)] = total = 1 + sum(sizes.get(id(child), 0) for child in inner)
            if most is not None and total > most:
                raise LimitError("nodes", f"more than {most:,} keys and values, its aliases written in full")
