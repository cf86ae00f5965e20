"""Many binaries beside each other: for every place where any two of them differ, the value that each has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from virtsmith.abi.diff.compare import RANK
from virtsmith.abi.diff.rules import as_text
from virtsmith.abi.dump.model import Binary, Comparison, Difference, Impact, natural_key

_Step: TypeAlias = tuple[int, int]
UNKNOWN = "?"
"""Stands for a value that could not be judged, as against one that is not there."""


@dataclass(frozen=True, slots=True)
class Row:
    """Some places, the machine types they are in, and their value in each binary."""

    places: tuple[str, ...]
    machines: tuple[str, ...]
    impact: Impact
    """The worst of all comparisons, of what is not allowed."""
    values: tuple[str, ...]


def binaries_of(comparisons: Sequence[Comparison]) -> list[Binary]:
    """All binaries of some comparisons, in the order in which they occur."""
    found: dict[Binary, None] = {}
    for each in comparisons:
        found.setdefault(each.a)
        found.setdefault(each.b)
    return list(found)


def rows_of(comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT) -> list[Row]:
    """Line up the values of all binaries that were compared with each other, in whatever pairs.

    A value is known from the differences of its own binary, or carried over from one whose section was compared with
    it and did not differ there.
    """
    binaries = binaries_of(comparisons)
    number = {binary: place for place, binary in enumerate(binaries)}
    by_machine: dict[Any, dict[_Step, Comparison]] = defaultdict(dict)
    for each in comparisons:
        by_machine[each.machine, each.devices, each.accel][number[each.a], number[each.b]] = each
    grouped: dict[tuple[Any, ...], list[tuple[str, str]]] = defaultdict(list)
    for (machine, _, _), steps in by_machine.items():
        for found in _places(steps, least):
            worst = min(found.values(), key=lambda each: (each.allowed is not None, RANK[each.impact]))
            values = _values(found, steps, len(binaries))
            grouped[worst.impact, worst.rule, values].append((worst.place, machine or ""))
    rows = [_row(key, members) for key, members in grouped.items()]
    return sorted(rows, key=lambda row: (RANK[row.impact], row.places, row.values))


def _places(steps: Mapping[_Step, Comparison], least: Impact) -> Iterable[dict[_Step, Difference]]:
    """The differences at every place where one is bad enough, by the pair that they are between."""
    wanted = {
        (each.section, each.path)
        for comparison in steps.values()
        for each in comparison.standing
        if RANK[each.impact] <= RANK[least]
    }
    places: dict[Any, dict[_Step, Difference]] = defaultdict(dict)
    for step, comparison in steps.items():
        for each in comparison.differences:
            if (each.section, each.path) in wanted:
                places[each.section, each.path][step] = each
    return places.values()


def _row(key: tuple[Any, ...], members: list[tuple[str, str]]) -> Row:
    places = tuple(sorted({place for place, _ in members}, key=natural_key))
    machines = tuple(sorted({machine for _, machine in members if machine}, key=natural_key))
    return Row(places, machines, key[0], key[2])


def _values(found: Mapping[_Step, Difference], steps: Mapping[_Step, Comparison], count: int) -> tuple[str, ...]:
    values: list[str | None] = [None] * count
    for (a, b), each in found.items():
        values[a], values[b] = as_text(each.old), as_text(each.new)
    section = next(iter(found.values())).section
    equal = [step for step, each in steps.items() if step not in found and section in each.compared]
    known = 0
    while known != (known := sum(value is not None for value in values)):
        for a, b in equal:
            values[a] = values[b] = values[a] if values[a] is not None else values[b]
    return tuple(UNKNOWN if value is None else value for value in values)
