"""JUnit XML, which every continuous integration system reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from libvirtxml.findings import Finding, Severity

from virtsmith.report.cases import Case, Outcome

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {Outcome.FAILED: "failure", Outcome.ERROR: "error", Outcome.SKIPPED: "skipped"}


def render_cases(name: str, cases: Sequence[Case]) -> str:
    """Return a report with one suite; cases keep their order."""
    suites = Element("testsuites")
    suite = SubElement(suites, "testsuite", {"name": _clean(name), **_counts(cases)})
    for case in cases:
        element = SubElement(
            suite, "testcase", classname=_clean(case.group), name=_clean(case.name), time=f"{case.seconds:.3f}"
        )
        if case.outcome in _ELEMENTS:
            reason = SubElement(element, _ELEMENTS[case.outcome], message=_clean(case.message))
            reason.text = _clean(case.detail) or None
    indent(suites)
    return tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def render_findings(name: str, findings: Sequence[Finding]) -> str:
    """Return findings as cases: errors and warnings fail, notes are skipped; none is one passed case."""
    cases = [
        Case(
            finding.rule, f"{finding.subject} {finding.where}".strip(),
            Outcome.SKIPPED if finding.severity is Severity.NOTE else Outcome.FAILED, message=finding.message,
        )
        for finding in findings
    ]  # fmt: skip
    return render_cases(name, cases or [Case(name, "no findings", Outcome.PASSED)])


def _counts(cases: Sequence[Case]) -> dict[str, str]:
    number = {outcome: sum(case.outcome is outcome for case in cases) for outcome in Outcome}
    return {
        "tests": str(len(cases)), "failures": str(number[Outcome.FAILED]), "errors": str(number[Outcome.ERROR]),
        "skipped": str(number[Outcome.SKIPPED]), "time": f"{sum(case.seconds for case in cases):.3f}",
    }  # fmt: skip


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
