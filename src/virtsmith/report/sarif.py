"""SARIF 2.1.0 as GitHub code scanning accepts it; other hosting sites and editors read it too.

GitHub rejects a whole file if one result has no location, or if a rule has no texts. So the location of a finding that
is not in a file is what was checked, and every rule has a description.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from libvirtxml.findings import Finding, Rule

from virtsmith import __version__
from virtsmith.report.data import dump
from virtsmith.report.fingerprints import partial_fingerprints
from virtsmith.report.links import DOCUMENTATION, rule_link
from virtsmith.report.places import Places
from virtsmith.report.report import Report, Screen

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LONGEST = 1024
"""The number of characters of a description that GitHub shows."""
_ROOT = "%SRCROOT%"


def render_report(report: Report, _screen: Screen = Screen()) -> str:  # noqa: B008 - it is frozen
    """Return a log with one run, and with the rules that occur in it."""
    findings = report.findings or ()
    rules = _rules_that_occur(findings, report.rules)
    run = {
        "tool": {"driver": _driver(rules)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The repository, or else the working directory."}}},
        "results": _results(report, findings, [rule.id for rule in rules]),
    }
    return dump({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rules_that_occur(findings: Sequence[Finding], rules: Iterable[Rule]) -> list[Rule]:
    known = {rule.id: rule for rule in rules}
    occurring = {finding.rule: finding for finding in findings}
    undescribed = "This rule has no description."
    return [
        known.get(name) or Rule(name, name, undescribed, undescribed, occurring[name].severity)
        for name in sorted(occurring)
    ]


def _driver(rules: Iterable[Rule]) -> dict[str, Any]:
    return {
        "name": "virtsmith",
        "semanticVersion": __version__,
        "informationUri": DOCUMENTATION,
        "rules": [_descriptor(rule) for rule in rules],
    }


def _descriptor(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": _sentence(rule.title)[:_LONGEST]},
        "fullDescription": {"text": _sentence(rule.why)[:_LONGEST]},
        "help": {
            "text": f"{_sentence(rule.why)}\n\nFix: {_sentence(rule.fix)}",
            "markdown": f"{_sentence(rule.why)}\n\n**Fix:** {_sentence(rule.fix)}",
        },
        "helpUri": rule_link(rule.id),
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _results(report: Report, findings: Sequence[Finding], rules: Sequence[str]) -> list[dict[str, Any]]:
    places = Places(report)
    found = partial_fingerprints(findings, places)
    return [
        _result(finding, rules.index(finding.rule), places.uri(finding), fingerprints)
        for finding, fingerprints in zip(findings, found, strict=True)
    ]


def _result(finding: Finding, rule: int, uri: str, fingerprints: Mapping[str, str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": finding.severity.value,
        "message": {"text": f"{finding.subject}: {finding.message}" if finding.subject else finding.message},
        "locations": [_location(finding, uri)],
        "partialFingerprints": fingerprints,
    }
    if finding.allowed is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.allowed}]
    return result


def _location(finding: Finding, uri: str) -> dict[str, Any]:
    where = finding.where
    artifact = {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": _ROOT}
    region = {"startLine": where.line or 1, **({"startColumn": where.column} if where.line and where.column else {})}
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": artifact, "region": region}}
    if finding.subject:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.subject}]
    return location
