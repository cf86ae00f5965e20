"""What comparing one source of facts with a design has found: differences, and which kinds of facts there were."""

from __future__ import annotations

from dataclasses import dataclass, field

from libvirtxml.findings import Finding, Severity


@dataclass
class FactsComparison:
    """The result of comparing one source of facts."""

    source: str = "probe"
    findings: list[Finding] = field(default_factory=list)
    checked: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def see(self, kind: str, *, known: bool) -> bool:
        """Record whether a kind of fact was collected, and return that."""
        (self.checked if known else self.unknown).add(kind)
        return known

    def differ(self, rule: str, subject: str, expected: object, actual: object, cause: str) -> None:
        """Add a difference."""
        where = "" if self.source == "probe" else f" ({self.source})"
        self.findings.append(
            Finding(f"verify/{rule}", Severity.ERROR, subject + where, cause, str(expected), str(actual))
        )
