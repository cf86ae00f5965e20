"""Packages of Debian for guests of another architecture than this machine's: unpacked into the cache, not installed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from virtsmith.ark.archive import deb
from virtsmith.ark.archive.index import Package
from virtsmith.ark.archive.mirror import Mirror
from virtsmith.ark.archive.suites import Suite, find_suite
from virtsmith.core import fetch
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import MissingError
from virtsmith.host.plan.architecture import Architecture

SUITE = "trixie"
"""UEFI of the release before it leaves Arm guests without NUMA: Linux takes its flash for memory of no node."""


def unpack_package(
    architecture: Architecture, name: str, target: Path, *, depends_on: str = "", progress: Progress = SILENT
) -> None:
    """Unpack a package of an architecture into a directory, which appears only when it is complete.

    Args:
        architecture: the architecture of its programs.
        name: the package.
        target: the directory; nothing is done if it is there.
        depends_on: take the dependency of the package whose name starts so, instead of the package itself.
        progress: reports the download.

    Raises:
        FetchFailed: the archive cannot be reached.
        MissingError: it has no such package.
    """
    if target.is_dir():
        return
    package = _find(architecture, name, target.parent, progress)
    if depends_on:
        names = [relation.name for choice in package.depends for relation in choice]
        package = _find(
            architecture, next(found for found in names if found.startswith(depends_on)), target.parent, progress
        )
    progress.start(f"downloading {package.name}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with scratch_directory(".fetch-", parent=target.parent) as scratch:
        file = scratch / "package.deb"
        fetch.download(package.url, file, sha256=package.sha256)
        (scratch / "root").mkdir()
        deb.unpack(file, scratch / "root")
        if not target.exists():
            (scratch / "root").rename(target)
    progress.done()


def _find(architecture: Architecture, name: str, cache: Path, progress: Progress) -> Package:
    mirror = Mirror(cache / f"packages-{architecture.name}", progress=progress)
    for index in mirror.load(_suite_for(architecture)):
        if found := index.find(name):
            return found[0]
    raise MissingError(f"{SUITE} has no package {name} for {architecture.name}")


def _suite_for(architecture: Architecture) -> Suite:
    """The suite, as machines of an architecture see it."""
    suite = find_suite(SUITE)
    archive = replace(suite.archive, machine=architecture.name)
    tiers = tuple(tuple(replace(layer, archive=archive) for layer in tier) for tier in suite.tiers)
    return replace(suite, archive=archive, tiers=tiers)
