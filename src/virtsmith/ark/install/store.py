"""Unpacked packages, each stored once and shared by all versions that use it."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libvirtxml.files import sha256

from virtsmith.ark.archive import deb
from virtsmith.ark.archive.index import Package
from virtsmith.ark.layout import Ark
from virtsmith.core import fetch
from virtsmith.core.drafts import write_draft
from virtsmith.core.parallel import run_jobs
from virtsmith.core.parallel.threads import ThreadExecutor
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import ExternalError, InputError

_WORKERS = 8


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An entry of a stored package; ``digest`` is that of a file, ``link`` the target of a symbolic link."""

    path: str
    kind: str
    digest: str | None
    link: str | None
    executable: bool
    size: int


class PackageStore:
    """The stored packages of an ark."""

    def __init__(self, ark: Ark) -> None:
        self._ark = ark

    def tree(self, key: str) -> Path:
        """The directory with a package's files."""
        return self._ark.packages / key / "tree"

    def has(self, key: str) -> bool:
        """Whether a package is stored."""
        return (self._ark.packages / key).is_dir()

    def list_keys(self) -> list[str]:
        """The stored packages."""
        return sorted(path.name for path in self._ark.packages.glob("*") if path.is_dir())

    def items(self, key: str) -> Iterator[StoredFile]:
        """Yield the entries of a stored package, directories before their content.

        Raises:
            InputError: the package's list is missing or damaged.
        """
        path = self._ark.packages / key / "manifest.json"
        try:
            rows = json.loads(path.read_bytes())["items"]
            yield from (StoredFile(*row) for row in rows)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                "damaged list of a stored package", source=str(path), hint="virtsmith ark verify --repair"
            ) from error

    def missing(self, packages: Iterable[Package]) -> list[Package]:
        """The packages that are not stored."""
        return [package for package in packages if not self.has(package.key)]

    def ensure(self, packages: Iterable[Package], progress: Progress = SILENT) -> None:
        """Download and unpack the packages that are not stored yet, several at once.

        Raises:
            FetchFailed: a download failed or has the wrong content; packages that are complete stay stored.
            InputError: a package is damaged.
        """
        missing = self.missing(packages)
        if not missing:
            return
        self._ark.downloads.mkdir(parents=True, exist_ok=True)
        self._ark.packages.mkdir(exist_ok=True)
        jobs = [_Addition(self, package) for package in sorted(missing, key=lambda package: -package.size)]
        with ThreadExecutor(_WORKERS) as executor:
            for outcome in run_jobs(executor, jobs, task="packages", progress=progress):
                outcome.require()

    def remove(self, key: str) -> None:
        """Delete a stored package; the caller holds the exclusive lock of the ark."""
        doomed = self._ark.drafts / key
        (self._ark.packages / key).rename(doomed)
        remove_tree(doomed)

    def add(self, package: Package) -> None:
        """Download and unpack one package; the caller has created the directories."""
        file = self._ark.downloads / f"{package.sha256}.deb"
        if not file.exists():
            fetch.download(package.url, file, sha256=package.sha256)
        elif sha256(file) != package.sha256:
            file.unlink()
            fetch.download(package.url, file, sha256=package.sha256)
        draft = Path(tempfile.mkdtemp(dir=self._ark.drafts))
        try:
            (draft / "tree").mkdir()
            items = [_describe(draft / "tree", entry) for entry in deb.unpack(file, draft / "tree")]
            manifest: dict[str, Any] = {
                "package": package.name,
                "version": package.version,
                "sha256": package.sha256,
                "url": package.url,
                "items": items,
            }
            write_draft(draft / "manifest.json", json.dumps(manifest))
            draft.chmod(0o755)
            _move_in(draft, self._ark.packages / package.key)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ExternalError(f"cannot unpack {package.name} in {self._ark.packages}: {reason}") from error
        finally:
            remove_tree(draft)
        file.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Addition:
    """A job that stores one package."""

    store: PackageStore
    package: Package

    def __call__(self) -> None:
        self.store.add(self.package)

    def __str__(self) -> str:
        return self.package.name


def _move_in(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        if not target.is_dir():  # otherwise a concurrent installation has stored the same content
            raise


def _describe(tree: Path, entry: deb.PackageEntry) -> tuple[str, str, str | None, str | None, bool, int]:
    if entry.kind != "file":
        return entry.path, entry.kind, None, entry.link, False, 0
    status = (tree / entry.path).stat()
    return entry.path, "file", sha256(tree / entry.path), None, bool(status.st_mode & stat.S_IXUSR), status.st_size


def remove_tree(path: Path) -> None:
    """Delete a directory and everything below it, if it exists."""
    shutil.rmtree(path, ignore_errors=True)


def link_or_copy(source: Path, target: Path) -> None:
    """Create a second path for a file, as a hard link where the file system allows it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
