"""Hypothesis strategies for every document and element of libvirt: random objects that libvirt's schema allows.

Values, required parts and exclusions are those of the schema; rules that tie several elements together (a disk's
address to a controller), and what libvirt asks for beyond its schema, are not known here. Needs the extra ``test``:
``pip install libvirtxml[test]``.

Example:
    >>> from hypothesis import given
    >>> from libvirtxml import Disk, parse
    >>> from libvirtxml.strategies import documents, elements
    >>> @given(elements(Disk))
    ... def test_my_tool_keeps_every_disk(disk):
    ...     assert Disk.parse(disk.to_xml()) == disk
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

from libvirtxml._impl.element import Element
from libvirtxml._impl.raw import RawNode
from libvirtxml._impl.tables import ClassInfo, Field, find_class, info_of, is_xml_text
from libvirtxml._impl.values import INTEGER_RANGES, AllowedValues, xsd_pattern
from libvirtxml.errors import MissingError
from libvirtxml.model import ROOTS

try:
    from hypothesis import strategies as st
    from hypothesis.strategies import SearchStrategy
except ModuleNotFoundError as error:
    raise MissingError("hypothesis is not installed", hint="pip install 'libvirtxml[test]'") from error

__all__ = ["documents", "elements"]

AnyElement = TypeVar("AnyElement", bound=Element)
_Draw = Callable[["SearchStrategy[Any]"], Any]

_MOST_OPTIONAL = 4
"""How many optional fields an element gets at the most: big documents find little more, and shrink slowly."""
_MOST_ITEMS = 2
_LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff")
_ANY_TEXT = st.text(st.one_of(_LETTERS, st.sampled_from("\n\t")), max_size=20)
_WIDEST = 1 << 64
_NODE_NAMES = ("note", "owner", "x-1")


def documents(*, depth: int = 4) -> SearchStrategy[Element]:
    """Whole documents of every kind: domains, networks, volumes and so on."""
    return st.sampled_from(sorted(ROOTS.values())).flatmap(lambda name: elements(find_class(name), depth=depth))


def elements(cls: type[AnyElement], *, depth: int = 3) -> SearchStrategy[AnyElement]:
    """Elements of a class of the model; of a union (``Disk``), elements of all its variants.

    Args:
        cls: the class.
        depth: how many levels of optional children there are below it; required parts are there at any depth.
    """

    @st.composite
    def build(draw: _Draw) -> AnyElement:
        return _build(draw, cls, depth)

    return build()


def _build(draw: _Draw, cls: type[AnyElement], depth: int) -> AnyElement:
    info = info_of(cls)
    if info.variants:
        names = sorted(set(info.variants.values()))
        variant: Any = find_class(draw(st.sampled_from(names)))
        return cast("AnyElement", _build(draw, variant, depth))
    fields = [field for field in info.fields.values() if field.required and not field.kind.is_discriminant]
    fields += _optional(draw, info, {field.name for field in fields}, depth)
    values = {field.name: _value(draw, field, depth) for field in fields}
    return cls(**values)


def _optional(draw: _Draw, info: ClassInfo, taken: set[str], depth: int) -> list[Field]:
    """Some optional fields, of groups that exclude each other at most one."""
    able = [field for field in info.fields.values() if _is_optional(field) and (depth > 0 or _is_flat(field))]
    if not able:
        return []
    chosen: list[Field] = []
    for field in draw(st.lists(st.sampled_from(able), unique_by=_name, max_size=_MOST_OPTIONAL)):
        if not any(field.name in group and taken.intersection(group) for group in info.groups):
            chosen.append(field)
            taken.add(field.name)
    return chosen


def _name(field: Field) -> str:
    return field.name


def _is_flat(field: Field) -> bool:
    return field.kind.is_value or field.kind.is_flag


def _is_optional(field: Field) -> bool:
    return not field.required and not field.kind.is_discriminant


def _value(draw: _Draw, field: Field, depth: int) -> Any:
    if not field.many:
        return _one(draw, field, depth)
    return [_one(draw, field, depth) for _ in range(draw(st.integers(1, _MOST_ITEMS)))]


def _one(draw: _Draw, field: Field, depth: int) -> Any:
    if field.kind.is_object:
        return _build(draw, find_class(field.reference), depth - 1)
    if field.kind.is_flag:
        return True
    if field.kind.is_nodes:
        return _raw_node(draw)
    return draw(_texts(field))


def _raw_node(draw: _Draw) -> RawNode:
    """Something of the user's own, as metadata may hold."""
    name = draw(st.sampled_from(_NODE_NAMES))
    number = draw(st.integers(0, 99))
    return RawNode.from_string(f'<own:{name} xmlns:own="urn:example:own" number="{number}"/>')


@cache
def _texts(field: Field) -> SearchStrategy[str]:
    """The texts that a field may hold."""
    found = _ANY_TEXT if field.allowed is None else _allowed(field.allowed)
    if field.kind.is_text:
        found = found.filter(bool)  # an empty text is the same as none
    return found.filter(lambda text: _is_good(field, text))


def _is_good(field: Field, text: str) -> bool:
    if not is_xml_text(text) or "\r" in text or (field.allowed is not None and text not in field.allowed):
        return False
    unread = field.codec.python == "int" and isinstance(field.codec.decode(text), str)
    return not (unread and text.strip(" +-0123456789") == "")  # 08 is allowed by the schema, and is not a number


def _allowed(allowed: AllowedValues) -> SearchStrategy[str]:
    options = [_data(*data) for data in allowed.datas]
    if allowed.values:
        options.insert(0, st.sampled_from(sorted(allowed.values)))
    return st.one_of(options)


def _data(base: str, patterns: tuple[str, ...], low: int | None, high: int | None) -> SearchStrategy[str]:
    """The texts of an XSD data type with constraints."""
    if base in INTEGER_RANGES:
        least, most = INTEGER_RANGES[base]
        least = least if low is None else low
        most = most if high is None else high
        return st.integers(-_WIDEST if least is None else least, _WIDEST if most is None else most).map(str)
    if patterns:
        return st.from_regex(re.compile(xsd_pattern(patterns[0])), fullmatch=True, alphabet=_LETTERS)
    if base == "double":
        return st.decimals(-1000, 1000, places=2).map(str)
    if base == "dateTime":
        return st.datetimes().map(lambda time: time.replace(microsecond=0).isoformat())
    if base == "NCName":
        return st.from_regex(re.compile("[a-z_][a-z0-9._-]*"), fullmatch=True)
    return _ANY_TEXT
