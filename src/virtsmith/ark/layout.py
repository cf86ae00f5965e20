"""Where things are in an ark, and what is installed in it.

``ARK/APP/ID`` is one installed version: ``root`` (its file tree), ``bin`` (launchers), ``lib`` (for builds against
it) and ``version.json``. ``ARK/.ark`` holds what versions share: unpacked packages, indexes, tools, the lock.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from libvirtxml.versions import Version

from virtsmith.core.dirs import data_dir
from virtsmith.core.leftovers import Leftover
from virtsmith.errors import ExternalError, InputError, MissingError, UsageError

APPS = ("libvirt", "qemu")
ARK_VARIABLE = "VIRTSMITH_ARK"
_SCHEMA = "virtsmith.ark-version/1"


class NotInstalled(MissingError):
    """No installed version matches the request."""


@dataclass(frozen=True, slots=True)
class InstalledVersion:
    """One installed version.

    ``id`` is the name of its directory: the distribution's version, or the upstream one of a build from source.
    ``version`` is what the program itself reports, and None if it could not be started (``problem`` says why).
    """

    app: str
    id: str
    path: Path
    version: str | None
    origin: str
    program: str
    program_sha256: str
    packages: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    size: int = 0
    problem: str | None = None

    @property
    def name(self) -> str:
        """Its name in tables and messages: ``qemu@10.0.13``, or with the id where that is more precise."""
        return f"{self.app}@{self.version or self.id}"

    @property
    def order(self) -> tuple[Version, str]:
        """A key that sorts versions of one application."""
        return Version.parse(self.version) if self.version else Version((0,)), self.id

    @property
    def root(self) -> Path:
        """The file tree of a version that was installed from packages; builds from source have none."""
        return self.path / "root"

    def launcher(self, program: str) -> Path:
        """Return the path of a launcher, which starts a program of this version like any other.

        Raises:
            NotInstalled: this version has no such program.
        """
        for directory in ("bin", "sbin"):
            path = self.path / directory / program
            if path.exists():
                return path
        names = ", ".join(sorted(path.name for path in (self.path / "bin").iterdir())[:12])
        raise NotInstalled(f"{self.name} has no program {program}", hint=f"it has {names}")

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {**asdict(self), "path": str(self.path), "packages": list(self.packages), "seeds": list(self.seeds)}


class Ark:
    """A directory with any number of QEMU and libvirt versions."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.internals = path / ".ark"

    @classmethod
    def open(cls, path: Path | None = None) -> Ark:
        """Return the ark at a path, by default that of ``$VIRTSMITH_ARK`` or the user's data directory."""
        if path is None:
            named = os.environ.get(ARK_VARIABLE)
            path = Path(named) if named else data_dir() / "ark"
        path = Path(os.path.abspath(path))  # noqa: PTH100 - links in the path are kept: the user chose that name
        if path.parts[1:2] in [("usr",), ("etc",), ("proc",), ("sys",), ("dev",)]:
            raise UsageError(
                f"an ark cannot be below /{path.parts[1]}",
                hint="its programs have a /usr of their own; use /opt, for example",
            )
        return cls(path)

    @property
    def packages(self) -> Path:
        """Unpacked packages, shared by all versions."""
        return self.internals / "packages"

    @property
    def downloads(self) -> Path:
        """Package files that are being downloaded."""
        return self.internals / "downloads"

    @property
    def tools(self) -> Path:
        """What the launchers need."""
        return self.internals / "tools"

    @property
    def drafts(self) -> Path:
        """Everything that is unfinished; emptied when no other process uses the ark."""
        return self.internals / "tmp"

    @property
    def indexes(self) -> Path:
        """Cached indexes of suites."""
        return self.internals / "indexes"

    @contextmanager
    def changing(self, *, alone: bool = False) -> Iterator[None]:
        """Hold the ark's lock while it is changed: additions share it, removals need it exclusively (``alone``).

        If no other process holds it, leftovers of killed processes are deleted.

        Raises:
            ExternalError: the ark cannot be written to.
        """
        try:
            self.internals.mkdir(parents=True, exist_ok=True)
            descriptor = self._open_lock()
        except OSError as error:
            raise ExternalError(f"cannot change the ark {self.path}: {(error.strerror or '').lower()}") from error
        try:
            if _take_alone(descriptor):
                shutil.rmtree(self.drafts, ignore_errors=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            self.drafts.mkdir(exist_ok=True)
            yield
        finally:
            os.close(descriptor)

    def find_unfinished(self) -> list[Leftover]:
        """What killed processes left: drafts and downloads on which nobody works any more."""
        return [Leftover("ark", path, partial(self._remove_unfinished, path)) for path in self._unfinished()]

    def _unfinished(self) -> list[Path]:
        try:
            descriptor = self._open_lock()
        except OSError:  # there is no ark, or it is not ours to change
            return []
        try:
            if not _take_alone(descriptor):
                return []
            return sorted([*self.drafts.glob("*"), *self.downloads.glob("*")])
        finally:
            os.close(descriptor)

    def _remove_unfinished(self, path: Path) -> None:
        with self.changing(alone=True):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _open_lock(self) -> int:
        return os.open(self.internals / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)

    @contextmanager
    def owning(self, app: str, identity: str) -> Iterator[Path]:
        """Hold the lock of one version while it is installed; yields its final path."""
        target = self.path / app / identity
        target.parent.mkdir(parents=True, exist_ok=True)
        locks = self.internals / "locks"
        locks.mkdir(exist_ok=True)
        with (locks / f"{app}-{identity}").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield target

    def installed(self, app: str | None = None) -> list[InstalledVersion]:
        """Return the installed versions, in order; of one application or all."""
        found = [
            version
            for name in ([app] if app else APPS)
            for record in (self.path / name).glob("*/version.json")
            if (version := load_installed(record))
        ]
        return sorted(found, key=lambda version: (version.app, version.order))


def _take_alone(lock: int) -> bool:
    """Take a lock if nobody has it, and say whether nobody had."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def load_installed(record: Path) -> InstalledVersion | None:
    """Read the record of an installed version; None if it has just been removed.

    Raises:
        InputError: it is damaged.
    """
    try:
        data = json.loads(record.read_bytes())
        if data.pop("schema") != _SCHEMA:
            raise InputError("written by another version of virtsmith", source=str(record))
        data.update(path=record.parent, packages=tuple(data["packages"]), seeds=tuple(data["seeds"]))
        return InstalledVersion(**data)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "damaged record of an installed version", source=str(record), hint="remove its directory"
        ) from error


def dump_installed(version: InstalledVersion) -> str:
    """Write the record of a version."""
    data: Mapping[str, Any] = {"schema": _SCHEMA, **version.to_dict()}
    return json.dumps({key: value for key, value in data.items() if key != "path"}, indent=1, sort_keys=True) + "\n"
