"""Rules of what libvirt defines, and their declaration: ``@rule`` beside the function that checks it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from libvirtxml._impl.definition.dated import knowing
from libvirtxml._impl.definition.measured import MEASURED
from libvirtxml._impl.element import Element
from libvirtxml._impl.tables import info_of
from libvirtxml.findings import Rule
from libvirtxml.versions import Version

T = TypeVar("T")
_MEASURED = tuple(Version.parse(release) for release in MEASURED)
EVERY_KIND = ""
"""The root of rules about single fields, of documents of every kind that was measured and of their parts."""
ALL = (1 << len(MEASURED)) - 1
"""All measured releases, as bits."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing for which libvirt does not define a document.

    Attributes:
        rule: the id of the rule.
        path: the place as an XPath.
        message: the evidence.
        releases: the measured releases that object; empty if all of them do.
    """

    rule: str
    path: str
    message: str
    releases: tuple[str, ...] = ()

    def __str__(self) -> str:
        only = f" by libvirt {', '.join(self.releases)}" if self.releases else ""
        return f"{self.path}: {self.message}{only} [{self.rule}]"


Found = Iterable[tuple[str, str] | tuple[str, str, int] | tuple[str, str, int, str]]
"""Paths and messages; the measured releases that object, as bits, if not all do; the rule, for a check of several."""
Check = Callable[[Any], Found]


@dataclass(frozen=True, slots=True)
class DefinitionRule:
    """A rule with its check, and what it is about.

    Attributes:
        root: the root element of the documents, or `EVERY_KIND`.
        driver: the driver that objects, ``qemu``; empty if all do.
    """

    rule: Rule
    root: str
    driver: str
    check: Check


RULES: dict[str, DefinitionRule] = {}
"""The rules, by their ids."""


def rule(
    name: str, title: str, *, why: str, fix: str, root: str = "domain", driver: str = ""
) -> Callable[[Check], Check]:
    """Declare a function as the check of a rule.

    Args:
        name: the id of the rule, which never changes.
        title: what it requires, in one line.
        why: what libvirt does otherwise.
        fix: what the reader can do.
        root: the root element of the documents that it is about, or `EVERY_KIND`.
        driver: the driver that objects, ``qemu``; empty if all do.
    """

    def declare(check: Check) -> Check:
        if name in RULES:
            raise ValueError(f"there are two rules {name}")
        RULES[name] = DefinitionRule(Rule(name, title, why, fix), root, driver, check)
        return check

    return declare


def kind_of(element: Element) -> str:
    """The root element of the documents that an element is, or that it is a part of."""
    return info_of(type(element)).path.split("/")[1].partition("[")[0]


def measured_like(release: str) -> int:
    """The measured release that speaks for a release, as a bit: the newest that is not newer, else the oldest."""
    version = Version.parse(release)
    older = [number for number, known in enumerate(_MEASURED) if known <= version]
    return 1 << (older[-1] if older else 0)


def measured_since(release: str) -> int:
    """The measured releases from one on, as bits."""
    first = Version.parse(release)
    return sum(1 << number for number, known in enumerate(_MEASURED) if known >= first)


def measured_before(release: str) -> int:
    """The measured releases before one, as bits."""
    return ALL & ~measured_since(release)


def objections(document: Element, root: str, driver: str, asked: int) -> Iterator[Objection]:
    """What the rules object to in a document; of what only some releases object to, what all that are asked do.

    A release does not object to what it does not know: it overlooks it. Of a part, ``root`` is empty.
    """
    checks = {
        declared.check: name
        for name, declared in RULES.items()
        if declared.root in (root, EVERY_KIND) and declared.driver in ("", driver)
    }
    for check, name in checks.items():
        for path, message, *more in check(document):
            rest: tuple[Any, ...] = tuple(more)
            which, own = rest[0] if rest else ALL, rest[1] if len(rest) > 1 else name
            which &= knowing(path)
            if which and which & asked == asked:
                yield Objection(own, path, message, _names(which))


def _names(bits: int) -> tuple[str, ...]:
    return () if bits == ALL else tuple(name for number, name in enumerate(MEASURED) if bits >> number & 1)


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
