"""Migrations that did not succeed, as findings, and all of them as a table and as test cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from libvirtxml.findings import Finding, Location, Rule, Severity

from virtsmith.ark.migrate.passage import Passage, PassageResult
from virtsmith.report import table
from virtsmith.report.cases import Case, CaseOutcome
from virtsmith.report.table import Table, Tone

REFUSED_RULE = Rule(
    "ARK-MIGRATE-REFUSED",
    "libvirt refuses the domain",
    "The libvirt that it was to leave does not define the domain.",
    "`virtsmith ark check` says which libvirt and QEMU do.",
)
FAILED_RULE = Rule(
    "ARK-MIGRATE-FAILED",
    "the guest does not arrive",
    "The guest started, but did not come to run under the target's QEMU.",
    "Read what each layer said, which `--json` includes; `virtsmith abi vm` finds the device at fault.",
)
ERROR_RULE = Rule(
    "ARK-MIGRATE-ERROR",
    "the migration could not be tried",
    "A daemon did not start or did not answer: this says nothing about the versions.",
    "Run `virtsmith ark doctor` and `virtsmith ark verify`.",
)
RULES = (REFUSED_RULE, FAILED_RULE, ERROR_RULE)
_RULE_OF = {
    PassageResult.REFUSED: REFUSED_RULE,
    PassageResult.FAILED: FAILED_RULE,
    PassageResult.ERROR: ERROR_RULE,
}
_TONES = {
    PassageResult.OK: Tone.GOOD,
    PassageResult.REFUSED: Tone.WARN,
    PassageResult.FAILED: Tone.BAD,
    PassageResult.ERROR: Tone.BAD,
}
_OUTCOMES = {
    PassageResult.OK: CaseOutcome.PASSED,
    PassageResult.REFUSED: CaseOutcome.FAILED,
    PassageResult.FAILED: CaseOutcome.FAILED,
    PassageResult.ERROR: CaseOutcome.ERROR,
}


def migration_findings(passages: Iterable[Passage], file: str) -> list[Finding]:
    """A finding for each migration that did not succeed."""
    return [
        Finding(
            rule.id,
            Severity.ERROR,
            f"{passage.source} to {passage.target} ({passage.way.value})",
            f"{passage.step}: {passage.reason}",
            where=Location(file),
        )
        for passage in passages
        if (rule := _RULE_OF.get(passage.result))
    ]


def passages_table(passages: Sequence[Passage]) -> Table:
    """Return every migration, and the QEMU that the guest ran under before and after."""
    rows = [
        [
            passage.source,
            passage.target,
            passage.way.value,
            table.Cell(passage.result.value, _TONES[passage.result], passage.reason),
            " to ".join(version for version in (passage.left_from, passage.arrived_in) if version),
            f"{passage.seconds:.1f}",
        ]
        for passage in passages
    ]
    return Table.make(["from", "to", "way", "result", "QEMU", "seconds"], rows, right=["seconds"])


def words_table(passages: Sequence[Passage]) -> Table:
    """Return what each layer said where a migration did not succeed."""
    rows = [
        [f"{passage.source} to {passage.target}", passage.way.value, layer, line]
        for passage in passages
        for layer, text in passage.words.items()
        for line in text.splitlines()[-3:]
    ]
    return Table.make(["pair", "way", "layer", "said"], rows, title="What each layer said last")


def to_cases(passages: Iterable[Passage]) -> list[Case]:
    """Return one test case for each migration."""
    return [
        Case(
            f"{passage.source} to {passage.target}",
            passage.way.value,
            _OUTCOMES[passage.result],
            passage.seconds,
            passage.reason,
            "\n".join(f"{layer}:\n{text}" for layer, text in passage.words.items()),
        )
        for passage in passages
    ]
