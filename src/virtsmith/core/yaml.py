"""A writer for plain data as YAML. Reading YAML needs a library; writing it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9 _./-]*[A-Za-z0-9_/]|[A-Za-z]")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"}
"""Strings that some readers take for booleans or null."""


def dump_yaml(data: Any) -> str:
    """Write mappings, lists, strings, numbers, booleans and None in block style.

    Multi-line strings become literal blocks; other strings are quoted if a reader could misread them.

    Example:
        >>> print(dump_yaml({"name": "a", "ports": [1, "1"], "empty": []}), end="")
        name: a
        ports:
          - 1
          - "1"
        empty: []
    """
    return "".join(f"{line}\n" for line in _lines(data))


def _lines(data: Any) -> Iterator[str]:
    if isinstance(data, Mapping) and data:
        for key, value in data.items():
            yield from _entry(f"{_scalar(str(key))}:", value)
    elif isinstance(data, Sequence) and not isinstance(data, str) and data:
        for value in data:
            yield from _item(value)
    else:
        yield _scalar(data)


def _entry(head: str, value: Any) -> Iterator[str]:
    if isinstance(value, str) and _is_block(value):
        yield f"{head} |{'' if value.endswith(chr(10)) else '-'}"
        yield from (f"  {line}" if line else "" for line in value.removesuffix("\n").split("\n"))
    elif isinstance(value, (Mapping, list, tuple)) and value:
        yield head
        yield from (f"  {line}" if line else "" for line in _lines(value))
    else:
        yield f"{head} {_scalar(value)}"


def _item(value: Any) -> Iterator[str]:
    """Yield the lines of a list item: the first after the dash, the others below it."""
    first, *rest = _entry("-", value) if isinstance(value, str) else _lines(value)
    yield first if isinstance(value, str) else f"- {first}"
    yield from (f"  {line}" if line and not isinstance(value, str) else line for line in rest)


def _is_block(text: str) -> bool:
    """Whether a string can be a literal block: printable lines, without leading blanks or several final line feeds."""
    lines = text.split("\n")
    return (
        len(lines) > 1
        and all(line.isprintable() for line in lines)
        and bool(lines[0])
        and not lines[0].startswith(" ")
        and not text.endswith("\n\n")
        and text != "\n"
    )


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
        return value if plain else _quoted(value)
    return json.dumps(value)  # numbers, booleans and empty containers


def _quoted(text: str) -> str:
    """Return a string in double quotes, as in JSON, except that YAML escapes characters above U+FFFF as one unit."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(character if character.isprintable() else f"\\U{ord(character):08x}" for character in quoted)
