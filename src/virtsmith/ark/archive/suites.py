"""The archives and suites that versions can come from, and the addresses they are reached at."""

from __future__ import annotations

import os
import platform
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from virtsmith.errors import MissingError, UsageError

MIRROR_VARIABLE = "VIRTSMITH_DEBIAN_MIRROR"
_SNAPSHOT = re.compile(r"snapshot:(\d{8}T\d{6}Z)/([a-z0-9-]+)")
_APT_SOURCES = Path("/etc/apt")


@dataclass(frozen=True, slots=True)
class Layer:
    """One folder of an archive: its name below ``dists/`` and the archive's base address."""

    name: str
    base: str

    @property
    def folder_name(self) -> str:
        """The name of the folder that caches this layer."""
        return re.sub(r"[^A-Za-z0-9.-]+", "_", f"{self.base.partition('://')[2]}_{self.name}")


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite to install from: what it is called on the command line, its tiers, and what it is known to carry."""

    name: str
    tiers: tuple[tuple[Layer, ...], ...]
    carries: Mapping[str, str]
    moves: bool


@cache
def facts() -> dict[str, Any]:
    """What is known of the Debian archive."""
    data = resources.files("virtsmith.ark.archive").joinpath("archives.toml").read_text()
    debian: dict[str, Any] = tomllib.loads(data)["debian"]
    return debian


def iter_suites(mirror: str | None = None) -> Iterator[Suite]:
    """Yield the suites of the table, frozen ones first."""
    names = sorted(facts()["suites"], key=lambda name: bool(facts()["suites"][name].get("moves")))
    for name in names:
        yield find_suite(name, mirror)


def find_suite(name: str, mirror: str | None = None) -> Suite:
    """Return a suite by name: one of the table, or ``snapshot:STAMP/SUITE`` for a day of the snapshot archive.

    Raises:
        UsageError: there is no such suite.
    """
    snapshot = _SNAPSHOT.fullmatch(name)
    wanted = snapshot[2] if snapshot else name
    entry = facts()["suites"].get(wanted)
    if entry is None:
        known = ", ".join(facts()["suites"])
        raise UsageError(f"unknown suite: {name}", hint=f"known are {known}, and snapshot:STAMP/SUITE")
    stamp = snapshot[1] if snapshot else None
    tiers = tuple(tuple(_layer(layer, mirror, stamp) for layer in tier) for tier in entry["tiers"])
    moves = bool(entry.get("moves")) or snapshot is not None
    return Suite(name, tiers, {} if moves else entry["carries"], moves)


def _layer(name: str, mirror: str | None, stamp: str | None) -> Layer:
    is_security = name.endswith("-security")
    if stamp:
        base = os.environ.get("VIRTSMITH_DEBIAN_SNAPSHOT", facts()["snapshot"])
        return Layer(name, f"{base}/{'debian-security' if is_security else 'debian'}/{stamp}")
    base = mirror or os.environ.get(MIRROR_VARIABLE) or _apt_mirror() or facts()["mirror"]
    base = base.rstrip("/")
    if not is_security:
        return Layer(name, base)
    is_default = base == facts()["mirror"]
    return Layer(name, facts()["security"] if is_default else f"{base}-security")


@cache
def _apt_mirror(folder: Path = _APT_SOURCES) -> str | None:
    """The address that this machine's own apt uses for Debian's main archive, if it is a Debian machine."""
    files = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*"))]
    for path in files:
        try:
            text = path.read_text()
        except (OSError, UnicodeDecodeError):
            continue
        found = re.search(r"^(?:deb\s+(?:\[[^\]]*\]\s*)?|URIs:\s*)(https?://\S+?/debian)/?(?:\s|$)", text, re.MULTILINE)
        if found:
            return found[1]
    return None


@dataclass(frozen=True, slots=True)
class Architecture:
    """A processor architecture in Debian's words: its name, and the emulator package for guests of the same kind."""

    name: str
    target: str


def host_architecture() -> Architecture:
    """Return the architecture of this machine.

    Raises:
        MissingError: Debian has no builds for it.
    """
    machine = platform.machine()
    entry = facts()["architectures"].get(machine)
    if entry is None:
        raise MissingError(f"no archive carries builds for {machine} hosts")
    return Architecture(entry["name"], entry["target"])
