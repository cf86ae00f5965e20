"""The order of Debian package versions, by the rules of deb-version(7)."""

from __future__ import annotations

import re
from functools import lru_cache

_PAIR = re.compile(r"([^0-9]*)([0-9]*)")

Number = tuple[int, str]
Part = tuple[tuple[tuple[int, ...], Number], ...]


@lru_cache(maxsize=4096)
def version_key(version: str) -> tuple[Number, Part, Part]:
    """Return a key that sorts package versions: epoch, then upstream version, then revision.

    Example:
        >>> sorted(["1:1.0", "2.10", "2.9", "2.9~rc1"], key=version_key)
        ['2.9~rc1', '2.9', '2.10', '1:1.0']
    """
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    return _number(epoch if epoch.isdecimal() else ""), _part_key(upstream), _part_key(revision)


def upstream_of(version: str) -> str:
    """Return the upstream part without epoch, revision and repack marks: ``1:7.2+dfsg-7`` gives ``7.2``."""
    rest = version.rpartition(":")[2]
    upstream = rest.rpartition("-")[0] or rest
    return re.split(r"[+~]", upstream, maxsplit=1)[0]


def _part_key(text: str) -> Part:
    # A missing revision equals 0. findall ends with an empty pair, the end of the string: it sorts above a tilde and
    # below everything else.
    return tuple(((*map(_char_rank, letters), 0), _number(digits)) for letters, digits in _PAIR.findall(text or "0"))


def _number(digits: str) -> Number:
    """A key that sorts numbers of any length: Python converts no more than some thousand digits."""
    significant = digits.lstrip("0")
    return len(significant), significant


def _char_rank(char: str) -> int:
    if char == "~":
        return -1
    return ord(char) if char.isalpha() else ord(char) + 0x11_0000
