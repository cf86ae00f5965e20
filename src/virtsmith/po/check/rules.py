"""How a rule of ``virtsmith po check`` is declared: ``@rule`` beside the function that checks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps
from typing import NamedTuple, ParamSpec

from libvirtxml.findings import Finding, Location, Rule, Severity

from virtsmith.core.registry import Registry
from virtsmith.po.catalogue import Catalogue
from virtsmith.po.check.levels import CheckChoices
from virtsmith.po.profile import StorageProfile

P = ParamSpec("P")


class Problem(NamedTuple):
    """One violation of a rule: its subject, the evidence, and where it is."""

    subject: str
    message: str
    source: str | None
    line: int | None = None


RULES: Registry[Rule] = Registry("virtsmith.po.check")
"""The rules of `virtsmith.po.check_files` and `check_project`, by their ids."""

Check = Callable[P, Iterable[Problem]]
Reporter = Callable[P, list[Finding]]


def rule(
    name: str, title: str, *, why: str, fix: str, severity: Severity = Severity.ERROR
) -> Callable[[Check[P]], Reporter[P]]:
    """Declare a function that yields problems as the check of a rule; calling it then returns findings of the rule.

    Args:
        name: the id of the rule, which never changes.
        title: what it requires, in one line.
        why: what happens if it does not hold.
        fix: what the reader can do.
        severity: how bad a violation is.
    """
    RULES.add(name, Rule(name, title, why, fix, severity))
    return checks(name)


def checks(name: str) -> Callable[[Check[P]], Reporter[P]]:
    """Declare a function as a further check of a rule."""

    def declare(check: Check[P]) -> Reporter[P]:
        @wraps(check)
        def report(*arguments: P.args, **options: P.kwargs) -> list[Finding]:
            severity = RULES[name].severity
            return [
                Finding(name, severity, subject, message, where=Location(source, line))
                for subject, message, source, line in check(*arguments, **options)
            ]

        return report

    return declare


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A catalogue to check, with what is expected of it: see `virtsmith.po.check.files.check_data`."""

    catalogue: Catalogue
    data: bytes
    profile: StorageProfile | None = None
    language: str | None = None
    template: frozenset[bytes] | None = None
    choices: CheckChoices = field(default_factory=CheckChoices)

    def header_line(self) -> int:
        """The line of the header; the first if there is none."""
        catalogue = self.catalogue
        return catalogue.line_of(catalogue.keys.index(b"")) if catalogue.header_row() else 1

    def problem(self, subject: str, message: str, line: int | None = None) -> Problem:
        """A problem of the catalogue at a line."""
        return Problem(subject, message, self.catalogue.source, line)


FILE_CHECKS: list[Callable[[CheckedFile], list[Finding]]] = []
"""The checks of each catalogue, in the order of their findings."""


def file_check(check: Callable[[CheckedFile], list[Finding]]) -> Callable[[CheckedFile], list[Finding]]:
    """Declare a function as a check of each catalogue."""
    FILE_CHECKS.append(check)
    return check
