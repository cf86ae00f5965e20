"""Codecs: how the text of an attribute or element becomes a Python value, and back; what the schema allows.

The schema does not say in what base a number is; the codecs, which do, are named in the generated tables as
``BASE:FORMAT`` (``0:0x%04x``: read as C does, with ``0x`` and leading ``0``; written as four hex digits). The bases
come from libvirt's own parser. Whatever a codec cannot read stays text and is reported by ``problems()``.
"""

from __future__ import annotations

import re
from typing import Any

from libvirtxml.values import MAC, MAX_DIGITS, CPUSet, Spelled, parse_integer

_DECIMAL = re.compile(r"[ \t\r\n]*[+-]?[0-9]+[ \t\r\n]*", re.ASCII)
_MEMO_SIZE = 1 << 15


class Codec(dict[str, Any]):
    """Text to value, remembered: ``codec[text]`` decodes. Bounded, and safe to share between threads."""

    name = ""
    python = "str"

    def __missing__(self, raw: str) -> Any:
        value = self.decode(raw)
        if len(self) >= _MEMO_SIZE:
            self.clear()
        self[raw] = value
        return value

    def decode(self, raw: str) -> Any:
        """The value of a text; the text itself if it cannot be read."""
        return raw

    def encode(self, value: Any) -> str:
        """The text of a value.

        Raises:
            TypeError: the value is of the wrong type.
        """
        if isinstance(value, str):
            return str(value)
        raise TypeError(f"expected {self.python}, got {type(value).__name__}")

    def store(self, value: Any) -> Any:
        """The form in which a value given by a Python caller is kept: one that reads back as it is written."""
        text = self.encode(value)
        return value if isinstance(value, str) else self[text]


class IntegerCodec(Codec):
    """Integers of one base with one canonical spelling."""

    python = "int"

    def __init__(self, base: int, form: str) -> None:
        super().__init__()
        self.name = f"{base}:{form}"
        self.base = base
        self.form = form

    def decode(self, raw: str) -> Any:
        """A plain `int` for the plain decimal spelling, a `Spelled` for any other, the text if it is not a number."""
        number = parse_integer(raw, self.base)
        if number is None:
            return raw
        return number if str(number) == raw else Spelled.of(number, raw)

    def encode(self, value: Any) -> str:
        if isinstance(value, Spelled):
            return value.raw
        if isinstance(value, int) and not isinstance(value, bool):
            return self.form % value if value >= 0 or self.form == "%d" else str(int(value))
        return super().encode(value)

    def store(self, value: Any) -> Any:
        """Numbers are kept with the spelling that libvirt would write."""
        if isinstance(value, int) and not isinstance(value, bool):
            if isinstance(value, Spelled) and self.decode(value.raw) == value:
                return value
            raw = self.encode(int(value))
            return int(value) if str(int(value)) == raw else Spelled.of(int(value), raw)
        return self[self.encode(value)]


class SwitchCodec(Codec):
    """Booleans written as a pair of words."""

    python = "bool"

    def __init__(self, name: str, true: str, false: str) -> None:
        super().__init__({true: True, false: False})
        self.name = name
        self.words = {True: true, False: false}

    def __missing__(self, raw: str) -> Any:
        return raw

    def decode_word(self, text: str) -> bool | None:
        """The boolean of one of the two words; None for any other text."""
        return next((value for value, word in self.words.items() if word == text), None)

    def encode(self, value: Any) -> str:
        if isinstance(value, bool):
            return self.words[value]
        return super().encode(value)

    def store(self, value: Any) -> Any:
        if isinstance(value, bool):
            return value
        return self[super().encode(value)]


class MACCodec(Codec):
    """MAC addresses."""

    name = "mac"
    python = "str"

    def decode(self, raw: str) -> Any:
        return MAC(raw)

    def store(self, value: Any) -> Any:
        return self[self.encode(value)]


class CPUSetCodec(Codec):
    """Sets of CPUs and NUMA nodes."""

    name = "cpuset"
    python = "str"

    def decode(self, raw: str) -> Any:
        return CPUSet(raw)

    def store(self, value: Any) -> Any:
        return self[self.encode(value)]


TEXT = Codec()
_CODECS: dict[str, Codec] = {
    "": TEXT,
    "mac": MACCodec(),
    "cpuset": CPUSetCodec(),
    "yes": SwitchCodec("yes", "yes", "no"),
    "on": SwitchCodec("on", "on", "off"),
}


def codec(name: str) -> Codec:
    """The codec of a name in the generated tables."""
    found = _CODECS.get(name)
    if found is None:
        base, _, form = name.partition(":")
        found = _CODECS[name] = IntegerCodec(int(base), form)
    return found


# --- what the schema allows -----------------------------------------------------------------------------------------

INTEGER_RANGES = {
    "int": (-(2**31), 2**31 - 1), "integer": (None, None), "long": (-(2**63), 2**63 - 1),
    "positiveInteger": (1, None), "short": (-(2**15), 2**15 - 1), "unsignedInt": (0, 2**32 - 1),
    "unsignedLong": (0, 2**64 - 1), "unsignedShort": (0, 2**16 - 1), "nonNegativeInteger": (0, None),
    "unsignedByte": (0, 255), "byte": (-128, 127),
}  # fmt: skip
OTHER_TYPES = {
    "double": re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*|INF|-INF|NaN", re.ASCII),
    "dateTime": re.compile(r"\s*-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?\s*", re.ASCII),
    "NCName": re.compile(r"\s*[^\W\d][\w.\-]*\s*"),
}


class AllowedValues:
    """What the schema allows a text to be: one of some values, or any of some data types."""

    def __init__(self, values: tuple[str, ...], datas: tuple[tuple[Any, ...], ...]) -> None:
        self.values = values
        self.datas = datas
        self._set = frozenset(values)
        self._checks: list[Any] | None = None

    def __contains__(self, text: str) -> bool:
        if text in self._set:
            return True
        if self._checks is None:
            self._checks = [_compile(*data) for data in self.datas]
        return any(check(text) for check in self._checks)


def xsd_pattern(pattern: str) -> str:
    """An XSD regular expression as a Python one: ``$`` and ``^`` are ordinary there outside of a class."""
    out: list[str] = []
    inside = escaped = False
    for char in pattern:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "[" and not inside:
            inside = True
        elif char == "]":
            inside = False
        elif (char in "^$" and not inside) or (char == "[" and inside):
            out.append("\\")
        out.append(char)
    return "".join(out)


_ATOMS = re.compile(r"\\.|\[(?:\\.|[^\\\]])*+\]")
_LONGEST = 4096


def _matcher(pattern: str) -> Any:
    """A function that matches a pattern, and refuses absurdly long text where matching could take forever.

    With at most one repetition that has no upper bound, matching takes time in proportion to the text; some of
    libvirt's patterns have two in a row, for which it grows with the square.
    """
    match = re.compile(xsd_pattern(pattern)).fullmatch
    plain = _ATOMS.sub("", pattern)
    if plain.count("*") + plain.count("+") + plain.count(",}") <= 1:
        return match
    return lambda text: len(text) <= _LONGEST and match(text)


def _compile(base: str, patterns: tuple[str, ...], low: int | None, high: int | None) -> Any:
    """A function that checks whether a text is of an XSD data type with constraints."""
    tests = [_matcher(pattern) for pattern in patterns]
    if base in INTEGER_RANGES:
        least, most = INTEGER_RANGES[base]
        least = least if low is None else low
        most = most if high is None else high

        def integer(text: str) -> bool:
            if not _DECIMAL.fullmatch(text) or len(text) > MAX_DIGITS:
                return False
            number = int(text)
            inside = (least is None or least <= number) and (most is None or number <= most)
            return inside and all(test(text.strip()) for test in tests)

        return integer
    if base in OTHER_TYPES:
        tests.append(OTHER_TYPES[base].fullmatch)
    return lambda text: all(test(text) for test in tests)
