"""Values as libvirt's documents write them: numbers with their spelling, MAC addresses, sets of CPUs, sizes.

Sizes are counted as libvirt counts them (``virScaleInteger``): this is the one place that knows its units.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Self

from libvirtxml.errors import SizeError

__all__ = [
    "MAC", "MAX_DIGITS", "CPUSet", "Spelled", "format_size", "parse_integer", "parse_size", "split_size", "to_kib",
    "unit_size",
]  # fmt: skip

_BY_BASE = {
    0: re.compile(r"[ \t\r\n]*([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)[ \t\r\n]*", re.ASCII),
    8: re.compile(r"[ \t\r\n]*([+-]?)([0-7]+)[ \t\r\n]*", re.ASCII),
    10: re.compile(r"[ \t\r\n]*([+-]?)([0-9]+)[ \t\r\n]*", re.ASCII),
    16: re.compile(r"[ \t\r\n]*([+-]?)((?:0[xX])?[0-9a-fA-F]+)[ \t\r\n]*", re.ASCII),
}
_SET_PART = re.compile(r"\s*(\^?)([0-9]{1,9})(?:-([0-9]{1,9}))?\s*", re.ASCII)
_MAX_SET = 1 << 16
"""More numbers than any host has; a longer range is cut rather than filling memory."""

MAX_DIGITS = 64
"""A longer text is not read as a number."""
_SIZE = re.compile(r"\s*+([0-9]{1,20})\s*+([a-zA-Z]*+)\s*+", re.ASCII)
_PREFIXES = "kmgtpe"


class Spelled(int):
    """An integer that knows how it is written in XML: ``0x04``, ``007``.

    It is an `int` in every way; ``str()`` gives the spelling, and arithmetic gives plain integers. Two are equal if
    their numbers are, however they are spelled.

    Example:
        >>> Spelled("0x1f") + 1
        32
        >>> str(Spelled("0x1f"))
        '0x1f'
    """

    raw: str

    def __new__(cls, raw: str, base: int = 0) -> Self:
        """Read a number as it is written.

        Raises:
            ValueError: it is not a number in that base.
        """
        number = parse_integer(raw, base)
        if number is None:
            raise ValueError(f"not a number in base {base}: {raw!r}")
        self = super().__new__(cls, number)
        self.raw = raw
        return self

    @classmethod
    def of(cls, number: int, raw: str) -> Self:
        """A number with a given spelling, which is not checked."""
        self = super().__new__(cls, number)
        self.raw = raw
        return self

    def __str__(self) -> str:
        return self.raw

    def __format__(self, spec: str) -> str:
        return int.__format__(self, spec) if spec else self.raw

    def __reduce__(self) -> tuple[Any, ...]:
        return Spelled.of, (int(self), self.raw)


class MAC(str):
    """A MAC address as it is written; compares as the text that it is, so that look-ups find what equals it.

    `same_as` and `canonical` are for addresses that may be spelled in another way.

    Example:
        >>> MAC("52:54:00:AA:BB:0C").same_as("52:54:0:aa:bb:c")
        True
        >>> MAC("52:54:00:AA:BB:0C").canonical
        '52:54:00:aa:bb:0c'
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Take an address as it is written; it is not checked."""
        return super().__new__(cls, text)

    @property
    def octets(self) -> tuple[int, ...]:
        """The six numbers of the address; empty if it is none."""
        parts = self.split(":")
        try:
            return tuple(int(part, 16) for part in parts) if len(parts) == 6 else ()
        except ValueError:
            return ()

    @property
    def canonical(self) -> str:
        """Six pairs of lower-case hex digits; the text itself if it is not a MAC address."""
        octets = self.octets
        return ":".join(f"{octet:02x}" for octet in octets) if octets else str(self)

    def same_as(self, other: str) -> bool:
        """Whether a text is the same address, in upper or lower case and with or without leading zeros."""
        return self.canonical == MAC(other).canonical


class CPUSet(str):
    """A set of CPUs or NUMA nodes as libvirt writes it, ``0-3,^2,8``; compares as the text that it is.

    Example:
        >>> sorted(CPUSet("0-3,^2,8").numbers)
        [0, 1, 3, 8]
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Take a set as it is written; it is not checked."""
        return super().__new__(cls, text)

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers in the set, parts read from left to right (``^n`` removes one); empty if it is not a set."""
        found: set[int] = set()
        for part in self.split(","):
            match = _SET_PART.fullmatch(part)
            if match is None:
                return frozenset()
            low, high = int(match[2]), int(match[3] or match[2])
            numbers = range(low, min(high, low + _MAX_SET) + 1)
            found = found.difference(numbers) if match[1] else found.union(numbers)
        return frozenset(found)

    @classmethod
    def of(cls, numbers: Iterable[int]) -> CPUSet:
        """The set of some numbers in its shortest form.

        Example:
            >>> CPUSet.of([0, 1, 2, 3, 8])
            '0-3,8'
        """
        runs: list[list[int]] = []
        for number in sorted(set(numbers)):
            if runs and runs[-1][1] == number - 1:
                runs[-1][1] = number
            else:
                runs.append([number, number])
        return cls(",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs))


def parse_integer(raw: str, base: int) -> int | None:
    """Read an integer as libvirt does (``strtol`` with the base); None if it is none."""
    match = _BY_BASE[base].fullmatch(raw) if len(raw) <= MAX_DIGITS else None
    if match is None:
        return None
    digits = match[2]
    if base == 0 and digits[0] == "0" and digits[1:2] not in ("x", "X"):
        if digits.strip("01234567"):
            return None
        number = int(digits, 8)
    else:
        number = int(digits, base)
    return -number if match[1] == "-" else number


# --- sizes ----------------------------------------------------------------------------------------------------------


def unit_size(unit: str) -> int:
    """The bytes in a unit as libvirt counts: ``KiB`` and ``k`` are 1024, ``KB`` is 1000; case does not matter.

    Raises:
        SizeError: libvirt does not know the unit.

    Example:
        >>> unit_size("GiB"), unit_size("gb"), unit_size("bytes")
        (1073741824, 1000000000, 1)
    """
    low = unit.lower() if unit.isascii() else ""
    if low in ("b", "byte", "bytes"):
        return 1
    power = _PREFIXES.find(low[:1]) + 1 if low else 0
    if not power or low[1:] not in ("", "b", "ib"):
        raise SizeError(f"not a unit of size: {unit!r}", hint="use bytes, KiB, MiB, GiB ... or KB, MB, GB ...")
    return int((1000 if low[1:] == "b" else 1024) ** power)


def split_size(text: str) -> tuple[int, str]:
    """A size as people write it (``8GiB``, ``512 M``) as its number and its unit; the unit may be empty.

    Raises:
        SizeError: it is not a whole number with a unit of size or none.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise SizeError(f"not a size: {text!r}", hint="write it like 8GiB")
    if match[2]:
        unit_size(match[2])
    return int(match[1]), match[2]


def parse_size(text: str) -> int:
    """A size in bytes, from a number with a unit as people write it: ``8GiB``, ``512 M``.

    Raises:
        SizeError: it is not such a size.

    Example:
        >>> parse_size("512 M")
        536870912
    """
    number, unit = split_size(text)
    if not unit:
        raise SizeError(f"not a size: {text!r} has no unit", hint="write it like 8GiB")
    return number * unit_size(unit)


def format_size(size: int) -> str:
    """A size in bytes with the largest binary unit that keeps it whole.

    Example:
        >>> format_size(4294967296), format_size(1000)
        ('4 GiB', '1000 bytes')
    """
    power = 0
    while size and power < len(_PREFIXES) and size % 1024 == 0:
        size, power = size // 1024, power + 1
    if power:
        return f"{size} {_PREFIXES[power - 1].upper()}iB"
    return "1 byte" if size == 1 else f"{size} bytes"


def to_kib(size: int) -> int:
    """A size in bytes as whole KiB, rounded up: how libvirt keeps the memory of a domain."""
    return -(-size // 1024)
