"""The output of ``xml check`` and ``xml since`` for distributions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from libvirtxml.findings import Finding, Location
from libvirtxml.rules import UNKNOWN_RELEASE_RULE

from virtsmith.cli.xml.acceptance import ACCEPTANCE_RULES, MACHINE_RULE, acceptance_data, refusal_finding, refusal_line
from virtsmith.core.terminal import one_line
from virtsmith.errors import ExitCode
from virtsmith.report.report import Report, Screen
from virtsmith.report.table import Cell, Table, Tone
from virtsmith.report.text import render_table

if TYPE_CHECKING:
    from libvirtxml.acceptance import Acceptance, Refusal, Since

    from virtsmith.ark.catalogue.targets import Target
    from virtsmith.ark.check.targets import TargetVerdict

_SHOWN = 3


def targets_report(acceptance: Acceptance, found: Sequence[TargetVerdict], name: str, *, minimum: bool) -> Report:
    """The acceptance of a document by targets; with ``minimum``, the oldest of each distribution that accepts it."""
    fine = [verdict.verdict == "accepted" for verdict in found]
    return Report(
        "xml check",
        list(_findings(acceptance, found, name)),
        ACCEPTANCE_RULES,
        name,
        text=lambda screen: _oldest_text(found) if minimum else _text(acceptance, found, name, screen),
        remarks=list(_remarks(found)) if minimum else (),
        data=lambda: {"file": name, **acceptance_data(acceptance), "targets": as_data(found)},
        exit_code=ExitCode.OK if (any(fine) if minimum else all(fine)) else ExitCode.FINDINGS,
    )


def _findings(acceptance: Acceptance, found: Sequence[TargetVerdict], name: str) -> Iterator[Finding]:
    """Refusals, once for all targets; then the reasons of single targets."""
    yield from (refusal_finding(item, name) for item in _that_matter(acceptance, found))
    for target in found:
        refusals = len(refused_by(acceptance, target))
        for reason in target.reasons[refusals:]:
            rule = UNKNOWN_RELEASE_RULE if target.verdict == "unknown" else MACHINE_RULE
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
    """The targets of each distribution in order, and the index of the first that accepts."""
    members: dict[str, list[TargetVerdict]] = {}
    for verdict in sorted(found, key=lambda item: item.target.order):
        members.setdefault(verdict.target.distribution or verdict.target.name, []).append(verdict)
    for distribution, verdicts in members.items():
        yield (
            distribution,
            verdicts,
            next((n for n, verdict in enumerate(verdicts) if verdict.verdict == "accepted"), None),
        )


def _oldest_text(found: Sequence[TargetVerdict]) -> str:
    oldest = [verdicts[first] for _, verdicts, first in _by_distribution(found) if first is not None]
    return "".join(f"{item.target.name}\n" for item in oldest)


def _remarks(found: Sequence[TargetVerdict]) -> Iterator[str]:
    """Remarks on distributions without a release that accepts it, or with an older one that may."""
    for distribution, verdicts, first in _by_distribution(found):
        if first is None:
            yield f"{distribution}: no known release accepts it"
            continue
        unsure = [verdict.target.name for verdict in verdicts[:first] if verdict.verdict == "unknown"]
        if unsure:
            yield f"{distribution}: not known for {', '.join(unsure)}"


def refused_by(acceptance: Acceptance, verdict: TargetVerdict) -> list[Refusal]:
    """The refusals that hold for a target."""
    if verdict.libvirt != "refused":
        return []
    return [refusal for refusal in acceptance.refusals if refusal.accepted.judge(verdict.target.libvirt) == "refused"]


def _table(found: Sequence[TargetVerdict], acceptance: Acceptance) -> Table:
    tones = {"accepted": Tone.GOOD, "refused": Tone.BAD, "unknown": Tone.WARN}
    rows = [
        [
            verdict.target.name,
            verdict.target.libvirt or "?",
            verdict.target.qemu or "?",
            Cell("not known" if verdict.verdict == "unknown" else verdict.verdict.value, tones[verdict.verdict.value]),
            _because(verdict, acceptance),
        ]
        for verdict in found
    ]
    return Table.make(["target", "libvirt", "QEMU", "verdict", "because"], rows)


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
            "verdict": verdict.verdict.value,
            "libvirt_verdict": verdict.libvirt.value if verdict.libvirt else None,
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
