"""Version numbers of libvirt, QEMU and their like: parsing, order, ranges."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

from libvirtxml.errors import UsageError

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(?:[-.~]?rc\.?(\d+))?", re.ASCII)
_PLACES = 4


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A dotted version number, with an optional release candidate.

    Numbers are compared by place, missing places count as zero, and a candidate comes before its release:
    ``1.2.9 < 1.2.10 < 1.3.0-rc1 < 1.3.0 == 1.3``. The spelling is kept for printing.
    """

    numbers: tuple[int, ...]
    candidate: int | None = None
    text: str = ""

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read ``7.2``, ``v7.2.0`` or ``8.0.0-rc2``.

        Raises:
            UsageError: it is not a version number.
        """
        match = _VERSION.fullmatch(text.strip())
        if match is None or len(text) > 64:
            raise UsageError(f"not a version number: {text!r}", hint="write it like 7.2.0 or 8.0.0-rc1")
        numbers = tuple(int(part) for part in match[1].split("."))
        return cls(numbers, int(match[2]) if match[2] else None, match[0].removeprefix("v"))

    def _key(self) -> tuple[tuple[int, ...], float]:
        padded = self.numbers + (0,) * (_PLACES - len(self.numbers))
        return padded, float("inf") if self.candidate is None else self.candidate

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __str__(self) -> str:
        if self.text:
            return self.text
        tail = "" if self.candidate is None else f"-rc{self.candidate}"
        return ".".join(map(str, self.numbers)) + tail


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A closed range of versions; an open end is None. ``1.2..3.0``, ``6.0..``, ``..7.2`` or a single version."""

    low: Version | None
    high: Version | None

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """Read a range as written on the command line.

        Raises:
            UsageError: an end is not a version, or the ends are in the wrong order.
        """
        low_text, dots, high_text = text.partition("..")
        low = Version.parse(low_text) if low_text else None
        if not dots:
            return cls(low, low)
        high = Version.parse(high_text) if high_text else None
        if low is not None and high is not None and high < low:
            raise UsageError(f"empty version range: {text}", hint=f"did you mean {high}..{low}?")
        return cls(low, high)

    def __contains__(self, version: Version) -> bool:
        above = self.low is None or self.low <= version
        return above and (self.high is None or version <= self.high)
