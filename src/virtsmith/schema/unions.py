"""Finds the attribute whose value determines what else an element may contain (``type`` of a disk).

The content is restricted to each value of each enumerated attribute; values that leave different slots form a union.
It does not matter how the schema expresses this: as a choice of groups, with references or as nested choices.
"""

from __future__ import annotations

from dataclasses import dataclass

from virtsmith.schema.pattern import NA, Pattern, absent, choice, counts, present
from virtsmith.schema.world import Classes, World

_ORDER = ("type", "mode", "model", "backend", "protocol", "name", "device", "bus", "snapshot", "usage", "format")
_SWITCHES = ({"yes", "no"}, {"on", "off"})

Signature = frozenset[tuple[str, Classes | None]]


@dataclass(frozen=True, slots=True)
class Split:
    """A union: the content for each value of the attribute, and what its absence means."""

    attribute: str
    contents: dict[str, Pattern]
    required: bool
    default: str | None
    base: frozenset[str]
    """Slots of the base class that not all variants have, because they are allowed without the attribute."""
    groups: int


def signature(world: World, pattern: Pattern, without: str) -> Signature:
    """Return the slots of a content model, children with their classes."""
    return frozenset(
        (key, world.classes(count.targets) if count.targets else None)
        for key, count in counts(pattern).items()
        if key != "@" + without
    )


def find_split(world: World, content: Pattern, used: frozenset[str], *, nested: bool) -> Split | None:
    """Return the best union of a content model, or None if it is better left flat."""
    found = []
    for key, count in counts(content).items():
        if key.startswith("@") and key[1:] not in used and count.value and not count.value.is_open:
            split = try_split(world, content, key[1:])
            if split and split.groups >= 2 and _pays(world, content, split, nested=nested):
                found.append(split)
    return min(found, key=lambda split: (-split.groups, _rank(split.attribute)), default=None)


def try_split(world: World, content: Pattern, attribute: str) -> Split | None:
    """Split a content model by an attribute; None if that is impossible, or if absence would be ambiguous."""
    value = counts(content)["@" + attribute].value
    if value is None or len(value.values) < 2 or value.values in _SWITCHES:
        return None
    contents = {v: q for v in sorted(value.values) if (q := present(content, attribute, v)) != NA}
    if len(contents) < 2:
        return None
    signatures = {v: signature(world, q, attribute) for v, q in contents.items()}
    nothing = absent(content, attribute)
    if nothing == NA:
        return Split(attribute, contents, True, None, frozenset(), len(set(signatures.values())))
    meaning = _meaning_of_absence(signature(world, nothing, attribute), signatures)
    if meaning is None:
        return None
    default, base = meaning
    if default is not None:
        contents[default] = choice([contents[default], nothing])
    return Split(attribute, contents, False, default, base, len(set(signatures.values())))


def _meaning_of_absence(left: Signature, signatures: dict[str, Signature]) -> tuple[str | None, frozenset[str]] | None:
    """Return the variant that a missing attribute implies (None: the base), and slots that this adds to the base."""
    common = frozenset.intersection(*signatures.values())
    if left <= common:
        return None, frozenset()
    for value, slots in signatures.items():
        children = dict(slots)
        if all(key in children and (kind is None or children[key] == kind) for key, kind in left):
            return value, frozenset()
    everywhere = {key for slots in signatures.values() for key, _ in slots}
    extra = frozenset(key for key, _ in left if key not in everywhere)
    shared = {key for key, _ in left} - extra
    if len(extra) <= 2 and shared <= {key for key, _ in common}:
        return None, extra
    return None


def _pays(world: World, content: Pattern, split: Split, *, nested: bool) -> bool:
    """Whether the variants differ enough to justify separate classes."""
    slots = counts(content).keys() - {"@" + split.attribute}
    distinct = {signature(world, q, split.attribute) for q in split.contents.values()}
    reduction = sum(len(slots) - len({key for key, _ in left}) for left in distinct) / len(distinct)
    payloads: dict[str, set[Classes]] = {}
    for left in distinct:
        for key, kind in left:
            if kind is not None:
                payloads.setdefault(key, set()).add(kind)
    payload = max((len(kinds) for kinds in payloads.values()), default=0)
    if nested:
        return reduction >= 4
    return (reduction >= 2 and reduction / max(len(slots), 1) >= 0.2) or (payload >= 3 and len(distinct) >= 3)


def _rank(attribute: str) -> tuple[int, str]:
    return (_ORDER.index(attribute) if attribute in _ORDER else len(_ORDER)), attribute
