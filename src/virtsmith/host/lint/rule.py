"""What a lint rule is: its text, its check, and where it is safe, its mending."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from libvirtxml.findings import Rule, Severity
from libvirtxml.versions import Version

from virtsmith.host.lint.view import DomainView


@dataclass(frozen=True, slots=True)
class Context:
    """What a lint run knows beyond the document: the QEMU that is to run it, where given."""

    qemu: Version | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach of a rule: what it is about, the evidence, where it stands, and how bad it is if not as usual."""

    subject: str
    message: str
    path: str = "/domain"
    severity: Severity | None = None


Check = Callable[[DomainView, Context], Iterable[Breach]]
Mend = Callable[[DomainView], None]


@dataclass(frozen=True, slots=True)
class LintRule:
    """A rule with its check; ``mend`` changes the domain so that the rule holds, where that is safe."""

    rule: Rule
    check: Check
    mend: Mend | None = field(default=None)
