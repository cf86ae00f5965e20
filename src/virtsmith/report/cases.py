"""Test cases: named outcomes, for reports that continuous integration systems read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CaseOutcome(StrEnum):
    """What became of a case; ``ERROR`` is "could not be judged", as against "judged and found wanting"."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its group and name, seconds it took, and what there is to say when it did not pass."""

    group: str
    name: str
    outcome: CaseOutcome
    seconds: float = 0.0
    message: str = ""
    detail: str = ""
