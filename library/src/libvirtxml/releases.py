"""Sets of libvirt releases as bit masks, and how they are said in words.

A set is a mask over an ascending list of the releases that are known; in files it is written as ranges
(``1.2.0-2.1.0 7.0.0-``). What is known of a release in a gap of that list is never said more exactly than the
releases around it allow.
"""

from __future__ import annotations

from collections.abc import Sequence


def format_ranges(mask: int, releases: Sequence[str]) -> str:
    """A set of releases as ranges: ``1.2.0-2.1.0 7.0.0-``; an open end is the newest release."""
    parts: list[str] = []
    start = None
    for i in range(len(releases) + 1):
        inside = i < len(releases) and mask >> i & 1
        if inside and start is None:
            start = i
        elif not inside and start is not None:
            end = "" if i == len(releases) else releases[i - 1]
            parts.append(f"{releases[start]}-{end}")
            start = None
    return " ".join(parts)


def parse_ranges(text: str, releases: Sequence[str]) -> int:
    """The opposite of `format_ranges`.

    Raises:
        ValueError: a release is not one of ``releases``.
    """
    mask = 0
    for part in text.split():
        low, _, high = part.partition("-")
        first, last = releases.index(low), releases.index(high) if high else len(releases) - 1
        mask |= (1 << last + 1) - (1 << first)
    return mask


def follows_directly(early: str, late: str) -> bool:
    """Whether no libvirt release lies between two.

    libvirt counted the last place up to 1.3.5 and the middle one since; a year's first release is N.0.0, and the
    year before has ended with N-1.10.0 or later (2016, the first such year, with 2.5.0).
    """
    a = [*map(int, early.split(".")), 0, 0][:3]
    b = [*map(int, late.split(".")), 0, 0][:3]
    if a[0] == b[0]:
        return (b[1] == a[1] and b[2] == a[2] + 1) or (b[1] == a[1] + 1 and b[2] == 0)
    return b[0] == a[0] + 1 and b[1:] == [0, 0] and (a[0] < 3 or a[1] >= 10)


def first_release(mask: int, releases: Sequence[str]) -> str:
    """``1.2.0 or earlier``, ``3.4.0``, or ``9.0.0 at the latest (after 7.9.0)`` where those between are not known."""
    first = (mask & -mask).bit_length() - 1
    if first <= 0:
        return f"{releases[0]} or earlier"
    if follows_directly(releases[first - 1], releases[first]):
        return releases[first]
    return f"{releases[first]} at the latest (after {releases[first - 1]})"


def last_release(mask: int, releases: Sequence[str]) -> str | None:
    """The last release of a set; None if that is the newest one."""
    last = mask.bit_length() - 1
    return None if last == len(releases) - 1 else releases[last]
