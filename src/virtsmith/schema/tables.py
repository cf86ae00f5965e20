"""The source text of the model's tables for the runtime; ``libvirtxml/_impl/tables.py`` describes their format."""

from __future__ import annotations

from libvirtxml.introspect import FieldKind

from virtsmith.schema.facts import SchemaFacts, Value
from virtsmith.schema.naming import Names, variant_path
from virtsmith.schema.plan import ClassPlan, FieldPlan

_Values = dict[tuple[object, ...], int]


class TableWriter:
    """Writes tables; ``order`` is the order in which libvirt writes children, by type id."""

    def __init__(self, facts: SchemaFacts, names: Names, order: dict[str, list[str]]) -> None:
        self.facts = facts
        self.names = names
        self.order = order

    def text(self, plans: list[ClassPlan]) -> str:
        """Return the source text of the tables for a module's classes."""
        values: _Values = {}
        plans = sorted(plans, key=lambda plan: plan.name)
        rows = [self._class_row(plan, values) for plan in plans]
        listed = "".join(f"    {value!r},\n" for value in values)
        order = "".join(
            f"    {plan.name!r}: {tuple(self.order[plan.path])!r},\n" for plan in plans if plan.path in self.order
        )
        return (
            f"from typing import Any\n\nVALUES: list[Any] = [\n{listed}]\n"
            f"CLASSES: dict[str, Any] = {{\n{''.join(rows)}}}\nORDER: dict[str, Any] = {{\n{order}}}\n"
        )

    def _class_row(self, plan: ClassPlan, values: _Values) -> str:
        fields = [self._field_row(planned, values) for planned in plan.fields]
        if plan.discriminant:
            fields.insert(0, self._discriminant_row(plan, *plan.discriminant))
        union = None
        if plan.union:
            attribute = plan.union.attribute
            variants = {
                value: self.names.classes[variant_path(plan.path, attribute, value)] for value in plan.union.variants
            }
            union = (attribute, plan.union.default, plan.union.required, variants)
        body = "".join(f"        {row!r},\n" for row in fields)
        groups = tuple(self._group_names(plan, group) for group in plan.body.exclusive)
        head = f"    {plan.name!r}: ({plan.tag!r}, {plan.namespace!r}, {plan.base!r}, {union!r}, "
        tail = f"{plan.path!r}, {groups!r}"
        return f"{head}(\n{body}    ), {tail}),\n" if body else f"{head}(), {tail}),\n"

    def _group_names(self, plan: ClassPlan, group: list[str]) -> tuple[str, ...]:
        """Return the field names of mutually exclusive slots."""
        names: dict[str, str] = {}
        path = plan.path
        while path:
            names = self.names.fields.get(path, {}) | names
            path = path[: path.rindex("[@")] if path.endswith("']") else ""
        return tuple(names[key] for key in group if key in names)

    def _field_row(self, planned: FieldPlan, values: _Values) -> tuple[object, ...]:
        flags = planned.required | 2 * planned.many | 4 * planned.tolerated | 8 * planned.filled_in
        reference: object = planned.reference
        if planned.kind.is_value:
            text = self.facts.types[planned.slot.type].slots["#"] if planned.slot.type else planned.slot
            may_be_empty = (planned.kind.is_text or planned.kind.is_leaf) and not text.least
            reference = _value_number(planned.value or Value(), values, may_be_empty=may_be_empty)
        return (planned.name, planned.kind.value, planned.key, planned.codec, flags, reference)

    def _discriminant_row(self, plan: ClassPlan, attribute: str, value: str | None) -> tuple[object, ...]:
        base_path = plan.path[: plan.path.rindex("[")]
        return (self.names.fields[base_path]["@" + attribute], FieldKind.DISCRIMINANT.value, attribute, "", 0, value)


def _value_number(value: Value, values: _Values, *, may_be_empty: bool) -> int:
    if any(data.base in ("text", "string", "anyURI") and not data.patterns for data in value.datas):
        return -1
    datas = tuple((data.base, data.patterns, data.low, data.high) for data in value.datas)
    texts = sorted({*value.values, ""} if may_be_empty else value.values)
    return values.setdefault((tuple(texts), datas), len(values))
