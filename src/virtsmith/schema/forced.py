"""Makes unions that libvirt documents but its schema does not express: see `virtsmith.schema.overlay`."""

from __future__ import annotations

from virtsmith.schema.build import FLAT
from virtsmith.schema.facts import Body, ElementType, SchemaFacts, Slot, Union, Variant
from virtsmith.schema.overlay import FORCED_UNIONS, ForcedUnion


def natural_decisions(locked: dict[str, str]) -> dict[str, str]:
    """Return the locked unions for building facts, in which the overlay's forced unions are flat."""
    return locked | {path: FLAT for forced in FORCED_UNIONS for path in forced.paths}


def force_unions(facts: SchemaFacts) -> None:
    """Turn the flat types that the overlay names into unions, in place; the facts file is not affected."""
    for forced in FORCED_UNIONS:
        for path in forced.paths:
            body = _find_body(facts, path)
            if body is not None and body.union is None and "@" + forced.attribute in body.slots:
                _force(facts, body, forced)


def _find_body(facts: SchemaFacts, path: str) -> Body | None:
    """Return the body of a type id, or of a variant of one."""
    kind: Body | None = facts.types.get(path)
    if kind is None and path.endswith("']"):
        owner, _, inside = path.rpartition("[@")
        attribute, _, value = inside[:-2].partition("='")
        body = _find_body(facts, owner)
        if body and body.union and body.union.attribute == attribute:
            return body.union.variants.get(value)
    return kind


def _force(facts: SchemaFacts, body: Body, forced: ForcedUnion) -> None:
    key = "@" + forced.attribute
    slot = body.slots[key]
    assert slot.value is not None  # noqa: S101 - an attribute has a value
    values = dict(slot.value.values)
    if forced.absent:
        values[""] = slot.since
    union = Union(forced.attribute, required=bool(slot.least) and not forced.absent, default=forced.default)
    if forced.absent:
        union.default = ""
    narrowed = sorted({child for kept in forced.children.values() for child in kept} & body.slots.keys())
    private = sorted({key for keys in forced.only.values() for key in keys} & body.slots.keys())
    for value, mask in sorted(values.items()):
        variant = Variant(since=mask)
        for child in narrowed:
            kept = forced.children.get(value, {}).get(child, forced.rest.get(child))
            if kept is not None:
                variant.slots[child] = _narrow(facts, body.slots[child], kept, forced, value)
        for name in private:
            if name in forced.only.get(value, ()):
                variant.slots[name] = body.slots[name]
        union.variants[value] = variant
    for name in (*narrowed, *private):
        del body.slots[name]
    body.union = union


def _narrow(facts: SchemaFacts, slot: Slot, kept: frozenset[str] | None, forced: ForcedUnion, value: str) -> Slot:
    """Return a child's slot with a type narrowed to some of its slots; a narrowed type is created once and shared."""
    if kept is None or slot.type is None or "*" in (kept or ()):
        return slot
    kind = facts.types[slot.type]
    slots = {key: inner for key, inner in kind.slots.items() if key in kept}
    if slots.keys() == kind.slots.keys():
        return slot
    label = forced.labels.get(value, value)
    identity = f"{kind.id}[{forced.attribute}={label}]"
    if identity not in facts.types:
        facts.types[identity] = ElementType(slots, id=identity, name=kind.name, namespace=kind.namespace)
    return Slot(slot.least, slot.many, slot.since, slot.repeats, slot.required, None, identity)
