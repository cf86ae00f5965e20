"""What comparing one source of facts with a design has found: differences, and which kinds of facts there were."""

from __future__ import annotations

from dataclasses import dataclass, field

from libvirtxml.findings import Finding, Severity


@dataclass
class FactsComparison:
    """The result of comparing one source of facts."""

    source: str = "probe"
    findings: list[Finding] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)
    """Kinds of facts that were collected, each with the subject that it is about."""
    unseen: set[tuple[str, str]] = field(default_factory=set)
    """Those that were not: the design claims them, and they are neither equal nor different."""

    @property
    def checked(self) -> set[str]:
        """Kinds of facts that were compared, of some subject."""
        return {kind for kind, _subject in self.seen}

    @property
    def unknown(self) -> set[str]:
        """Kinds of facts that were collected of no subject."""
        return {kind for kind, _subject in self.unseen} - self.checked

    def see(self, kind: str, subject: str = "", *, known: bool) -> bool:
        """Record whether a kind of fact was collected, and return that."""
        (self.seen if known else self.unseen).add((kind, subject))
        return known

    def differ(self, rule: str, subject: str, expected: object, actual: object, cause: str) -> None:
        """Add a difference."""
        where = "" if self.source == "probe" else f" ({self.source})"
        self.findings.append(
            Finding(f"verify/{rule}", Severity.ERROR, subject + where, cause, str(expected), str(actual))
        )
