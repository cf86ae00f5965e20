"""SARIF 2.1.0, which code hosting sites show beside the lines that findings are about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from libvirtxml.findings import Finding, Location, Rule

from virtsmith import __version__


def render_findings(findings: Sequence[Finding], rules: Iterable[Rule] = ()) -> str:
    """Return findings as a SARIF log with one run; ``rules`` explain the rule ids that occur."""
    used = {finding.rule for finding in findings}
    driver = {
        "name": "virtsmith",
        "version": __version__,
        "rules": [_rule(rule) for rule in sorted(rules, key=lambda rule: rule.id) if rule.id in used],
    }
    run = {"tool": {"driver": driver}, "results": [_result(finding) for finding in findings]}
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _result(finding: Finding) -> dict[str, Any]:
    text = f"{finding.subject}: {finding.message}" if finding.subject else finding.message
    result: dict[str, Any] = {"ruleId": finding.rule, "level": finding.severity.value, "message": {"text": text}}
    if finding.where.file:
        result["locations"] = [{"physicalLocation": _place(finding.where)}]
    if finding.allowed is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.allowed}]
    return result


def _place(where: Location) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": where.file}}
    if where.line:
        place["region"] = {"startLine": where.line, **({"startColumn": where.column} if where.column else {})}
    return place
