"""Rules of what libvirt defines, and their declaration: ``@rule`` beside the function that checks it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from libvirtxml._impl.element import Element
from libvirtxml.findings import Rule

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing for which libvirt does not define a document: the rule, the place as an XPath, and the evidence."""

    rule: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message} [{self.rule}]"


Found = Iterable[tuple[str, str]]
"""Paths and messages."""
Check = Callable[[Any], Found]


@dataclass(frozen=True, slots=True)
class DefinitionRule:
    """A rule with its check, and the root element of the documents that it is about."""

    rule: Rule
    root: str
    check: Check


RULES: dict[str, DefinitionRule] = {}
"""The rules, by their ids."""


def rule(name: str, title: str, *, why: str, fix: str, root: str = "domain") -> Callable[[Check], Check]:
    """Declare a function as the check of a rule.

    Args:
        name: the id of the rule, which never changes.
        title: what it requires, in one line.
        why: what libvirt does otherwise.
        fix: what the reader can do.
        root: the root element of the documents that it is about.
    """

    def declare(check: Check) -> Check:
        if name in RULES:
            raise ValueError(f"there are two rules {name}")
        RULES[name] = DefinitionRule(Rule(name, title, why, fix), root, check)
        return check

    return declare


def objections(document: Element, root: str) -> Iterator[Objection]:
    """What the rules object to in a document."""
    for name, declared in RULES.items():
        if declared.root == root:
            for path, message in declared.check(document):
                yield Objection(name, path, message)


def repeated(items: Iterable[T], key: Callable[[T], Hashable | None]) -> Iterator[tuple[int, T, int]]:
    """Each item with the key of an earlier one: its number from 1, the item, the earlier one's number."""
    first: dict[Hashable, int] = {}
    for number, item in enumerate(items, 1):
        if (found := key(item)) is None:
            continue
        if found in first:
            yield number, item, first[found]
        else:
            first[found] = number
