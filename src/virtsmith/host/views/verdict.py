"""A verification as text and as test cases."""

from __future__ import annotations

from collections.abc import Iterator

from libvirtxml.findings import Finding, Severity

from virtsmith.core.terminal import one_line
from virtsmith.host.verify.verdict import HostVerdict, Verification
from virtsmith.report.cases import Case, CaseOutcome


def verification_text(result: Verification, *, colour: bool = False) -> str:
    """The verdict, each difference with its expected and actual value, and the output of a failed boot."""
    code = "32" if result.verdict is HostVerdict.OK else "31"
    meaning = f"\x1b[{code}m{result.verdict.meaning}\x1b[0m" if colour else result.verdict.meaning
    lines = [f"{one_line(result.name)}: {meaning}{_took(result)}", *map(one_line, _details(result))]
    return "\n".join(lines) + "\n"


def _took(result: Verification) -> str:
    boot = result.boot
    return f" ({boot.seconds:.1f} s, {boot.accel}, attempt {boot.attempts})" if boot else ""


def _details(result: Verification) -> Iterator[str]:
    boot = result.boot
    for finding in result.findings:
        yield f"  {finding.subject}: expected {finding.old}, found {finding.new}"
        yield f"    {finding.message} [{finding.rule}]"
    if result.checked:
        yield f"  compared: {', '.join(result.checked)}"
    if result.unknown:
        yield f"  not collected: {', '.join(result.unknown)}"
    if result.unproven:
        yield f"  not proven: {', '.join(result.unproven)}"
    if boot is not None and boot.facts is None:
        yield f"  {boot.reason}" + (f" (in the {boot.phase} phase)" if boot.phase else "")
        for line in boot.last_lines():
            yield f"  | {line}"
        for line in boot.errors.strip().splitlines()[-3:]:
            yield f"  qemu: {line}"
        yield f"  repeat with: {boot.command_line}"


def verification_findings(result: Verification) -> list[Finding]:
    """The differences as findings, and the boot if it failed."""
    boot = result.boot
    if boot is None or boot.facts is not None:
        return list(result.findings)
    phase = f" (in the {boot.phase} phase)" if boot.phase else ""
    failed = Finding("verify/boot", Severity.ERROR, result.name, f"{result.verdict.meaning}: {boot.reason}{phase}")
    return [failed, *result.findings]


def verification_cases(result: Verification) -> list[Case]:
    """One case per kind of fact: failed with its differences, skipped if not collected; plus the boot."""
    cases = []
    if result.boot is not None:
        booted = result.boot.facts is not None
        cases.append(
            Case(
                result.name,
                "boot",
                CaseOutcome.PASSED if booted else CaseOutcome.ERROR,
                result.boot.seconds,
                "" if booted else f"{result.verdict.meaning}: {result.boot.reason}",
                "" if booted else "\n".join(result.boot.last_lines()),
            )
        )
    failed: dict[str, list[str]] = {}
    for finding in result.findings:
        text = f"{finding.subject}: expected {finding.old}, found {finding.new}: {finding.message}"
        failed.setdefault(finding.rule.removeprefix("verify/"), []).append(text)
    for kind, lines in failed.items():
        cases.append(Case(result.name, kind, CaseOutcome.FAILED, message=lines[0], detail="\n".join(lines)))
    cases += [Case(result.name, kind, CaseOutcome.PASSED) for kind in result.checked if kind not in failed]
    cases += [Case(result.name, kind, CaseOutcome.SKIPPED, message="not collected") for kind in result.unknown]
    return cases
