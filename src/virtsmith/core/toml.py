"""TOML with positions: ``tomllib`` reads the data, and a scanner records where each key and item is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from virtsmith.errors import InputError

Path = tuple[str | int, ...]
_ERROR_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{1,2}(?!"))?|\'\'\'.*?\'\'\'(?:\'{1,2}(?!\'))?|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_ATOM = re.compile(r"[^,\]\}\n#]+")
_MOST_PARTS = 100
_PART = r"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+"""
_LONG_KEY = re.compile(rf"(?:^|[\[{{,])[ \t]*+(?:{_PART}\.[ \t]*+){{{_MOST_PARTS}}}", re.MULTILINE)
"""A dotted key whose parts ``tomllib`` would take time for that grows with the square of their number."""


@dataclass(frozen=True)
class Document:
    """A TOML document: its data, its name in messages, and its text with LF line endings."""

    data: Mapping[str, Any]
    source: str
    text: str = field(repr=False)

    @cached_property
    def offsets(self) -> Mapping[Path, int]:
        """Where each key and array item starts; computed on first use, because mostly errors need it."""
        scanner = _Scanner(self.text)
        scanner.document()
        return scanner.offsets

    def place(self, path: Path) -> tuple[int | None, int | None]:
        """Return line and column (from 1) of a key or item, or of its nearest parent with a position."""
        while path and path not in self.offsets:
            path = path[:-1]
        if not path:
            return None, None
        offset = self.offsets[path]
        line = self.text.count("\n", 0, offset) + 1
        return line, offset - (self.text.rfind("\n", 0, offset) + 1) + 1


def parse_toml(text: str, source: str) -> Document:
    """Parse a TOML text.

    Raises:
        InputError: the text is not valid TOML, or a key has more than 100 parts; the error has the line.
    """
    if long := _LONG_KEY.search(text):
        place = text.count("\n", 0, long.start()) + 1
        raise InputError(f"a key has more than {_MOST_PARTS} parts", source=source, line=place)
    try:
        data = tomllib.loads(text)
    except ValueError as error:  # from tomllib, or from an integer with thousands of digits
        match = _ERROR_PLACE.search(str(error))
        line, column = (int(match[1]), int(match[2])) if match and match[1] else (None, None)
        reason = _ERROR_PLACE.sub("", str(error))
        raise InputError(reason[:1].lower() + reason[1:], source=source, line=line, column=column) from error
    except RecursionError as error:
        raise InputError("nested too deeply", source=source) from error
    return Document(data, source, text.replace("\r\n", "\n"))


class _Scanner:
    """Scans valid TOML and records where keys and items start."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.offsets: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> Path:
        start, double = self.at, self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        keys = self._keys()
        self.at = self.text.index("]", self.at) + (2 if double else 1)
        path = self._resolve(keys, double)
        self._note(path, start)
        return path

    def _note(self, path: Path, start: int) -> None:
        """Record where a path starts, also for parents that have no header of their own."""
        for length in range(1, len(path) + 1):
            self.offsets.setdefault(path[:length], start)

    def _resolve(self, keys: list[str], double: bool) -> Path:
        """Return the path of a table header; the name of an array of tables refers to its latest item."""
        path: Path = ()
        for number, key in enumerate(keys):
            path += (key,)
            last = number == len(keys) - 1
            if last and double:
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path += (self._counts[path],)
        return path

    def _pair(self, table: Path) -> None:
        start = self.at
        keys = self._keys()
        path = (*table, *keys)
        self._note(path, start)
        self.at = self.text.index("=", self.at) + 1
        self._skip(_SPACE)
        self._value(path)

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(_SPACE)
            string = _STRING.match(self.text, self.at)
            bare = string or _BARE_KEY.match(self.text, self.at)
            if bare is None:  # pragma: no cover - tomllib has rejected such a text
                raise InputError("not a key")
            self.at = bare.end()
            keys.append(next(iter(tomllib.loads(f"{bare[0]} = 0"))))
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _value(self, path: Path) -> None:
        start = self.text[self.at]
        if start == "[":
            self._array(path)
        elif start == "{":
            self._inline_table(path)
        else:
            match = _STRING.match(self.text, self.at) or _ATOM.match(self.text, self.at)
            self.at = match.end() if match else self.at + 1

    def _array(self, path: Path) -> None:
        self.at += 1
        number = 0
        while True:
            self._skip(_BLANK)
            if self.text[self.at] == "]":
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self.offsets[*path, number] = self.at
            self._value((*path, number))
            number += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while True:
            self._skip(_BLANK)
            if self.text[self.at] == "}":
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self._pair(path)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
