"""How commands show findings: one function for all tools and formats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from libvirtxml.findings import Finding, Rule, worth_failing

from virtsmith.cli.output import STDIO, colour_wanted, say, write_json, write_output
from virtsmith.errors import ExitCode

FINDING_FORMATS = ("text", "json", "markdown", "junit", "sarif", "html")


def show_findings(
    findings: Sequence[Finding],
    output_format: str,
    *,
    name: str,
    rules: Iterable[Rule] = (),
    target: Path = STDIO,
) -> int:
    """Write findings in one of `FINDING_FORMATS` and return the exit code that goes with them.

    ``name`` names the JSON schema and the JUnit suite; ``rules`` explain the rules in SARIF.
    """
    from virtsmith.report import html, junit, markdown, sarif, text

    match output_format:
        case "json":
            write_json(name, {"findings": [finding.to_dict() for finding in findings]}, target)
        case "markdown":
            write_output(markdown.render_findings(findings), target)
        case "junit":
            write_output(junit.render_findings(name, findings), target)
        case "sarif":
            write_output(sarif.render_findings(findings, rules), target)
        case "html":
            write_output(html.render_findings(findings), target)
        case _:
            write_output(text.render_findings(findings, colour=target == STDIO and colour_wanted()), target)
    return ExitCode.FINDINGS if worth_failing(list(findings)) else ExitCode.OK


def say_findings(findings: Iterable[Finding]) -> int:
    """Tell on standard error what a command found beside its result; the exit code that goes with it."""
    from virtsmith.report import text

    every = list(findings)
    if every:
        say(text.render_findings(every).rstrip("\n"))
    return ExitCode.FINDINGS if worth_failing(every) else ExitCode.OK
