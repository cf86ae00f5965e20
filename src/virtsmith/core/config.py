"""Typed access to TOML configuration; errors give file, line and column, and suggest the closest key or word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Self, TypeVar

from libvirtxml.findings import Location

from virtsmith.core.toml import Document, Path, parse_toml
from virtsmith.errors import InputError

T = TypeVar("T")
_WORDS = {
    str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "a table", float: "a number",
    date: "a date", datetime: "a point in time",
}  # fmt: skip


class ConfigError(InputError):
    """An invalid configuration entry, with its position."""

    @classmethod
    def at(cls, place: Location, message: str, *, hint: str | None = None) -> Self:
        """Return an error about the entry at a position."""
        return cls(message, source=place.file, line=place.line, column=place.column, hint=hint)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint with the closest known word, or with all of them if none is close."""
    choices = sorted(known)
    close = _closest(word, choices)
    return f"did you mean {close}?" if close else f"known: {', '.join(choices)}"


def _closest(word: str, choices: Iterable[str]) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415 - slow to import and only needed for errors

    return next(iter(get_close_matches(word, list(choices), 1, 0.6)), None)


class ConfigTable:
    """A reader for one TOML table. Callers read keys by type; `finish` rejects the keys that were never read."""

    def __init__(self, document: Document, path: Path, data: Mapping[str, Any]) -> None:
        self._document = document
        self._path = path
        self._data = data
        self._asked: set[str] = set()

    @classmethod
    def parse(cls, text: str, source: str) -> ConfigTable:
        """Parse a whole document.

        Raises:
            InputError: the text is not valid TOML.
        """
        document = parse_toml(text, source)
        return cls(document, (), document.data)

    @property
    def at(self) -> Location:
        """The position of the table."""
        return self._location(self._path)

    def place(self, key: str) -> Location:
        """Return the position of a key, or of the table if the key is absent."""
        return self._location((*self._path, key))

    def _location(self, path: Path) -> Location:
        line, column = self._document.place(path)
        return Location(self._document.source, line, column)

    def error(self, key: str, message: str, hint: str | None = None) -> ConfigError:
        """Return an error about the value of a key."""
        return ConfigError.at(self.place(key), message, hint=hint)

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def _get(self, key: str, kind: type[T]) -> T | None:
        self._asked.add(key)
        value = self._data.get(key)
        if value is None:
            return None
        if not _is_kind(value, kind):
            raise self.error(key, f"{key} must be {_WORDS[kind]}, not {_WORDS.get(type(value), type(value).__name__)}")
        return value  # type: ignore[no-any-return]

    def over(self, other: ConfigTable, keys: Iterable[str]) -> ConfigTable:
        """Return this table with defaults for ``keys`` taken from another table."""
        inherited = {key: other._data[key] for key in keys if key in other}
        table = ConfigTable(self._document, self._path, {**inherited, **self._data})
        table._asked |= self._asked
        return table

    def is_kind(self, key: str, kind: type) -> bool:
        """Whether the value of a key has a type."""
        return isinstance(self._data.get(key), kind)

    def text(self, key: str, *, choices: Iterable[str] = ()) -> str | None:
        """Return a string, which must be one of ``choices`` if given; None if the key is absent."""
        value = self._get(key, str)
        known = tuple(choices)
        if value is not None and known and value not in known:
            raise self.error(key, f"{key} cannot be {value!r}", did_you_mean(value, known))
        return value

    def line(self, key: str) -> str | None:
        """Return a non-blank string with white space collapsed; None if the key is absent."""
        value = self._get(key, str)
        if value is not None and not value.strip():
            raise self.error(key, f"{key} is empty")
        return None if value is None else " ".join(value.split())

    def flag(self, key: str) -> bool | None:
        """Return a boolean; None if the key is absent."""
        return self._get(key, bool)

    def number(self, key: str, low: int = 0, high: int = 1 << 40) -> int | None:
        """Return an integer within limits; None if the key is absent."""
        value = self._get(key, int)
        if value is not None and not low <= value <= high:
            raise self.error(key, f"{key} must be between {low} and {high}, not {value}")
        return value

    def date(self, key: str) -> date | None:
        """Return a date, written as a TOML date or as a string; None if the key is absent."""
        if self.is_kind(key, str):
            return self.parsed(key, date.fromisoformat, "2027-01-31")
        return self._get(key, date)

    def parsed(self, key: str, parse: Callable[[str], T], example: str) -> T | None:
        """Return a string converted by ``parse``, which raises ValueError; None if the key is absent."""
        value = self._get(key, str)
        if value is None:
            return None
        try:
            return parse(value)
        except ValueError as error:
            raise self.error(key, f"{key} cannot be {value!r}", f"write it like {example!r}") from error

    def require(self, key: str, value: T | None) -> T:
        """Return the value, or raise if it is None; an unread key with a similar name is reported as a misspelling."""
        if value is None:
            slip = _closest(key, (other for other in self._data if other not in self._asked))
            if slip:
                raise self.error(slip, f"unknown key {slip!r}", f"did you mean {key}?")
            raise self.error(key, f"{key} is missing")
        return value

    def numbers(self, key: str, low: int, high: int) -> tuple[int, ...] | None:
        """Return a list of integers within limits; None if the key is absent."""
        values = self._get(key, list)
        if values is None:
            return None
        for number, value in enumerate(values):
            if not _is_kind(value, int) or not low <= value <= high:
                message = f"{key} must hold whole numbers between {low} and {high}, not {value!r}"
                raise ConfigError.at(self._location((*self._path, key, number)), message)
        return tuple(values)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings; empty if the key is absent."""
        values = self._get(key, list) or []
        for number, value in enumerate(values):
            if not isinstance(value, str):
                raise ConfigError.at(
                    self._location((*self._path, key, number)), f"{key} must hold texts, not {value!r}"
                )
        return tuple(values)

    def text_lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """Return a list of lists of strings; empty if the key is absent."""
        values = self._get(key, list) or []
        for number, value in enumerate(values):
            if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
                place = self._location((*self._path, key, number))
                raise ConfigError.at(place, f"{key} must hold lists of texts, not {value!r}")
        return tuple(tuple(value) for value in values)

    def text_table(self, key: str) -> dict[str, str]:
        """Return a table of strings with arbitrary keys; empty if the key is absent."""
        inner = self.table(key)
        return {} if inner is None else {name: inner.require(name, inner.text(name)) for name in inner}

    def table(self, key: str) -> ConfigTable | None:
        """Return the table of a key; None if it is absent."""
        value: dict[str, Any] | None = self._get(key, dict)
        return None if value is None else ConfigTable(self._document, (*self._path, key), value)

    def tables(self, key: str) -> dict[str, ConfigTable]:
        """Return the tables in a table with arbitrary keys; empty if the key is absent."""
        inner = self.table(key)
        return {} if inner is None else inner.named()

    def named(self) -> dict[str, ConfigTable]:
        """Return the tables in this table, whose keys are arbitrary and whose values must all be tables."""
        return {name: self.require(name, self.table(name)) for name in self._data}

    def items(self, key: str, shorthand: str | None = None) -> list[ConfigTable]:
        """Return an array of tables; with ``shorthand``, a bare string is read as a table with that one key."""
        result = []
        for number, value in enumerate(self._get(key, list) or []):
            path = (*self._path, key, number)
            if shorthand and isinstance(value, str):
                result.append(ConfigTable(self._document, path, {shorthand: value}))
            elif isinstance(value, dict):
                result.append(ConfigTable(self._document, path, value))
            else:
                raise ConfigError.at(self._location(path), f"an item of {key} must be a table, not {value!r}")
        return result

    def mapping(self, key: str) -> dict[str, Any]:
        """Return the raw content of a table with arbitrary keys; empty if it is absent."""
        value: dict[str, Any] | None = self._get(key, dict)
        return value or {}

    def finish(self) -> None:
        """Reject keys that were never read.

        Raises:
            ConfigError: a key is unknown; the hint names the closest known key.
        """
        for key in self._data:
            if key not in self._asked:
                raise self.error(key, f"unknown key {key!r}", did_you_mean(key, self._asked))


def _is_kind(value: object, kind: type) -> bool:
    """Whether a value has a type; unlike in Python, booleans are not integers and datetimes are not dates."""
    unlike = {int: bool, date: datetime}.get(kind)
    return isinstance(value, kind) and not (unlike and isinstance(value, unlike))
