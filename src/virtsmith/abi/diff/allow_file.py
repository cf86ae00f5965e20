"""TOML files of allowances: reading them, and drafting one from the differences found."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from libvirtxml.files import read_text

from virtsmith.abi.diff.allowances import Allowance
from virtsmith.abi.diff.rule_file import MATCH_KEYS, load_rules, read_glob, read_match
from virtsmith.abi.diff.rules import as_text
from virtsmith.abi.diff.tables import DifferenceGroup, group
from virtsmith.abi.dump.model import Approval, Comparison, Impact
from virtsmith.core.config import ConfigError, ConfigTable

_SELECTIVE = {*MATCH_KEYS, "rule", "machine"} - {"both_ways"}
_LONGEST = 80
"""The maximum number of characters of a value in a pattern."""
_ODD = re.compile(r"[{}]|[^\S ]|\s{2,}|^\s|\s$|[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What a pattern cannot contain literally."""
_HEAD = """\
# Accepted differences. Every entry needs a reason; without one it is rejected. Check first what it covers.
# `until` (a date) is its last day, `by` is who decided. Patterns are as in the rules: * is anything within one
# component of a path, ** anything, {a,b} alternatives. Remove the keys that need not be matched.
"""


def load_allowances(paths: Iterable[Path]) -> list[Allowance]:
    """Read files of allowances.

    Raises:
        InputError: as `parse_allowances`, or a file cannot be read.
    """
    return [entry for path in paths for entry in parse_allowances(read_text(path), str(path))]


def parse_allowances(text: str, source: str) -> list[Allowance]:
    """Read a file of allowances.

    Raises:
        InputError: the file is malformed, or an entry has no reason; the error has line and column.
    """
    table = ConfigTable.parse(text, source)
    allowances = [_read_allowance(entry) for entry in table.items("allow")]
    table.finish()
    return allowances


def _read_allowance(table: ConfigTable) -> Allowance:
    match = read_match(table, section="**")
    pattern, machine, until = _read_rule(table), read_glob(table, "machine"), table.date("until")
    reason = table.text("reason") or ""
    if not reason.strip():
        raise table.error("reason", "an allowance needs a reason: why is this accepted?")
    allowed = Approval(" ".join(reason.split()), table.line("by") or "", until.isoformat() if until else "")
    table.finish()
    if not any(key in table for key in _SELECTIVE):
        raise ConfigError.at(table.at, f"this would allow everything: give it any of {', '.join(sorted(_SELECTIVE))}")
    return Allowance(match, allowed, table.at, pattern, machine, until)


def _read_rule(table: ConfigTable) -> re.Pattern[str] | None:
    pattern = read_glob(table, "rule")
    if pattern is not None and not any(pattern.fullmatch(rule.id) for rule in load_rules().rules):
        raise table.error("rule", f"no rule is called {table.line('rule')}; see virtsmith abi rules")
    return pattern


def draft(comparisons: Sequence[Comparison], least: Impact = Impact.REBOOT) -> str:
    """Return a draft with an entry for each difference that is not allowed yet; a person must fill in the reasons."""
    book = load_rules()
    entries: dict[str, str] = {}
    for finding in group(comparisons, least):
        if finding.allowed is None:
            for entry in _entries(finding):
                about = f"# {finding.impact.value}: {book[finding.rule].title} (QEMU {finding.pair})"
                entries.setdefault(entry, about)  # another pair may have the same difference
    return "\n".join([_HEAD, *(f"{about}\n{entry}" for entry, about in entries.items())])


def _entries(group: DifferenceGroup) -> Iterable[str]:
    """Yield an entry per section; it matches values, so that it does not cover another change at the same place."""
    split = (place.partition("/") for place in group.places)
    for section, parts in groupby(split, key=lambda part: part[0]):
        keys = {"rule": group.rule, "section": section, "path": _alternatives([path for _, _, path in parts])}
        if group.machines:
            keys["machine"] = _alternatives(group.machines)
        absent = as_text(None)
        if absent in (group.old, group.new):
            keys["change"] = "added" if group.old == absent else "removed"
        keys |= {name: _literal(text) for name, text in (("old", group.old), ("new", group.new)) if text != absent}
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()]
        yield "\n".join(["[[allow]]", *lines, 'reason = ""', ""])


def _alternatives(names: Sequence[str]) -> str:
    if len(names) == 1:
        return _literal(names[0], longest=None)
    return "{" + ",".join(_literal(name, longest=None).replace(",", "*") for name in names) + "}"


def _literal(text: str, longest: int | None = _LONGEST) -> str:
    """Return a pattern for a text; ``**`` matches what a pattern cannot contain literally."""
    pattern = _ODD.sub("**", text[:longest]) or "**"
    return f"{pattern}**" if longest is not None and len(text) > longest else pattern
