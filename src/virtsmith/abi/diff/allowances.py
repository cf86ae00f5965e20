"""Reviewed allowances: differences that somebody has looked at and accepts, with the reason and for how long.

An allowance covers differences and nothing else. A state that really did not load is not one, and neither is a section
that could not be compared, so no file can hide those; see `virtsmith.abi.diff.verdict.judge`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from libvirtxml.findings import Finding, Location, Rule, Severity
from libvirtxml.versions import Version

from virtsmith.abi.diff.rules import Context, Match
from virtsmith.abi.diff.walk import Change
from virtsmith.abi.dump.model import Allowed, Comparison, Difference

EXPIRED_RULE = Rule(
    "ABI-ALLOW-EXPIRED",
    "an allowance has expired",
    "It was given up to a day that is over, so what it covered counts again.",
    "Look at what it covered: remove the entry, or give it a new reason and a new day.",
    Severity.WARNING,
)
UNUSED_RULE = Rule(
    "ABI-ALLOW-UNUSED",
    "an allowance covers nothing",
    "What it was given for is gone, was not compared this time, or is covered by an entry before it.",
    "Remove the entry when it covers nothing anywhere any more.",
    Severity.NOTE,
)


class State(StrEnum):
    """What has become of an entry."""

    USED = "used"
    UNUSED = "unused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Allowance:
    """One entry of a file: every part that is given must fit, as in a rule's `Match`."""

    match: Match
    told: Allowed
    where: Location
    rule: re.Pattern[str] | None = None
    machine: re.Pattern[str] | None = None
    """What two binaries say of themselves has no machine type, and is not covered where one is asked for."""
    until: date | None = None

    def holds(self, today: date) -> bool:
        """Whether it has not expired; on its last day it still holds."""
        return self.until is None or today <= self.until

    def concerns(self, machine: str | None, difference: Difference) -> bool:
        """Whether rule, section and machine type fit, which do not depend on what differs."""
        return (
            bool(self.match.section.fullmatch(difference.section))
            and (self.rule is None or bool(self.rule.fullmatch(difference.rule)))
            and (self.machine is None or (machine is not None and bool(self.machine.fullmatch(machine))))
        )


@dataclass(frozen=True, slots=True)
class Use:
    """What an entry covered."""

    allowance: Allowance
    state: State
    count: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        where = self.allowance.where
        return {"file": where.file, "line": where.line, **self.allowance.told.to_dict(), "state": self.state.value,
                "count": self.count}  # fmt: skip

    def to_finding(self) -> Finding | None:
        """What there is to say of it: that it has expired or covers nothing."""
        told = self.allowance.told
        if self.state is State.USED:
            return None
        if self.state is State.EXPIRED:
            rule, message = EXPIRED_RULE, f"this allowance expired after {told.until}"
        else:
            rule, message = UNUSED_RULE, "this allowance covers nothing here"
        return Finding(rule.id, rule.severity, "", f"{message}: {told.reason}", where=self.allowance.where)


@dataclass(frozen=True, slots=True)
class Review:
    """Comparisons in which allowed differences are marked, and what became of the entries."""

    comparisons: list[Comparison]
    uses: tuple[Use, ...] = ()

    @property
    def findings(self) -> list[Finding]:
        """About the entries themselves."""
        return [found for use in self.uses if (found := use.to_finding())]


def review(comparisons: Iterable[Comparison], allowances: Sequence[Allowance], today: date | None = None) -> Review:
    """Mark the differences that allowances cover today; the first entry that fits takes a difference."""
    today = today or datetime.now(tz=UTC).date()
    holding = [each for each in allowances if each.holds(today)]
    counts = dict.fromkeys(map(id, allowances), 0)
    marked = [_mark(each, holding, counts) if holding else each for each in comparisons]
    uses = tuple(Use(each, _state(each, counts, today), counts[id(each)]) for each in allowances)
    return Review(marked, uses)


def _state(allowance: Allowance, counts: Mapping[int, int], today: date) -> State:
    if not allowance.holds(today):
        return State.EXPIRED
    return State.USED if counts[id(allowance)] else State.UNUSED


def _mark(comparison: Comparison, allowances: Sequence[Allowance], counts: dict[int, int]) -> Comparison:
    a, b = comparison.a.version, comparison.b.version
    context = Context(Version.parse(a), Version.parse(b), comparison.accel)
    concerned: dict[tuple[str, str], list[Allowance]] = {}
    found = []
    for each in comparison.differences:
        key = (each.rule, each.section)
        if key not in concerned:
            concerned[key] = [one for one in allowances if one.concerns(comparison.machine, each)]
        change = Change(each.path, each.old, each.new, each.kind)
        place = "/".join(each.path)
        fitting = (one for one in concerned[key] if one.match.fits(place, each.device_type, change, context))
        first = next(fitting, None)
        if first is not None:
            counts[id(first)] += 1
        found.append(replace(each, allowed=first.told) if first is not None else each)
    return replace(comparison, differences=found)
