"""The output of ``xml check`` and ``xml since`` for distributions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from libvirtxml.acceptance import ReleaseVerdict
from libvirtxml.findings import Finding, Location
from libvirtxml.rules import UNKNOWN_RELEASE_RULE

from virtsmith.cli.xml.acceptance import (
    ACCEPTANCE_RULES,
    MACHINE_RULE,
    acceptance_data,
    definition_data,
    definition_line,
    objection_finding,
    refusal_finding,
    refusal_line,
)
from virtsmith.core.terminal import one_line
from virtsmith.errors import ExitCode
from virtsmith.report.report import Lines, Listing, Page, Report, Screen
from virtsmith.report.table import Cell, Table, Tone
from virtsmith.report.text import render_table

if TYPE_CHECKING:
    from libvirtxml.acceptance import Acceptance, Refusal, Since
    from libvirtxml.definition import Objection

    from virtsmith.ark.catalogue.targets import Target
    from virtsmith.ark.check.targets import TargetVerdict

_SHOWN = 3


def targets_report(
    acceptance: Acceptance,
    found: Sequence[TargetVerdict],
    name: str,
    *,
    minimum: bool,
    objections: Sequence[Objection] | None = None,
) -> Report:
    """What targets make of a document; with ``minimum``, the oldest of each distribution that has nothing against it.

    ``objections`` are what keeps libvirt from defining it, None where this was not judged.
    """
    from libvirtxml.definition import RULES

    fits = [verdict.fits is True for verdict in found]
    fine = (any(fits) if minimum else all(fits)) and not objections
    findings = [*_findings(acceptance, found, name), *(objection_finding(item, name) for item in objections or ())]
    shown = "".join(f"{name}: {item}\n" for item in objections or ())
    return Report(
        "xml check",
        findings,
        (*ACCEPTANCE_RULES, *(declared.rule for declared in RULES.values())),
        name,
        page=lambda: Page(
            "Verdicts", [_table(found, acceptance), Lines([definition_line(objections)]), Listing(findings)]
        ),
        text=lambda screen: (
            _oldest_text(found)
            if minimum
            else shown + _text(acceptance, found, name, screen) + definition_line(objections) + "\n"
        ),
        remarks=[*_remarks(found), *(f"but libvirt does not define it: {item}" for item in (objections or ())[:10])]
        if minimum
        else (),
        data=lambda: {
            "file": name,
            **acceptance_data(acceptance),
            **definition_data(objections),
            "targets": as_data(found),
        },
        exit_code=ExitCode.OK if fine else ExitCode.FINDINGS,
    )


def _findings(acceptance: Acceptance, found: Sequence[TargetVerdict], name: str) -> Iterator[Finding]:
    """Refusals, once for all targets; then the reasons of single targets."""
    yield from (refusal_finding(item, name) for item in _that_matter(acceptance, found))
    for target in found:
        refusals = len(refused_by(acceptance, target))
        for reason in target.reasons[refusals:]:
            rule = UNKNOWN_RELEASE_RULE if target.fits is None else MACHINE_RULE
            yield Finding(rule.id, rule.severity, target.target.name, reason, where=Location(name))


def _that_matter(acceptance: Acceptance, found: Sequence[TargetVerdict]) -> list[Refusal]:
    return [
        refusal
        for refusal in acceptance.refusals
        if any(refusal in refused_by(acceptance, verdict) for verdict in found)
    ]


def _text(acceptance: Acceptance, found: Sequence[TargetVerdict], name: str, screen: Screen) -> str:
    """Refusals with their locations, then a table of targets."""
    refusals = "".join(f"{one_line(refusal_line(item, name))}\n" for item in _that_matter(acceptance, found))
    return refusals + render_table(_table(found, acceptance), colour=screen.colour, width=screen.width)


def _by_distribution(found: Sequence[TargetVerdict]) -> Iterator[tuple[str, list[TargetVerdict], int | None]]:
    """The targets of each distribution in order, and the index of the first that has nothing against it."""
    members: dict[str, list[TargetVerdict]] = {}
    for verdict in sorted(found, key=lambda item: item.target.order):
        members.setdefault(verdict.target.distribution or verdict.target.name, []).append(verdict)
    for distribution, verdicts in members.items():
        yield (
            distribution,
            verdicts,
            next((n for n, verdict in enumerate(verdicts) if verdict.fits), None),
        )


def _oldest_text(found: Sequence[TargetVerdict]) -> str:
    oldest = [verdicts[first] for _, verdicts, first in _by_distribution(found) if first is not None]
    return "".join(f"{item.target.name}\n" for item in oldest)


def _remarks(found: Sequence[TargetVerdict]) -> Iterator[str]:
    """Remarks on distributions without a release that it fits, or with an older one that it may fit."""
    for distribution, verdicts, first in _by_distribution(found):
        if first is None:
            yield f"{distribution}: no known release has a schema that accepts it and the machine type"
            continue
        unsure = [verdict.target.name for verdict in verdicts[:first] if verdict.fits is None]
        if unsure:
            yield f"{distribution}: not known for {', '.join(unsure)}"


def refused_by(acceptance: Acceptance, verdict: TargetVerdict) -> list[Refusal]:
    """The refusals that hold for a target."""
    if verdict.schema is not ReleaseVerdict.REFUSED:
        return []
    return [
        refusal
        for refusal in acceptance.refusals
        if refusal.accepted.judge(verdict.target.libvirt) is ReleaseVerdict.REFUSED
    ]


def _table(found: Sequence[TargetVerdict], acceptance: Acceptance) -> Table:
    tones = {True: Tone.GOOD, False: Tone.BAD, None: Tone.WARN}
    rows = [
        [
            verdict.target.name,
            verdict.target.libvirt or "?",
            verdict.target.qemu or "?",
            Cell(_schema_word(verdict), tones[verdict.fits]),
            verdict.machine.value if verdict.machine else "not judged",
            _because(verdict, acceptance),
        ]
        for verdict in found
    ]
    return Table.make(["target", "libvirt", "QEMU", "schema", "machine type", "because"], rows)


def _schema_word(verdict: TargetVerdict) -> str:
    return verdict.schema.value.removeprefix("schema ") if verdict.schema else "not judged"


def _because(verdict: TargetVerdict, acceptance: Acceptance) -> str:
    """The reasons in short: refusals by their paths, since they are listed in full above."""
    paths = [item.path for item in refused_by(acceptance, verdict)]
    more = [f"and {len(paths) - _SHOWN} more"] if len(paths) > _SHOWN else []
    others = verdict.reasons[len(paths) :]
    return "; ".join([*(f"libvirt: {path}" for path in paths[:_SHOWN]), *more, *others])


def as_data(found: Sequence[TargetVerdict]) -> list[dict[str, Any]]:
    """Verdicts as JSON data."""
    return [
        {
            "target": verdict.target.name,
            "libvirt": verdict.target.libvirt or None,
            "qemu": verdict.target.qemu or None,
            "fits": verdict.fits,
            "schema": verdict.schema.value if verdict.schema else None,
            "machine_type": verdict.machine.value if verdict.machine else None,
            "reasons": list(verdict.reasons),
        }
        for verdict in found
    ]


def firsts_as_data(since: Since, targets: Sequence[Target]) -> list[dict[str, Any]]:
    """The first release of each distribution with a feature, as JSON data."""
    from virtsmith.ark.check.targets import first_of_each

    return [
        {
            "distribution": name,
            "first": first.name if first else None,
            "libvirt": first.libvirt if first else None,
            "unsure": unsure,
        }
        for name, first, unsure in first_of_each(since, targets)
    ]


def firsts_table(since: Since, targets: Sequence[Target]) -> Table:
    """The first release of each distribution with a feature, one per line."""
    notes = {True: "an older one may also have it", False: ""}
    rows = [
        [entry["first"] or entry["distribution"], entry["libvirt"] or "none", notes[entry["unsure"]]]
        for entry in firsts_as_data(since, targets)
    ]
    return Table.make(["first", "libvirt", ""], rows)
