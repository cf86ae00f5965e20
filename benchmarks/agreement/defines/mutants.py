"""Documents with one thing wrong, or not: fields removed, repeated, and given values that are odd."""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator

from libvirtxml import Domain, parse
from libvirtxml._impl.element import Element
from libvirtxml._impl.tables import Field, info_of

from benchmarks.agreement.abi.edits import Place, normalised, places

VALUES: dict[str, Callable[[str], str]] = {
    "word": lambda _: "bogus",
    "blank": lambda text: f"{text} ",
    "case": lambda text: text.swapcase(),
    "empty": lambda _: "",
    "zero": lambda _: "0",
    "negative": lambda _: "-1",
    "above 8 bits": lambda _: "300",
    "above 16 bits": lambda _: "70000",
    "large": lambda _: "4294967296",
    "above 63 bits": lambda _: "9223372036854775808",
    "huge": lambda _: "99999999999999999999",
}
Wanted = Callable[[str, str], bool]
Prepare = Callable[[bytes], ET.Element | None]
"""What makes a tree of a document that the judge takes as it is; None where it is of no use."""
_COUNTS = ("VCPU.value", "Domain.iothreads", ".controller", ".index", ".bus", ".ports")
"""Fields of which libvirt makes as many things as they say: large numbers would keep it busy, or crash it."""
_MANY = ("negative", "above 16 bits")


def mutants(
    text: bytes, is_wanted: Wanted, prepare: Prepare = normalised, cls: type[Element] = Domain
) -> Iterator[tuple[str, str, str]]:
    """Mutants of a document: the field, what was done to it, and the document; only those that are wanted."""
    root = prepare(text)
    if root is None:
        return

    def is_safe(key: str, action: str) -> bool:
        return not (action in _MANY and key.endswith(_COUNTS)) and is_wanted(key, action)

    for place in places(root, parse(ET.tostring(root), cls)):
        for name, field in info_of(type(place.element)).fields.items():
            key = f"{type(place.element).__name__}.{name}"
            for action in _mutate(place, key, field, is_safe):
                yield key, action, ET.tostring(root, "unicode")


def _mutate(place: Place, key: str, field: Field, is_wanted: Wanted) -> Iterator[str]:
    node = place.node
    if field.kind.is_attribute:
        before = node.get(field.key)
        if before is None:
            return
        for action, change in VALUES.items():
            if change(before) != before and is_wanted(key, action):
                node.set(field.key, change(before))
                yield action
        node.set(field.key, before)
        if is_wanted(key, "removed"):
            del node.attrib[field.key]
            yield "removed"
            node.set(field.key, before)
    elif field.kind.is_text:
        yield from _texts(node, key, is_wanted)
    elif field.kind.has_tag and not field.kind.is_nodes:
        yield from _children(node, key, field, is_wanted)


def _texts(node: ET.Element, key: str, is_wanted: Wanted) -> Iterator[str]:
    before = node.text
    if not before or not before.strip():
        return
    for action, change in VALUES.items():
        if change(before) != before and is_wanted(key, action):
            node.text = change(before)
            yield action
    node.text = before


def _children(node: ET.Element, key: str, field: Field, is_wanted: Wanted) -> Iterator[str]:
    before = list(node)
    for child in node.findall(field.key)[:2]:
        if is_wanted(key, "removed"):
            node.remove(child)
            yield "removed"
            node[:] = before
        if is_wanted(key, "repeated"):
            node.insert(before.index(child), copy.deepcopy(child))
            yield "repeated"
            node[:] = before
        if field.kind.is_value:
            yield from _texts(child, key, is_wanted)
