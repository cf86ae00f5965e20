"""The acceptance of a document by releases, as ``xml check`` shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from libvirtxml.acceptance import RefusalKind
from libvirtxml.findings import Finding, Location, Rule
from libvirtxml.rules import REFUSAL_RULES, UNKNOWN_RELEASE_RULE

from virtsmith.core.terminal import one_line
from virtsmith.errors import ExitCode
from virtsmith.report.report import Report

if TYPE_CHECKING:
    from libvirtxml.acceptance import Acceptance, Refusal

MACHINE_RULE = Rule(
    "xml-refused-machine",
    "a distribution's QEMU does not have the machine type",
    "The domain does not start there.",
    "Use a machine type that all of them have; `virtsmith abi machines` suggests one.",
)
ACCEPTANCE_RULES = (*REFUSAL_RULES.values(), MACHINE_RULE, UNKNOWN_RELEASE_RULE)
"""Of ``xml check``."""
_WITH_VALUE = (RefusalKind.VALUE, RefusalKind.TEXT)


def acceptance_report(found: Acceptance, name: str, *, minimum: bool) -> Report:
    """Refusals, then verdicts; with ``minimum``, the oldest release that accepts the document."""
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
    fine = found.oldest is not None if minimum else found.accepted
    return Report(
        "xml check",
        findings,
        ACCEPTANCE_RULES,
        name,
        text=lambda _: (f"{found.oldest}\n" if found.oldest else "") if minimum else _text(found, name),
        remarks=list(_remarks(found)) if minimum else (),
        data=lambda: {"file": name, **acceptance_data(found)},
        exit_code=ExitCode.OK if fine else ExitCode.FINDINGS,
    )


def refusal_finding(refusal: Refusal, file: str) -> Finding:
    """A refusal as a finding."""
    shown = f"={refusal.value!r}" if refusal.value is not None and refusal.kind in _WITH_VALUE else ""
    rule = REFUSAL_RULES[refusal.kind]
    return Finding(rule.id, rule.severity, f"{refusal.path}{shown}", refusal.reason, where=Location(file, refusal.line))


def _remarks(found: Acceptance) -> Iterator[str]:
    """Remarks on the oldest release that accepts a document, or if there is none."""
    if found.oldest is None:
        yield "none of the requested releases accepts it"
        yield from (f"  {refusal}" for refusal in found.refusals[:10])
        return
    for gap in found.gaps:
        if gap.before == found.oldest and gap.verdict == "unknown":
            yield f"releases {gap} are not known: one of them may also accept it"
    names = list(found.verdicts)
    later = [name for name in names[names.index(found.oldest) :] if found.verdicts[name] != "accepted"]
    if later:
        yield f"but later ones refuse it: {_ranges(later, names)}"


def _text(found: Acceptance, name: str) -> str:
    return "".join(f"{one_line(line)}\n" for line in _lines(found, name))


def _lines(found: Acceptance, name: str) -> Iterator[str]:
    yield from (refusal_line(refusal, name) for refusal in found.refusals)
    for verdict in ("accepted", "refused"):
        which = [release for release, item in found.verdicts.items() if item == verdict]
        if which:
            yield f"{verdict} by {_ranges(which, list(found.verdicts))}"
    for gap in found.gaps:
        if gap.verdict == "unknown":
            yield f"not known {gap}"
        elif not found.verdicts:
            yield f"{gap.verdict} {gap}"


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
