"""From element trees to model objects.

A reader is a function made from the table of a class. The usual case - known attributes, known children, each tag in
one run - takes the short way through it; the first thing that is unusual sends the rest of that element down
`read_rest`, which keeps everything in an `Extra`.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import Any

from libvirtxml._impl.lists import MemberList
from libvirtxml._impl.raw import Extra, RawNode
from libvirtxml._impl.sequence import remember_members
from libvirtxml._impl.tables import ClassInfo, Field, find_class, info_of
from libvirtxml._impl.trees import LAYOUT, MAX_DEPTH, ORIGINAL, depth, used_prefixes
from libvirtxml._impl.values import Codec

EXTRA = "\x00"
"""Key of an object's `Extra` in its ``__dict__``."""


class StrayTextError(Exception):
    """There is text where only elements belong; the tree is to be read again with that text marked."""


Reader = Callable[[ET.Element], Any]
_ODD = object()
_readers: dict[type, Reader] = {}
_new = object.__new__
_append = list.append
_NO_SCOPE: Mapping[str, str] = {}


def reader_of(cls: type) -> Reader:
    """The function that reads an element as a class, or as one of its variants."""
    found = _readers.get(cls)
    if found is None:
        info = info_of(cls)
        found = _readers[cls] = _union_reader(info) if info.variants else _class_reader(info)
    return found


def _union_reader(info: ClassInfo) -> Reader:
    attribute, default = info.attribute or "", info.default or ""
    base = _class_reader(info)

    def read(element: ET.Element) -> Any:
        variant = info.variants.get(element.get(attribute, default))
        return base(element) if variant is None else reader_of(find_class(variant))(element)

    return read


def _class_reader(info: ClassInfo) -> Reader:  # noqa: C901, PLR0915 - the function in it counts
    cls = info.cls
    own = [field for field in info.fields.values() if field.kind.is_attribute]
    plain = {field.key: field.name for field in own if not field.codec.name}
    decoded = {field.key: (field.name, field.codec) for field in own if field.codec.name}
    own_text = info.text
    text_name = own_text.name if own_text else None
    text_codec = own_text.codec if own_text and own_text.codec.name else None
    known = {field.key: field for field in info.fields.values() if field.kind.has_tag}
    children: dict[Any, tuple[str, type[MemberList] | None, Reader]] = {}
    free = info.nodes is not None

    def read(element: ET.Element) -> Any:  # noqa: C901, PLR0911, PLR0912 - one loop, unrolled: this is what speed hangs on
        obj = _new(cls)
        values = obj.__dict__
        for name, raw in element.items():
            if name in plain:
                values[plain[name]] = raw
            elif name in decoded:
                field_name, decoder = decoded[name]
                values[field_name] = decoder[raw]
            else:
                keep_attribute(values, name, raw)
        if not len(element):
            if (text := element.text) is not None:
                if text_name is not None:
                    values[text_name] = text if text_codec is None else text_codec[text]
                elif text.strip(LAYOUT):
                    _keep_sequence(values, [RawNode.from_text(text)])
            return obj
        if text_name is not None and known.keys().isdisjoint(child.tag for child in element):
            return _read_mixed(obj, element, text_name, text_codec, cls)
        if (text := element.text) is not None and text.strip(LAYOUT):
            raise StrayTextError
        last = None
        items: list[Any] = []
        for child in element:
            if (tail := child.tail) is not None and tail.strip(LAYOUT):
                raise StrayTextError
            found = children.get(child.tag)
            if found is None:
                field = known.get(child.tag)
                if field is None or free:
                    return read_rest(obj, element, child, cls)
                found = children[child.tag] = (field.name, _list_type(field), _child_reader(field))
            field_name, list_type, read_child = found
            if field_name not in values:
                value = read_child(child)
                if value is _ODD:
                    return read_rest(obj, element, child, cls)
                if list_type is not None:
                    values[field_name] = items = list_type((value,))
                else:
                    values[field_name] = value
                last = field_name
            elif list_type is not None and last is field_name:
                value = read_child(child)
                if value is _ODD:
                    return read_rest(obj, element, child, cls)
                _append(items, value)
            else:
                return read_rest(obj, element, child, cls)
        return obj

    return read


def _list_type(field: Field) -> type[MemberList] | None:
    return field.list_type if field.many else None


def add_member(values: dict[str, Any], field: Field, value: Any) -> None:
    """Add a member to the list of a field without checking it."""
    items = values.get(field.name)
    if items is None:
        values[field.name] = items = field.list_type()
    _append(items, value)


def _child_reader(field: Field) -> Reader:
    if field.kind.is_object:
        return reader_of(find_class(field.reference))
    if field.kind.is_flag:
        return _read_flag
    if not field.codec.name:
        return _read_text
    decoder = field.codec

    def read_value(child: ET.Element) -> Any:
        if len(child) or child.items():
            return _ODD
        return decoder[child.text or ""]

    return read_value


def _read_text(child: ET.Element) -> Any:
    if len(child) or child.items():
        return _ODD
    return child.text or ""


def _read_flag(child: ET.Element) -> Any:
    if len(child) or child.items() or (child.text and child.text.strip(LAYOUT)):
        return _ODD
    return True


def _read_mixed(obj: Any, element: ET.Element, name: str, codec: Codec | None, cls: type) -> Any:
    """Read an element whose own text is beside comments or unknown elements: all the text in it is the value.

    That is how libvirt reads it, by the XPath function ``string()``. The content is kept with the value.
    """
    content = ET.Element(element.tag)
    content.text = element.text
    content.extend(element)
    node = _raw_node(content)
    text = node.text
    if not text.strip(LAYOUT):
        return read_rest(obj, element, None, cls)
    obj.__dict__[name] = text if codec is None else codec[text]
    _keep_sequence(obj.__dict__, [(name, node)])
    return obj


def read_rest(obj: Any, element: ET.Element, first: ET.Element | None, cls: type) -> Any:
    """Read the children from `first` on, keeping the whole sequence; those before it are read already."""
    values = obj.__dict__
    info = info_of(cls)
    known = {field.key: field for field in info.fields.values() if field.kind.has_tag}
    sequence: list[Any] = []
    started = first is None
    behind = _remarks_behind(element)
    if element.text and element.text.strip(LAYOUT):
        raise StrayTextError
    for child in element:
        if child.tail and child.tail.strip(LAYOUT):
            raise StrayTextError
        started = started or child is first
        field = known.get(child.tag) if isinstance(child.tag, str) else None
        if not started:
            assert field is not None  # noqa: S101 - the short way has read it
            sequence.append(field.name)
        elif field is None or (field.name in values and not field.many):
            _keep_node(values, sequence, child, info, behind=child in behind)
        else:
            value = _child_reader(field)(child)
            node = None
            if value is _ODD:
                node = _raw_node(child)
                value = True if field.kind.is_flag else field.codec[node.text] if field.codec.name else node.text
            if field.many:
                add_member(values, field, value)
            else:
                values[field.name] = value
            sequence.append(field.name if node is None else (field.name, node))
    _keep_sequence(values, sequence)
    remember_members(values.get(EXTRA), values, info)
    return obj


def _remarks_behind(element: ET.Element) -> set[ET.Element]:
    """The comments and instructions that end a line on which there is an element before them."""
    found: set[ET.Element] = set()
    line: list[ET.Element] = []
    after_element = False
    for child in element:
        tag: Any = child.tag
        if isinstance(tag, str):
            line, after_element = [], True
        elif after_element:
            line.append(child)
        if "\n" in (child.tail or ""):
            found.update(line)
            line, after_element = [], False
    return found


def _keep_node(
    values: dict[str, Any], sequence: list[Any], child: ET.Element, info: ClassInfo, *, behind: bool
) -> None:
    node = _raw_node(child)
    node.behind = behind
    if info.nodes is not None:
        add_member(values, info.nodes, node)
    else:
        sequence.append(node)


def keep_attribute(values: dict[str, Any], name: str, raw: Any) -> None:
    extra = extra_of(values)
    if name == ORIGINAL:
        extra.tag, extra.namespaces = raw
    else:
        extra.attributes[name] = raw


def _keep_sequence(values: dict[str, Any], sequence: list[Any]) -> None:
    if sequence:
        extra_of(values).sequence = sequence


def extra_of(values: dict[str, Any]) -> Extra:
    """The `Extra` among the values of an object, made if there is none; it comes first, where writers look for it."""
    extra: Extra | None = values.get(EXTRA)
    if extra is None:
        rest = dict(values)
        values.clear()
        extra = values[EXTRA] = Extra()
        values.update(rest)
    return extra


def _raw_node(element: ET.Element) -> RawNode:
    """An element as a raw node, with its names as they were written."""
    scope: Mapping[str, str] = _NO_SCOPE
    for node in element.iter():
        noted: Any = node.attrib.pop(ORIGINAL, None) if node.attrib else None
        if noted is not None:
            node.tag = noted[0]
            scope = scope if scope is not _NO_SCOPE else noted[1]
    element.tail = None
    if depth(element) > MAX_DEPTH:
        raise RecursionError
    return RawNode(element, {prefix: scope[prefix] for prefix in used_prefixes(element) if prefix in scope})
