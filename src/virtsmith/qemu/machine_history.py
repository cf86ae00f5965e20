"""When machine types came, were deprecated and went: upstream's releases, as far as they were asked.

The table (``machines.toml``) holds what QEMUs said of themselves; `History.of` and `dump_history` make one anew. A
release that was not asked takes the answer of the ones around it where these agree; what its name says of a type
(``pc-q35-7.2`` came with QEMU 7.2) counts too. The rest is not known, nor are types that distributions add.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

from libvirtxml.releases import format_ranges, parse_ranges
from libvirtxml.versions import Version

from virtsmith.errors import InputError, UsageError
from virtsmith.qemu.machines import MachineTypes, family, series, upstream_version

_SNAPSHOT, _CANDIDATE = 50, 90
_EVERYWHERE = {"isapc", "microvm", "none"}
"""Types without a version that no ordinary build lacks; others, such as xenfv, depend on how QEMU was built."""
_TAG = re.compile(r"v(\d+)\.(\d+)")
_YEARS = 6
"""How long QEMU keeps versioned machine types: 18 minor releases, three a year, deprecated in the second half.

Types deprecated by 9.1 were the first to go so, in 10.1 and later; before, they were removed now and then. Source:
qemu-devel, aZyzVOZkeicX0lrS@redhat.com; the recorded releases agree.
"""
_LAST_OF_YEAR = {1: 7, 2: 12, 3: 1}
"""The last minor release of each major one; later ones end with .2."""


@dataclass(frozen=True, slots=True)
class MachineTypeHistory:
    """One machine type over upstream's releases, as release series (``7.2``).

    Empty fields are what has not happened, or had before the first release that is known. ``..._after`` is the last
    release known to be different, where those in between were not asked: ``removed`` is then the latest possible.
    """

    name: str
    first: str = ""
    deprecated: str = ""
    deprecated_after: str = ""
    removed: str = ""
    removed_after: str = ""

    @property
    def expected(self) -> str:
        """The release that will remove it if QEMU keeps to its policy; empty if that is over, or nothing is known."""
        version = upstream_version(self.name)
        if version is None or self.removed:
            return ""
        major, minor = _numbers(version)
        return f"{major + _YEARS}.{minor}"

    def __str__(self) -> str:
        parts = [
            f"since {self.first}" if self.first else "",
            _latest("deprecated in", self.deprecated, self.deprecated_after),
            _latest("removed in", self.removed, self.removed_after),
            f"removal expected in {self.expected}" if self.expected else "",
        ]
        return ", ".join(part for part in parts if part)


def _latest(what: str, when: str, after: str) -> str:
    if not when:
        return ""
    return f"{what} {when} at the latest (after {after})" if after else f"{what} {when}"


class History:
    """The machine types of upstream's releases."""

    def __init__(self, releases: Iterable[str], present: Mapping[str, int], deprecated: Mapping[str, int]) -> None:
        """Set up: ``present`` and ``deprecated`` are sets of releases, as masks over their ascending list."""
        self.releases = tuple(releases)
        self._series = [series(name) for name in self.releases]
        self.present = present
        self.deprecated = deprecated

    @classmethod
    def of(cls, known: Iterable[MachineTypes]) -> History:
        """Line up what QEMUs say; each ``version`` is a release series. Several of one series count as one.

        Types that are not upstream's are left out.
        """
        merged: dict[tuple[int, int], dict[str, bool]] = {}
        for types in known:
            names = merged.setdefault(series(types.version), {})
            told = {name: flag for name, flag in types.names.items() if upstream_version(name) or name in _EVERYWHERE}
            names.update({name: flag or names.get(name, False) for name, flag in told.items()})
        order = sorted(merged)
        masks: tuple[dict[str, int], dict[str, int]] = ({}, {})
        for place, key in enumerate(order):
            for name, is_deprecated in merged[key].items():
                masks[0][name] = masks[0].get(name, 0) | 1 << place
                masks[1][name] = masks[1].get(name, 0) | is_deprecated << place
        return cls((f"{major}.{minor}" for major, minor in order), *masks)

    @property
    def names(self) -> list[str]:
        """All machine types that any release has."""
        return list(self.present)

    def at(self, version: str) -> MachineTypes:
        """The machine types of a release, known or worked out."""
        wanted = series(version)
        place = bisect_left(self._series, wanted)
        if place < len(self._series) and self._series[place] == wanted:
            names = {name: self._is(self.deprecated, name, place) for name in self._at(place)}
            return MachineTypes(version, names, self._aliases(names, wanted), own=True)
        before = self._at(place - 1) if place else frozenset()
        after = self._at(place) if place < len(self._series) else None
        sure = {name for name in (before if after is None else before | after) if _is_sure(name, wanted, before, after)}
        if place == 0:
            sure = set()
        unsure = {name for name in before | (after or frozenset()) if name not in sure and not _is_newer(name, wanted)}
        names = {name: self._is(self.deprecated, name, place - 1) for name in sure}
        return MachineTypes(version, names, self._aliases(names, wanted), frozenset(unsure), own=True)

    def life(self, name: str) -> MachineTypeHistory | None:
        """The life of a machine type; None if no release has it."""
        mask = self.present.get(name, 0)
        if not mask:
            return None
        version = upstream_version(name)
        first, after = self._first(mask)
        if version is not None:
            first = "{}.{}".format(*_numbers(version))
        elif after:
            first = f"{first} at the latest (after {after})"
        last = mask.bit_length() - 1
        removed = self.releases[last + 1] if last + 1 < len(self.releases) else ""
        return MachineTypeHistory(
            name,
            first,
            *self._first(self.deprecated.get(name, 0)),
            removed,
            self.releases[last] if removed and not self._follows(last) else "",
        )

    def _first(self, mask: int) -> tuple[str, str]:
        """The first release of a set and, if others lie between it and the one before, that one."""
        place = (mask & -mask).bit_length() - 1
        if place <= 0:
            return "", ""
        return self.releases[place], "" if self._follows(place - 1) else self.releases[place - 1]

    def _follows(self, place: int) -> bool:
        """Whether no release lies between the one at a place and the next one that is known."""
        (major, minor), after = self._series[place], self._series[place + 1]
        return after in ((major, minor + 1), (major + 1, 0) if minor >= _LAST_OF_YEAR.get(major, 2) else (0, 0))

    def _at(self, place: int) -> frozenset[str]:
        return frozenset(name for name, mask in self.present.items() if mask >> place & 1)

    @staticmethod
    def _is(masks: Mapping[str, int], name: str, place: int) -> bool:
        return bool(masks.get(name, 0) >> place & 1)

    @staticmethod
    def _aliases(names: Iterable[str], wanted: tuple[int, int]) -> dict[str, str]:
        """Upstream's short names: the type that came with the release."""
        own = {name for name in names if (version := upstream_version(name)) and _numbers(version) == wanted}
        found = {"pc": f"pc-i440fx-{wanted[0]}.{wanted[1]}", "q35": f"pc-q35-{wanted[0]}.{wanted[1]}"}
        return {short: full for short, full in found.items() if full in own}


def _numbers(version: Version) -> tuple[int, int]:
    return series(str(version))


def _is_newer(name: str, wanted: tuple[int, int]) -> bool:
    version = upstream_version(name)
    return version is not None and _numbers(version) > wanted


def _is_sure(name: str, wanted: tuple[int, int], before: frozenset[str], after: frozenset[str] | None) -> bool:
    """Whether a release between two others, one of which has a type, surely has it too."""
    if after is None or name not in after:
        return False
    version = upstream_version(name)
    return name in before or (version is not None and _numbers(version) <= wanted)


def find_series(version: str, package: str = "") -> str:
    """The release series that a QEMU stands for; empty if it is a snapshot from between two.

    A candidate counts as its release, which its tag (in ``package``) names: 2.11.90 is v2.12.0-rc0.
    """
    major, minor = series(version)
    patch = next(iter(Version.parse(version).numbers[2:]), 0)
    if patch < _SNAPSHOT:
        return f"{major}.{minor}"
    tag = _TAG.match(package)
    return f"{tag[1]}.{tag[2]}" if tag and patch >= _CANDIDATE else ""


@cache
def load_history() -> History:
    """The history that virtsmith comes with."""
    text = resources.files("virtsmith.qemu").joinpath("machines.toml").read_text(encoding="utf-8")
    return parse_history(text, "machines.toml")


def parse_history(text: str, source: str) -> History:
    """Read a table of machine types.

    Raises:
        InputError: it is none.
    """
    try:
        data = tomllib.loads(text)
        releases = [str(name) for name in data["releases"]]
        in_order = all(a < b for a, b in pairwise(map(series, releases)))
        types = {str(name): dict(facts) for name, facts in data["types"].items()}
        present = {name: parse_ranges(facts["in"], releases) for name, facts in types.items()}
        deprecated = {name: parse_ranges(facts.get("deprecated", ""), releases) for name, facts in types.items()}
    except (ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
        raise InputError(f"no table of machine types: {error}", source=source) from error
    if not in_order:
        raise InputError("no table of machine types: its releases are not in order", source=source)
    return History(releases, present, deprecated)


def dump_history(history: History) -> str:
    """Write a table of machine types: families together, oldest first."""
    known = ", ".join(f'"{name}"' for name in history.releases)
    lines = [
        "# The machine types that QEMU's x86_64 emulator said it has, as ranges of the releases that were asked.",
        "# Made by `virtsmith abi machines --record`; not meant to be edited.",
        f"releases = [{known}]",
        "",
        "[types]",
    ]
    for name in sorted(history.names, key=_order):
        ranges = {"in": history.present[name], "deprecated": history.deprecated.get(name, 0)}
        facts = ", ".join(f'{key} = "{format_ranges(mask, history.releases)}"' for key, mask in ranges.items() if mask)
        lines.append(f'"{name}" = {{ {facts} }}')
    return "\n".join(lines) + "\n"


def _order(name: str) -> tuple[object, ...]:
    version = upstream_version(name)
    return family(name), version.numbers if version else (), name
