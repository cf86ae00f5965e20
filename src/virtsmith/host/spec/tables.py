"""Typed access to TOML tables whose errors name file, line and the likeliest key or word."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from libvirtxml.findings import Location

from virtsmith.core.toml import Document, Path
from virtsmith.host.spec.model import SpecError

T = TypeVar("T")
_WORDS = {str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "a table", float: "a number"}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the closest known word, else all of them."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, 1, 0.6)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(choices)}"


class Table:
    """One TOML table being read: each key is asked for once, and `finish` refuses those that nobody asked for."""

    def __init__(self, document: Document, path: Path, data: dict[str, Any]) -> None:
        self._document = document
        self._path = path
        self._data = data
        self._asked: set[str] = set()

    @property
    def at(self) -> Location:
        """Where the table begins."""
        return self._location(self._path)

    def place(self, key: str) -> Location:
        """Where a key stands (the table, where it is absent)."""
        return self._location((*self._path, key))

    def _location(self, path: Path) -> Location:
        line, column = self._document.place(path)
        return Location(self._document.source, line, column)

    def error(self, key: str, message: str, hint: str | None = None) -> SpecError:
        """An error about the value of a key."""
        return SpecError.at(self.place(key), message, hint=hint)

    def _get(self, key: str, kind: type[T]) -> T | None:
        self._asked.add(key)
        value = self._data.get(key)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(key, f"{key} must be {_WORDS[kind]}, not {_WORDS.get(type(value), type(value).__name__)}")
        return value

    def is_kind(self, key: str, kind: type) -> bool:
        """Whether the value of a key is of a kind."""
        return isinstance(self._data.get(key), kind)

    def text(self, key: str, *, choices: Iterable[str] = ()) -> str | None:
        """A text, one of ``choices`` where given; None where the key is absent."""
        value = self._get(key, str)
        known = tuple(choices)
        if value is not None and known and value not in known:
            raise self.error(key, f"{key} cannot be {value!r}", did_you_mean(value, known))
        return value

    def flag(self, key: str) -> bool | None:
        """True, false, or None where the key is absent."""
        return self._get(key, bool)

    def number(self, key: str, low: int = 0, high: int = 1 << 40) -> int | None:
        """A whole number within limits; None where the key is absent."""
        value = self._get(key, int)
        if value is not None and not low <= value <= high:
            raise self.error(key, f"{key} must be between {low} and {high}, not {value}")
        return value

    def parsed(self, key: str, parse: Callable[[str], T], example: str) -> T | None:
        """A text turned into a value by a function that raises ValueError; None where the key is absent."""
        value = self._get(key, str)
        if value is None:
            return None
        try:
            return parse(value)
        except ValueError as error:
            raise self.error(key, f"{key} cannot be {value!r}", f"write it like {example!r}") from error

    def require(self, key: str, value: T | None) -> T:
        """The value, which must be there; a key that looks like a slip for it is named in its place."""
        if value is None:
            for slip in difflib.get_close_matches(
                key, [each for each in self._data if each not in self._asked], 1, 0.6
            ):
                raise self.error(slip, f"unknown key {slip!r}", f"did you mean {key}?")
            raise self.error(key, f"{key} is missing")
        return value

    def numbers(self, key: str, low: int, high: int) -> tuple[int, ...] | None:
        """A list of whole numbers within limits; None where the key is absent."""
        values = self._get(key, list)
        if values is None:
            return None
        for value in values:
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise self.error(key, f"{key} must hold whole numbers between {low} and {high}, not {value!r}")
        return tuple(values)

    def table(self, key: str) -> Table | None:
        """The table of a key; None where it is absent."""
        value: dict[str, Any] | None = self._get(key, dict)
        return None if value is None else Table(self._document, (*self._path, key), value)

    def items(self, key: str, shorthand: str | None = None) -> list[Table]:
        """The tables of a list; where ``shorthand`` is given, a bare text stands for a table with that one key."""
        result = []
        for number, value in enumerate(self._get(key, list) or []):
            path = (*self._path, key, number)
            if shorthand and isinstance(value, str):
                result.append(Table(self._document, path, {shorthand: value}))
            elif isinstance(value, dict):
                result.append(Table(self._document, path, value))
            else:
                raise SpecError.at(self._location(path), f"an item of {key} must be a table, not {value!r}")
        return result

    def mapping(self, key: str) -> dict[str, Any]:
        """The plain content of a table with free keys; empty where it is absent."""
        value: dict[str, Any] | None = self._get(key, dict)
        return value or {}

    def finish(self) -> None:
        """Refuse keys that nobody asked for.

        Raises:
            SpecError: there is one; the hint names the closest known key.
        """
        for key in self._data:
            if key not in self._asked:
                raise self.error(key, f"unknown key {key!r}", did_you_mean(key, self._asked))
