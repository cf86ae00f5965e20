"""The search itself: which version to try next, and what is known after each try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from virtsmith.ark.bisect.candidates import Candidate, Interval


class Mark(StrEnum):
    """What a try says about a version."""

    GOOD = "good"
    BAD = "bad"
    SKIPPED = "skipped"
    """It could not be judged."""


@dataclass(frozen=True, slots=True)
class Bracket:
    """The newest version that is known to be good, the oldest that is bad, and what is between them."""

    good: Candidate
    bad: Candidate
    between: tuple[Candidate, ...]

    @property
    def is_closed(self) -> bool:
        """Whether nothing between them can be had."""
        return not self.between


def narrow(interval: Interval, marks: Mapping[str, Mark]) -> Bracket:
    """Return what is known after some versions, by id, were marked."""
    good, bad, between = interval.low, interval.high, list(interval.between)
    for candidate in interval.between:
        if marks.get(candidate.id) is Mark.BAD:
            bad, between = candidate, between[: between.index(candidate)]
            break
    for candidate in reversed(between):
        if marks.get(candidate.id) is Mark.GOOD:
            good, between = candidate, between[between.index(candidate) + 1 :]
            break
    return Bracket(good, bad, tuple(between))


def choose_next(bracket: Bracket, marks: Mapping[str, Mark]) -> Candidate | None:
    """Return the version to try next: the one nearest to the middle that was not skipped; None at the end."""
    between: Sequence[Candidate] = bracket.between
    left = [number for number, candidate in enumerate(between) if candidate.id not in marks]
    middle = (len(between) - 1) / 2
    return between[min(left, key=lambda number: abs(number - middle))] if left else None


def steps_left(bracket: Bracket, marks: Mapping[str, Mark]) -> int:
    """Return how many tries are left at most, if no version is skipped."""
    return sum(candidate.id not in marks for candidate in bracket.between).bit_length()
