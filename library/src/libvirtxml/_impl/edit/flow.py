"""Short notation for new parts on a command line: ``{type: bridge, source: {bridge: br0}}``.

It is the flow style of YAML without anchors and tags, and takes JSON too. Plain words are text, but for true, false
and null; commas and brackets in text need quotes.
"""

from __future__ import annotations

import json
import re
from typing import Any

from libvirtxml.errors import UsageError

_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
_KEY = re.compile(r"\s*([^\s:,{}\[\]\"']+)\s*:")
_BARE = re.compile(r"[^,{}\[\]]+")
_WORDS = {"true": True, "false": False, "null": None}
_MAX_DEPTH = 100


def parse_flow(text: str) -> Any:
    """Read a value.

    Raises:
        UsageError: it is not in that notation.

    Example:
        >>> parse_flow("{type: bridge, mac: {address: '52:54:00:aa:bb:cc'}, tags: [a, b]}")
        {'type': 'bridge', 'mac': {'address': '52:54:00:aa:bb:cc'}, 'tags': ['a', 'b']}
    """
    value, place = _value(text, _skip(text, 0), 0)
    if _skip(text, place) != len(text):
        raise _error(text, place, "nothing more")
    return value


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _error(text: str, place: int, expected: str) -> UsageError:
    found = repr(text[place : place + 12]) if place < len(text) else "the end"
    return UsageError(f"expected {expected} at {found} in {text[:80]!r}")


def _value(text: str, place: int, depth: int) -> tuple[Any, int]:
    if depth > _MAX_DEPTH:
        raise UsageError("the value nests too deeply")
    start = text[place : place + 1]
    if start == "{":
        return _mapping(text, place + 1, depth)
    if start == "[":
        return _sequence(text, place + 1, depth)
    if match := _QUOTED.match(text, place):
        return _unquoted(match[0]), match.end()
    if match := _BARE.match(text, place):
        word = match[0].strip()
        return _WORDS.get(word, word), match.end()
    raise _error(text, place, "a value")


def _unquoted(text: str) -> str:
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    try:
        return str(json.loads(text))
    except ValueError as error:
        raise UsageError(f"cannot read {text[:60]}: {error}") from error


def _mapping(text: str, place: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    place = _skip(text, place)
    while text[place : place + 1] != "}":
        if quoted := _QUOTED.match(text, place):
            key, place = _unquoted(quoted[0]), _skip(text, quoted.end())
            if text[place : place + 1] != ":":
                raise _error(text, place, "a colon")
            place += 1
        elif match := _KEY.match(text, place):
            key, place = match[1], match.end()
        else:
            raise _error(text, place, "'name: value'")
        if key in found:
            raise UsageError(f"{key!r} is given twice in {text[:80]!r}")
        found[key], place = _value(text, _skip(text, place), depth + 1)
        place = _next(text, place, "}")
    return found, place + 1


def _sequence(text: str, place: int, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    place = _skip(text, place)
    while text[place : place + 1] != "]":
        value, place = _value(text, place, depth + 1)
        found.append(value)
        place = _next(text, place, "]")
    return found, place + 1


def _next(text: str, place: int, end: str) -> int:
    place = _skip(text, place)
    if text[place : place + 1] == ",":
        return _skip(text, place + 1)
    if text[place : place + 1] != end:
        raise _error(text, place, f"',' or '{end}'")
    return place
