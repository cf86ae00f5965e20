"""The part of Meson's language that configures extraction: assignments, strings, lists, and their operators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from libvirtxml import files

_WORD = re.compile(
    r"""(?P<space>[ \t\r]+|\#[^\n]*|\\\n)|(?P<end>\n)|(?P<block>f?'''(?:.|\n)*?''')|(?P<text>f?'(?:\\.|[^'\\\n])*')
    |(?P<name>[A-Za-z_]\w*|\d\w*)|(?P<sign>\+=|[=!<>]=|.)""",
    re.VERBOSE,
)
_PLACE = re.compile(r"@(\w+)@")
_ESCAPES = {"\\'": "'", "\\\\": "\\", "\\n": "\n", "\\t": "\t"}


class Unknown:
    """A value that cannot be evaluated without Meson."""


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Call:
    """A call of ``i18n.gettext``: its directory and its arguments."""

    directory: Path
    positional: list[Any]
    named: dict[str, Any]


@dataclass(slots=True)
class Interpreter:
    """Runs files one after the other and ignores conditions: every branch is run, the last assignment wins."""

    root: Path
    build: Path
    variables: dict[str, Any] = field(default_factory=dict)
    project: dict[str, Any] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def run(self, text: str, directory: Path) -> None:
        """Evaluate one ``meson.build``; what nests too deeply to be Meson's is left out."""
        for words in _statements(text):
            with suppress(RecursionError):
                _Statement(words, self, directory).run()


def _statements(text: str) -> Iterator[list[str]]:
    """The words of each statement; brackets join lines."""
    depth = 0
    words: list[str] = []
    for match in _WORD.finditer(text):
        word = match[0]
        if match.lastgroup == "end" and depth == 0:
            yield words
            words = []
        elif match.lastgroup not in ("space", "end"):
            depth += (word in "([{") - (word in ")]}") if len(word) == 1 else 0
            words.append(word)
    yield words


class _Statement:
    """One statement, evaluated by recursive descent."""

    def __init__(self, words: list[str], interpreter: Interpreter, directory: Path) -> None:
        self._words, self._at = words, 0
        self._interpreter, self._directory = interpreter, directory

    def run(self) -> None:
        """Evaluate it for its effect."""
        words, variables = self._words, self._interpreter.variables
        if len(words) > 2 and words[1] in ("=", "+="):
            self._at = 2
            value = self._expression()
            variables[words[0]] = _add(variables.get(words[0], UNKNOWN), value) if words[1] == "+=" else value
        else:
            self._expression()

    def _peek(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def _next(self) -> str:
        word = self._peek()
        self._at += 1
        return word

    def _expression(self) -> Any:
        value = self._operand()
        while (sign := self._peek()) in ("+", "/"):
            self._next()
            value = (_add if sign == "+" else _join)(value, self._operand())
        return value

    def _operand(self) -> Any:
        word = self._next()
        value: Any = UNKNOWN
        if word.strip("f").startswith("'"):
            value = self._text(word)
        elif word == "[":
            value = self._arguments("]")[0]
        elif word == "(":
            value = next(iter(self._arguments(")")[0]), UNKNOWN)
        elif word.isidentifier():
            value = self._name(word)
        while self._peek() == ".":
            self._next()
            value = self._method(word, value, self._next())
        return value

    def _text(self, word: str) -> str:
        body = word.removeprefix("f")
        if body.startswith("'''"):
            return body[3:-3]
        text = re.sub(r"\\.", lambda match: _ESCAPES.get(match[0], match[0]), body[1:-1])
        known = self._interpreter.variables
        return _PLACE.sub(lambda match: str(known.get(match[1], match[0])), text) if word[0] == "f" else text

    def _name(self, name: str) -> Any:
        if self._peek() != "(":
            return self._interpreter.variables.get(name, UNKNOWN)
        self._next()
        positional, named = self._arguments(")")
        if name == "project":
            self._interpreter.project = {"name": positional[0] if positional else UNKNOWN, **named}
        return positional if name == "files" else UNKNOWN

    def _method(self, owner: str, value: Any, name: str) -> Any:
        if self._peek() != "(":
            return UNKNOWN
        self._next()
        positional, named = self._arguments(")")
        if name == "gettext":
            self._interpreter.calls.append(Call(self._directory, positional, named))
        if name == "format" and isinstance(value, str):
            return _format(value, positional)
        return self._of_meson(name) if owner == "meson" else UNKNOWN

    def _of_meson(self, name: str) -> Any:
        interpreter = self._interpreter
        if name in ("project_source_root", "source_root", "global_source_root"):
            return str(interpreter.root)
        if name in ("project_build_root", "build_root", "global_build_root"):
            return str(interpreter.build)
        if name == "current_source_dir":
            return str(self._directory)
        if name == "project_name":
            return interpreter.project.get("name", UNKNOWN)
        return self._version() if name == "project_version" else UNKNOWN

    def _version(self) -> Any:
        value = self._interpreter.project.get("version", UNKNOWN)
        if isinstance(value, list) and value and isinstance(value[0], str):  # files('VERSION')
            path = self._interpreter.root / value[0]
            return files.read_text(path).strip() if path.is_file() else UNKNOWN
        return value

    def _arguments(self, end: str) -> tuple[list[Any], dict[str, Any]]:
        """Values up to a bracket: by position, and by name."""
        positional: list[Any] = []
        named: dict[str, Any] = {}
        while (word := self._peek()) not in (end, ""):
            start = self._at
            if self._words[start + 1 : start + 2] == [":"]:
                self._at += 2
                named[word] = self._expression()
            else:
                positional.append(self._expression())
            while self._peek() not in (",", end, ""):  # an unsupported operator
                if self._next() in ("(", "[", "{"):
                    self._at -= 1
                    self._skip()
                if positional and not named:
                    positional[-1] = UNKNOWN
            if self._peek() == ",":
                self._next()
        self._next()
        return positional, named

    def _skip(self) -> None:
        """Skip a bracket with its content."""
        depth = 0
        while (word := self._next()) != "":
            depth += (word in ("(", "[", "{")) - (word in (")", "]", "}"))
            if depth == 0:
                return


def _format(text: str, values: list[Any]) -> Any:
    numbered = {str(number): value for number, value in enumerate(values)}
    used = {match[1] for match in _PLACE.finditer(text)} & numbered.keys()
    if any(not isinstance(numbered[name], str) for name in used):
        return UNKNOWN
    return _PLACE.sub(lambda match: numbered.get(match[1], match[0]), text)


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, list):
        return left + (right if isinstance(right, list) else [right])
    return left + right if isinstance(left, str) and isinstance(right, str) else UNKNOWN


def _join(left: Any, right: Any) -> Any:
    return str(Path(left) / right) if isinstance(left, str) and isinstance(right, str) else UNKNOWN
