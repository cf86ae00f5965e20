"""The archives that versions can come from: ``archives.toml``, and the user's own file of the same form."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

from libvirtxml.files import read_text

from virtsmith.core.config import ConfigTable
from virtsmith.core.dirs import data_dir
from virtsmith.errors import MissingError

_ALIKE = ("components", "apps", "skip", "architectures", "targets", "tools", "alternatives")


@dataclass(frozen=True, slots=True)
class Architecture:
    """A processor architecture in an archive's terms: its name, and the target that is emulated by default."""

    name: str
    target: str


@dataclass(frozen=True, slots=True)
class App:
    """The packages of an application; ``a | b`` is the first that the suite has."""

    main: str
    """With ``{target}`` for the package of a target."""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    """Installed if the suite has them."""
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Installed on request, by the name of the part."""


@dataclass(frozen=True, slots=True)
class SuiteFacts:
    """What the table says about a suite; see `virtsmith.ark.archive.suites.Suite`."""

    tiers: tuple[tuple[str, ...], ...]
    carries: Mapping[str, str]
    moves: bool
    mixed: bool
    """It is not a complete distribution (backports)."""


@dataclass(frozen=True, slots=True)
class DatesFacts:
    """The package with the release dates of distributions, and the suite with its newest version."""

    suite: str
    package: str


@dataclass(frozen=True, slots=True, eq=False)
class Archive:
    """The package archive of one distribution.

    ``pools`` are base addresses. A layer is in the first pool, unless its name has the suffix of another pool: of
    ``debian`` and ``debian-security`` the second holds ``trixie-security``. A mirror has the pools side by side under
    names with these suffixes, and the snapshot archive has a directory for each.
    """

    name: str
    pools: Mapping[str, str]
    snapshot: str | None
    """Base address of the archive's history."""
    components: tuple[str, ...]
    fingerprints: frozenset[str]
    keyring_package: str
    keyring_files: tuple[str, ...]
    suites: Mapping[str, SuiteFacts]
    apps: Mapping[str, App]
    skip: frozenset[str]
    """Dependencies that are not followed."""
    architectures: Mapping[str, Architecture]
    """By Linux's names for them."""
    targets: Mapping[str, str]
    """The package with the emulators for each of QEMU's targets."""
    tools_package: str
    tools_program: str
    alternatives: Mapping[str, str]
    """Links that maintainer scripts would create: path to target."""
    dates: DatesFacts | None
    machine: str | None = None
    """The kind of machine whose packages are meant, by Linux's name; this one if None."""

    @property
    def main_pool(self) -> str:
        """The name of the pool for layers that no other pool holds."""
        return next(iter(self.pools))

    @property
    def host(self) -> Architecture:
        """The architecture of the machine whose packages are meant.

        Raises:
            MissingError: the archive has no builds for it.
        """
        machine = self.machine or platform.machine()
        if machine not in self.architectures:
            raise MissingError(f"the {self.name} archive has no builds for {machine} hosts")
        return self.architectures[machine]

    def pool_of(self, layer: str) -> str:
        """The name of the pool that holds a layer, such as ``trixie-security``."""
        others = (name for name in self.pools if name != self.main_pool)
        return next((name for name in others if layer.endswith(self.ending(name))), self.main_pool)

    def ending(self, pool: str) -> str:
        """The suffix by which a pool's name differs from that of the first one: ``-security``."""
        return pool.removeprefix(self.main_pool)

    @property
    def history(self) -> str | None:
        """The address of the archive's history: that of the environment, or its own."""
        return os.environ.get(self.variable("SNAPSHOT")) or self.snapshot

    def variable(self, what: str) -> str:
        """The environment variable that sets another address for a part of this archive: ``VIRTSMITH_NAME_MIRROR``."""
        return f"VIRTSMITH_{self.name.upper().replace('-', '_')}_{what}"


def archives() -> dict[str, Archive]:
    """All archives by name; the first is searched if no archive is named.

    Raises:
        InputError: the user's own file is not valid.
    """
    own = data_dir() / "archives.toml"
    return _read_archives(own, own.stat().st_mtime_ns if own.exists() else None)


@cache
def _read_archives(own: Path, changed: int | None) -> dict[str, Archive]:
    """The archives that come with virtsmith and those of a file, which is read again only when it has changed."""
    shipped = resources.files("virtsmith.ark.archive").joinpath("archives.toml").read_text()
    tables = ConfigTable.parse(shipped, "archives.toml").named()
    if changed is not None:
        tables |= ConfigTable.parse(read_text(own), str(own)).named()
    return {name: _read_archive(name, table, tables) for name, table in tables.items()}


def _read_archive(name: str, table: ConfigTable, others: Mapping[str, ConfigTable]) -> Archive:
    """An archive; with ``like`` it takes package names and settings from another one."""
    like = table.text("like", choices=[other for other in others if other != name])
    table = table.over(others[like], _ALIKE) if like else table
    pools, tools, dates = table.text_table("pools"), table.table("tools"), table.table("dates")
    tools = table.require("tools", tools)
    archive = Archive(
        name=name,
        pools=table.require("pools", pools or None),
        snapshot=table.text("snapshot"),
        fingerprints=frozenset(table.texts("fingerprints")),
        keyring_package=table.require("keyring_package", table.text("keyring_package")),
        keyring_files=table.texts("keyring_files"),
        suites={suite: _read_suite(inner) for suite, inner in table.tables("suites").items()},
        components=table.texts("components"),
        apps={app: _read_app(inner) for app, inner in table.tables("apps").items()},
        skip=frozenset(table.texts("skip")),
        architectures={machine: _read_architecture(item) for machine, item in table.tables("architectures").items()},
        targets=table.text_table("targets"),
        tools_package=tools.require("package", tools.text("package")),
        tools_program=tools.require("program", tools.text("program")),
        alternatives=table.text_table("alternatives"),
        dates=_read_dates(dates) if dates else None,
    )
    for part in (table, tools):
        part.finish()
    return archive


def _read_suite(table: ConfigTable) -> SuiteFacts:
    facts = SuiteFacts(
        tuple(table.text_lists("tiers")),
        table.text_table("carries"),
        bool(table.flag("moves")),
        bool(table.flag("mixed")),
    )
    table.finish()
    return facts


def _read_app(table: ConfigTable) -> App:
    main = table.require("main", table.text("main"))
    parts = table.table("parts")
    found = {part: parts.texts(part) for part in parts} if parts else {}
    app = App(main, table.texts("required"), table.texts("optional"), found)
    for read in (table, *([parts] if parts else [])):
        read.finish()
    return app


def _read_architecture(table: ConfigTable) -> Architecture:
    words = Architecture(*(table.require(key, table.text(key)) for key in ("name", "target")))
    table.finish()
    return words


def _read_dates(table: ConfigTable) -> DatesFacts:
    facts = DatesFacts(*(table.require(key, table.text(key)) for key in ("suite", "package")))
    table.finish()
    return facts
