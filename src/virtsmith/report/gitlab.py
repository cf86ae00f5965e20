"""GitLab Code Quality reports: findings in the widget and the diff of a merge request."""

from __future__ import annotations

from typing import Any

from libvirtxml.findings import Finding, Severity

from virtsmith.report.data import dump
from virtsmith.report.fingerprints import content_fingerprints
from virtsmith.report.places import Places
from virtsmith.report.report import Report, Screen

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render_report(report: Report, _screen: Screen = Screen()) -> str:  # noqa: B008 - it is frozen
    """Return a list with one issue per finding; allowed findings are omitted."""
    places = Places(report)
    findings = [finding for finding in report.findings or () if finding.allowed is None]
    fingerprints = content_fingerprints(findings, places)
    return dump([_issue(*pair, places) for pair in zip(findings, fingerprints, strict=True)])


def _issue(finding: Finding, fingerprint: str, places: Places) -> dict[str, Any]:
    return {
        "description": f"{finding.subject}: {finding.message}" if finding.subject else finding.message,
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": places.path(finding), "lines": {"begin": finding.where.line or 1}},
    }
