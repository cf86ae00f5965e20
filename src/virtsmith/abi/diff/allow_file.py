"""Files of allowances, in TOML: read, and begun from what was found."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from libvirtxml.findings import Location

from virtsmith.abi.diff.allowances import Allowance
from virtsmith.abi.diff.rule_file import MATCH_KEYS, Reader, load_rules
from virtsmith.abi.diff.rules import as_text, glob
from virtsmith.abi.diff.tables import Group, group
from virtsmith.abi.dump.model import Allowed, Comparison, Impact
from virtsmith.core.toml import parse_toml

_PATTERNS = MATCH_KEYS | {"rule", "machine"}
_SELECTIVE = _PATTERNS - {"both_ways"}
_KNOWN = _PATTERNS | {"reason", "by", "until"}
_LONGEST = 80
"""More of a value than this does not go into a pattern."""
_ODD = re.compile(r"[{}]|[^\S ]|\s{2,}|^\s|\s$|[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What a pattern cannot hold as it is."""
_HEAD = """\
# Differences that are accepted. Every entry needs a reason, and is refused without one: look at what it covers first.
# `until` (a date) ends it, `by` says who decided. Patterns are as in the rules: * is anything within one part of a
# path, ** anything, {a,b} alternatives; take away what need not be asked for.
"""


def parse_allowances(text: str, source: str) -> list[Allowance]:
    """Read a file of allowances.

    Raises:
        InputError: it is no such file, or an entry has no reason; the error names line and column.
    """
    document = parse_toml(text, source)
    reader = _AllowReader(document)
    reader.check_keys((), document.data, {"allow"})
    return [reader.allowance(number, item) for number, item in enumerate(reader.tables(("allow",)))]


class _AllowReader(Reader):
    def allowance(self, number: int, item: Any) -> Allowance:
        at = ("allow", number)
        self.check_keys(at, item, _KNOWN)
        if not str(item.get("reason", "")).strip():
            raise self.error((*at, "reason"), "an allowance needs a reason: why is this accepted?")
        if not _SELECTIVE & item.keys():
            raise self.error(at, f"this would allow everything: give it any of {', '.join(sorted(_SELECTIVE))}")
        match = self.match(at, {"section": "**", **{key: item[key] for key in MATCH_KEYS & item.keys()}})
        until = self._until(at, item)
        told = Allowed(
            self.text(at, item, "reason"), self.text(at, item, "by") if "by" in item else "",
            until.isoformat() if until else "",
        )  # fmt: skip
        line, column = self.place(at)
        where = Location(self.source, line, column)
        machine = glob(self.text(at, item, "machine")) if "machine" in item else None
        return Allowance(match, told, where, self._rule(at, item), machine, until)

    def _rule(self, at: tuple[str | int, ...], item: dict[str, Any]) -> re.Pattern[str] | None:
        if "rule" not in item:
            return None
        pattern = glob(self.text(at, item, "rule"))
        if not any(pattern.fullmatch(rule.id) for rule in load_rules().rules):
            raise self.error((*at, "rule"), f"no rule is called {item['rule']}; see virtsmith abi rules")
        return pattern

    def _until(self, at: tuple[str | int, ...], item: dict[str, Any]) -> date | None:
        value = item.get("until")
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError as error:
                raise self.error((*at, "until"), f"not a date: {value!r}; one looks like 2027-01-31") from error
        if isinstance(value, datetime) or not isinstance(value, date | None):
            raise self.error((*at, "until"), "until must be a date, such as 2027-01-31")
        return value


def draft(comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT) -> str:
    """A file with an entry for everything that was found and is not allowed yet; a person must fill in the reasons."""
    book = load_rules()
    entries: dict[str, str] = {}
    for each in group(comparisons, least):
        if each.allowed is None:
            for entry in _entries(each):
                about = f"# {each.impact.value}: {book[each.rule].title} (QEMU {each.pair})"
                entries.setdefault(entry, about)  # another pair may have the same
    return "\n".join([_HEAD, *(f"{about}\n{entry}" for entry, about in entries.items())])


def _entries(each: Group) -> Iterable[str]:
    """An entry for each section; values are asked for, so that another change at the same place is not covered."""
    split = (place.partition("/") for place in each.places)
    for section, parts in groupby(split, key=lambda part: part[0]):
        keys = {"rule": each.rule, "section": section, "path": _alternatives([path for _, _, path in parts])}
        if each.machines:
            keys["machine"] = _alternatives(each.machines)
        absent = as_text(None)
        if absent in (each.old, each.new):
            keys["change"] = "added" if each.old == absent else "removed"
        keys |= {name: _literal(text) for name, text in (("old", each.old), ("new", each.new)) if text != absent}
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()]
        yield "\n".join(["[[allow]]", *lines, 'reason = ""', ""])


def _alternatives(names: Sequence[str]) -> str:
    if len(names) == 1:
        return _literal(names[0], longest=None)
    return "{" + ",".join(_literal(name, longest=None).replace(",", "*") for name in names) + "}"


def _literal(text: str, longest: int | None = _LONGEST) -> str:
    """A pattern for a text; ``**`` stands for what a pattern cannot hold."""
    pattern = _ODD.sub("**", text[:longest]) or "**"
    return f"{pattern}**" if longest is not None and len(text) > longest else pattern
