"""How commands show findings: one decorator for all of them, with the table of formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from libvirtxml.findings import Finding, worth_failing

from virtsmith.cli.options import format_option
from virtsmith.cli.output import STDIO, say, screen_for, write_output
from virtsmith.errors import ExitCode, UsageError
from virtsmith.report.formats import FORMATS, render
from virtsmith.report.report import Report


def findings_output(command: Callable[..., Report]) -> Callable[..., int]:
    """Give a command that returns a `Report` the options ``--format``, ``--json`` and ``-o``, and write the report."""
    return _with_formats(command, list(FORMATS))


def page_output(command: Callable[..., Report]) -> Callable[..., int]:
    """The same for a command that shows a page but no findings: without the formats that are only for findings."""
    return _with_formats(command, [name for name, row in FORMATS.items() if not row.findings_only])


def _with_formats(command: Callable[..., Report], formats: Sequence[str]) -> Callable[..., int]:
    @wraps(command)
    def run(*arguments: Any, output_format: str, output: Path, **options: Any) -> int:
        return write_report(command(*arguments, **options), output_format, output)

    return format_option(*formats)(run)


def write_report(report: Report, output_format: str, target: Path = STDIO) -> int:
    """Write a report in one of `FORMATS` and return its exit code."""
    if report.document is not None:
        _write_beside(report, report.document, output_format, target)
    else:
        write_output(render(report, output_format, screen_for(target)), target)
    if output_format == "text":
        for remark in report.remarks:
            say(remark)
    if report.exit_code is not None:
        return report.exit_code
    return ExitCode.FINDINGS if report.failed else ExitCode.OK


def _write_beside(report: Report, document: str | bytes, output_format: str, target: Path) -> None:
    """Write a document to the target, and the findings to the other stream."""
    if output_format != "text" and target == STDIO:
        raise UsageError(
            f"standard output is used for the document, so it cannot be used for {output_format}",
            hint="write the document to a file with -o",
        )
    write_output(document, target)
    text = render(report, output_format)
    if output_format != "text":
        write_output(text)
    elif text:
        say(text.rstrip("\n"))


def say_findings(findings: Iterable[Finding]) -> int:
    """Report findings beside a result on standard error, and return the exit code for them."""
    from virtsmith.report import text

    every = list(findings)
    if every:
        say(text.render_findings(every).rstrip("\n"))
    return ExitCode.FINDINGS if worth_failing(every) else ExitCode.OK
