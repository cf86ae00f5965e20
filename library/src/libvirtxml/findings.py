"""Findings: what checks, lints and comparisons report, in one shape for all tools."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a finding matters; ``ERROR`` and ``WARNING`` make a command exit with 1."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a finding is: a file (or None), a line and column from 1 (or None)."""

    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True)
class Rule:
    """A numbered rule: its stable id, one line of what it demands, why it matters, and how to fix a violation."""

    id: str
    title: str
    why: str
    fix: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check has to say: the rule, what it is about, and the evidence."""

    rule: str
    severity: Severity
    subject: str
    message: str
    old: str | None = None
    new: str | None = None
    where: Location = Location()
    allowed: str | None = None
    """Why it is accepted and not a reason to fail; a suppression in SARIF, and left out of most other formats."""

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON data; absent parts are left out."""
        data: dict[str, Any] = {
            "rule": self.rule,
            "severity": self.severity.value,
            "subject": self.subject,
            "message": self.message,
            "old": self.old,
            "new": self.new,
            "file": self.where.file,
            "line": self.where.line,
            "column": self.where.column,
            "allowed": self.allowed,
        }
        return {key: value for key, value in data.items() if value is not None}


def worth_failing(findings: list[Finding]) -> bool:
    """Whether a command that found these must exit with 1."""
    return any(finding.severity is not Severity.NOTE and finding.allowed is None for finding in findings)
