"""Many binaries beside each other: for every place where any two of them differ, the value that each has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from virtsmith.abi.diff.rules import as_text
from virtsmith.abi.model import Binary, Comparison, Difference, Impact, natural_key

UNKNOWN = "?"
"""Stands for a value that could not be judged, as against one that is not there."""


@dataclass(frozen=True, slots=True)
class Row:
    """Some places, the machine types they are in, and their value in each binary."""

    places: tuple[str, ...]
    machines: tuple[str, ...]
    impact: Impact
    """The worst of all steps from one binary to the next."""
    values: tuple[str, ...]


def binaries_of(chain: Sequence[Comparison]) -> list[Binary]:
    """All binaries of a chain of comparisons, in its order."""
    found: dict[Binary, None] = {}
    for each in chain:
        found.setdefault(each.a)
        found.setdefault(each.b)
    return list(found)


def rows_of(chain: Sequence[Comparison], least: Impact = Impact.REBOOT) -> list[Row]:
    """Line up the comparisons of each binary with the next.

    A value is known from the differences of its own binary, or carried over from a neighbour whose section was
    compared with it and did not differ there.
    """
    binaries = binaries_of(chain)
    by_machine: dict[Any, dict[int, Comparison]] = defaultdict(dict)
    for each in chain:
        by_machine[each.machine, each.devices, each.accel][binaries.index(each.a)] = each
    order = list(Impact)
    grouped: dict[tuple[Any, ...], list[tuple[str, str]]] = defaultdict(list)
    for (machine, _, _), steps in by_machine.items():
        places: dict[str, dict[int, Difference]] = defaultdict(dict)
        for number, comparison in steps.items():
            for difference in comparison.differences:
                places[difference.place][number] = difference
        for place, found in places.items():
            impact = min((each.impact for each in found.values()), key=order.index)
            if order.index(impact) <= order.index(least):
                values = _values(found, steps, len(binaries))
                rule = min(found.values(), key=lambda each: order.index(each.impact)).rule
                grouped[impact, rule, values].append((place, machine or ""))
    rows = [_row(key, members) for key, members in grouped.items()]
    return sorted(rows, key=lambda row: (order.index(row.impact), row.places, row.values))


def _row(key: tuple[Any, ...], members: list[tuple[str, str]]) -> Row:
    places = tuple(sorted({place for place, _ in members}, key=natural_key))
    machines = tuple(sorted({machine for _, machine in members if machine}, key=natural_key))
    return Row(places, machines, key[0], key[2])


def _values(found: dict[int, Difference], steps: dict[int, Comparison], count: int) -> tuple[str, ...]:
    values: list[str | None] = [None] * count
    for number, each in found.items():
        values[number], values[number + 1] = as_text(each.old), as_text(each.new)
    section = next(iter(found.values())).section
    same = [number in steps and section in steps[number].compared for number in range(count - 1)]
    for number in range(count - 1):
        if values[number + 1] is None and same[number]:
            values[number + 1] = values[number]
    for number in reversed(range(count - 1)):
        if values[number] is None and same[number]:
            values[number] = values[number + 1]
    return tuple(UNKNOWN if value is None else value for value in values)
