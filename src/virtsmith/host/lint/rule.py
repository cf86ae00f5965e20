"""Lint rules, and their declaration: ``@rule`` beside the function that checks it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from libvirtxml import Domain
from libvirtxml.findings import Rule, Severity
from libvirtxml.versions import Version

from virtsmith.core.registry import Registry
from virtsmith.host.lint.view import LintView

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LintContext:
    """What a lint run knows beyond the document: the QEMU that will run it and the libvirt that will define it."""

    qemu: Version | None = None
    libvirt: Version | None = None
    """The oldest of them, if there are several."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation of a rule: its subject, the evidence, its path, and its severity if not that of the rule."""

    subject: str
    message: str
    path: str = "/domain"
    severity: Severity | None = None


Check = Callable[[LintView], Iterable[Violation]]
Repair = Callable[[Domain], None]


@dataclass(frozen=True, slots=True)
class LintRule:
    """A rule with its check.

    Attributes:
        repair: changes the domain so that the rule holds, if that is safe.
        where_others_are_silent: whether it only speaks of elements of which no other rule does.
    """

    rule: Rule
    check: Check
    repair: Repair | None = None
    where_others_are_silent: bool = False


RULES: Registry[LintRule] = Registry("virtsmith.host.lint.rules")
"""The rules of host lint, by their ids."""


def rule(
    name: str,
    title: str,
    *,
    why: str,
    fix: str,
    severity: Severity = Severity.ERROR,
    repair: Repair | None = None,
    where_others_are_silent: bool = False,
) -> Callable[[Check], Check]:
    """Declare a function as the check of a rule.

    Args:
        name: the id of the rule, which never changes.
        title: what it requires, in one line.
        why: what happens if it does not hold.
        fix: what the reader can do.
        severity: how bad a violation usually is.
        repair: changes a domain so that the rule holds; only if that is safe.
        where_others_are_silent: whether it only speaks of elements of which no other rule does.
    """

    def declare(check: Check) -> Check:
        RULES.add(name, LintRule(Rule(name, title, why, fix, severity), check, repair, where_others_are_silent))
        return check

    return declare


def repeated(items: Iterable[T], key: Callable[[T], Hashable | None]) -> Iterator[tuple[T, T]]:
    """Each item with the key of an earlier one, and the first item with that key; None is not a key."""
    first: dict[Hashable, T] = {}
    for item in items:
        if (found := key(item)) is None:
            continue
        if found in first:
            yield item, first[found]
        else:
            first[found] = item
