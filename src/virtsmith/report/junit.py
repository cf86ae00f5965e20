"""JUnit XML, which continuous integration systems read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from libvirtxml.findings import Finding, Severity

from virtsmith.report.cases import Case, CaseOutcome
from virtsmith.report.report import Report, Screen

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {CaseOutcome.FAILED: "failure", CaseOutcome.ERROR: "error", CaseOutcome.SKIPPED: "skipped"}


def render_report(report: Report, _screen: Screen = Screen()) -> str:  # noqa: B008 - it is frozen
    """Return the test cases of a report, or its findings as cases."""
    cases = report.cases() if report.cases else findings_as_cases(report.findings or ())
    return render_cases(f"virtsmith {report.command}", cases)


def render_cases(name: str, cases: Sequence[Case]) -> str:
    """Return a report with one suite, with the cases in order."""
    suites = Element("testsuites")
    suite = SubElement(suites, "testsuite", {"name": _clean(name), **_counts(cases)})
    for case in cases:
        element = SubElement(
            suite, "testcase", classname=_clean(case.group), name=_clean(case.name), time=f"{case.seconds:.3f}"
        )
        if case.outcome in _ELEMENTS:
            reason = SubElement(element, _ELEMENTS[case.outcome], message=_clean(case.message), type=case.outcome.value)
            reason.text = _clean(case.detail) or None
    indent(suites)
    return tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def findings_as_cases(findings: Sequence[Finding]) -> list[Case]:
    """Return findings as cases: errors and warnings fail, notes and allowed findings are skipped; none is one pass."""
    return [_case(finding) for finding in findings] or [Case("findings", "no findings", CaseOutcome.PASSED)]


def _case(finding: Finding) -> Case:
    counts = finding.severity is not Severity.NOTE and finding.allowed is None
    message = finding.message if finding.allowed is None else f"{finding.message} (allowed: {finding.allowed})"
    name = f"{finding.subject} {finding.where}".strip() or finding.message
    return Case(finding.rule, name, CaseOutcome.FAILED if counts else CaseOutcome.SKIPPED, message=message)


def _counts(cases: Sequence[Case]) -> dict[str, str]:
    number = {outcome: sum(case.outcome is outcome for case in cases) for outcome in CaseOutcome}
    return {
        "tests": str(len(cases)),
        "failures": str(number[CaseOutcome.FAILED]),
        "errors": str(number[CaseOutcome.ERROR]),
        "skipped": str(number[CaseOutcome.SKIPPED]),
        "time": f"{sum(case.seconds for case in cases):.3f}",
    }


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
