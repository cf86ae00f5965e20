"""When machine types were added, deprecated and removed in upstream releases, as far as these were recorded.

The table (``machines.toml``) contains what QEMU releases report; `History.of` and `dump_history` create it. A release
that was not recorded is assumed to agree with its neighbours if they agree with each other, and names count too
(``pc-q35-7.2`` was added in QEMU 7.2). Anything else is unknown, as are the types that distributions add.
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
"""Unversioned types that every ordinary build has; others, such as xenfv, depend on build options."""
_TAG = re.compile(r"v(\d+)\.(\d+)")
_YEARS = 6
"""How long QEMU keeps versioned machine types: 18 minor releases, three per year, deprecated in the second half.

Types deprecated in 9.1 were the first removed by this rule, from 10.1 on; earlier removals were irregular. Source:
qemu-devel, aZyzVOZkeicX0lrS@redhat.com; the recorded releases agree.
"""
_LAST_OF_YEAR = {1: 7, 2: 12, 3: 1}
"""The last minor release of each major release; later ones end with .2."""


@dataclass(frozen=True, slots=True)
class MachineTypeHistory:
    """The history of a machine type in upstream releases, as release series (``7.2``).

    A field is empty if the event has not happened, or happened before the first recorded release. If the releases just
    before the event were not recorded, ``..._after`` is the last one that was; the event may have happened in between.
    """

    name: str
    first: str = ""
    deprecated: str = ""
    deprecated_after: str = ""
    removed: str = ""
    removed_after: str = ""

    @property
    def expected(self) -> str:
        """The release that will remove it by QEMU's policy; empty if it is already removed or unversioned."""
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
    """The machine types of upstream releases."""

    def __init__(self, releases: Iterable[str], present: Mapping[str, int], deprecated: Mapping[str, int]) -> None:
        """Store the tables; ``present`` and ``deprecated`` map names to bit masks over the ascending ``releases``."""
        self.releases = tuple(releases)
        self._series = [series(name) for name in self.releases]
        self.present = present
        self.deprecated = deprecated

    @classmethod
    def of(cls, recorded: Iterable[MachineTypes]) -> History:
        """Combine the machine types of several QEMU releases; each ``version`` is a release series.

        Builds of the same series are merged. Types that are not upstream's are omitted.
        """
        merged: dict[tuple[int, int], dict[str, bool]] = {}
        for types in recorded:
            names = merged.setdefault(series(types.version), {})
            upstream = {
                name: flag for name, flag in types.names.items() if upstream_version(name) or name in _EVERYWHERE
            }
            names.update({name: flag or names.get(name, False) for name, flag in upstream.items()})
        order = sorted(merged)
        masks: tuple[dict[str, int], dict[str, int]] = ({}, {})
        for place, key in enumerate(order):
            for name, is_deprecated in merged[key].items():
                masks[0][name] = masks[0].get(name, 0) | 1 << place
                masks[1][name] = masks[1].get(name, 0) | is_deprecated << place
        return cls((f"{major}.{minor}" for major, minor in order), *masks)

    @property
    def names(self) -> list[str]:
        """All machine types of any release."""
        return list(self.present)

    def at(self, version: str) -> MachineTypes:
        """Return the machine types of a release, recorded or derived from its neighbours."""
        release = series(version)
        place = bisect_left(self._series, release)
        if place < len(self._series) and self._series[place] == release:
            names = {name: self._is(self.deprecated, name, place) for name in self._at(place)}
            return MachineTypes(version, names, self._aliases(names, release), own=True)
        before = self._at(place - 1) if place else frozenset()
        after = self._at(place) if place < len(self._series) else None
        sure = {
            name for name in (before if after is None else before | after) if _is_sure(name, release, before, after)
        }
        if place == 0:
            sure = set()
        unsure = {name for name in before | (after or frozenset()) if name not in sure and not _is_newer(name, release)}
        names = {name: self._is(self.deprecated, name, place - 1) for name in sure}
        return MachineTypes(version, names, self._aliases(names, release), frozenset(unsure), own=True)

    def life(self, name: str) -> MachineTypeHistory | None:
        """Return the history of a machine type; None if no release has it."""
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
        """Return the first release of a set and, if the one before it was not recorded, the last one that was."""
        place = (mask & -mask).bit_length() - 1
        if place <= 0:
            return "", ""
        return self.releases[place], "" if self._follows(place - 1) else self.releases[place - 1]

    def _follows(self, place: int) -> bool:
        """Whether no release exists between the one at an index and the next recorded one."""
        (major, minor), after = self._series[place], self._series[place + 1]
        return after in ((major, minor + 1), (major + 1, 0) if minor >= _LAST_OF_YEAR.get(major, 2) else (0, 0))

    def _at(self, place: int) -> frozenset[str]:
        return frozenset(name for name, mask in self.present.items() if mask >> place & 1)

    @staticmethod
    def _is(masks: Mapping[str, int], name: str, place: int) -> bool:
        return bool(masks.get(name, 0) >> place & 1)

    @staticmethod
    def _aliases(names: Iterable[str], release: tuple[int, int]) -> dict[str, str]:
        """Return upstream's aliases, which refer to the type added in the release."""
        own = {name for name in names if (version := upstream_version(name)) and _numbers(version) == release}
        found = {"pc": f"pc-i440fx-{release[0]}.{release[1]}", "q35": f"pc-q35-{release[0]}.{release[1]}"}
        return {short: full for short, full in found.items() if full in own}


def _numbers(version: Version) -> tuple[int, int]:
    return series(str(version))


def _is_newer(name: str, release: tuple[int, int]) -> bool:
    version = upstream_version(name)
    return version is not None and _numbers(version) > release


def _is_sure(name: str, release: tuple[int, int], before: frozenset[str], after: frozenset[str] | None) -> bool:
    """Whether a release surely has a type that at least one of its recorded neighbours has."""
    if after is None or name not in after:
        return False
    version = upstream_version(name)
    return name in before or (version is not None and _numbers(version) <= release)


def find_series(version: str, package: str = "") -> str:
    """Return the release series of a QEMU; empty for a development snapshot.

    A release candidate counts as its release, which its tag (in ``package``) names: 2.11.90 is v2.12.0-rc0.
    """
    major, minor = series(version)
    patch = next(iter(Version.parse(version).numbers[2:]), 0)
    if patch < _SNAPSHOT:
        return f"{major}.{minor}"
    tag = _TAG.match(package)
    return f"{tag[1]}.{tag[2]}" if tag and patch >= _CANDIDATE else ""


@cache
def load_history() -> History:
    """Return the history that is part of virtsmith."""
    text = resources.files("virtsmith.qemu").joinpath("machines.toml").read_text(encoding="utf-8")
    return parse_history(text, "machines.toml")


def parse_history(text: str, source: str) -> History:
    """Read a table of machine types.

    Raises:
        InputError: it is malformed.
    """
    try:
        data = tomllib.loads(text)
        releases = [str(name) for name in data["releases"]]
        in_order = all(a < b for a, b in pairwise(map(series, releases)))
        types = {str(name): dict(facts) for name, facts in data["types"].items()}
        present = {name: parse_ranges(facts["in"], releases) for name, facts in types.items()}
        deprecated = {name: parse_ranges(facts.get("deprecated", ""), releases) for name, facts in types.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError) as error:
        raise InputError(f"not a table of machine types: {error}", source=source) from error
    if not in_order:
        raise InputError("not a table of machine types: its releases are not in order", source=source)
    return History(releases, present, deprecated)


def dump_history(history: History) -> str:
    """Return a table of machine types, grouped by family, oldest first."""
    releases = ", ".join(f'"{name}"' for name in history.releases)
    lines = [
        "# The machine types of QEMU's x86_64 emulator, as ranges of the recorded releases.",
        "# Generated by `virtsmith abi machines --record`; do not edit.",
        f"releases = [{releases}]",
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
