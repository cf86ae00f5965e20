"""Many binaries side by side: the value in each binary for every place where any two differ."""

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
"""The text of a value that could not be judged, as opposed to an absent one."""


@dataclass(frozen=True, slots=True)
class ValueRow:
    """Some places, their machine types, and their value in each binary."""

    places: tuple[str, ...]
    machines: tuple[str, ...]
    impact: Impact
    """The worst impact in any comparison, not counting allowed differences."""
    values: tuple[str, ...]


def binaries_of(comparisons: Sequence[Comparison]) -> list[Binary]:
    """Return all binaries of some comparisons, in order of occurrence."""
    found: dict[Binary, None] = {}
    for comparison in comparisons:
        found.setdefault(comparison.a)
        found.setdefault(comparison.b)
    return list(found)


def rows_of(comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT) -> list[ValueRow]:
    """Return the values of all binaries that were compared with each other, in any pairs.

    A value is known from a difference of its binary, or from another binary if the section was compared with it and
    does not differ there.
    """
    binaries = binaries_of(comparisons)
    number = {binary: place for place, binary in enumerate(binaries)}
    by_machine: dict[Any, dict[_Step, Comparison]] = defaultdict(dict)
    for comparison in comparisons:
        by_machine[comparison.machine, comparison.devices, comparison.accel][
            number[comparison.a], number[comparison.b]
        ] = comparison
    grouped: dict[tuple[Any, ...], list[tuple[str, str]]] = defaultdict(list)
    for (machine, _, _), steps in by_machine.items():
        for found in _places(steps, least):
            worst = min(
                found.values(), key=lambda difference: (difference.allowed is not None, RANK[difference.impact])
            )
            values = _values(found, steps, len(binaries))
            grouped[worst.impact, worst.rule, values].append((worst.place, machine or ""))
    rows = [_row(key, members) for key, members in grouped.items()]
    return sorted(rows, key=lambda row: (RANK[row.impact], row.places, row.values))


def _places(steps: Mapping[_Step, Comparison], least: Impact) -> Iterable[dict[_Step, Difference]]:
    """Return the differences, by pair, at every place where at least one has the impact."""
    relevant = {
        (difference.section, difference.path)
        for comparison in steps.values()
        for difference in comparison.standing
        if RANK[difference.impact] <= RANK[least]
    }
    places: dict[Any, dict[_Step, Difference]] = defaultdict(dict)
    for step, comparison in steps.items():
        for difference in comparison.differences:
            if (difference.section, difference.path) in relevant:
                places[difference.section, difference.path][step] = difference
    return places.values()


def _row(key: tuple[Any, ...], members: list[tuple[str, str]]) -> ValueRow:
    places = tuple(sorted({place for place, _ in members}, key=natural_key))
    machines = tuple(sorted({machine for _, machine in members if machine}, key=natural_key))
    return ValueRow(places, machines, key[0], key[2])


def _values(found: Mapping[_Step, Difference], steps: Mapping[_Step, Comparison], count: int) -> tuple[str, ...]:
    values: list[str | None] = [None] * count
    for (a, b), difference in found.items():
        values[a], values[b] = as_text(difference.old), as_text(difference.new)
    section = next(iter(found.values())).section
    equal = [step for step, comparison in steps.items() if step not in found and section in comparison.compared]
    known = 0
    while known != (known := sum(value is not None for value in values)):
        for a, b in equal:
            values[a] = values[b] = values[a] if values[a] is not None else values[b]
    return tuple(UNKNOWN if value is None else value for value in values)
