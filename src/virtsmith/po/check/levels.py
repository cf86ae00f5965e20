"""What a project chooses about the rules: their severities, and its accelerators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from libvirtxml.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class CheckChoices:
    """The severity of rules by their ids, None for those that are off, and the sign before an accelerator."""

    levels: Mapping[str, Severity | None] = field(default_factory=dict)
    accelerator: str = "_"

    def is_error(self, finding: Finding) -> bool:
        """Whether a finding is an error by the project's choice."""
        return self.levels.get(finding.rule, finding.severity) is Severity.ERROR

    def apply(self, findings: Iterable[Finding]) -> list[Finding]:
        """Findings with the chosen severities, without those of rules that are off."""
        chosen = [(finding, self.levels.get(finding.rule, finding.severity)) for finding in findings]
        return [replace(finding, severity=level) for finding, level in chosen if level is not None]
