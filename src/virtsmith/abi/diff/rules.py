"""Rules: what a difference means. They stand in ``rules.toml``; the first that fits decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from virtsmith.abi.diff.walk import Change
from virtsmith.abi.model import Impact, TreePath
from virtsmith.core.findings import Rule, Severity
from virtsmith.core.toml import Document, parse_toml
from virtsmith.core.versions import Version, VersionRange
from virtsmith.errors import InputError, UsageError

SEVERITIES = {Impact.BREAK: Severity.ERROR, Impact.GUEST: Severity.WARNING, Impact.REBOOT: Severity.WARNING}
"""How impacts show as findings; all others are notes."""

SEVERAL = "(several)"
"""Stands for a value that is a tree: what is on one side only is told at its top."""

_CHANGES = ("changed", "added", "removed", "grows", "shrinks")
_ID = re.compile(r"ABI-[A-Z0-9]+(-[A-Z0-9]+)*")
_NUMBER = re.compile(r"-?(?:0x[0-9a-f]+|\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Context:
    """What rules may ask about a comparison, beside the change itself."""

    a: Version
    """Version of the QEMU that saves."""
    b: Version
    """Version of the QEMU that loads."""
    machine: str | None = None
    accel: str = ""

    def reversed(self) -> Context:
        """The same the other way round."""
        return Context(self.b, self.a, self.machine, self.accel)


@dataclass(frozen=True, slots=True)
class Match:
    """One pattern of a rule: every part that is given must fit.

    In the patterns of sections, paths, types and values ``*`` stands for anything within one part of a path and
    ``**`` for anything.
    """

    section: re.Pattern[str]
    path: re.Pattern[str] | None = None
    type: re.Pattern[str] | None = None
    """Of the device that the place belongs to."""
    machine: re.Pattern[str] | None = None
    old: re.Pattern[str] | None = None
    new: re.Pattern[str] | None = None
    change: str = ""
    """``added``, ``removed``, ``grows``, ``shrinks`` (numbers); ``changed``: on both sides."""
    kind: re.Pattern[str] | None = None
    """What the comparison itself found out: see `virtsmith.abi.diff.streams` and `virtsmith.abi.diff.registers`."""
    a: VersionRange | None = None
    b: VersionRange | None = None
    accel: str = ""
    both_ways: bool = False
    """Whether the pattern holds with the two sides exchanged as well."""

    def fits(self, place: str, device_type: str, change: Change, context: Context) -> bool:
        """Whether a change in this section is of this kind; ``place`` is its path as text."""
        if self.path is not None and not self.path.fullmatch(place):
            return False
        if self.type is not None and not self.type.fullmatch(device_type):
            return False
        if self.kind is not None and not self.kind.fullmatch(change.kind):
            return False
        if self.accel and self.accel != context.accel:
            return False
        if self.machine is not None and not self.machine.fullmatch(context.machine or ""):
            return False
        if self._sides_fit(change.old, change.new, context):
            return True
        return self.both_ways and self._sides_fit(change.new, change.old, context.reversed())

    def _sides_fit(self, old: Any, new: Any, context: Context) -> bool:
        return (
            (self.a is None or context.a in self.a)
            and (self.b is None or context.b in self.b)
            and (not self.change or _is_kind(self.change, old, new))
            and (self.old is None or (old is not None and bool(self.old.fullmatch(as_text(old)))))
            and (self.new is None or (new is not None and bool(self.new.fullmatch(as_text(new)))))
        )


@dataclass(frozen=True, slots=True)
class AbiRule:
    """A rule: its stable id, what it finds, what that means and why, what to do about it."""

    id: str
    title: str
    impact: Impact
    reason: str
    fix: str
    matches: tuple[Match, ...]

    def as_rule(self) -> Rule:
        """In the shape that reports understand."""
        return Rule(self.id, self.title, self.reason, self.fix, SEVERITIES.get(self.impact, Severity.NOTE))


@dataclass(frozen=True, slots=True)
class Rename:
    """A key that is called otherwise in some version; compared under its new name, and the renaming itself is told.

    ``path`` is that of the mapping the key stands in, ``()`` for the section itself.
    """

    section: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules, in the order in which they are tried."""

    rules: tuple[AbiRule, ...]
    renames: tuple[Rename, ...] = ()
    _by_section: dict[str, list[tuple[AbiRule, Match]]] = field(default_factory=dict, compare=False, repr=False)

    def find(self, section: str, device_type: str, change: Change, context: Context) -> AbiRule:
        """Return the first rule that fits a change; the last rule of a book fits any."""
        candidates = self._by_section.get(section)
        if candidates is None:
            candidates = [(r, m) for r in self.rules for m in r.matches if m.section.fullmatch(section)]
            self._by_section[section] = candidates
        place = "/".join(change.path)
        return next(rule for rule, match in candidates if match.fits(place, device_type, change, context))

    def __getitem__(self, rule_id: str) -> AbiRule:
        return next(rule for rule in self.rules if rule.id == rule_id)


def as_text(value: Any) -> str:
    """A value as patterns and people see it.

    Example:
        >>> as_text(True), as_text({"size": 1}), as_text(["a", "b"]), as_text(None)
        ('true', '(several)', 'a, b', 'absent')
    """
    if isinstance(value, str):
        return value
    if value is None:
        return "absent"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return SEVERAL
    return ", ".join(map(as_text, value)) if isinstance(value, list) else str(value)


def as_number(value: Any) -> int | None:
    """The number that a value stands for: ``256``, ``"256"``, ``"0x100"``, ``"256 (0x100)"``; None for others."""
    if isinstance(value, int):
        return int(value)
    match = _NUMBER.match(value) if isinstance(value, str) else None
    if not match or value[match.end() : match.end() + 1] not in ("", " "):
        return None
    return int(match[0], 16 if "0x" in match[0].lower() else 10)


def _is_kind(kind: str, old: Any, new: Any) -> bool:
    if kind == "added":
        return old is None
    if kind == "removed":
        return new is None
    if old is None or new is None:
        return False
    if kind == "changed":
        return True
    before, after = as_number(old), as_number(new)
    if before is None or after is None:
        return False
    return after > before if kind == "grows" else after < before


@cache
def load_rules() -> RuleBook:
    """The rules that virtsmith comes with."""
    text = resources.files("virtsmith.abi.diff").joinpath("rules.toml").read_text(encoding="utf-8")
    return parse_rules(text, "rules.toml")


def parse_rules(text: str, source: str) -> RuleBook:
    """Read a file of rules.

    Raises:
        InputError: it is no such file; the error names line and column.
    """
    document = parse_toml(text, source)
    reader = _Reader(document)
    reader.check_keys((), document.data, {"rule", "rename"})
    rules = tuple(reader.rule(n, item) for n, item in enumerate(reader.tables(("rule",))))
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        if rule.id in seen:
            raise reader.error(("rule", number), f"there are two rules {rule.id}")
        seen.add(rule.id)
    if not rules or not _is_catch_all(rules[-1]):
        raise reader.error((), "the last rule must fit anything, so that nothing goes unjudged")
    renames = tuple(reader.rename(n, item) for n, item in enumerate(reader.tables(("rename",))))
    return RuleBook(rules, renames)


def _is_catch_all(rule: AbiRule) -> bool:
    return any(match == Match(glob("**")) for match in rule.matches)


def glob(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in which ``*`` is anything but ``/`` and ``**`` anything; ``{a,b}`` are alternatives.

    Example:
        >>> bool(glob("*/queues/*").fullmatch("net0/queues/1")), bool(glob("{a,b}*").fullmatch("bus"))
        (True, True)
    """
    parts = []
    for token in re.findall(r"\*\*|\*|\{[^}]*\}|[^*{]+|\{", pattern):
        if token == "**":
            parts.append(".*")
        elif token == "*":
            parts.append("[^/]*")
        elif token.startswith("{") and token.endswith("}"):
            parts.append("(?:" + "|".join(glob(one).pattern for one in token[1:-1].split(",")) + ")")
        else:
            parts.append(re.escape(token))
    return re.compile("".join(parts), re.DOTALL)


_MATCH_KEYS = {"section", "path", "type", "machine", "old", "new", "change", "kind", "a", "b", "accel", "both_ways"}
_GLOBS = ("path", "type", "machine", "old", "new", "kind")


class _Reader:
    """Turns a document into rules and knows where everything stands."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def error(self, path: tuple[str | int, ...], message: str) -> InputError:
        line, column = self._document.place(path)
        return InputError(message, source=self._document.source, line=line, column=column)

    def check_keys(self, path: tuple[str | int, ...], table: Any, known: set[str]) -> None:
        if not isinstance(table, dict):
            raise self.error(path, "a table is expected here")
        for key in table.keys() - known:
            raise self.error((*path, key), f"unknown key {key}; known are {', '.join(sorted(known))}")

    def tables(self, path: tuple[str, ...]) -> list[Any]:
        items = self._document.data.get(path[0], [])
        if not isinstance(items, list):
            raise self.error(path, f"{path[0]} must be an array of tables")
        return items

    def rule(self, number: int, item: Any) -> AbiRule:
        at = ("rule", number)
        self.check_keys(at, item, {"id", "title", "impact", "reason", "fix", "match"})
        texts = {key: self._text(at, item, key) for key in ("id", "title", "impact", "reason", "fix")}
        if not _ID.fullmatch(texts["id"]):
            raise self.error((*at, "id"), f"an id looks like ABI-QUEUE-SIZE, not {texts['id']!r}")
        if texts["impact"] not in [impact.value for impact in Impact]:
            raise self.error((*at, "impact"), f"impact is one of {', '.join(Impact)}")
        matches = item.get("match")
        if not isinstance(matches, list) or not matches:
            raise self.error(at, f"{texts['id']} has no match")
        built = tuple(self._match((*at, "match", n), match) for n, match in enumerate(matches))
        return AbiRule(texts["id"], texts["title"], Impact(texts["impact"]), texts["reason"], texts["fix"], built)

    def rename(self, number: int, item: Any) -> Rename:
        at = ("rename", number)
        self.check_keys(at, item, {"section", "old", "new", "reason"})
        return Rename(**{key: self._text(at, item, key) for key in ("section", "old", "new", "reason")})

    def _match(self, at: tuple[str | int, ...], item: Any) -> Match:
        self.check_keys(at, item, _MATCH_KEYS)
        values: dict[str, Any] = {"section": glob(self._text(at, item, "section"))}
        values |= {key: glob(self._text(at, item, key)) for key in _GLOBS if key in item}
        for key in ("a", "b"):
            if key in item:
                values[key] = self._range((*at, key), self._text(at, item, key))
        for key in ("change", "accel"):
            if key in item:
                values[key] = self._text(at, item, key)
        if values.get("change", "changed") not in _CHANGES:
            raise self.error((*at, "change"), f"change is one of {', '.join(_CHANGES)}")
        if not isinstance(item.get("both_ways", False), bool):
            raise self.error((*at, "both_ways"), "both_ways is true or false")
        return Match(**values, both_ways=item.get("both_ways", False))

    def _range(self, at: tuple[str | int, ...], text: str) -> VersionRange:
        try:
            return VersionRange.parse(text)
        except UsageError as error:
            raise self.error(at, error.message) from error

    def _text(self, at: tuple[str | int, ...], item: dict[str, Any], key: str) -> str:
        value = item.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error((*at, key) if key in item else at, f"{key} must be a text")
        return " ".join(value.split())
