"""The output formats for findings: one table, used by every command that reports findings.

A format is a module with a function ``render_report(report, screen)`` that returns a string, and a row here. Options,
help and tests are derived from the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from virtsmith.errors import UsageError
from virtsmith.report.report import Report, Screen


@dataclass(frozen=True, slots=True)
class Format:
    """One row: the module that renders the format, imported on use, and what the format is for."""

    module: str
    about: str
    findings_only: bool = False
    """The format can show only findings."""


FORMATS = {
    "text": Format("virtsmith.report.text", "for a terminal"),
    "json": Format("virtsmith.report.data", "for programs; every command has a schema of its own"),
    "sarif": Format("virtsmith.report.sarif", "SARIF 2.1.0, for code scanning", findings_only=True),
    "junit": Format("virtsmith.report.junit", "JUnit XML, for test reports", findings_only=True),
    "markdown": Format("virtsmith.report.markdown", "for job summaries and comments"),
    "html": Format("virtsmith.report.html", "a page that needs no other file"),
    "github": Format("virtsmith.report.github", "annotations of a GitHub workflow", findings_only=True),
    "gitlab": Format("virtsmith.report.gitlab", "GitLab Code Quality", findings_only=True),
}  # fmt: skip
"""By their names in ``--format``; the first is the default."""


def render(report: Report, output_format: str, screen: Screen = Screen()) -> str:  # noqa: B008 - it is frozen
    """Return a report in one of `FORMATS`.

    Raises:
        UsageError: nothing was checked, and the format can show only findings.
    """
    row = FORMATS[output_format]
    if row.findings_only and report.findings is None:
        raise UsageError(f"nothing was checked, so there is nothing to write as {output_format}")
    rendered: str = import_module(row.module).render_report(report, screen)
    return rendered
