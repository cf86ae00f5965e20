"""Comparisons as findings, test cases and JSON data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from libvirtxml.findings import Finding, Rule, Severity

from virtsmith.abi.diff.allowances import Use
from virtsmith.abi.diff.compare import at_least
from virtsmith.abi.diff.rule_file import load_rules
from virtsmith.abi.diff.rules import SEVERITIES, RuleBook, as_text
from virtsmith.abi.diff.tables import MACHINES, Group, cut, group, names_of, pair_namer, shortened, subject_of
from virtsmith.abi.diff.verdict import Word, judge, worst_of
from virtsmith.abi.dump.model import Comparison, Difference, Impact
from virtsmith.report.cases import Case, Outcome

UNJUDGED_RULE = Rule(
    "ABI-UNJUDGED",
    "something could not be compared",
    "One of the two QEMUs, or dumps, does not tell; nobody knows whether it is the same.",
    "Make the missing dump, or use a QEMU that tells.",
    Severity.WARNING,
)


def to_findings(comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT) -> list[Finding]:
    """As findings with stable rule ids; what could not be compared is a finding as well."""
    book, pair_of = load_rules(), pair_namer(comparisons)
    found = [
        Finding(
            each.rule, SEVERITIES.get(each.impact, Severity.NOTE), f"QEMU {each.pair}", _message(each, place, book),
            each.old, each.new, allowed=each.allowed.reason if each.allowed else None,
        )
        for each in group(comparisons, least)
        for place in each.places
    ]  # fmt: skip
    unjudged: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in comparisons:
        for section, reason in one.unjudged.items():
            unjudged[pair_of(one), section, reason].append(subject_of(one))
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


def _message(each: Group, place: str, book: RuleBook) -> str:
    where = f" ({shortened(each.machines, MACHINES)})" if each.machines else ""
    return f"{book[each.rule].title}: {place}: {cut(each.old)} -> {cut(each.new)}{where}"


def to_cases(comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT) -> list[Case]:
    """As test cases, one for each machine type and pair; skipped where all that was found is allowed."""
    pair_of = pair_namer(comparisons)
    outcomes = {Word.NOTHING_FOUND: Outcome.PASSED, Word.UNJUDGED: Outcome.ERROR}
    cases = []
    for each in comparisons:
        verdict = judge(each)
        outcome = outcomes.get(verdict.word, Outcome.FAILED)
        if outcome is Outcome.PASSED and verdict.allowed:
            outcome = Outcome.SKIPPED
        shown = sorted(at_least(each.differences, least), key=lambda one: one.allowed is not None)
        detail = "\n".join(map(_line, shown))
        cases.append(Case(f"QEMU {pair_of(each)}", subject_of(each), outcome, message=verdict.text, detail=detail))
    return cases


def _line(one: Difference) -> str:
    text = f"{one.rule} {one.place}: {as_text(one.old)} -> {as_text(one.new)}"
    return f"allowed: {text} ({one.allowed.reason})" if one.allowed else text


def to_data(
    comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT, uses: Sequence[Use] = ()
) -> dict[str, Any]:
    """As JSON data: binaries by key, comparisons with verdict and differences, the rules and allowances used."""
    book = load_rules()
    binaries = {each.key: each for one in comparisons for each in (one.a, one.b)}
    shown = [
        {**replace(each, differences=at_least(each.differences, least)).to_dict(), "verdict": judge(each).to_dict()}
        for each in comparisons
    ]
    used = sorted({one["rule"] for each in shown for one in each["differences"]})
    return {
        "binaries": {key: asdict(binary) for key, binary in binaries.items()},
        "comparisons": shown,
        "rules": {name: book[name].to_dict() for name in used},
        "allowances": [use.to_dict() for use in uses],
        "worst": worst_of([judge(each) for each in comparisons]).value,
    }
