"""The rules that stand in a file: ``rules.toml`` for those that virtsmith comes with."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

from libvirtxml.versions import VersionRange

from virtsmith.abi.diff.rules import CHANGES, AbiRule, Match, Rename, RuleBook, glob
from virtsmith.abi.dump.model import Impact
from virtsmith.core.toml import Document, parse_toml
from virtsmith.errors import InputError, UsageError

_ID = re.compile(r"ABI-[A-Z0-9]+(-[A-Z0-9]+)*")
MATCH_KEYS = {"section", "path", "type", "old", "new", "change", "kind", "a", "b", "accel", "both_ways"}
_GLOBS = ("path", "type", "old", "new", "kind")


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
    reader = _RuleReader(document)
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


class Reader:
    """Turns parts of a document into patterns and texts, and knows where everything stands."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.source = document.source

    def place(self, path: tuple[str | int, ...]) -> tuple[int | None, int | None]:
        """Line and column."""
        return self._document.place(path)

    def error(self, path: tuple[str | int, ...], message: str) -> InputError:
        """An error that names the place."""
        line, column = self.place(path)
        return InputError(message, source=self.source, line=line, column=column)

    def check_keys(self, path: tuple[str | int, ...], table: Any, known: set[str]) -> None:
        """Refuse what is no table, or has a key that is not known."""
        if not isinstance(table, dict):
            raise self.error(path, "a table is expected here")
        for key in table.keys() - known:
            raise self.error((*path, key), f"unknown key {key}; known are {', '.join(sorted(known))}")

    def tables(self, path: tuple[str, ...]) -> list[Any]:
        """The items of an array at the top."""
        items = self._document.data.get(path[0], [])
        if not isinstance(items, list):
            raise self.error(path, f"{path[0]} must be an array of tables")
        return items

    def match(self, at: tuple[str | int, ...], item: Any) -> Match:
        """A pattern for differences."""
        self.check_keys(at, item, MATCH_KEYS)
        values: dict[str, Any] = {"section": glob(self.text(at, item, "section"))}
        values |= {key: glob(self.text(at, item, key)) for key in _GLOBS if key in item}
        for key in ("a", "b"):
            if key in item:
                values[key] = self._range((*at, key), self.text(at, item, key))
        for key in ("change", "accel"):
            if key in item:
                values[key] = self.text(at, item, key)
        if values.get("change", "changed") not in CHANGES:
            raise self.error((*at, "change"), f"change is one of {', '.join(CHANGES)}")
        if not isinstance(item.get("both_ways", False), bool):
            raise self.error((*at, "both_ways"), "both_ways is true or false")
        return Match(**values, both_ways=item.get("both_ways", False))

    def _range(self, at: tuple[str | int, ...], text: str) -> VersionRange:
        try:
            return VersionRange.parse(text)
        except UsageError as error:
            raise self.error(at, error.message) from error

    def text(self, at: tuple[str | int, ...], item: dict[str, Any], key: str) -> str:
        """The text of a key, on one line; none or an empty one is refused."""
        value = item.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error((*at, key) if key in item else at, f"{key} must be a text")
        return " ".join(value.split())


class _RuleReader(Reader):
    def rule(self, number: int, item: Any) -> AbiRule:
        at = ("rule", number)
        self.check_keys(at, item, {"id", "title", "impact", "reason", "fix", "match"})
        texts = {key: self.text(at, item, key) for key in ("id", "title", "impact", "reason", "fix")}
        if not _ID.fullmatch(texts["id"]):
            raise self.error((*at, "id"), f"an id looks like ABI-QUEUE-SIZE, not {texts['id']!r}")
        if texts["impact"] not in [impact.value for impact in Impact]:
            raise self.error((*at, "impact"), f"impact is one of {', '.join(Impact)}")
        matches = item.get("match")
        if not isinstance(matches, list) or not matches:
            raise self.error(at, f"{texts['id']} has no match")
        built = tuple(self.match((*at, "match", n), match) for n, match in enumerate(matches))
        return AbiRule(texts["id"], texts["title"], Impact(texts["impact"]), texts["reason"], texts["fix"], built)

    def rename(self, number: int, item: Any) -> Rename:
        at = ("rename", number)
        self.check_keys(at, item, {"section", "old", "new", "reason"})
        return Rename(**{key: self.text(at, item, key) for key in ("section", "old", "new", "reason")})
