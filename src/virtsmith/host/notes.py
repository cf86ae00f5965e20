"""What a translation of a host loses, or has in another way: every such thing becomes a finding."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field

from libvirtxml.findings import Finding, Severity

_SHOWN = 6


@dataclass
class Notes:
    """Collects findings: a *loss* is something that is there no more, a *note* a difference."""

    family: str
    """First part of the rules."""
    findings: list[Finding] = field(default_factory=list)

    def loss(self, rule: str, subject: str, message: str) -> None:
        """Add a warning."""
        self.findings.append(Finding(f"{self.family}/{rule}", Severity.WARNING, subject, message))

    def note(self, rule: str, subject: str, message: str) -> None:
        """Add a note."""
        self.findings.append(Finding(f"{self.family}/{rule}", Severity.NOTE, subject, message))


def paragraphs(findings: Iterable[Finding], losses: str, notes: str) -> list[str]:
    """Findings as paragraphs for the head of a file, below the given titles."""
    every = list(findings)
    result = []
    for severity, title in ((Severity.WARNING, losses), (Severity.NOTE, notes)):
        chosen = [each for each in every if each.severity is severity]
        result += [title] if chosen else []
        result += [f"- {each.subject}: {each.message}" for each in chosen]
    return result


def comment(text: str, width: int = 116) -> list[str]:
    """A paragraph as lines of a comment; an item of a list is indented below its dash."""
    bullet = "  " if text.startswith("- ") else ""
    return textwrap.wrap(
        " ".join(text.split()), width, initial_indent="# ", subsequent_indent=f"# {bullet}", break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip


def listed(words: Iterable[object]) -> str:
    """Some of many words, and how many more there are."""
    every = [str(word) for word in words]
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
