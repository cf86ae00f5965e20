"""Plans of the classes to write: their fields with Python types, from facts and names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from libvirtxml.introspect import FieldKind

from virtsmith.schema.codecs import codec_for
from virtsmith.schema.facts import Body, SchemaFacts, Slot, Union, Value
from virtsmith.schema.filled_in import FILLED_IN
from virtsmith.schema.naming import Names, is_flag, is_leaf, variant_path

FROM_TEXT = {"mac": "MAC", "cpuset": "CPUSet"}
"""The classes of values that are text with more to it, by codec; they may be given as plain text."""


@dataclass(slots=True)
class FieldPlan:
    """A field to write."""

    name: str
    kind: FieldKind
    key: str
    codec: str
    slot: Slot
    annotation: str
    required: bool
    many: bool
    reference: str | None = None
    value: Value | None = None
    """The type of the text of an attribute, a leaf or the element itself."""
    filled_in: bool = False
    """Whether libvirt takes documents without it although the schema demands it: see `FILLED_IN`."""
    tolerated: bool = False
    """Whether it is filled in, or the newest schema has a smaller form of the element that lacks it."""
    optional: bool = False
    """Whether it may be None for type checkers although it is required."""
    inherited: bool = False
    """Whether the base class declares it, and only its values or its presence are narrower here."""


@dataclass(slots=True)
class ClassPlan:
    """A class to write."""

    name: str
    path: str
    tag: str
    namespace: str
    base: str | None
    body: Body
    since: int | None
    fields: list[FieldPlan] = field(default_factory=list)
    discriminant: tuple[str, str | None] | None = None
    """The attribute and value that select this variant."""
    uses: set[str] = field(default_factory=set)
    union: Union | None = None
    common: list[FieldPlan] = field(default_factory=list)
    """Of a union that cannot be built, the children that all its variants have besides its own."""

    @property
    def is_document(self) -> bool:
        """Whether it is the root of a document."""
        return "/" not in self.type_id.lstrip("/")

    @property
    def type_id(self) -> str:
        """The id of the type, or of the type that it is a variant of."""
        return type_id(self.path)


def type_id(path: str) -> str:
    """Return the id of the type that a variant belongs to."""
    while path.endswith("']"):
        path = path[: path.rindex("[@")]
    return path


def plan_classes(facts: SchemaFacts, names: Names) -> list[ClassPlan]:
    """Return the classes of all types, each union before its variants."""
    planner = _Planner(facts, names)
    return [plan for path in names.classes if path in facts.types for plan in planner.plan_type(path)]


class _Planner:
    def __init__(self, facts: SchemaFacts, names: Names) -> None:
        self.facts = facts
        self.names = names

    def plan_type(self, path: str) -> list[ClassPlan]:
        """Return the plans of a type and its variants."""
        kind = self.facts.types[path]
        plan = ClassPlan(self.names.classes[path], path, kind.name, kind.namespace, None, kind, None)
        plans = self.plan_body(plan)
        if kind.free:
            slot = Slot(0, True, self.facts.all)
            plan.fields.append(
                FieldPlan("nodes", FieldKind.NODES, "*", "", slot, "list[RawNode]", required=False, many=True)
            )
        return plans

    def plan_body(self, plan: ClassPlan, inherited: dict[str, FieldPlan] | None = None) -> list[ClassPlan]:
        """Return the plans of a class and of its variants, which inherit its fields."""
        body, plan.union = plan.body, plan.body.union
        field_names = self.names.fields[plan.path]
        above = inherited or {}
        for key, slot in sorted(body.slots.items(), key=lambda item: (_kind_rank(item[0]), item[0])):
            planned = self.plan_field(plan, key, slot, field_names[key])
            if base := above.get(key):
                planned.annotation, planned.codec, planned.many = base.annotation, base.codec, base.many
                planned.inherited = True
                planned.required = planned.required and not base.many
            self._plan_absence(plan, key, planned)
            plan.fields.append(planned)
        below = above | {("@" * planned.kind.is_attribute) + planned.key: planned for planned in plan.fields}
        result = [plan]
        if body.union:
            for value, variant in body.union.variants.items():
                inner = variant_path(plan.path, body.union.attribute, value)
                name = self.names.classes[inner]
                sub = ClassPlan(name, inner, plan.tag, plan.namespace, plan.name, variant, variant.since)
                sub.discriminant = (body.union.attribute, value or None)
                result += self.plan_body(sub, below)
        return result

    def _plan_absence(self, plan: ClassPlan, key: str, planned: FieldPlan) -> None:
        """Note where a required field may be absent all the same.

        Whole documents that lack it do not count for type checkers: the schema's smaller form of a document is a
        reference to it, such as the domain by UUID in a snapshot.
        """
        newest = 1 << len(self.facts.releases) - 1
        listed = (plan.path, key) in FILLED_IN or (plan.type_id, key) in FILLED_IN
        planned.filled_in = planned.required and listed
        planned.tolerated = planned.required and (listed or not planned.slot.required & newest)
        planned.optional = planned.filled_in or (planned.tolerated and not plan.is_document)

    def plan_field(self, plan: ClassPlan, key: str, slot: Slot, name: str) -> FieldPlan:
        """Return the field of a slot."""
        required = bool(slot.least) and not slot.many
        if slot.type is None:
            return self._plan_text(plan, key, slot, name, required=required)
        if is_flag(self.facts, slot):
            return FieldPlan(name, FieldKind.FLAG, key, "", slot, "bool", required=False, many=False)
        if is_leaf(self.facts, slot):
            value = self.facts.types[slot.type].slots["#"].value or Value()
            code = codec_for(f"{slot.type}/#", value)
            note = _list_of(_annotation(value, code), many=slot.many)
            return FieldPlan(name, FieldKind.LEAF, key, code, slot, note, required, slot.many, value=value)
        reference = self.names.classes[slot.type]
        plan.uses.add(reference)
        note = _list_of(reference, many=slot.many)
        return FieldPlan(name, FieldKind.OBJECT, key, "", slot, note, required, slot.many, reference)

    def _plan_text(self, plan: ClassPlan, key: str, slot: Slot, name: str, *, required: bool) -> FieldPlan:
        """Return the field of an attribute, or of the element's own text."""
        value = slot.value or Value()
        code = codec_for(f"{plan.path}/{key}", value)
        kind = FieldKind.TEXT if key == "#" else FieldKind.ATTRIBUTE
        if plan.body.union and key == "@" + plan.body.union.attribute:
            kind, code = FieldKind.DISCRIMINANT, ""
        note = _annotation(value, code)
        return FieldPlan(name, kind, key.lstrip("@"), code, slot, note, required, many=False, value=slot.value)


def _kind_rank(key: str) -> int:
    return 0 if key.startswith("@") else 1 if key == "#" else 2


def _list_of(annotation: str, *, many: bool) -> str:
    return f"list[{annotation}]" if many else annotation


def _annotation(value: Value, codec: str) -> str:
    """Return the Python type of a value."""
    if codec in ("yes", "on"):
        return "bool"
    if codec in FROM_TEXT:
        return FROM_TEXT[codec]
    if codec:
        words = [text for text in value.values if not text.lstrip("-").isdigit()]
        if any(data.base == "string" and not _numeric(data.patterns) for data in value.datas):
            return "int | str"
        return f"int | {literal(sorted(words))}" if words else "int"
    if value.datas or not value.values:
        return "str"
    return literal(sorted(value.values))


def _numeric(patterns: Iterable[str]) -> bool:
    """Whether patterns allow only numbers."""
    return all(
        not set(pattern) - set("0123456789abcdefABCDEFxX[]()-+?*{},.^|$\\ ") and "$[" not in pattern
        for pattern in patterns
    ) and bool(tuple(patterns))


def literal(values: list[str]) -> str:
    """Return a Literal type of the given strings."""
    return "Literal[" + ", ".join('"' + value.replace('"', '\\"') + '"' for value in values) + "]"
