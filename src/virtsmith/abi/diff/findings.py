"""Comparisons as findings, test cases and JSON data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from libvirtxml.findings import Finding, Rule, Severity

from virtsmith.abi.diff.allowances import AllowanceUse
from virtsmith.abi.diff.compare import at_least
from virtsmith.abi.diff.rule_file import load_rules
from virtsmith.abi.diff.rules import SEVERITIES, RuleBook, as_text
from virtsmith.abi.diff.tables import MACHINES, DifferenceGroup, cut, group, names_of, pair_namer, shortened, subject_of
from virtsmith.abi.diff.verdict import VerdictWord, judge, worst_of
from virtsmith.abi.dump.model import Comparison, Difference, Impact
from virtsmith.report.cases import Case, CaseOutcome

UNJUDGED_RULE = Rule(
    "ABI-UNJUDGED",
    "something could not be compared",
    "One of the two QEMUs or dumps does not report it, so it is unknown whether it is the same.",
    "Make the missing dump, or use a QEMU that reports it.",
    Severity.WARNING,
)


def to_findings(comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT) -> list[Finding]:
    """Return comparisons as findings; what could not be compared is a finding as well."""
    book, pair_of = load_rules(), pair_namer(comparisons)
    found = [
        Finding(
            finding.rule,
            SEVERITIES.get(finding.impact, Severity.NOTE),
            f"QEMU {finding.pair}",
            _message(finding, place, book),
            finding.old,
            finding.new,
            allowed=finding.allowed.reason if finding.allowed else None,
        )
        for finding in group(comparisons, least)
        for place in finding.places
    ]
    unjudged: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for comparison in comparisons:
        for section, reason in comparison.unjudged.items():
            unjudged[pair_of(comparison), section, reason].append(subject_of(comparison))
    found += [
        Finding(
            UNJUDGED_RULE.id,
            Severity.WARNING,
            f"QEMU {pair}",
            f"{section} could not be compared: {reason}; {names_of(names)}",
        )
        for (pair, section, reason), names in unjudged.items()
    ]
    return found


def _message(group: DifferenceGroup, place: str, book: RuleBook) -> str:
    where = f" ({shortened(group.machines, MACHINES)})" if group.machines else ""
    return f"{book[group.rule].title}: {place}: {cut(group.old)} -> {cut(group.new)}{where}"


def to_cases(comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT) -> list[Case]:
    """Return comparisons as test cases, one per machine type and pair; skipped if all differences are allowed."""
    pair_of = pair_namer(comparisons)
    outcomes = {VerdictWord.NOTHING_FOUND: CaseOutcome.PASSED, VerdictWord.UNJUDGED: CaseOutcome.ERROR}
    cases = []
    for comparison in comparisons:
        verdict = judge(comparison)
        outcome = outcomes.get(verdict.word, CaseOutcome.FAILED)
        if outcome is CaseOutcome.PASSED and verdict.allowed:
            outcome = CaseOutcome.SKIPPED
        shown = sorted(at_least(comparison.differences, least), key=lambda difference: difference.allowed is not None)
        detail = "\n".join(map(_line, shown))
        cases.append(
            Case(f"QEMU {pair_of(comparison)}", subject_of(comparison), outcome, message=verdict.text, detail=detail)
        )
    return cases


def _line(difference: Difference) -> str:
    text = f"{difference.rule} {difference.place}: {as_text(difference.old)} -> {as_text(difference.new)}"
    return f"allowed: {text} ({difference.allowed.reason})" if difference.allowed else text


def to_data(
    comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT, uses: Sequence[AllowanceUse] = ()
) -> dict[str, Any]:
    """Return JSON data: binaries by key, comparisons with verdict and differences, rules and allowances used."""
    book = load_rules()
    binaries = {binary.key: binary for comparison in comparisons for binary in (comparison.a, comparison.b)}
    shown = [
        {
            **replace(comparison, differences=at_least(comparison.differences, least)).to_dict(),
            "verdict": judge(comparison).to_dict(),
        }
        for comparison in comparisons
    ]
    used = sorted({record["rule"] for entry in shown for record in entry["differences"]})
    return {
        "binaries": {key: asdict(binary) for key, binary in binaries.items()},
        "comparisons": shown,
        "rules": {name: book[name].to_dict() for name in used},
        "allowances": [use.to_dict() for use in uses],
        "worst": worst_of([judge(comparison) for comparison in comparisons]).value,
    }
