"""Workflow commands of GitHub Actions, shown as annotations at the lines of a pull request."""

from __future__ import annotations

from collections.abc import Mapping

from libvirtxml.findings import Finding, Severity

from virtsmith.core.terminal import harmless
from virtsmith.report.places import Places
from virtsmith.report.report import Report, Screen

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})
"""Characters that end a value in a workflow command."""


def render_report(report: Report, _screen: Screen = Screen()) -> str:  # noqa: B008 - it is frozen
    """Return one command per line; allowed findings are omitted."""
    places = Places(report)
    return "".join(_command(finding, places) for finding in report.findings or () if finding.allowed is None)


def _command(finding: Finding, places: Places) -> str:
    where = finding.where
    properties: dict[str, object] = {}
    if places.file(finding) is not None:
        properties = {"file": places.path(finding), "line": where.line or 1}
        properties |= {"col": where.column} if where.line and where.column else {}
    properties["title"] = f"virtsmith {finding.rule}"
    text = f"{finding.subject}: {finding.message}" if finding.subject else finding.message
    return f"::{_LEVELS[finding.severity]} {_joined(properties)}::{harmless(text).translate(_DATA)}\n"


def _joined(properties: Mapping[str, object]) -> str:
    return ",".join(f"{name}={str(value).translate(_PROPERTY)}" for name, value in properties.items())
