"""Maintenance of an ark: what is damaged, what is unused, what can be deleted."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from libvirtxml.files import sha256
from libvirtxml.findings import Finding, Location, Rule, Severity

from virtsmith.ark.install import launcher
from virtsmith.ark.install.store import PackageStore, StoredFile, remove_tree
from virtsmith.ark.layout import Ark, InstalledVersion
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import InputError

_AGAIN = "virtsmith ark install --again APP@VERSION"
RULES = (
    Rule("ARK001", "installed files are unchanged", "a changed file makes every result doubtful", _AGAIN),
    Rule("ARK002", "installed files exist", "the version may fail in unexpected ways", _AGAIN),
    Rule("ARK003", "launchers were written for this path", "launchers of an ark that was moved do not work", _AGAIN),
    Rule("ARK004", "installed versions start", "the machine lacks something to start it with", "virtsmith ark doctor"),
)
"""The rules of `verify_versions`."""


def verify_versions(ark: Ark, versions: list[InstalledVersion], progress: Progress = SILENT) -> list[Finding]:
    """Compare installed versions with what was recorded when their packages were verified."""
    store = PackageStore(ark)
    progress.start("verify", len(versions))
    seen: dict[tuple[int, int], bool] = {}
    findings: list[Finding] = []
    for version in versions:
        findings += _verify_launchers(ark, version)
        if version.problem:
            findings.append(_finding("ARK004", version, f"did not start when it was installed: {version.problem}"))
        for key in version.packages:
            findings += _verify_package(store, key, version, seen)
        progress.step(detail=version.name)
    progress.done()
    return findings


def damaged_packages(ark: Ark, keys: list[str]) -> list[str]:
    """Return the stored packages among ``keys`` whose files have changed since they were verified."""
    store = PackageStore(ark)
    return [key for key in keys if store.has(key) and not _is_sound(store, key)]


def remove_version(ark: Ark, version: InstalledVersion) -> None:
    """Remove one version; its packages stay stored until `clean_ark`, so that it can be installed again quickly."""
    with ark.changing(alone=True):
        doomed = ark.drafts / f"{version.app}-{version.id}"
        if version.path.exists():
            version.path.rename(doomed)
        remove_tree(doomed)


def clean_ark(ark: Ark) -> tuple[int, int]:
    """Delete the stored packages that no version uses, and unfinished downloads; return their number and bytes."""
    with ark.changing(alone=True):
        used = {key for version in ark.installed() for key in version.packages}
        store = PackageStore(ark)
        unused = [key for key in store.list_keys() if key not in used]
        doomed = [ark.packages / key for key in unused] + list(ark.downloads.glob("*"))
        freed = sum(_size(path) for path in doomed)
        for key in unused:
            store.remove(key)
        remove_tree(ark.downloads)
        return len(doomed), freed


def _size(path: Path) -> int:
    files = [path] if path.is_file() else list(path.rglob("*"))
    return sum(status.st_size for file in files if stat.S_ISREG((status := file.lstat()).st_mode))


def _verify_launchers(ark: Ark, version: InstalledVersion) -> Iterator[Finding]:
    if not version.root.is_dir():
        return
    first_line = f"#!{launcher.busybox(ark)} sh\n"
    for path in sorted((version.path / "bin").iterdir()):
        if not path.read_text(errors="replace").startswith(first_line):
            yield _finding("ARK003", version, "the launcher was written for an ark at another path", path)
            return
    if not launcher.busybox(ark).exists():
        yield _finding("ARK003", version, "the launchers' tools are gone", launcher.busybox(ark))


def _verify_package(
    store: PackageStore, key: str, version: InstalledVersion, seen: dict[tuple[int, int], bool]
) -> Iterator[Finding]:
    try:
        items = list(store.items(key))
    except InputError as error:
        yield _finding("ARK002", version, str(error))
        return
    for item in items:
        path = version.root / item.path
        try:
            status = path.lstat()
        except OSError:
            yield _finding("ARK002", version, f"{item.path} is missing", path)
            continue
        inode = (status.st_dev, status.st_ino)
        if item.kind == "file" and inode not in seen:  # shared files are read once
            seen[inode] = _is_same(path, item)
        if not seen.get(inode, True) or (item.kind != "file" and not _is_same(path, item)):
            yield _finding("ARK001", version, f"{item.path} was changed", path)


def _is_sound(store: PackageStore, key: str) -> bool:
    try:
        return all(_is_same(store.tree(key) / item.path, item) for item in store.items(key))
    except (InputError, OSError):
        return False


def _is_same(path: Path, item: StoredFile) -> bool:
    if item.kind == "link":
        return path.is_symlink() and str(path.readlink()) == item.link
    if item.kind == "dir":
        return path.is_dir()
    return path.is_file() and not path.is_symlink() and sha256(path) == item.digest


def _finding(rule: str, version: InstalledVersion, message: str, path: Path | None = None) -> Finding:
    where = Location(str(path)) if path else Location()
    return Finding(rule, Severity.ERROR, version.name, message, where=where)
