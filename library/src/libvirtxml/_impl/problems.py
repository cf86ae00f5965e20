"""What a document holds that the model does not know, and what libvirt's schema forbids in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import Any

from libvirtxml._impl.base import child_items, is_element
from libvirtxml._impl.dates import load_table
from libvirtxml._impl.element import Element
from libvirtxml._impl.mixins import Sized
from libvirtxml._impl.problem import Problem, ProblemKind
from libvirtxml._impl.raw import RawNode
from libvirtxml._impl.sequence import current_sequence
from libvirtxml._impl.tables import ClassInfo, Field, find_class, info_of, quoted
from libvirtxml._impl.trees import shown
from libvirtxml.errors import SizeError


def unknown_content(element: Element, path: str = "") -> list[Problem]:
    """What an element and all in it hold that the model does not know.

    Comments, processing instructions, namespace declarations and ``<metadata>`` are not unknown content.
    """
    return [problem for place, node in walk(element, path) for problem in _unknown_here(node, place)]


def find_problems(element: Element, path: str = "", *, newest: bool = False) -> list[Problem]:
    """What libvirt's schema forbids in an element and all in it: values, and required parts that are missing.

    Of the schema's combination rules only exclusions are checked; RELAX NG validation knows all. With ``newest``, parts
    are missing too that not all releases demand.
    """
    return [problem for place, node in walk(element, path) for problem in _problems_here(node, place, newest)]


def check_sizes(element: Element) -> None:
    """Make sure that every size in an element, and in all below it, has a unit that libvirt knows.

    Raises:
        SizeError: one has not; the message begins with its XPath.

    Example:
        >>> from libvirtxml import Memory
        >>> check_sizes(Memory.parse("<memory unit='GiG'>4</memory>"))
        Traceback (most recent call last):
        libvirtxml.errors.SizeError: /memory: not a unit of size: 'GiG'
    """
    for path, inner in walk(element):
        if isinstance(inner, Sized):
            try:
                inner.bytes  # noqa: B018 - it raises
            except SizeError as error:
                raise SizeError(f"{path}: {error.reason}", hint=error.hint) from error


def walk(element: Element, path: str = "") -> Iterator[tuple[str, Element]]:
    """An element and all below it that have a class, with their XPath, in document order."""
    place = path or f"/{info_of(type(element)).name}"
    yield place, element
    for field, index, child in child_items(element):
        if is_element(child):
            yield from walk(child, f"{place}/{shown(field.key)}" + (f"[{index}]" if field.many else ""))


def _unknown_here(element: Element, place: str) -> Iterator[Problem]:
    extra = element.extra
    if extra is None:
        return
    for name, value in extra.unknown_attributes().items():
        yield Problem(ProblemKind.UNKNOWN_ATTRIBUTE, f"{place}/@{name}", f"unknown attribute, {quoted(value)}")
    for node in extra.nodes():
        if node.kind == "text":
            yield Problem(ProblemKind.UNKNOWN_TEXT, place, f"text where none belongs: {quoted(node.text.strip())}")
    fields = info_of(type(element)).fields
    known = {fields[name].key for name in element.__dict__ if name in fields and fields[name].kind.has_tag}
    yield from _unknown_elements(extra.nodes(), place, known)
    seen: Counter[str] = Counter()
    for item in current_sequence(element):
        name = item[0] if isinstance(item, tuple) else item
        if isinstance(name, str):
            seen[name] += 1
        if isinstance(item, tuple):
            is_own_text = fields[item[0]].kind.is_text
            here = place if is_own_text else _place_of(fields[item[0]], seen[item[0]], place)
            yield from _unknown_in_leaf(here, item[1])


def _unknown_elements(nodes: Iterable[RawNode], place: str, known: Collection[str] = ()) -> Iterator[Problem]:
    """Elements among some nodes; ``known`` are the keys of which the model has the first one."""
    elements = [node for node in nodes if node.is_element]
    totals = Counter(known) + Counter(node.clark_name for node in elements)
    seen = Counter(known)
    for node in elements:
        name = node.clark_name
        seen[name] += 1
        index = f"[{seen[name]}]" if totals[name] > 1 else ""
        yield Problem(ProblemKind.UNKNOWN_ELEMENT, f"{place}/{node.name}{index}", "unknown element")


def _unknown_in_leaf(here: str, node: RawNode) -> Iterator[Problem]:
    for name, value in node.attributes.items():
        if not name.startswith("xmlns"):
            yield Problem(ProblemKind.UNKNOWN_ATTRIBUTE, f"{here}/@{name}", f"unknown attribute, {quoted(value)}")
    yield from _unknown_elements(node.children(), here)


def _problems_here(element: Element, place: str, newest: bool) -> Iterator[Problem]:
    info = info_of(type(element))
    values = element.__dict__
    if info.variants:
        yield from _variant_problem(info, values, place)
    for group in info.groups:
        if len(given := present(group, values)) > 1:
            yield Problem(ProblemKind.COMBINATION, place, f"{' and '.join(given)} exclude each other")
    for field in info.fields.values():
        if field.name not in values:
            if field.required and not field.tolerated and not (field.kind.is_text and _may_be_empty(field)):
                key = f"@{field.key}" if field.kind.is_attribute else "#" if field.kind.is_text else field.key
                if not (newest or _is_demanded(info.model.__name__, key)):
                    continue
                what = "attribute" if field.kind.is_attribute else "text" if field.kind.is_text else "element"
                name = "" if field.kind.is_text else f" {shown(field.key)}"
                yield Problem(ProblemKind.MISSING, place, f"the {what}{name} is missing")
            continue
        value = values[field.name]
        for index, item in enumerate(value if field.many else [value], 1):
            yield from _value_problem(field, item, _place_of(field, index, place))


@cache
def _is_demanded(name: str, key: str) -> bool:
    """Whether all releases that know an element demand a part: what came later may be missing in older documents."""
    table, info = load_table(), info_of(find_class(name))
    body = table.body(table.type_id(info.path))
    if info.base is not None:
        values = [value for value, other in info_of(find_class(info.base)).variants.items() if other == name]
        body = next((body.variants[value] for value in values if value in body.variants), body)
    slot = body.slots.get(key)
    known = 0
    for other in body.slots.values():
        known |= other.since
    return slot is None or not known & ~slot.required


def _may_be_empty(field: Field) -> bool:
    return field.allowed is None or "" in field.allowed


def present(group: tuple[str, ...], values: dict[str, Any]) -> list[str]:
    """The fields of a group that an object has."""
    return [name for name in group if name in values and values[name] != []]


def _place_of(field: Field, index: int, place: str) -> str:
    if field.kind.is_attribute:
        return f"{place}/@{field.key}"
    if field.kind.is_text:
        return place
    return f"{place}/{shown(field.key)}" + (f"[{index}]" if field.many else "")


def _variant_problem(info: ClassInfo, values: dict[str, Any], place: str) -> Iterator[Problem]:
    found = next((values[f.name] for f in info.fields.values() if f.kind.is_discriminant and f.name in values), None)
    if found is not None and found not in info.variants:
        listed = ", ".join(sorted(value for value in info.variants if value))
        yield Problem(ProblemKind.VALUE, f"{place}/@{info.attribute}", f"{found!r} is not one of {listed}")


def _value_problem(field: Field, value: Any, place: str) -> Iterator[Problem]:
    if field.kind.is_object:
        if not isinstance(value, find_class(field.reference)):
            message = f"a {type(value).__name__} is not a {field.reference}"
            yield Problem(ProblemKind.CLASS, place, message)
    elif field.kind.is_value and field.allowed is not None:
        text = field.text_of(value)
        if isinstance(value, str) and field.codec.python == "int" and value.strip(" +-0123456789") == "" != value:
            yield Problem(ProblemKind.VALUE, place, f"libvirt cannot read {text!r} as a number (a leading 0 is octal)")
            return
        if text not in field.allowed:
            yield Problem(
                ProblemKind.VALUE, place, f"{quoted(text)} is not allowed: {field.expected(text).rstrip('?')}"
            )
