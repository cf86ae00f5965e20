"""What ``xml check`` says of a document: which schemas accept it, and whether libvirt defines it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from libvirtxml.acceptance import RefusalKind, ReleaseVerdict
from libvirtxml.findings import Finding, Location, Rule, Severity
from libvirtxml.rules import REFUSAL_RULES, UNKNOWN_RELEASE_RULE

from virtsmith.core.terminal import one_line
from virtsmith.errors import ExitCode
from virtsmith.report.report import Lines, Listing, Page, Report

if TYPE_CHECKING:
    from libvirtxml.acceptance import Acceptance, Refusal
    from libvirtxml.definition import Loss, Objection

MACHINE_RULE = Rule(
    "xml-refused-machine",
    "a distribution's QEMU does not have the machine type",
    "The domain does not start there.",
    "Use a machine type that all of them have; `virtsmith abi machines` suggests one.",
)
RUNNING_RULE = Rule(
    "xml-running",
    "the document is that of a running domain",
    "It has values of one run, and no passwords: whoever defines it stores the former and deletes the latter.",
    "Read the stored definition: `virsh dumpxml --inactive --security-info`, or `libvirtxml.live.load`.",
    Severity.WARNING,
)
LOST_RULE = Rule(
    "xml-lost",
    "libvirt does not keep a part",
    "Its parser passes over what it does not know and what means nothing to it, without a word.",
    "Correct or remove the part; `xml check --really` shows what installed libvirts make of it.",
    Severity.WARNING,
)
ACCEPTANCE_RULES = (*REFUSAL_RULES.values(), MACHINE_RULE, RUNNING_RULE, LOST_RULE, UNKNOWN_RELEASE_RULE)
"""Of ``xml check``."""
_WITH_VALUE = (RefusalKind.VALUE, RefusalKind.TEXT)


def acceptance_report(
    found: Acceptance,
    name: str,
    *,
    minimum: bool,
    objections: Sequence[Objection] | None = None,
    losses: Sequence[Loss] | None = None,
    run_time: Sequence[str] = (),
) -> Report:
    """Refusals, then verdicts; with ``minimum``, the oldest release whose schema accepts the document.

    ``objections`` are what keeps libvirt from defining it, ``losses`` what it would not keep, None where this
    was not judged; ``run_time`` is what belongs
    to one run, if it is the document of a running domain.
    """
    from libvirtxml.definition import RULES

    unknown = [gap for gap in found.gaps if gap.verdict is ReleaseVerdict.UNKNOWN]
    findings = [refusal_finding(refusal, name) for refusal in found.refusals]
    findings += [
        Finding(
            UNKNOWN_RELEASE_RULE.id,
            UNKNOWN_RELEASE_RULE.severity,
            "",
            f"the schemas of releases {gap} are not known",
            where=Location(name),
        )
        for gap in unknown
    ]
    findings += [objection_finding(objection, name) for objection in objections or ()]
    findings += loss_findings(losses, name)
    findings += running_findings(run_time, name)
    running = [f"{name}: {finding.subject} {finding.message}" for finding in running_findings(run_time, name)]
    lines = [*schema_lines(found), definition_line(objections), *kept_lines(losses)]
    fine = (found.oldest is not None if minimum else found.accepted) and not objections
    return Report(
        "xml check",
        findings,
        (*ACCEPTANCE_RULES, *(declared.rule for declared in RULES.values())),
        name,
        page=lambda: Page("Verdicts", [Lines(lines), Listing(findings)]),
        text=lambda _: (
            (f"{found.oldest}\n" if found.oldest else "")
            if minimum
            else "".join(f"{one_line(line)}\n" for line in running) + _text(found, name, objections, losses or ())
        ),
        remarks=[*_remarks(found), *(f"but libvirt does not define it: {item}" for item in (objections or ())[:10])]
        if minimum
        else (),
        data=lambda: {"file": name, **acceptance_data(found), **definition_data(objections, losses)},
        exit_code=ExitCode.OK if fine else ExitCode.FINDINGS,
    )


def running_findings(run_time: Sequence[str], name: str) -> list[Finding]:
    """The warning about the document of a running domain."""
    if not run_time:
        return []
    identity = next((path for path in run_time if path.endswith("/domain/@id")), run_time[0])
    others = ", ".join(path for path in run_time if path != identity)
    message = "is that of a running domain: defining this document stores what belongs to its run, without passwords"
    return [
        Finding(
            RUNNING_RULE.id,
            RUNNING_RULE.severity,
            identity,
            message + (f" (also {others})" if others else ""),
            where=Location(name),
        )
    ]


def objection_finding(objection: Objection, file: str) -> Finding:
    """What keeps libvirt from defining a document, as a finding."""
    from libvirtxml.definition import RULES

    severity = RULES[objection.rule].rule.severity
    return Finding(objection.rule, severity, objection.path, objection.message, where=Location(file))


def loss_findings(losses: Sequence[Loss] | None, file: str) -> list[Finding]:
    """What libvirt would not keep, as findings."""
    severity = LOST_RULE.severity
    return [Finding(LOST_RULE.id, severity, item.path, item.message, where=Location(file)) for item in losses or ()]


def kept_lines(losses: Sequence[Loss] | None) -> list[str]:
    """The third verdict, where it is not that nothing is known to be lost."""
    return ["libvirt keeps: not all of it"] if losses else []


def definition_data(objections: Sequence[Objection] | None, losses: Sequence[Loss] | None = None) -> dict[str, Any]:
    """Whether libvirt defines a document, as JSON data, and the objections where this was judged."""
    answer: dict[str, Any] = {"libvirt_defines": definition_line(objections).partition(": ")[2]}
    if losses is not None:
        answer["losses"] = [{"path": item.path, "message": item.message} for item in losses]
    if objections is None:
        return answer
    return {
        **answer,
        "objections": [{"rule": item.rule, "path": item.path, "message": item.message} for item in objections],
    }


def refusal_finding(refusal: Refusal, file: str) -> Finding:
    """A refusal as a finding."""
    shown = f"={refusal.value!r}" if refusal.value is not None and refusal.kind in _WITH_VALUE else ""
    rule = REFUSAL_RULES[refusal.kind]
    return Finding(rule.id, rule.severity, f"{refusal.path}{shown}", refusal.reason, where=Location(file, refusal.line))


def _remarks(found: Acceptance) -> Iterator[str]:
    """Remarks on the oldest release that accepts a document, or if there is none."""
    if found.oldest is None:
        yield "the schema of none of the requested releases accepts it"
        yield from (f"  {refusal}" for refusal in found.refusals[:10])
        return
    for gap in found.gaps:
        if gap.before == found.oldest and gap.verdict is ReleaseVerdict.UNKNOWN:
            yield f"the schemas of releases {gap} are not known: one of them may also accept it"
    names = list(found.verdicts)
    later = [name for name in names[names.index(found.oldest) :] if found.verdicts[name] is not ReleaseVerdict.ACCEPTED]
    if later:
        yield f"but the schemas of later ones refuse it: {_ranges(later, names)}"


def _text(found: Acceptance, name: str, objections: Sequence[Objection] | None, losses: Sequence[Loss]) -> str:
    return "".join(f"{one_line(line)}\n" for line in _lines(found, name, objections, losses))


def _lines(
    found: Acceptance, name: str, objections: Sequence[Objection] | None, losses: Sequence[Loss]
) -> Iterator[str]:
    yield from (refusal_line(refusal, name) for refusal in found.refusals)
    yield from (f"{name}: {objection}" for objection in objections or ())
    yield from (f"{name}: {loss} [{LOST_RULE.id}]" for loss in losses)
    yield from schema_lines(found)
    yield definition_line(objections)
    yield from kept_lines(losses)


def schema_lines(found: Acceptance) -> Iterator[str]:
    """The releases by what their schemas say: ``schema accepts: 9.8.0 to 12.8.0``."""
    for verdict in (ReleaseVerdict.ACCEPTED, ReleaseVerdict.REFUSED):
        which = [release for release, item in found.verdicts.items() if item is verdict]
        if which:
            yield f"{verdict}: {_ranges(which, list(found.verdicts))}"
        elif not found.verdicts:
            yield from (f"{verdict}: {gap}" for gap in found.gaps if gap.verdict is verdict)
    unknown = [str(gap) for gap in found.gaps if gap.verdict is ReleaseVerdict.UNKNOWN]
    if unknown:
        yield f"schema not known: {', '.join(unknown)}"


def definition_line(objections: Sequence[Objection] | None) -> str:
    """Whether libvirt defines a document; ``objections`` is None where no rule is about it."""
    if objections is None:
        return "libvirt defines: not judged, because no rule is about such documents"
    return f"libvirt defines: {'no' if objections else 'no objection is known'}"


def refusal_line(refusal: Refusal, name: str) -> str:
    """A refusal with its location, in the format of compilers."""
    if not refusal.line:
        return f"{name}: {refusal}"
    return f"{name}:{refusal.line}: {str(refusal).partition(': ')[2]}"


def _ranges(names: list[str], among: list[str]) -> str:
    """Releases as ranges over a list of them: ``1.2.0 to 2.1.0, 7.0.0``."""
    chosen = set(names)
    runs: list[list[str]] = []
    before = ""
    for name in among:
        if name in chosen:
            if runs and before in chosen:
                runs[-1].append(name)
            else:
                runs.append([name])
        before = name
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def acceptance_data(found: Acceptance) -> dict[str, Any]:
    """What the schemas make of a document, as JSON data."""
    return {
        "schema_accepts": found.accepted,
        "oldest": found.oldest,
        "releases": {name: verdict.value for name, verdict in found.verdicts.items()},
        "gaps": [{"after": gap.after, "before": gap.before, "verdict": gap.verdict.value} for gap in found.gaps],
        "refusals": [
            {
                "path": refusal.path,
                "line": refusal.line,
                "kind": refusal.kind.value,
                "value": refusal.value,
                "message": refusal.reason,
                "since": refusal.accepted.first or None,
                "until": refusal.accepted.last,
                "refused": list(refusal.refused),
            }
            for refusal in found.refusals
        ],
    }
