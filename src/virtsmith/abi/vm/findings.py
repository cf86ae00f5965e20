"""Findings about what prevents a VM from moving."""

from __future__ import annotations

from libvirtxml.findings import Finding, Rule, Severity

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


REFUSED_RULE = Rule(
    "ABI-MOVE-REFUSED",
    "a QEMU does not start the VM",
    "One of the two QEMUs does not support a device of the VM, or not as the document sets it.",
    "Remove the device before the VM is started again. If the QEMU of the ark lacks a package of modules, "
    "`virtsmith ark install --with` adds it.",
)
BLOCKED_RULE = Rule(
    "ABI-MOVE-BLOCKED",
    "the VM cannot be migrated",
    "QEMU does not migrate what the document asks for, whatever the target is.",
    "Shut the guest down before it is moved.",
)
UNTRIED_RULE = Rule(
    "ABI-MOVE-UNTRIED",
    "a part of the VM was not tried",
    "A guest can notice it, and it is not in the trial: whether it migrates is unknown.",
    "Name a libvirt and a QEMU on both sides: that trial takes the document as it is.",
    Severity.WARNING,
)
RULES = (OBSTACLE_RULE, REFUSED_RULE, BLOCKED_RULE, UNTRIED_RULE)


def vm_findings(report: VmReport) -> list[Finding]:
    """Return what rules the move out, failed loads in the requested direction, and differences of the VM's hardware."""
    if report.obstacle:
        advice = f"; {report.advice}" if report.advice else ""
        return [_finding(OBSTACLE_RULE, report.machine, f"{report.obstacle}{advice}")]
    names = version_names((report.source.binary, report.target.binary))
    compared = to_findings([report.comparison]) if report.comparison is not None else []
    found = [_finding(REFUSED_RULE, refusal.what, str(refusal)) for refusal in report.refusals]
    if report.hardware is not None:
        found += [_finding(BLOCKED_RULE, report.machine, blocker) for blocker in report.hardware.blockers]
        found += [_finding(UNTRIED_RULE, part.path, str(part)) for part in report.hardware.left_out]
    return [*found, *load_findings(report.there, names), *compared]


def _finding(rule: Rule, subject: str, message: str) -> Finding:
    return Finding(rule.id, rule.severity, subject, message)
