"""The suites that versions can come from, and the addresses they are reached at."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from virtsmith.ark.archive.archives import Archive, archives
from virtsmith.errors import UsageError

_HISTORY = "snapshot"
_SNAPSHOT = re.compile(rf"{_HISTORY}:(\d{{8}}T\d{{6}}Z)/([a-z0-9-]+)")
_APT_SOURCES = Path("/etc/apt")


@dataclass(frozen=True, slots=True)
class Layer:
    """One directory of an archive: its name below ``dists/`` and the base address of its pool."""

    archive: Archive
    name: str
    base: str

    @property
    def directory_name(self) -> str:
        """The name of the directory that caches this layer."""
        return re.sub(r"[^A-Za-z0-9.-]+", "_", f"{self.base.partition('://')[2]}_{self.name}")


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite to install from: its archive, its name there, its tiers, and the versions it is known to carry."""

    archive: Archive
    name: str
    tiers: tuple[tuple[Layer, ...], ...]
    carries: Mapping[str, str]
    moves: bool
    is_mixed: bool = False
    """It is not a complete distribution (backports)."""

    @property
    def origin(self) -> str:
        """Its name on the command line and in records: ``ARCHIVE:SUITE``."""
        return f"{self.archive.name}:{self.name}"

    @property
    def is_past(self) -> bool:
        """Whether it is a moment of the archive's history."""
        return self.name.startswith(f"{_HISTORY}:")


def iter_suites(mirror: str | None = None) -> Iterator[Suite]:
    """Yield the suites of the first archive, frozen ones first."""
    archive = next(iter(archives().values()))
    for name in sorted(archive.suites, key=lambda name: archive.suites[name].moves):
        yield _suite(archive, name, mirror)


def find_suite(name: str, mirror: str | None = None) -> Suite:
    """Return the suite that ``SUITE`` (of the first archive) or ``ARCHIVE:SUITE`` means.

    ``snapshot:STAMP/SUITE`` in place of ``SUITE`` selects a point in the archive's history.

    Args:
        name: the suite.
        mirror: address of the archive's first pool, if not the default.

    Raises:
        UsageError: the archive or the suite does not exist.
    """
    known = archives()
    first, separator, rest = name.partition(":")
    if not separator or first == _HISTORY:
        return _suite(next(iter(known.values())), name, mirror)
    if first not in known:
        raise UsageError(f"unknown archive: {first}", hint=f"known are {', '.join(known)}")
    return _suite(known[first], rest, mirror)


def _suite(archive: Archive, name: str, mirror: str | None) -> Suite:
    snapshot = _SNAPSHOT.fullmatch(name) if archive.snapshot else None
    stamp, suite_name = (snapshot[1], snapshot[2]) if snapshot else (None, name)
    facts = archive.suites.get(suite_name)
    if facts is None:
        known = ", ".join(archive.suites)
        history = ", and snapshot:STAMP/SUITE" if archive.snapshot else ""
        raise UsageError(f"unknown suite of {archive.name}: {name}", hint=f"known are {known}{history}")
    tiers = tuple(tuple(_layer(archive, layer, mirror, stamp) for layer in tier) for tier in facts.tiers)
    moves = facts.moves or stamp is not None
    return Suite(archive, name, tiers, {} if moves else facts.carries, moves, facts.mixed)


def _layer(archive: Archive, name: str, mirror: str | None, stamp: str | None) -> Layer:
    pool = archive.pool_of(name)
    if stamp:
        return Layer(archive, name, f"{archive.history}/{pool}/{stamp}")
    default = archive.pools[archive.main_pool]
    base = mirror or os.environ.get(archive.variable("MIRROR")) or _apt_mirror(archive.main_pool) or default
    base = base.rstrip("/")
    return Layer(archive, name, archive.pools[pool] if base == default else base + archive.ending(pool))


@cache
def _apt_mirror(pool: str, directory: Path = _APT_SOURCES) -> str | None:
    """The address that this machine's apt uses for a pool, if the machine runs that distribution."""
    address = rf"(https?://\S+?/{re.escape(pool)})/?(?:\s|$)"
    pattern = re.compile(rf"^(?:deb\s+(?:\[[^\]]*\]\s*)?|URIs:\s*){address}", re.MULTILINE)
    for path in [directory / "sources.list", *sorted(directory.glob("sources.list.d/*"))]:
        try:
            text = path.read_text()
        except (OSError, UnicodeDecodeError):
            continue
        if found := pattern.search(text):
            return found[1]
    return None
