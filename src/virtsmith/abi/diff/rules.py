"""Rules, which define what a difference means. They are in ``rules.toml``; the first match counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from libvirtxml.findings import Rule, Severity
from libvirtxml.versions import Version, VersionRange

from virtsmith.abi.diff.walk import TreeDifference
from virtsmith.abi.dump.model import Impact

SEVERITIES = {Impact.BREAK: Severity.ERROR, Impact.GUEST: Severity.WARNING, Impact.REBOOT: Severity.WARNING}
"""The severity of impacts; all others are notes."""

SEVERAL = "(several)"
"""The text of a value that is a tree, which is reported at its root if it is only on one side."""

CHANGES = ("changed", "added", "removed", "one-sided", "grows", "shrinks")
_REMEMBERED = 100_000
_NUMBER = re.compile(r"-?(?:0x[0-9a-f]+|\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What rules may match besides the change itself."""

    a: Version
    """The version of the QEMU that saves."""
    b: Version
    """The version of the QEMU that loads."""
    accel: str = ""

    def reversed(self) -> RuleContext:
        """Return the context of the opposite direction."""
        return RuleContext(self.b, self.a, self.accel)


@dataclass(frozen=True, slots=True)
class Match:
    """One pattern of a rule: every part that is given must match.

    In the patterns of sections, paths, types and values, ``*`` matches anything within one component of a path and
    ``**`` anything.
    """

    section: re.Pattern[str]
    path: re.Pattern[str] | None = None
    type: re.Pattern[str] | None = None
    """The type of the device that the place belongs to."""
    old: re.Pattern[str] | None = None
    new: re.Pattern[str] | None = None
    change: str = ""
    """``added``, ``removed``, ``one-sided`` (either), ``changed`` (on both sides), ``grows``, ``shrinks`` (numbers)."""
    kind: re.Pattern[str] | None = None
    """The kind that the comparison determined: see `virtsmith.abi.diff.streams` and `virtsmith.abi.diff.registers`."""
    a: VersionRange | None = None
    b: VersionRange | None = None
    accel: str = ""
    both_ways: bool = False
    """Whether the pattern also matches with the two sides exchanged."""

    def fits(self, place: str, device_type: str, change: TreeDifference, context: RuleContext) -> bool:
        """Whether the pattern matches a change in its section; ``place`` is the path as text."""
        patterns = ((self.path, place), (self.type, device_type), (self.kind, change.kind))
        if any(pattern is not None and not pattern.fullmatch(text) for pattern, text in patterns):
            return False
        if self.accel and self.accel != context.accel:
            return False
        if self._sides_fit(change.old, change.new, context):
            return True
        return self.both_ways and self._sides_fit(change.new, change.old, context.reversed())

    def _sides_fit(self, old: Any, new: Any, context: RuleContext) -> bool:
        return (
            (self.a is None or context.a in self.a)
            and (self.b is None or context.b in self.b)
            and (not self.change or _is_kind(self.change, old, new))
            and (self.old is None or (old is not None and bool(self.old.fullmatch(as_text(old)))))
            and (self.new is None or (new is not None and bool(self.new.fullmatch(as_text(new)))))
        )


@dataclass(frozen=True, slots=True)
class AbiRule:
    """A rule: its stable id, title, impact, the reason for it, and how to fix it."""

    id: str
    title: str
    impact: Impact
    reason: str
    fix: str
    matches: tuple[Match, ...]

    def to_dict(self) -> dict[str, str]:
        """As JSON data, without patterns."""
        return {"title": self.title, "impact": self.impact.value, "reason": self.reason, "fix": self.fix}

    def as_rule(self) -> Rule:
        """Return the rule as reports need it."""
        return Rule(self.id, self.title, self.reason, self.fix, SEVERITIES.get(self.impact, Severity.NOTE))


@dataclass(frozen=True, slots=True)
class Rename:
    """A key with another name in some versions; it is compared under its new name, and the renaming is reported."""

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
    _judges: dict[RuleContext, Judge] = field(default_factory=dict, compare=False, repr=False)

    def judge(self, context: RuleContext) -> Judge:
        """Return the judge for comparisons in this context."""
        return self._judges.setdefault(context, Judge(self, context))

    def candidates(self, section: str) -> list[tuple[AbiRule, Match]]:
        """Return the rules for a section, with their patterns for it."""
        found = self._by_section.get(section)
        if found is None:
            found = [(r, m) for r in self.rules for m in r.matches if m.section.fullmatch(section)]
            self._by_section[section] = found
        return found

    def can_matter(self, section: str) -> bool:
        """Whether some rule says that a difference in a section can affect guests."""
        rules = [rule for rule in self.rules[:-1] for match in rule.matches if match.section.fullmatch(section)]
        return not rules or any(rule.impact.matters for rule in rules)

    def __getitem__(self, rule_id: str) -> AbiRule:
        return next(rule for rule in self.rules if rule.id == rule_id)


@dataclass(frozen=True, slots=True)
class Judge:
    """Finds rules for changes in one context; results are cached, because machine types are much alike."""

    book: RuleBook
    context: RuleContext
    _found: dict[Any, AbiRule] = field(default_factory=dict, compare=False, repr=False)

    def find(self, section: str, device_type: str, change: TreeDifference) -> AbiRule:
        """Return the first rule that matches a change; the last rule of a book matches any."""
        old, new = as_text(change.old), as_text(change.new)
        key = (section, change.path, device_type, change.kind, type(change.old), old, type(change.new), new)
        rule = self._found.get(key)
        if rule is None:
            place = "/".join(change.path)
            candidates = self.book.candidates(section)
            rule = next(rule for rule, match in candidates if match.fits(place, device_type, change, self.context))
            if len(self._found) < _REMEMBERED:
                self._found[key] = rule
        return rule


def as_text(value: Any) -> str:
    """Return a value as text, for patterns and readers.

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
    """Return the number in a value: ``256``, ``"256"``, ``"0x100"``, ``"256 (0x100)"``; None for other values."""
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
        return kind == "one-sided"
    if kind == "changed":
        return True
    before, after = as_number(old), as_number(new)
    if before is None or after is None or kind == "one-sided":
        return False
    return after > before if kind == "grows" else after < before


def glob(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in which ``*`` is anything but ``/`` and ``**`` anything; ``{a,b}`` are alternatives.

    Example:
        >>> bool(glob("*/queues/*").fullmatch("net0/queues/1")), bool(glob("{a,b}*").fullmatch("bus"))
        (True, True)
    """
    parts = []
    for part in re.findall(r"\*\*|\*|\{[^{}]*+\}|[^*{]+|\{", pattern):
        if part == "**":
            parts.append(".*")
        elif part == "*":
            parts.append("[^/]*")
        elif part.startswith("{") and part.endswith("}"):
            parts.append("(?:" + "|".join(glob(alternative).pattern for alternative in part[1:-1].split(",")) + ")")
        else:
            parts.append(re.escape(part))
    return re.compile("".join(parts), re.DOTALL)
