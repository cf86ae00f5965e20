"""The pattern algebra: RELAX NG content models as small immutable tuples, and queries on them.

A pattern is one of

=====================  ==========================================================
``EMPTY``, ``NA``      no content, and a contradiction (RELAX NG notAllowed)
``(VAL, type)``        text of a value type, see `ValueType`
``(ATTR, name, val)``  an attribute; ``val`` is a `ValueType`
``(EL, place, key)``   a child element: its location in the schema, and its slot `Key`
``(GRP, members)``     all of the members; order is not modelled
``(CH, members)``      one of the members
``(MANY, p, least)``   ``p`` any number of times, at least 0 or 1
=====================  ==========================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import Any, NamedTuple

Pattern = tuple[Any, ...]

VAL, ATTR, EL, GRP, CH, MANY = "val", "attr", "el", "grp", "ch", "many"
EMPTY: Pattern = ("empty",)
NA: Pattern = ("na",)

INFINITE = 2


class Data(NamedTuple):
    """An XSD datatype with its constraints, and the schema definitions that refer to it (outer first)."""

    base: str
    patterns: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueType:
    """The type of an attribute or text: any of the values, or any of the data types."""

    values: frozenset[str] = frozenset()
    datas: frozenset[Data] = frozenset()
    names: tuple[str, ...] = field(default=(), compare=False)
    """The schema definitions that consist of this type, outer first; not part of the type's identity."""

    @property
    def is_open(self) -> bool:
        """Whether other values than the listed ones are allowed."""
        return bool(self.datas)

    def __or__(self, other: ValueType) -> ValueType:
        if self == other:
            return self
        return ValueType(self.values | other.values, self.datas | other.datas)


ANY_TEXT = ValueType(datas=frozenset([Data("text")]))


def group(members: Iterable[Pattern]) -> Pattern:
    """Return a group of all members: flattened, without empty ones; `NA` if one of them is."""
    flat: list[Pattern] = []
    for member in members:
        if member == NA:
            return NA
        if member[0] == GRP:
            flat.extend(member[1])
        elif member != EMPTY:
            flat.append(member)
    if not flat:
        return EMPTY
    return flat[0] if len(flat) == 1 else (GRP, tuple(flat))


def choice(members: Iterable[Pattern]) -> Pattern:
    """Return a choice of the members: flattened, without duplicates and `NA`; value types are joined."""
    flat: dict[Pattern, None] = {}
    values: ValueType | None = None
    for member in members:
        for alternative in member[1] if member[0] == CH else (member,):
            if alternative[0] == VAL:
                values = alternative[1] if values is None else values | alternative[1]
            elif alternative != NA:
                flat[alternative] = None
    if values is not None:
        flat[VAL, values] = None
    if not flat:
        return NA
    return next(iter(flat)) if len(flat) == 1 else (CH, tuple(flat))


def optional(pattern: Pattern) -> Pattern:
    """Return a choice of the pattern and nothing."""
    return choice([EMPTY, pattern])


def many(pattern: Pattern, least: int) -> Pattern:
    """Return a repetition of the pattern, at least ``least`` times."""
    if pattern == NA:
        return EMPTY if least == 0 else NA
    return EMPTY if pattern == EMPTY else (MANY, pattern, least)


# --- slots: which attributes, children and text can occur, and how often -----------------------------------------

Key = str
"""``@attribute``, ``#`` for text, or the name of a child (``{namespace}name`` outside of the default namespace)."""

TEXT_KEY: Key = "#"


@dataclass(frozen=True, slots=True)
class Count:
    """How often a slot occurs (``INFINITE``: more than once), its value type, and the locations of child elements."""

    least: int
    most: int
    value: ValueType | None = None
    targets: frozenset[str] = frozenset()


@cache
def counts(pattern: Pattern) -> dict[Key, Count]:
    """Return the slots of a content model. Do not modify the result."""
    kind = pattern[0]
    if kind == VAL:
        return {TEXT_KEY: Count(1, 1, pattern[1])}
    if kind == ATTR:
        return {"@" + pattern[1]: Count(1, 1, pattern[2])}
    if kind == EL:
        return {pattern[2]: Count(1, 1, None, frozenset([pattern[1]]))}
    if kind == MANY:
        return {
            key: Count(count.least * pattern[2], INFINITE, count.value, count.targets)
            for key, count in counts(pattern[1]).items()
        }
    if kind in (GRP, CH):
        return _combined([counts(member) for member in pattern[1]], together=kind == GRP)
    return {}


def _combined(parts: list[dict[Key, Count]], *, together: bool) -> dict[Key, Count]:
    """Return the slots of parts that occur together (counts add up) or exclude each other (the widest counts)."""
    result: dict[Key, Count] = {}
    for key in dict.fromkeys(key for part in parts for key in part):
        found = [part[key] for part in parts if key in part]
        least = [count.least for count in found]
        most = [count.most for count in found]
        result[key] = Count(
            min(sum(least), 1) if together else (min(least) if len(found) == len(parts) else 0),
            min(sum(most), INFINITE) if together else max(most),
            reduce(join, (count.value for count in found)),
            frozenset().union(*(count.targets for count in found)),
        )
    return result


def join(first: ValueType | None, second: ValueType | None) -> ValueType | None:
    """Return a value type that allows what either allows."""
    if first is None or second is None:
        return first or second
    return first | second


# --- exclusion ------------------------------------------------------------------------------------------------------


@cache
def _together(pattern: Pattern) -> frozenset[frozenset[Key]]:
    """Return the pairs of slots that can occur in the same element."""
    kind = pattern[0]
    if kind == MANY:
        keys = sorted(counts(pattern[1]))
        return frozenset(frozenset((a, b)) for i, a in enumerate(keys) for b in keys[i + 1 :])
    if kind not in (GRP, CH):
        return frozenset()
    pairs = set[frozenset[Key]]().union(*(_together(member) for member in pattern[1]))
    if kind == GRP:
        parts = [counts(member).keys() for member in pattern[1]]
        for i, part in enumerate(parts):
            for other in parts[i + 1 :]:
                pairs |= {frozenset((a, b)) for a in part for b in other if a != b}
    return frozenset(pairs)


def exclusive_groups(pattern: Pattern) -> list[list[Key]]:
    """Return groups of mutually exclusive slots, largest first; every exclusive pair is in a group."""
    keys = sorted(counts(pattern))
    together = _together(pattern)
    left = {pair for i, a in enumerate(keys) for b in keys[i + 1 :] if (pair := frozenset((a, b))) not in together}
    excluded = set(left)
    groups: list[list[Key]] = []
    while left:
        members = _clique(keys, excluded, sorted(min(left, key=sorted)))
        groups.append(members)
        left -= {frozenset((a, b)) for i, a in enumerate(members) for b in members[i + 1 :]}
    return sorted(groups, key=lambda members: (-len(members), members))


def _clique(candidates: list[Key], excluded: set[frozenset[Key]], seed: list[Key]) -> list[Key]:
    """Extend a pair by all candidates that every member so far excludes."""
    members = list(seed)
    for key in candidates:
        if key not in members and all(frozenset((key, other)) in excluded for other in members):
            members.append(key)
    return sorted(members)


# --- restriction by an attribute ------------------------------------------------------------------------------------


@cache
def has_attribute(pattern: Pattern, name: str) -> bool:
    """Whether the content model has the attribute, not considering children."""
    kind = pattern[0]
    if kind == ATTR:
        return bool(pattern[1] == name)
    if kind in (GRP, CH):
        return any(has_attribute(member, name) for member in pattern[1])
    return kind == MANY and has_attribute(pattern[1], name)


@cache
def absent(pattern: Pattern, name: str) -> Pattern:
    """Return the content model restricted to elements without the attribute."""
    if not has_attribute(pattern, name):
        return pattern
    kind = pattern[0]
    if kind == ATTR:
        return NA
    if kind == GRP:
        return group(absent(member, name) for member in pattern[1])
    if kind == CH:
        return choice(absent(member, name) for member in pattern[1])
    return many(absent(pattern[1], name), pattern[2])


@cache
def present(pattern: Pattern, name: str, value: str) -> Pattern:
    """Return the content model, without the attribute, restricted to elements in which it has this value."""
    if not has_attribute(pattern, name):
        return NA
    kind = pattern[0]
    if kind == ATTR:
        allowed: ValueType = pattern[2]
        return EMPTY if value in allowed.values or not allowed.values else NA
    if kind == GRP:
        members = pattern[1]
        able = [i for i, member in enumerate(members) if has_attribute(member, name)]
        rest = [member for i, member in enumerate(members) if i not in able]
        return choice(
            group([present(members[i], name, value), *(absent(members[j], name) for j in able if j != i), *rest])
            for i in able
        )
    if kind == CH:
        return choice(present(member, name, value) for member in pattern[1])
    return group([present(pattern[1], name, value), many(absent(pattern[1], name), 0)])
