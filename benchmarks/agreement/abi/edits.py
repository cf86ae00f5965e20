"""Domains that differ in one thing: every field of the model changed, added, removed, and list members exchanged."""

from __future__ import annotations

import copy
import random
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from libvirtxml import Domain, parse
from libvirtxml._impl.element import Element
from libvirtxml._impl.tables import Field, find_class, info_of

from benchmarks.agreement.abi.judge import UUID


@dataclass(frozen=True, slots=True)
class Edited:
    """A domain, and the same with one difference.

    Attributes:
        key: what differs, as ``Class.field``; variants of a union have the union's name.
        action: ``changed``, ``added``, ``removed`` or ``moved``.
        path: the keys that lead to it.
        is_object: whether it is an element with a class of its own.
    """

    key: str
    action: str
    old: str
    new: str
    path: tuple[str, ...]
    is_object: bool


@dataclass(frozen=True, slots=True)
class Place:
    """An element in both forms, and the keys that lead to it."""

    node: ET.Element
    element: Element
    path: tuple[str, ...]


def normalised(text: bytes) -> ET.Element | None:
    """A domain as libvirt's test driver takes it; None for other documents and those with namespaces of drivers."""
    try:
        root = ET.fromstring(text)  # noqa: S314 - documents of the corpus
    except ET.ParseError:
        return None
    if root.tag != "domain" or b"xmlns" in text:
        return None
    root.set("type", "test")
    if (own := root.find("uuid")) is None:
        own = ET.SubElement(root, "uuid")
    elif own.text:
        for entry in root.iterfind("sysinfo/system/entry[@name='uuid']"):
            entry.text = UUID  # libvirt demands that it is the domain's
    own.text = UUID
    return root


def union_of(element: Element) -> str:
    """The name of an element's class, or of the union that it is a variant of."""
    return [item.__name__ for item in type(element).__mro__ if item is not Element and issubclass(item, Element)][-1]


def places(node: ET.Element, element: Element, path: tuple[str, ...] = ()) -> Iterator[Place]:
    """An element and all in it that have a class, in both forms."""
    yield Place(node, element, path)
    for name, field in info_of(type(element)).fields.items():
        value = element.__dict__.get(name)
        if not field.kind.is_object or value is None:
            continue
        members = value if field.many else [value]
        nodes = node.findall(field.key)
        if len(nodes) == len(members):
            for child, member in zip(nodes, members, strict=True):
                yield from places(child, member, (*path, f"{union_of(element)}.{name}"))


class Editor:
    """Edits domains.

    Args:
        documents: what is added was seen in these.
        seed: of the choices.
        invents: whether fields that no document has are edited too, with values that are made up.
    """

    def __init__(self, documents: Iterable[bytes], seed: int = 1, *, invents: bool = False) -> None:
        self._random = random.Random(seed)
        self._invents = invents
        self._texts: dict[str, list[str]] = defaultdict(list)
        self._nodes: dict[str, list[ET.Element]] = defaultdict(list)
        self._keys: dict[str, dict[str, Field]] = defaultdict(dict)
        for text in documents:
            if (root := normalised(text)) is not None:
                for place in places(root, parse(ET.tostring(root), Domain)):
                    self._learn(place)

    def _learn(self, place: Place) -> None:
        cls = type(place.element).__name__
        for name, field in info_of(type(place.element)).fields.items():
            key = f"{cls}.{name}"
            self._keys[cls][name] = field
            nodes = place.node.findall(field.key) if field.kind.has_tag else []
            if field.kind.is_object:
                self._nodes[key] += nodes
            else:
                self._texts[key] += [node.text or "" for node in nodes]
                if field.kind.is_attribute and field.key in place.node.attrib:
                    self._texts[key].append(place.node.attrib[field.key])
                elif field.kind.is_text and (place.node.text or "").strip():
                    self._texts[key].append(place.node.text or "")

    def edits(self, text: bytes, wanted: Callable[[str, str], bool] = lambda _key, _action: True) -> Iterator[Edited]:
        """All single edits of a domain, or those whose key and action are wanted."""
        root = normalised(text)
        if root is None:
            return
        old = ET.tostring(root, "unicode")
        for place in places(root, parse(old, Domain)):
            for name, field in info_of(type(place.element)).fields.items():
                key = f"{union_of(place.element)}.{name}"
                for action in self._field(place, name, field):
                    if wanted(key, action):
                        yield Edited(key, action, old, ET.tostring(root, "unicode"), place.path, field.kind.is_object)
                if (
                    self._invents
                    and field.kind.is_object
                    and not self._nodes.get(f"{type(place.element).__name__}.{name}")
                ):
                    yield from self._inside(root, place, key, field, wanted)

    def _inside(
        self, root: ET.Element, place: Place, key: str, field: Field, wanted: Callable[[str, str], bool]
    ) -> Iterator[Edited]:
        """Edits of the values of an element that no document has."""
        for child in made_up(field.reference):
            place.node.append(child)
            old = ET.tostring(root, "unicode")
            element = parse(ET.tostring(child), find_class(field.reference))
            for name, inner in info_of(type(element)).fields.items():
                own = f"{union_of(element)}.{name}"
                if inner.kind.is_attribute:
                    for action in self._attribute(child, element, name, inner):
                        if wanted(own, action):
                            new = ET.tostring(root, "unicode")
                            yield Edited(own, action, old, new, (*place.path, key), is_object=False)
            place.node.remove(child)

    def _field(self, place: Place, name: str, field: Field) -> Iterator[str]:
        if field.kind.is_attribute:
            yield from self._attribute(place.node, place.element, name, field)
        elif field.kind.is_text:
            yield from self._text(place.node, self._other(place.element, name, field, place.node.text or ""))
        elif field.kind.is_nodes:
            return
        else:
            yield from self._children(place, name, field)

    def _attribute(self, node: ET.Element, element: Element, name: str, field: Field) -> Iterator[str]:
        before = node.attrib.get(field.key)
        other = self._other(element, name, field, before)
        if other is not None:
            node.set(field.key, other)
            yield "added" if before is None else "changed"
        if before is not None:
            del node.attrib[field.key]
            yield "removed"
            node.set(field.key, before)
        elif other is not None:
            del node.attrib[field.key]

    @staticmethod
    def _text(node: ET.Element, other: str | None) -> Iterator[str]:
        before = node.text
        if other is not None and before:
            node.text = other
            yield "changed"
            node.text = before

    def _children(self, place: Place, name: str, field: Field) -> Iterator[str]:
        node, key = place.node, f"{type(place.element).__name__}.{name}"
        children = node.findall(field.key)
        before = list(node)
        for child in children[:2]:
            node.remove(child)
            yield "removed"
            node[:] = before
            if field.kind.is_value:
                yield from self._text(child, self._other(place.element, name, field, child.text))
        if len(children) > 1:
            first, second = self._random.sample(range(len(children)), 2)
            here, there = before.index(children[first]), before.index(children[second])
            node[here], node[there] = node[there], node[here]
            yield "moved"
            node[:] = before
        if not children or field.many:
            for child in self._new_children(key, field):
                node.append(child)
                yield "added"
                node[:] = before

    def _new_children(self, key: str, field: Field) -> list[ET.Element]:
        if field.kind.is_flag:
            return [ET.Element(field.key)]
        if field.kind.is_object:
            nodes = self._nodes.get(key) or (made_up(field.reference) if self._invents else [])
            return [copy.deepcopy(node) for node in self._random.sample(nodes, min(2, len(nodes)))]
        texts = self._texts.get(key) or (texts_of(field) if self._invents else [])
        new = [ET.Element(field.key) for _ in texts[:1]]
        for child in new:
            child.text = self._random.choice(texts)
        return new

    def _other(self, element: Element, name: str, field: Field, before: str | None) -> str | None:
        """Another value for a field, preferably one that documents have."""
        key = f"{type(element).__name__}.{name}"
        choices = set(self._texts.get(key, ()))
        if field.kind.is_discriminant:
            base = info_of(type(element)).base
            choices |= {other for cls in self._keys for other in self._texts.get(f"{cls}.{name}", ())
                        if cls != type(element).__name__ and cls in _variants(base)}  # fmt: skip
        choices |= set(field.allowed.values if field.allowed is not None else ())
        choices = (choices or set(texts_of(field) if self._invents else ())) - {before or ""}
        is_listed = field.allowed is not None and bool(field.allowed.values)
        if before is not None and not is_listed and (number := _number(before)) is not None:
            choices = {number}
        return self._random.choice(sorted(choices)) if choices else None


_SAMPLES = ("1", "2", "0x0001", "on", "off", "yes", "no", "a", "/a", "abcdefghijkl", "0000:00:00.0")
"""Texts of which most fields take one or two."""


def texts_of(field: Field) -> list[str]:
    """Values of a field that no document has."""
    if field.allowed is None:
        return list(_SAMPLES[:2])
    return [*field.allowed.values] or [text for text in _SAMPLES if text in field.allowed][:2]


def made_up(name: str, depth: int = 3) -> list[ET.Element]:
    """Elements of a class that no document has: with every attribute, and without those that are not required."""
    info = info_of(find_class(name))
    if info.namespace:
        return []
    if info.variants:
        return [node for variant in dict.fromkeys(info.variants.values()) for node in made_up(variant, depth)]
    return [_made_up(info, depth, whole=whole) for whole in (True, False)]


def _made_up(info: Any, depth: int, *, whole: bool) -> ET.Element:
    node = ET.Element(info.name)
    for field in info.fields.values():
        texts = [field.reference] if field.kind.is_discriminant else texts_of(field) if field.kind.is_value else []
        if field.kind.is_attribute and texts and texts[0] and (whole or field.required or field.kind.is_discriminant):
            node.set(field.key, texts[0])
        elif field.kind.is_text and texts:
            node.text = texts[0]
        elif field.required and field.kind.is_object and depth:
            node.extend(made_up(field.reference, depth - 1)[:1])
        elif field.required and field.kind.has_tag and texts:
            ET.SubElement(node, field.key).text = texts[0]
    return node


def _variants(base: str | None) -> Any:
    return set(info_of(find_class(base)).variants.values()) if base else ()


def _number(text: str) -> str | None:
    if text.isdecimal():
        return str(int(text) + 1)
    if text.startswith("0x"):
        try:
            return f"0x{int(text, 16) + 1:0{len(text) - 2}x}"
        except ValueError:
            return None
    return None
