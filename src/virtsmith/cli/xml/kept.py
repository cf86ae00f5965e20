"""What real libvirts make of a document, as ``xml check --really`` shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from libvirtxml.findings import Finding, Location, Rule, Severity

from virtsmith.core.terminal import one_line
from virtsmith.errors import ExitCode
from virtsmith.report.report import Page, Report, Screen
from virtsmith.report.table import Cell, Table, Tone
from virtsmith.report.text import render_table

if TYPE_CHECKING:
    from libvirtxml import Change

    from virtsmith.ark.check.define import Definition

REFUSED_RULE = Rule(
    "xml-not-defined",
    "an installed libvirt does not define it",
    "It was tried; the message is libvirt's.",
    "Follow it.",
)
DROPPED_RULE = Rule(
    "xml-dropped",
    "an installed libvirt drops a part without a word",
    "It was defined, and the part did not come back: the guest will not have it.",
    "Remove the part, put it where libvirt reads it, or use a release that keeps it.",
    Severity.WARNING,
)
CHANGED_RULE = Rule(
    "xml-changed",
    "an installed libvirt makes something else of a part",
    "It was defined, and came back as something else.",
    "Write what is meant in the way in which libvirt writes it.",
    Severity.WARNING,
)
UNJUDGED_RULE = Rule(
    "xml-not-judged",
    "an installed libvirt could not be asked",
    "Whether it keeps the document is not known.",
    "Ask where the reason does not hold.",
    Severity.NOTE,
)
KEPT_RULES = (REFUSED_RULE, DROPPED_RULE, CHANGED_RULE, UNJUDGED_RULE)
"""Of ``xml check --really``."""
_SHOWN = 3


def with_definitions(report: Report, definitions: Sequence[Definition]) -> Report:
    """A report of ``xml check``, and what came of the definitions."""
    findings = [*(report.findings or ()), *kept_findings(definitions, report.source)]
    text, data, table = report.text, report.data, kept_table(definitions)
    page = report.shown()
    is_kept = all(item.verdict.value == "kept" for item in definitions)

    def shown(screen: Screen) -> str:
        before = text(screen) if text else ""
        after = render_table(table, colour=screen.colour, width=screen.width)
        return before + "".join(f"{line}\n" for line in _lines(definitions)) + after

    return replace(
        report,
        findings=findings,
        rules=(*report.rules, *KEPT_RULES),
        page=lambda: Page(page.title, [table, *page.blocks], page.summary, page.facts),
        text=shown,
        data=lambda: {**(data() if data else {}), "kept": [item.to_dict() for item in definitions]},
        exit_code=report.exit_code if is_kept else ExitCode.FINDINGS,
    )


def kept_findings(definitions: Sequence[Definition], file: str) -> Iterator[Finding]:
    """What was refused, dropped or changed, by version."""
    for item in definitions:
        if item.reason:
            rule = REFUSED_RULE if item.verdict.value == "error" else UNJUDGED_RULE
            yield Finding(rule.id, rule.severity, item.libvirt, item.reason, where=Location(file))
        for change in item.changes:
            rule = DROPPED_RULE if change.kind.value == "removed" else CHANGED_RULE
            yield Finding(rule.id, rule.severity, change.path, f"{item.libvirt}: {change}", where=Location(file))


def kept_table(definitions: Sequence[Definition]) -> Table:
    """A row for each libvirt."""
    tones = {"kept": Tone.GOOD, "error": Tone.BAD, "dropped": Tone.BAD}
    rows = [
        [
            item.libvirt,
            Cell(item.verdict.value, tones.get(item.verdict.value, Tone.WARN)),
            item.driver or "none",
            _because(item),
        ]
        for item in definitions
    ]
    return Table.make(["defined in", "verdict", "by", "because"], rows)


def _because(item: Definition) -> str:
    if item.reason:
        return item.reason
    paths = [change.path for change in item.changes]
    more = [f"and {len(paths) - _SHOWN} more"] if len(paths) > _SHOWN else []
    return "; ".join([*paths[:_SHOWN], *more])


def _lines(definitions: Sequence[Definition]) -> Iterator[str]:
    """What was dropped or changed, once, with the versions that do so."""
    found: dict[str, tuple[Change, list[str]]] = {}
    for item in definitions:
        for change in item.changes:
            found.setdefault(str(change), (change, []))[1].append(item.libvirt)
    for text, (change, names) in found.items():
        word = "drops" if change.kind.value == "removed" else "changes"
        yield one_line(f"{', '.join(names)} {word} {text}")
