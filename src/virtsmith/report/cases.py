"""Test cases: named outcomes, for reports to continuous integration systems."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CaseOutcome(StrEnum):
    """The outcome of a case; ``ERROR`` means that it could not be judged, ``FAILED`` that it was judged and failed."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its group, name and duration in seconds, and an explanation if it did not pass."""

    group: str
    name: str
    outcome: CaseOutcome
    seconds: float = 0.0
    message: str = ""
    detail: str = ""
