"""From model objects to text; see `libvirtxml._impl.markup` for how it is put together."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from libvirtxml._impl.markup import GT, LT, NO_LAYOUT, QUOTE, Write, WriteContext, write_content, write_tree
from libvirtxml._impl.raw import Extra, RawNode
from libvirtxml._impl.read import EXTRA
from libvirtxml._impl.sequence import merged_sequence
from libvirtxml._impl.tables import ClassInfo, Field, info_of
from libvirtxml._impl.trees import STRAY, prefix_of, string_value
from libvirtxml._impl.values import SwitchCodec
from libvirtxml.errors import ModelError
from libvirtxml.values import Spelled

_OBJECT, _OBJECTS = 1, 2
_OPEN, _CLOSE = "<", "</"
_EMPTY = f"/{GT}"
_OWN = object()
"""Of what a user's own class keeps in an object for itself: it is not written."""


class Leaf:
    """How to write a child that is not an object: its tags, and the codec of its value."""

    __slots__ = ("close", "empty", "flag", "many", "open", "simple", "words")

    def __init__(self, field: Field) -> None:
        self.open = f"{LT}{field.key}{GT}"
        self.close = f"{LT}/{field.key}{GT}"
        self.empty = f"{LT}{field.key}/{GT}"
        self.many = field.many
        self.flag = field.kind.is_flag
        words = field.codec.words if isinstance(field.codec, SwitchCodec) else {}
        self.words: dict[Any, str] = words if field.kind.is_leaf else {}
        self.simple = field.kind.is_leaf and not field.many and not words


class Switch:
    """How to write an attribute that is yes or no."""

    __slots__ = ("key", "words")

    def __init__(self, field: Field, codec: SwitchCodec) -> None:
        self.key = f" {field.key}={QUOTE}"
        self.words = codec.words


class Unusual:
    """Marks what sends an object down the long way: an `Extra`, children of any kind, a foreign namespace."""


class _Codes(dict[str, Any]):
    """How to write what is in the ``__dict__`` of an object, by name: `_OWN` if it is not a field."""

    def __missing__(self, name: str) -> Any:
        return _OWN


class ClassWriter:
    """What is needed to write objects of one class."""

    __slots__ = ("codes", "info")

    def __init__(self, info: ClassInfo) -> None:
        self.info = info
        tag = f"{prefix_of(info.namespace)}:{info.tag}" if info.namespace else info.tag
        self.codes = _Codes({_OPEN: f"{LT}{tag}", _CLOSE: f"{LT}/{tag}{GT}", EXTRA: Unusual()})
        for field in info.fields.values():
            self.codes[field.name] = _code(field)


def _code(field: Field) -> Any:
    if field.kind.is_attribute:
        if isinstance(field.codec, SwitchCodec):
            return Switch(field, field.codec)
        return f" {field.key}={QUOTE}"
    if field.kind.is_object:
        return _OBJECTS if field.many else _OBJECT
    if field.kind.is_nodes:
        return Unusual()
    return Leaf(field) if field.kind.has_tag else field


_tables: dict[type, ClassWriter] = {}
_codes: dict[type, dict[str, Any]] = {}


def table_of(cls: type) -> ClassWriter:
    """The table of a class, made when it is first written."""
    found = _tables.get(cls)
    if found is None:
        if not hasattr(cls, "to_xml"):
            raise ModelError(f"a list of the model holds something that is not part of it: {cls.__name__}")
        found = _tables[cls] = ClassWriter(info_of(cls))
        _codes[cls] = found.codes
    return found


def write_object(  # noqa: C901, PLR0912 - one loop, unrolled: this is what speed hangs on
    obj: Any, write: Write, indent: str, context: WriteContext
) -> None:
    """Write an object as XML; ``indent`` is a `NEWLINE` with spaces."""
    cls = type(obj)
    try:
        codes = _codes[cls]
    except KeyError:
        codes = table_of(cls).codes
    start = indent + codes[_OPEN]
    inner = ""
    for name, value in obj.__dict__.items():
        code = codes[name]
        kind = type(code)
        if kind is str:
            start = f"{start}{code}{value.raw if type(value) is Spelled else value}{QUOTE}"
        elif kind is int:
            if not value:  # a list that was only looked at
                continue
            if not inner:
                write(start + GT)
                inner = indent + "  "
            if code == _OBJECTS:
                for item in value:
                    write_object(item, write, inner, context)
            else:
                write_object(value, write, inner, context)
        elif kind is Leaf:
            if value == []:
                continue
            if not inner:
                write(start + GT)
                inner = indent + "  "
            if code.simple:
                write(f"{inner}{code.open}{value}{code.close}")
            else:
                _write_leaf(code, value, write, inner)
        elif kind is Switch:
            start = f"{start}{code.key}{code.words.get(value, value)}{QUOTE}"
        elif kind is Field:  # the element's own text
            write(f"{start}{GT}{value}{codes[_CLOSE]}")
            return
        elif code is _OWN:
            continue
        else:
            write_with_extra(obj, cls, write, indent, context)
            return
    if inner:
        write(indent + codes[_CLOSE])
    else:
        write(start + _EMPTY)


def _write_leaf(leaf: Leaf, value: Any, write: Write, indent: str) -> None:
    for item in value if leaf.many else (value,):
        if leaf.flag:
            if item:
                write(indent + leaf.empty)
        else:
            write(f"{indent}{leaf.open}{leaf.words.get(item, item) if leaf.words else item}{leaf.close}")


def write_with_extra(obj: Any, cls: type, write: Write, indent: str, context: WriteContext) -> None:
    """Write an object that holds more than its fields, or children of any kind."""
    values, table = obj.__dict__, table_of(cls)
    extra: Extra = values.get(EXTRA) or Extra()
    start, close = indent + table.codes[_OPEN], table.codes[_CLOSE]
    if extra.tag:
        start, close = f"{indent}{LT}{extra.tag}", f"{LT}/{extra.tag}{GT}"
        context.prefixed |= ":" in extra.tag
    text: Any = ""
    for name, value in values.items():
        code = table.codes[name]
        if isinstance(code, str):
            start += f"{code}{value}{QUOTE}"
        elif isinstance(code, Switch):
            start += f"{code.key}{code.words.get(value, value)}{QUOTE}"
        elif isinstance(code, Field):
            text = value
    for name, raw in extra.attributes.items():
        start += f" {name}={QUOTE}{raw}{QUOTE}"
        context.prefixed |= ":" in name
    if (content := _own_content(extra, table)) is not None and text != "":
        write(start + GT)
        write_content(_with_text(content, str(text)).element, write, context)
        write(close)
        return
    out: list[str] = []
    mixed = _is_mixed(extra.sequence) or (table.info.nodes is not None and _is_mixed(values.get(table.info.nodes.name)))
    _write_children(values, extra, table, out.append, NO_LAYOUT if mixed else indent + "  ", context)
    if out:
        layout = "" if text or mixed else indent
        write(f"{start}{GT}{text}{''.join(out)}{layout}{close}")
    elif text != "":
        write(f"{start}{GT}{text}{close}")
    else:
        write(f"{start}/{GT}")


def _own_content(extra: Extra, table: ClassWriter) -> RawNode | None:
    """The content of an element whose own text has comments or unknown elements beside it."""
    return next(
        (
            item[1]
            for item in extra.sequence or ()
            if isinstance(item, tuple) and isinstance(table.codes[item[0]], Field)
        ),
        None,
    )


def _is_mixed(children: Any) -> bool:
    """Whether children of an element have text between them, to which layout would add."""
    return any(isinstance(item, RawNode) and item.kind == "text" for item in children or ())


def _write_children(  # noqa: PLR0917 - all of it changes from call to call
    values: dict[str, Any], extra: Extra, table: ClassWriter, write: Write, indent: str, context: WriteContext
) -> None:
    """Write the children in their sequence; values that are not in it follow their like."""
    for name, node in merged_sequence(values, extra, table.info):
        code = table.codes[name] if name else None
        value = node[1] if isinstance(node, tuple) else None
        if isinstance(node, RawNode):
            write_node(node, write, indent, context)
        elif isinstance(code, Leaf):
            odd = node[2]
            if odd is None:
                _write_leaf(code, [value] if code.many else value, write, indent)
            elif code.flag:
                write_node(odd, write, indent, context)
            else:
                write_node(_with_text(odd, str(code.words.get(value, value))), write, indent, context)
        else:
            write_object(value, write, indent, context)


def _with_text(node: RawNode, text: str) -> RawNode:
    """A node that holds a field's value and more, with the field's present value.

    The value takes the place of the first text there was; elements with text of their own would be read as a part of
    it and go, everything else stays.
    """
    if node.text == text:
        return node
    copy = ET.Element(node.element.tag, node.element.attrib)
    copy.text = text if _is_value(node.element.text) or not any(_is_value(part) for part in _texts(node)) else None
    placed = copy.text is not None
    for child in node.element:
        if child.tag == STRAY or (isinstance(child.tag, str) and string_value(child).strip()):
            tail: str | None = child.text if child.tag == STRAY else child.tail
            kept = copy[-1] if len(copy) else None
        else:
            kept = deepcopy(child)
            kept.tail, tail = None, child.tail
            copy.append(kept)
        if not placed and _is_value(tail):
            placed = True
            if kept is None:
                copy.text = text
            else:
                kept.tail = text
    return RawNode(copy, node.namespaces)


def _texts(node: RawNode) -> Iterator[str | None]:
    for child in node.element:
        yield child.text if child.tag == STRAY else child.tail


def _is_value(text: str | None) -> bool:
    return text is not None and bool(text.strip())


def write_node(node: RawNode, write: Write, indent: str, context: WriteContext) -> None:
    """Write a raw node on a line of its own; stray text without layout."""
    if node.kind != "text":
        write(indent)
    write_tree(node.element, write, context)
