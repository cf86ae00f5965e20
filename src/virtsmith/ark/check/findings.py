"""Steps that did not succeed, as findings."""

from __future__ import annotations

from collections.abc import Iterable

from libvirtxml.findings import Finding, Location, Rule, Severity

from virtsmith.ark.check.steps import CheckCell, StepResult

REFUSED_RULE = Rule(
    "ARK-CHECK-REFUSED",
    "libvirt refuses the domain",
    "This libvirt, with this QEMU, does not define the domain or generates no command line for it.",
    "Change what its message names, or require a newer version.",
)
FAILED_RULE = Rule(
    "ARK-CHECK-FAILED",
    "a step failed",
    "The domain was defined, but it did not start or could not be saved, restored or destroyed.",
    "Read the log of the step, which `--json` includes.",
)
ENVIRONMENT_RULE = Rule(
    "ARK-CHECK-ENVIRONMENT",
    "something that the domain needs is missing here",
    "The domain works without it, so this says nothing about the versions.",
    "Run the command that the message names.",
)
ERROR_RULE = Rule(
    "ARK-CHECK-ERROR",
    "the pair could not be judged",
    "The daemon did not start or did not answer: this says nothing about the domain.",
    "Run `virtsmith ark doctor` and `virtsmith ark verify`.",
)
RULES = (REFUSED_RULE, FAILED_RULE, ENVIRONMENT_RULE, ERROR_RULE)
_RULE_OF = {
    StepResult.REFUSED: REFUSED_RULE,
    StepResult.FAILED: FAILED_RULE,
    StepResult.ENVIRONMENT: ENVIRONMENT_RULE,
    StepResult.ERROR: ERROR_RULE,
}


def check_findings(cells: Iterable[CheckCell], file: str) -> list[Finding]:
    """A finding for each pair of versions in which a step did not succeed."""
    return [
        Finding(
            rule.id,
            Severity.ERROR,
            f"{cell.libvirt} {cell.qemu}",
            f"{cell.decisive.name}: {cell.decisive.reason}",
            where=Location(file),
        )
        for cell in cells
        if (rule := _RULE_OF.get(cell.result))
    ]
