"""Allowances: differences that somebody has reviewed and accepted, with a reason and an optional last day.

An allowance covers only differences. Loads that failed and sections that could not be compared are not differences, so
no file can hide them; see `virtsmith.abi.diff.verdict.judge`.
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

from virtsmith.abi.diff.rules import Match, RuleContext
from virtsmith.abi.diff.walk import TreeDifference
from virtsmith.abi.dump.model import Approval, Comparison, Difference

EXPIRED_RULE = Rule(
    "ABI-ALLOW-EXPIRED",
    "an allowance has expired",
    "Its last day is over, so what it covered counts again.",
    "Review what it covered: remove the entry, or give it a new reason and a new last day.",
    Severity.WARNING,
)
UNUSED_RULE = Rule(
    "ABI-ALLOW-UNUSED",
    "an allowance covers nothing",
    "What it covered is gone, was not compared this time, or is covered by an earlier entry.",
    "Remove the entry if it no longer covers anything anywhere.",
    Severity.NOTE,
)


class AllowanceState(StrEnum):
    """The state of an allowance."""

    USED = "used"
    UNUSED = "unused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Allowance:
    """An entry of a file: every part that is given must match, as in a rule's `Match`."""

    match: Match
    approval: Approval
    where: Location
    rule: re.Pattern[str] | None = None
    machine: re.Pattern[str] | None = None
    """Comparisons of binaries themselves have no machine type, and never match."""
    until: date | None = None

    def holds(self, today: date) -> bool:
        """Whether it has not expired; it is still valid on its last day."""
        return self.until is None or today <= self.until

    def concerns(self, machine: str | None, difference: Difference) -> bool:
        """Whether rule, section and machine type match, which do not depend on what differs."""
        return (
            bool(self.match.section.fullmatch(difference.section))
            and (self.rule is None or bool(self.rule.fullmatch(difference.rule)))
            and (self.machine is None or (machine is not None and bool(self.machine.fullmatch(machine))))
        )


@dataclass(frozen=True, slots=True)
class AllowanceUse:
    """The use of an allowance: what it covered."""

    allowance: Allowance
    state: AllowanceState
    count: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        where = self.allowance.where
        return {
            "file": where.file,
            "line": where.line,
            **self.allowance.approval.to_dict(),
            "state": self.state.value,
            "count": self.count,
        }

    def to_finding(self) -> Finding | None:
        """Return a finding if it has expired or covers nothing."""
        approval = self.allowance.approval
        if self.state is AllowanceState.USED:
            return None
        if self.state is AllowanceState.EXPIRED:
            rule, message = EXPIRED_RULE, f"this allowance expired after {approval.until}"
        else:
            rule, message = UNUSED_RULE, "this allowance covers nothing here"
        return Finding(rule.id, rule.severity, "", f"{message}: {approval.reason}", where=self.allowance.where)


@dataclass(frozen=True, slots=True)
class Review:
    """Comparisons in which allowed differences are marked, and the use of the allowances."""

    comparisons: list[Comparison]
    uses: tuple[AllowanceUse, ...] = ()

    @property
    def findings(self) -> list[Finding]:
        """Return findings about the allowances themselves."""
        return [found for use in self.uses if (found := use.to_finding())]


def review(comparisons: Iterable[Comparison], allowances: Sequence[Allowance], today: date | None = None) -> Review:
    """Mark the differences that allowances cover today; the first matching allowance counts."""
    today = today or datetime.now(tz=UTC).date()
    holding = [allowance for allowance in allowances if allowance.holds(today)]
    counts = dict.fromkeys(map(id, allowances), 0)
    marked = [_mark(comparison, holding, counts) if holding else comparison for comparison in comparisons]
    uses = tuple(
        AllowanceUse(allowance, _state(allowance, counts, today), counts[id(allowance)]) for allowance in allowances
    )
    return Review(marked, uses)


def _state(allowance: Allowance, counts: Mapping[int, int], today: date) -> AllowanceState:
    if not allowance.holds(today):
        return AllowanceState.EXPIRED
    return AllowanceState.USED if counts[id(allowance)] else AllowanceState.UNUSED


def _mark(comparison: Comparison, allowances: Sequence[Allowance], counts: dict[int, int]) -> Comparison:
    a, b = comparison.a.version, comparison.b.version
    context = RuleContext(Version.parse(a), Version.parse(b), comparison.accel)
    concerned: dict[tuple[str, str], list[Allowance]] = {}
    found = []
    for difference in comparison.differences:
        key = (difference.rule, difference.section)
        if key not in concerned:
            concerned[key] = [
                allowance for allowance in allowances if allowance.concerns(comparison.machine, difference)
            ]
        change = TreeDifference(difference.path, difference.old, difference.new, difference.kind)
        place = "/".join(difference.path)
        fitting = (
            allowance
            for allowance in concerned[key]
            if allowance.match.fits(place, difference.device_type, change, context)
        )
        first = next(fitting, None)
        if first is not None:
            counts[id(first)] += 1
        found.append(replace(difference, allowed=first.approval) if first is not None else difference)
    return replace(comparison, differences=found)
