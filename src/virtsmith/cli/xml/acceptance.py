"""The acceptance of a document by releases, as ``xml check`` shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from libvirtxml.acceptance import RefusalKind
from libvirtxml.findings import Finding, Location, Rule
from libvirtxml.rules import REFUSAL_RULES, UNKNOWN_RELEASE_RULE

from virtsmith.core.terminal import one_line
from virtsmith.errors import ExitCode
from virtsmith.report.report import Report

if TYPE_CHECKING:
    from libvirtxml.acceptance import Acceptance, Refusal
    from libvirtxml.definition import Objection

MACHINE_RULE = Rule(
    "xml-refused-machine",
    "a distribution's QEMU does not have the machine type",
    "The domain does not start there.",
    "Use a machine type that all of them have; `virtsmith abi machines` suggests one.",
)
ACCEPTANCE_RULES = (*REFUSAL_RULES.values(), MACHINE_RULE, UNKNOWN_RELEASE_RULE)
"""Of ``xml check``."""
_WITH_VALUE = (RefusalKind.VALUE, RefusalKind.TEXT)


def acceptance_report(
    found: Acceptance, name: str, *, minimum: bool, objections: Sequence[Objection] | None = None
) -> Report:
    """Refusals, then verdicts; with ``minimum``, the oldest release whose schema accepts the document.

    ``objections`` are what keeps libvirt from defining it, None where this was not judged.
    """
    from libvirtxml.definition import RULES

    unknown = [gap for gap in found.gaps if gap.verdict == "unknown"]
    findings = [refusal_finding(refusal, name) for refusal in found.refusals]
    findings += [
        Finding(
            UNKNOWN_RELEASE_RULE.id,
            UNKNOWN_RELEASE_RULE.severity,
            "",
            f"releases {gap} are not known",
            where=Location(name),
        )
        for gap in unknown
    ]
    findings += [objection_finding(objection, name) for objection in objections or ()]
    fine = (found.oldest is not None if minimum else found.accepted) and not objections
    return Report(
        "xml check",
        findings,
        (*ACCEPTANCE_RULES, *(declared.rule for declared in RULES.values())),
        name,
        text=lambda _: (f"{found.oldest}\n" if found.oldest else "") if minimum else _text(found, name, objections),
        remarks=[*_remarks(found), *(f"but libvirt does not define it: {item}" for item in (objections or ())[:10])]
        if minimum
        else (),
        data=lambda: {"file": name, **acceptance_data(found), **definition_data(objections)},
        exit_code=ExitCode.OK if fine else ExitCode.FINDINGS,
    )


def objection_finding(objection: Objection, file: str) -> Finding:
    """What keeps libvirt from defining a document, as a finding."""
    from libvirtxml.definition import RULES

    severity = RULES[objection.rule].rule.severity
    return Finding(objection.rule, severity, objection.path, objection.message, where=Location(file))


def definition_data(objections: Sequence[Objection] | None) -> dict[str, Any]:
    """What keeps libvirt from defining a document, as JSON data; nothing where it was not judged."""
    if objections is None:
        return {}
    return {
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
        if gap.before == found.oldest and gap.verdict == "unknown":
            yield f"releases {gap} are not known: one of them may also accept it"
    names = list(found.verdicts)
    later = [name for name in names[names.index(found.oldest) :] if found.verdicts[name] != "accepted"]
    if later:
        yield f"but later ones refuse it: {_ranges(later, names)}"


def _text(found: Acceptance, name: str, objections: Sequence[Objection] | None) -> str:
    return "".join(f"{one_line(line)}\n" for line in _lines(found, name, objections))


def _lines(found: Acceptance, name: str, objections: Sequence[Objection] | None) -> Iterator[str]:
    yield from (refusal_line(refusal, name) for refusal in found.refusals)
    yield from (f"{name}: {objection}" for objection in objections or ())
    for verdict, word in (("accepted", "accepts"), ("refused", "refuses")):
        which = [release for release, item in found.verdicts.items() if item == verdict]
        if which:
            yield f"schema {word}: {_ranges(which, list(found.verdicts))}"
        elif not found.verdicts:
            yield from (f"schema {word}: {gap}" for gap in found.gaps if gap.verdict == verdict)
    unknown = [str(gap) for gap in found.gaps if gap.verdict == "unknown"]
    if unknown:
        yield f"schema not known: {', '.join(unknown)}"
    if objections is not None:
        yield f"libvirt defines: {'no' if objections else 'no objection is known'}"


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
    """The acceptance of a document as JSON data."""
    return {
        "accepted": found.accepted,
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
