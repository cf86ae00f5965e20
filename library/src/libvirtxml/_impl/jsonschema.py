"""JSON Schemas (draft 2020-12) of the documents, made from the class tables.

They describe what `to_dict` gives and `from_dict` takes.

Two forms: the strict one says what libvirt's schema allows, for editors and for checking what people write. The lenient
one says what the data of any document looks like that can be read at all, values that the schema forbids included.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Any

from libvirtxml._impl.element import Element
from libvirtxml._impl.tables import ClassInfo, Field, find_class, info_of
from libvirtxml._impl.values import INTEGER_RANGES, OTHER_TYPES, AllowedValues, SwitchCodec, xsd_pattern

Schema = dict[str, Any]

_DECIMAL = r"^\s*[+-]?[0-9]+\s*$"
_TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_NODE: Schema = {
    "description": "XML that the model does not know, just as it is written; or text between elements.",
    "oneOf": [
        {"type": "string", "pattern": r"^\s*<"},
        {
            "type": "object",
            "properties": {"text": {"type": "string"}},
            "required": ["text"],
            "additionalProperties": False,
        },
    ],
}
_SEQUENCE: Schema = {
    "description": "The order of children where the fields do not give it, with the nodes that are unknown.",
    "type": "array",
    "items": {
        "anyOf": [
            {"type": "string"},
            {"$ref": "#/$defs/$node"},
            {
                "type": "object",
                "properties": {"field": {"type": "string"}, "xml": {"$ref": "#/$defs/$node"}},
                "required": ["field", "xml"],
                "additionalProperties": False,
            },
        ]
    },
}


def json_schema(cls: type[Element], *, strict: bool = True) -> Schema:
    """The JSON Schema of a class.

    Args:
        cls: the class of a document or of a part of one.
        strict: whether to say which values libvirt allows and which parts it requires. Else every document that can
            be read fits.
    """
    return _Builder(strict=strict).document(cls)


class _Builder:
    """Makes the definitions that are reachable from a class."""

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict
        self.definitions: dict[str, Schema] = {"$node": _NODE, "$sequence": _SEQUENCE, "$texts": _TEXTS}
        self.todo: list[type[Element]] = []

    def document(self, cls: type[Element]) -> Schema:
        """The whole schema."""
        root = self.union(cls, root=True)
        while self.todo:
            item = self.todo.pop()
            if item.__name__ not in self.definitions:
                self.definitions[item.__name__] = self.union(item)
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:libvirtxml:{cls.__name__}{'' if self.strict else ':lenient'}",
            "title": cls.__name__,
            **root,
            "$defs": dict(sorted(self.definitions.items())),
        }

    def union(self, cls: type[Element], *, root: bool = False) -> Schema:
        """A class, or that of its variants which the discriminant chooses.

        One that is chosen, and not tried like the others, keeps validation linear where unions are inside each other,
        and errors are about the variant that is meant.
        """
        info = info_of(cls)
        if not info.variants:
            return self.object(info, root=root)
        name = info.discriminant.name
        variants = {value: self.variant(find_class(other), root=root) for value, other in info.variants.items()}
        absent = variants.pop("", None) or variants.get(str(info.default))
        known = sorted(variants)
        cases = [_case({name: {"const": value}}, name, then) for value, then in variants.items()]
        if absent is not None:
            cases.append({"if": {"not": {"required": [name]}}, "then": absent})
        union: Schema = {**_description(cls), "type": "object"}
        if self.strict:
            union["properties"] = {name: {"enum": known}}
            union |= {} if absent is not None else {"required": [name]}
        else:
            rest = self.object(info, root=root)
            cases.append(_case({name: {"not": {"enum": known}}}, name, rest))
            cases.extend([{"if": {"not": {"required": [name]}}, "then": rest}] if absent is None else [])
        return {**union, "allOf": cases}

    def variant(self, cls: type[Element], *, root: bool) -> Schema:
        """One variant of a union."""
        return self.union(cls, root=True) if root else self.reference(cls)

    def reference(self, cls: type[Element]) -> Schema:
        """A reference to the definition of a class, which is made sooner or later."""
        self.todo.append(cls)
        return {"$ref": f"#/$defs/{cls.__name__}"}

    def object(self, info: ClassInfo, *, root: bool) -> Schema:
        """The fields of a class that is not a union, or of a union where none of its variants fits."""
        properties: dict[str, Schema] = {}
        if root:
            properties["$class"] = {"enum": _class_names(info)}
            properties |= {key: _list_of({"$ref": "#/$defs/$node"}) for key in ("$before", "$after")}
        properties |= {key: {"$ref": "#/$defs/$texts"} for key in ("$xmlns", "$attributes")}
        properties |= {"$sequence": {"$ref": "#/$defs/$sequence"}, "$tag": {"type": "string"}}
        required = ["$class"] if root else []
        for field in info.fields.values():
            item = self.discriminant(field, info) if field.kind.is_discriminant else self.field(field)
            properties[field.name] = _list_of(item) if field.many else item
            if self.is_required(field, info):
                required.append(field.name)
        schema: Schema = {**_description(info.cls), "type": "object", "properties": properties}
        return schema | ({"required": required} if required else {}) | {"additionalProperties": False}

    def discriminant(self, field: Field, info: ClassInfo) -> Schema:
        """The attribute that a union goes by: fixed in a variant, none of the known ones outside of them."""
        if field.reference is not None:
            return {"const": field.reference}
        absent = not info.variants or field.key != info.attribute  # the variant of those without the attribute
        if self.strict:
            return {"not": {}}
        if absent:
            return {"const": ""}
        return {"type": "string", "not": {"enum": sorted(info.variants)}}

    def is_required(self, field: Field, info: ClassInfo) -> bool:
        """Whether a field must be there: the discriminant of a variant always, the rest if we are strict."""
        if field.kind.is_discriminant:
            if field.reference is None:
                return info.default is not None and bool(info.variants) and field.key == info.attribute
            return bool(_default_of(field, info) != field.reference)
        return self.strict and field.required and not field.tolerated

    def field(self, field: Field) -> Schema:
        """One value of a field."""
        if field.kind.is_object:
            return self.reference(find_class(field.reference))
        if field.kind.is_nodes:
            return {"$ref": "#/$defs/$node"}
        if field.kind.is_flag:
            return {"type": "boolean"}
        if not self.strict or field.allowed is None:
            native = {"int": "integer", "bool": "boolean"}.get(field.codec.python)
            return {"type": [native, "string"] if native else "string"}
        return _strict_value(field, field.allowed)


def _case(properties: Schema, name: str, then: Schema) -> Schema:
    """What an object must be if a field of it is of some kind."""
    return {"if": {"properties": properties, "required": [name]}, "then": then}


_PROBES = [(1 << bits) - 1 for bits in range(65)]


def _class_names(info: ClassInfo) -> list[str]:
    """The names that ``$class`` may have: of the class, and of the unions that it belongs to."""
    names = [info.cls.__name__]
    while info.base is not None:
        names.append(info.base)
        info = info_of(find_class(info.base))
    return names


def _default_of(field: Field, info: ClassInfo) -> str | None:
    """The default of the union in which a discriminant distinguishes the variants."""
    while info.base is not None:
        info = info_of(find_class(info.base))
        if info.attribute == field.key:
            return info.default
    return None


def _description(cls: type[Element]) -> Schema:
    return {"description": " ".join(cls.__doc__.split()).replace("``", "")} if cls.__doc__ else {}


def _list_of(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _strict_value(field: Field, allowed: AllowedValues) -> Schema:
    """What libvirt's schema allows a value to be."""
    choices: list[Schema] = []
    values = list(allowed.values)
    codec = field.codec
    if isinstance(codec, SwitchCodec):
        words = [value for value in values if codec.decode_word(value) is not None]
        values = [value for value in values if value not in words]
        if len(words) == 2 or allowed.datas:
            choices.append({"type": "boolean"})
        elif words:
            choices.append({"const": codec.decode_word(words[0])})
    elif codec.python == "int":
        choices.extend(_integers(field, allowed))
        values = [value for value in values if not isinstance(codec.decode(value), int)] + [
            value for value in values if isinstance(codec.decode(value), int)
        ]
    if values:
        choices.append({"enum": values})
    for base, patterns, _, _ in allowed.datas:
        choices.extend(_texts(base, patterns))
    unique = [choice for i, choice in enumerate(choices) if choice not in choices[:i]]
    return unique[0] if len(unique) == 1 else {"anyOf": unique}


def _integers(field: Field, allowed: AllowedValues) -> list[Schema]:
    """Numbers, which mean the spelling that libvirt gives them."""
    found: list[Schema] = []
    for data in allowed.datas:
        base, patterns, low, high = data
        only = AllowedValues((), (data,))
        least, most = INTEGER_RANGES.get(base, (None, None))
        if patterns and low is None and high is None:
            low, high = _limits(field, only)
        limits = {"minimum": least if low is None else low, "maximum": most if high is None else high}
        found.append({"type": "integer"} | {key: limit for key, limit in limits.items() if limit is not None})
    numbers = [field.codec.decode(value) for value in allowed.values]
    plain = [int(number) for number in numbers if isinstance(number, int)]
    return [*found, {"enum": plain}] if plain else found


def _limits(field: Field, only: AllowedValues) -> tuple[int | None, int | None]:
    """The least and the greatest number that patterns allow, where these are not below 0 and not beyond 64 bits."""

    def is_allowed(number: int) -> bool:
        return str(field.codec.store(number)) in only

    least = None if is_allowed(-1) else 0
    allowed = [number for number in _PROBES if is_allowed(number)]
    if not allowed or allowed[-1] == _PROBES[-1]:
        return least, None
    beyond = range(allowed[-1] + 1, _PROBES[_PROBES.index(allowed[-1]) + 1])
    return least, allowed[-1] + bisect_left(beyond, True, key=lambda number: not is_allowed(number))


def _texts(base: str, patterns: tuple[str, ...]) -> list[Schema]:
    """Text of an XSD data type: all of its patterns hold."""
    expressions = [f"^(?:{xsd_pattern(pattern)})$" for pattern in patterns]
    if base in INTEGER_RANGES:
        expressions = [_DECIMAL]
    elif base in OTHER_TYPES:
        expressions.append(f"^(?:{OTHER_TYPES[base].pattern})$")
    expressions = [expression for expression in expressions if _is_usable(expression)]
    if len(expressions) > 1:
        return [{"type": "string", "allOf": [{"pattern": expression} for expression in expressions]}]
    return [{"type": "string", **({"pattern": expressions[0]} if expressions else {})}]


def _is_usable(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
