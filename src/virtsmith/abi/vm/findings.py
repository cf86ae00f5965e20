"""Findings about what prevents a VM from moving."""

from __future__ import annotations

from libvirtxml.findings import Finding, Rule

from virtsmith.abi.diff.findings import to_findings
from virtsmith.abi.migrate.findings import load_findings
from virtsmith.abi.migrate.report import version_names
from virtsmith.abi.vm.check import VmReport

OBSTACLE_RULE = Rule(
    "ABI-MOVE-OBSTACLE",
    "the VM cannot be moved",
    "Its machine type or hardware rules out the move before anything is tried.",
    "Follow the advice of the finding.",
)


def vm_findings(report: VmReport) -> list[Finding]:
    """Return the obstacle, failed loads in the requested direction, and relevant differences of the VM's hardware."""
    if report.obstacle:
        advice = f"; {report.advice}" if report.advice else ""
        return [Finding(OBSTACLE_RULE.id, OBSTACLE_RULE.severity, report.machine, f"{report.obstacle}{advice}")]
    names = version_names((report.source.binary, report.target.binary))
    compared = to_findings([report.comparison]) if report.comparison is not None else []
    return [*load_findings(report.there, names), *compared]
