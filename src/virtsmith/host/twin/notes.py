"""What a twin cannot have, or has in another way: every such thing becomes a finding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from virtsmith.core.findings import Finding, Severity
from virtsmith.errors import InputError

_SHOWN = 6


class TwinError(InputError):
    """The facts do not say enough to make a host of, or describe one that QEMU cannot be."""


@dataclass
class Notes:
    """Collects findings: a *loss* is something of the real machine that its twin lacks, a *note* a difference."""

    findings: list[Finding] = field(default_factory=list)

    def loss(self, rule: str, subject: str, message: str) -> None:
        """Add a warning."""
        self.findings.append(Finding(f"twin/{rule}", Severity.WARNING, subject, message))

    def note(self, rule: str, subject: str, message: str) -> None:
        """Add a note."""
        self.findings.append(Finding(f"twin/{rule}", Severity.NOTE, subject, message))


def listed(words: Iterable[object]) -> str:
    """Some of many words, and how many more there are."""
    every = [str(word) for word in words]
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
