"""Reading rules from a file; the built-in ones are in ``rules.toml``."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache
from importlib import resources

from libvirtxml.versions import VersionRange

from virtsmith.abi.diff.rules import CHANGES, AbiRule, Match, Rename, RuleBook, glob
from virtsmith.abi.dump.model import Impact
from virtsmith.core.config import ConfigTable
from virtsmith.errors import UsageError

_ID = re.compile(r"ABI-[A-Z0-9]+(-[A-Z0-9]+)*")
MATCH_KEYS = tuple(field.name for field in fields(Match))
"""The keys of a pattern that `read_match` reads."""


@cache
def load_rules() -> RuleBook:
    """Return the built-in rules."""
    text = resources.files("virtsmith.abi.diff").joinpath("rules.toml").read_text(encoding="utf-8")
    return parse_rules(text, "rules.toml")


def parse_rules(text: str, source: str) -> RuleBook:
    """Read a file of rules.

    Raises:
        InputError: the file is malformed; the error has line and column.
    """
    table = ConfigTable.parse(text, source)
    rules: dict[str, AbiRule] = {}
    for entry in table.items("rule"):
        rule = _read_rule(entry)
        if rule.id in rules:
            raise entry.error("id", f"there are two rules {rule.id}")
        rules[rule.id] = rule
    renames = tuple(map(_read_rename, table.items("rename")))
    table.finish()
    if not rules or not _is_catch_all(list(rules.values())[-1]):
        raise table.error("rule", "the last rule must match anything, so that nothing goes unjudged")
    return RuleBook(tuple(rules.values()), renames)


def _is_catch_all(rule: AbiRule) -> bool:
    return any(match == Match(glob("**")) for match in rule.matches)


def _read_rule(table: ConfigTable) -> AbiRule:
    identity, title, impact, reason, fix = (
        table.require(key, table.line(key)) for key in ("id", "title", "impact", "reason", "fix")
    )
    if not _ID.fullmatch(identity):
        raise table.error("id", f"an id looks like ABI-QUEUE-SIZE, not {identity!r}")
    table.text("impact", choices=Impact)
    items = table.items("match")
    if not items:
        raise table.error("match", f"{identity} has no match")
    matches = tuple(read_match(pattern) for pattern in items)
    for part in (*items, table):
        part.finish()
    return AbiRule(identity, title, Impact(impact), reason, fix, matches)


def _read_rename(table: ConfigTable) -> Rename:
    rename = Rename(**{key: table.require(key, table.line(key)) for key in ("section", "old", "new", "reason")})
    table.finish()
    return rename


def read_match(table: ConfigTable, section: str | None = None) -> Match:
    """Read a pattern for differences; ``section`` is the default of that key."""
    return Match(
        section=glob(table.require("section", table.line("section") or section)),
        path=read_glob(table, "path"),
        type=read_glob(table, "type"),
        old=read_glob(table, "old"),
        new=read_glob(table, "new"),
        change=table.text("change", choices=CHANGES) or "",
        kind=read_glob(table, "kind"),
        a=_read_range(table, "a"),
        b=_read_range(table, "b"),
        accel=table.line("accel") or "",
        both_ways=bool(table.flag("both_ways")),
    )


def read_glob(table: ConfigTable, key: str) -> re.Pattern[str] | None:
    """Read a pattern for strings; None if the key is absent."""
    text = table.line(key)
    return None if text is None else glob(text)


def _read_range(table: ConfigTable, key: str) -> VersionRange | None:
    text = table.line(key)
    try:
        return None if text is None else VersionRange.parse(text)
    except UsageError as error:
        raise table.error(key, error.message, error.hint) from error
