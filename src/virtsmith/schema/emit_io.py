"""Writes the readers and writers of the model: for each class a function from element to object, and one back.

They hold what the tables hold, unrolled into comparisons of names, which is what makes them fast; classes with so many
fields that a dictionary is faster are left to the table-driven code of ``libvirtxml/_read.py`` and ``_write.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MAX_ATTRIBUTES = 10
MAX_CHILDREN = 12
"""With more of them a class is read and written by its table."""

_SWITCHES = ("yes", "on")
_LT, _GT, _QUOTE = "\\x01", "\\x02", "\\x03"


@dataclass(frozen=True, slots=True)
class IOField:
    """A field: ``kind`` and ``key`` as in ``libvirtxml/_tables.py``; ``reference`` is the class of a child."""

    name: str
    kind: str
    key: str
    codec: str
    many: bool
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class IOClass:
    """A class with all its fields, those of its base included, in the order in which libvirt writes them."""

    name: str
    tag: str
    namespace: str
    fields: tuple[IOField, ...]
    attribute: str | None = None
    default: str | None = None
    variants: tuple[tuple[str, str], ...] = ()

    @property
    def attributes(self) -> list[IOField]:
        """The fields that are attributes."""
        return [one for one in self.fields if one.kind in "ad"]

    @property
    def children(self) -> list[IOField]:
        """The fields that are children."""
        return [one for one in self.fields if one.kind in "lfc"]

    @property
    def text(self) -> IOField | None:
        """The field of the element's own text."""
        return next((one for one in self.fields if one.kind == "t"), None)

    @property
    def small(self) -> bool:
        """Whether comparing names is faster than looking them up."""
        free = any(one.kind == "r" for one in self.fields)
        mixed = bool(self.text and self.children)
        foreign_leaf = any(one.kind in "lf" and one.key.startswith("{") for one in self.fields)
        if free or mixed or foreign_leaf:
            return False
        return len(self.attributes) <= MAX_ATTRIBUTES and len(self.children) <= MAX_CHILDREN


def emit_io(header: str, module: str, classes: list[IOClass]) -> str:
    """The text of the module that reads and writes the classes of one module."""
    small = [one for one in classes if one.small]
    body = "\n\n".join([*(text for one in classes for text in _reader(one)), *(_writer(one) for one in small)])
    unions = {one.name for one in classes if one.variants}
    by_table = {("base_" if one.variants else "read_") + one.name for one in classes if not one.small}
    defined = {one.name for one in small} | unions
    used = {child.reference for one in small for child in one.children if child.reference}
    foreign = {f"read_{name}" for name in used - defined} - by_table
    codecs = sorted({field.codec for one in small for field in one.fields if field.codec})
    imports = (
        ("_read", ("Deferred", "Element", "StrayTextError", "Variants", "keep_attribute", "read_content", "read_rest")),
        ("_values", ("Spelled", "codec", "switch_words")),
        ("_write", ("Context", "Write", "write_with_extra", "writers")),
    )
    names = [
        *(f"{_constant(name)} = codec({name!r})" for name in codecs),
        *(f"{_words(name)} = switch_words({name!r})" for name in codecs if name in _SWITCHES),
        *(f"{name} = Deferred(globals(), {name!r})" for name in sorted(foreign)),
        *(f"{name} = Deferred(globals(), {name!r}, by_table=True)" for name in sorted(by_table)),
        *(text for one in classes if one.variants for text in _variants(one)),
    ]
    text = "\n".join(names) + "\n\n\n" + body
    lines = [header, "from __future__ import annotations\n", "from typing import Any\n"]
    for source, candidates in imports:
        if found := [name for name in candidates if re.search(rf"\b{name}\b", text)]:
            lines.append(f"from virtsmith.libvirtxml.{source} import {', '.join(found)}")
    lines.append(f"from virtsmith.libvirtxml.model import {module} as m\n")
    return "\n".join([*lines, "_new = object.__new__", text])


def _variants(one: IOClass) -> Iterable[str]:
    rows = "".join(f"    {value!r}: {variant!r},\n" for value, variant in one.variants)
    yield f"_{one.name} = Variants(globals(), {one.name!r}, {{\n{rows}}})"


def _constant(codec: str) -> str:
    """The name of a codec in the generated module: ``0:0x%04x`` is ``_C_0_0x_04x``."""
    return "_C_" + "".join(char if char.isalnum() else "_" for char in codec.replace("%", "").replace(":", "_"))


def _words(codec: str) -> str:
    return f"_W_{codec}"


# --- readers ----------------------------------------------------------------------------------------------------------


def _reader(one: IOClass) -> Iterable[str]:
    if one.variants:
        yield (
            f"def read_{one.name}(element: Element) -> Any:\n"
            f"    return _{one.name}[element.get({one.attribute!r}, {one.default or ''!r})](element)\n"
        )
    if one.small:
        yield _class_reader(one, f"base_{one.name}" if one.variants else f"read_{one.name}")


def _class_reader(one: IOClass, function: str) -> str:
    lines = [f"def {function}(element: Element) -> Any:", f"    obj = _new(m.{one.name})"]
    if one.attributes or one.text or one.children:
        lines.append("    values = obj.__dict__")
    lines += _read_attributes(one)
    if one.children:
        lines += _read_children(one)
    elif one.text:
        lines += [
            "    if len(element):",
            f"        return read_content(obj, element, m.{one.name})",
            "    if (text := element.text) is not None:",
            f"        values[{one.text.name!r}] = {_decoded('text', one.text.codec)}",
            "    return obj",
        ]
    else:
        lines += [
            "    if len(element) or element.text is not None:",
            f"        return read_content(obj, element, m.{one.name})",
            "    return obj",
        ]
    return "\n".join(lines) + "\n"


def _read_attributes(one: IOClass) -> list[str]:
    values = "values" if one.attributes or one.text or one.children else "obj.__dict__"
    lines = ["    for name, raw in element.items():"]
    for i, field in enumerate(one.attributes):
        lines.append(f"        {'elif' if i else 'if'} name == {field.key!r}:")
        lines.append(f"            values[{field.name!r}] = {_decoded('raw', field.codec)}")
    if one.attributes:
        lines += ["        else:", f"            keep_attribute({values}, name, raw)"]
    else:
        lines.append(f"        keep_attribute({values}, name, raw)")
    return lines


def _decoded(variable: str, codec: str) -> str:
    return f"{_constant(codec)}[{variable}]" if codec else variable


def _read_children(one: IOClass) -> list[str]:
    several = any(field.many for field in one.children)
    lines = [
        "    if (text := element.text) is not None and not text.isspace():",
        f"        return read_content(obj, element, m.{one.name})",
    ]
    if several:
        lines.append("    last: Any = None")
        lines += [f"    {field.name}_: Any = None" for field in one.children if field.many]
    lines += [
        "    for child in element:",
        "        if (text := child.tail) is not None and not text.isspace():",
        "            raise StrayTextError",
        "        tag = child.tag",
    ]
    for i, field in enumerate(one.children):
        lines += _read_child(field, "elif" if i else "if")
    lines += [
        "        else:",
        f"            return read_rest(obj, element, child, m.{one.name})",
    ]
    if several:
        lines.append("        last = tag")
    return [*lines, "    return obj"]


def _read_child(field: IOField, word: str) -> list[str]:
    local = f"{field.name}_" if field.many else ""
    new = f"{field.name!r} not in values"
    condition = f"(tag == last or {new})" if field.many else new
    plain = {
        "l": " and not (len(child) or child.items())",
        "f": " and not (len(child) or child.items() or (child.text and not child.text.isspace()))",
    }.get(field.kind, "")
    value = {
        "c": f"read_{field.reference}(child)",
        "l": _decoded('child.text or ""', field.codec).replace("'", '"'),
        "f": "True",
    }[field.kind]
    lines = [f"        {word} tag == {field.key!r} and {condition}{plain}:"]
    if not field.many:
        return [*lines, f"            values[{field.name!r}] = {value}"]
    return [
        *lines,
        "            if tag == last:",
        f"                {local}.append({value})",
        "            else:",
        f"                {local} = values[{field.name!r}] = [{value}]",
    ]


# --- writers ----------------------------------------------------------------------------------------------------------


def _writer(one: IOClass) -> str:
    tag = f"{_prefix(one.namespace)}:{one.tag}" if one.namespace else one.tag
    lines = [
        f"def write_{one.name}(obj: Any, write: Write, indent: str, context: Context) -> None:",
        f'    start = f"{{indent}}{_LT}{tag}"',
    ]
    if one.children:
        lines.append('    inner = ""')
    lines.append("    for name, value in obj.__dict__.items():")
    fields = [field for field in one.fields if field.kind in "adtlfc"]
    for i, field in enumerate(fields):
        lines.append(f"        {'elif' if i else 'if'} name == {field.name!r}:")
        lines += [f"            {line}" for line in _write_field(field, tag)]
    wild = f"return write_with_extra(obj, m.{one.name}, write, indent, context)"
    lines += ["        else:", f"            {wild}"] if fields else [f"        {wild}"]
    if one.children:
        lines.append(f'    write(f"{{indent}}{_LT}/{tag}{_GT}" if inner else f"{{start}}/{_GT}")')
    else:
        lines.append(f'    write(f"{{start}}/{_GT}")')
    return "\n".join(lines) + "\n"


def _write_field(field: IOField, tag: str) -> list[str]:
    value = _encoded("value", field.codec)
    if field.kind in "ad":
        return [f'start = f"{{start}} {field.key}={_QUOTE}{{{value}}}{_QUOTE}"']
    if field.kind == "t":
        return [f'write(f"{{start}}{_GT}{{{value}}}{_LT}/{tag}{_GT}")', "return"]
    condition = "if not inner and value:" if field.many else "if not inner:"
    opening = [condition, f'    write(f"{{start}}{_GT}")', '    inner = indent + "  "']
    item = "item" if field.many else "value"
    if field.kind == "c":
        line = f"writers[{item}.__class__]({item}, write, inner, context)"
    elif field.kind == "f":
        line = f'write(f"{{inner}}{_LT}{field.key}/{_GT}")'
    else:
        line = f'write(f"{{inner}}{_LT}{field.key}{_GT}{{{_encoded(item, field.codec)}}}{_LT}/{field.key}{_GT}")'
    return [*opening, *(["for item in value:", f"    {line}"] if field.many else [line])]


def _encoded(variable: str, codec: str) -> str:
    if codec in _SWITCHES:
        return f"{_words(codec)}.get({variable}, {variable})"
    if codec and codec != "mac":
        return f"{variable}.raw if {variable}.__class__ is Spelled else {variable}"
    return variable


def _prefix(namespace: str) -> str:
    parts = namespace.rstrip("/").split("/")
    return parts[-2] if len(parts) > 2 else "ns"
