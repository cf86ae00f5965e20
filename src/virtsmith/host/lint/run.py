"""Runs the rules over a domain, and applies safe fixes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from libvirtxml import Domain
from libvirtxml.containers import open_container
from libvirtxml.findings import Finding, Location

from virtsmith.host.lint.rule import RULES, LintContext
from virtsmith.host.lint.view import LintView
from virtsmith.host.spec.model import SpecError

__all__ = ["RULES", "fix_domain", "lint_domain"]


def lint_domain(
    domain: Domain, context: LintContext | None = None, *, text: str | bytes = "", source: str = ""
) -> list[Finding]:
    """Check a domain against all rules.

    Args:
        domain: the domain.
        context: the QEMU that will run it and the libvirt that will define it, if known.
        text: its XML, for line numbers.
        source: its name in findings.
    """
    context = context or LintContext()
    view = LintView(domain, context.qemu, context.libvirt)
    lines = _Lines(text)
    findings = []
    known: set[str] = set()
    for rule in sorted(RULES.values(), key=lambda rule: rule.where_others_are_silent):
        for found in rule.check(view):
            if rule.where_others_are_silent and _is_within(found.path, known):
                continue
            known.add(found.path)
            where = Location(source or None, lines.line(found.path))
            severity = found.severity or rule.rule.severity
            findings.append(Finding(rule.rule.id, severity, found.subject, found.message, where=where))
    return findings


def fix_domain(domain: Domain, context: LintContext | None = None) -> list[str]:
    """Fix a domain in place where rules have a safe repair; return the ids of the rules that were applied.

    `lint_domain` then reports what remains.
    """
    context = context or LintContext()
    applied = []
    for rule in RULES.values():
        view = LintView(domain, context.qemu, context.libvirt)
        if rule.repair is None or not any(True for _ in rule.check(view)):
            continue
        try:
            rule.repair(domain)
        except SpecError:
            continue  # there is no room to renumber: the finding stays
        applied.append(rule.rule.id)
    return applied


def _is_within(path: str, elements: Collection[str]) -> bool:
    """Whether a place is one of some elements, or in one of those that are in ``<devices>``."""
    return path in elements or any(
        element.startswith("/domain/devices/") and path.startswith(f"{element}/") for element in elements
    )


class _Lines:
    """Line numbers of elements; the text is parsed only when a finding needs one."""

    def __init__(self, text: str | bytes) -> None:
        self._text = text.encode() if isinstance(text, str) else text
        self._root: Any = None
        self._before = 0
        """Lines before the domain, where it is inside of something else."""

    def line(self, path: str) -> int | None:
        """The line of the element at a path, or of its nearest parent that exists."""
        for candidate in _shorter(path):
            found = self._find(candidate)
            if hasattr(found, "sourceline"):
                return int(found.sourceline) + self._before
        return None

    def _find(self, path: str) -> Any:
        if not self._text:
            return None
        if self._root is None:
            from lxml import etree  # noqa: PLC0415 - only findings need positions

            parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
            held = open_container(self._text, "domain")
            self._before = held.line - 1 if held else 0
            self._root = etree.fromstring(held.text.encode() if held else self._text, parser)
        found = self._root.xpath(path)
        return found[0] if isinstance(found, list) and found else None


def _shorter(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]
