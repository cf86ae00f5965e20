"""The source text of the model's classes, for readers and type checkers: a line and a docstring per field."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from libvirtxml.introspect import FieldKind

from virtsmith.schema.dates import Dates
from virtsmith.schema.facts import SchemaFacts, Union, Value
from virtsmith.schema.naming import Names, variant_path
from virtsmith.schema.overlay import MIXINS, PRESENT_PARTS
from virtsmith.schema.plan import FROM_TEXT, ClassPlan, FieldPlan, literal
from virtsmith.schema.sizes import size_attributes, size_fields
from virtsmith.schema.union_types import is_abstract

_WIDTH = 120

_SUBJECTS = {
    FieldKind.ATTRIBUTE: "``@{}``",
    FieldKind.TEXT: "The text",
    FieldKind.NODES: "All content, in order",
}


_NOT_BUILT = [
    "    if TYPE_CHECKING:",
    "        def __init__(self, use_a_variant: Never, /) -> None: ...",
    "",
]
"""Of a union, for type checkers: only its variants can be built."""


class ClassWriter:
    """Writes the source text of classes."""

    def __init__(self, facts: SchemaFacts, names: Names) -> None:
        self.dates = Dates(facts)
        self.names = names

    def text(self, plan: ClassPlan) -> str:
        """Return the source text of a class."""
        size = size_fields({planned.name: planned.annotation for planned in plan.fields if not planned.many})
        mixin = MIXINS.get(plan.path) or ("PCILocation" if _is_pci_location(plan) else "Sized" if size else None)
        bases = ", ".join([plan.base or "Element", *([mixin] if mixin else [])])
        lines = [f"class {plan.name}({bases}):", self._class_docstring(plan), ""]
        if mixin == "Sized" and size and (unusual := size_attributes(plan.path, size)):
            lines += [*(f'    {name} = "{value}"' for name, value in unusual.items()), ""]
        if is_abstract(plan):
            lines += _NOT_BUILT
        if plan.union:
            lines += self._discriminant_property(plan, plan.union)
        if plan.discriminant:
            lines += self._variant_property(plan, *plan.discriminant)
        for planned in plan.common:
            lines += self._common_property(planned)
        for planned in plan.fields:
            if not planned.kind.is_discriminant and not planned.inherited:
                lines += [f"    {_declaration(planned)}", self._field_docstring(planned)]
        return "\n".join(lines).rstrip() + "\n"

    def _class_docstring(self, plan: ClassPlan) -> str:
        if plan.discriminant:
            attribute, value = plan.discriminant
            text = f"``<{plan.tag} {attribute}='{value}'>``." if value else f"``<{plan.tag}>`` without ``{attribute}``."
        else:
            text = f"``<{plan.tag}>``, at ``{_readable(plan.path)}``."
        if plan.since is not None:
            text += self._dated(plan.since)
        more = ""
        if plan.union:
            variants = [variant_path(plan.path, plan.union.attribute, value) for value in plan.union.variants]
            listed = ", ".join(self.names.classes[path] for path in variants)
            more = f"One class per ``{plan.union.attribute}``: {listed}."
        return _docstring(text, more)

    def _field_docstring(self, planned: FieldPlan) -> str:
        local = planned.key.rpartition("}")[2]
        text = _SUBJECTS.get(planned.kind, "``<{}>``").format(planned.key if planned.kind.is_attribute else local) + "."
        value = planned.value
        if value is not None and (words := _value_words(value, planned.codec)):
            text += f" {words}"
        text += self._dated(planned.slot.since)
        if value is not None and (late := self.dates.late_values(value, planned.slot.since)):
            text += f" {late}"
        return _docstring(text)

    def _dated(self, releases: int) -> str:
        """Return since when libvirt has something; empty if all known releases have it."""
        return "" if releases == self.dates.facts.all else f" {self.dates.sentence(releases)}"

    def _discriminant_property(self, plan: ClassPlan, union: Union) -> list[str]:
        name = self.names.fields[plan.path]["@" + union.attribute]
        values = sorted({value for value in union.variants if value} | set(_listed(plan, union)))
        words = f"Selects the variant{f'; the default is {union.default!r}' if union.default else ''}."
        return [
            "    @property",
            f"    def {name}(self) -> {_wrapped(literal(values), 4)} | None:",
            f'        """``@{union.attribute}``: {words}"""',
            "        return self._discriminant()  # type: ignore[no-any-return]",
            "",
        ]

    def _common_property(self, planned: FieldPlan) -> list[str]:
        note = planned.annotation if planned.many else f"{planned.annotation} | None"
        head = f"    def {planned.name}(self) -> {note}:"
        if len(head) > _WIDTH:
            wrapped = textwrap.wrap(note, _WIDTH - 8, break_long_words=False)
            head = f"    def {planned.name}(\n        self,\n    ) -> (\n"
            head += "".join(f"        {line}\n" for line in wrapped) + "    ):"
        text = _docstring(f"``<{planned.key}>``, which every variant has; to be set on the variants.")
        body = "[]" if planned.many else "None"
        return ["    @property", head, f"    {text}".replace("\n", "\n    "), f"        return {body}", ""]

    def _variant_property(self, plan: ClassPlan, attribute: str, value: str | None) -> list[str]:
        name = self.names.fields[plan.path[: plan.path.rindex("[")]]["@" + attribute]
        shown = f'"{value}"' if value else "None"
        return [
            "    @property",
            f"    def {name}(self) -> {f'Literal[{shown}]' if value else shown}:",
            f"        return {shown}",
            "",
        ]


def _is_pci_location(plan: ClassPlan) -> bool:
    names = {planned.name for planned in plan.fields}
    return {"domain", "bus", "slot", "function"} <= names and "location" not in names


def _listed(plan: ClassPlan, union: Union) -> Iterable[str]:
    slot = plan.body.slots.get("@" + union.attribute)
    return slot.value.values if slot and slot.value else ()


def _value_words(value: Value, codec: str) -> str:
    """Return a short description of a value; empty if the annotation says it all."""
    base = codec.partition(":")[0]
    number = {"0": "A number, hex with ``0x``", "16": "A hex number, with or without ``0x``", "8": "An octal number"}
    if base in number:
        return number[base] + "."
    if codec in ("mac", "cpuset"):
        return "A MAC address." if codec == "mac" else "A set of numbers like ``0-3,^2``."
    names = sorted({data.names[0] for data in value.datas if data.names})
    limits = [f"{'' if d.low is None else d.low} to {d.high}" for d in value.datas if d.high is not None]
    if limits and codec:
        return f"A number, {limits[0].strip()}."
    if value.datas and value.values and not codec:
        return "Usually one of " + ", ".join(sorted(value.values)) + "."
    return f"Schema type {', '.join(names)}." if names and not codec else ""


def _readable(path: str) -> str:
    """Return a type id with namespaces shortened to their usual prefixes."""
    parts = path.split("http://libvirt.org/schemas/")
    result = parts[0]
    for part in parts[1:]:
        uri, _, rest = part.partition(":")
        result += f"{uri.split('/')[-2]}:{rest}"
    return result


def _docstring(text: str, more: str = "") -> str:
    pad = "    "
    lines = textwrap.wrap(text, _WIDTH - len(pad) - 6, break_long_words=False, break_on_hyphens=False)
    if more:
        lines += ["", *textwrap.wrap(more, _WIDTH - len(pad), break_long_words=False, break_on_hyphens=False)]
    if len(lines) == 1:
        return f'{pad}"""{lines[0]}"""'
    body = "\n".join(f"{pad}{line}".rstrip() for line in lines[1:])
    return f'{pad}"""{lines[0]}\n{body}\n{pad}"""'


def _declaration(planned: FieldPlan) -> str:
    """Return the declaration of a field: type and default."""
    annotation, tail = planned.annotation, " = None"
    if planned.codec in FROM_TEXT and not planned.many:
        needed = planned.required and not planned.optional
        annotation = f"FromText[{annotation}]" if needed else f"FromText[{annotation} | None]"
        return f"{planned.name}: {annotation} = {'required()' if needed else 'from_text(default=None)'}"
    if planned.many:
        tail = " = many(factory=list)"
    elif planned.kind.is_flag:
        tail = " = False"
    elif planned.required and not planned.optional:
        tail = " = required()"
    elif planned.slot.type in PRESENT_PARTS:
        tail = " = part(default=None)"
    else:
        annotation += " | None"
    line = f"{planned.name}: {annotation}{tail}"
    return line if len(line) + 4 <= _WIDTH else f"{planned.name}: {_wrapped(annotation, 4)}{tail}"


def _wrapped(annotation: str, pad: int) -> str:
    """Return a long Literal on several lines."""
    if len(annotation) < 80 or "Literal[" not in annotation:
        return annotation
    head, _, rest = annotation.partition("Literal[")
    inside, _, tail = rest.rpartition("]") if "]" not in rest[:-1] else rest.partition("]")
    lines = textwrap.wrap(inside, _WIDTH - pad - 4, break_long_words=False, break_on_hyphens=False)
    body = "\n".join(" " * (pad + 4) + line for line in lines)
    return f"{head}Literal[\n{body},\n{' ' * pad}]{tail}"
