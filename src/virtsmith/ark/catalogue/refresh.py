"""Finding new releases: in a project's download directory, or among the tags of its git repository."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from libvirtxml.versions import Version

from virtsmith.ark.catalogue.table import FORMATS, Release, ReleaseCatalogue
from virtsmith.core import fetch
from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import run
from virtsmith.errors import ExternalError, UsageError

DIRECTORIES = {"libvirt": "https://download.libvirt.org/", "qemu": "https://download.qemu.org/"}
REPOSITORIES = {"libvirt": "https://gitlab.com/libvirt/libvirt.git", "qemu": "https://gitlab.com/qemu-project/qemu.git"}
OLDEST = {"libvirt": Version.parse("1.2.0"), "qemu": Version.parse("1.4.0")}
_TAG = re.compile(r"refs/tags/v(\d+\.\d+\.\d+(?:\.\d+)?)$", re.MULTILINE)
_GIT_LIMIT = 300


def learn_from_directory(catalogue: ReleaseCatalogue, app: str, url: str | None = None) -> list[Release]:
    """Return the releases in a download directory that are new, or whose archive format was not known.

    Raises:
        FetchFailed: the directory cannot be read.
        ExternalError: it lists no release at all.
    """
    directory = (url or DIRECTORIES[app]).rstrip("/") + "/"
    page = fetch.request("GET", directory).body.decode(errors="replace")
    archives = re.findall(rf'href="(?:\./)?{app}-(\d+\.\d+\.\d+(?:\.\d+)?)\.tar\.(xz|bz2|gz)"', page)
    if not archives:
        raise ExternalError(f"{directory} lists no release of {app}")
    formats: dict[str, str] = {}
    for version, archive_format in sorted(archives, key=lambda pair: FORMATS.index(pair[1])):
        formats.setdefault(version, archive_format)
    return _news(catalogue, app, formats, directory)


def learn_from_git(catalogue: ReleaseCatalogue, app: str, url: str | None = None) -> list[Release]:
    """Return the new releases among the tags of a repository.

    Raises:
        ExternalError: git cannot read the repository, or it has no such tag.
    """
    address = url or REPOSITORIES[app]
    if address.startswith("-"):
        raise UsageError(f"not the address of a repository: {address}")
    listed = run(["git", "ls-remote", "--tags", "--", address], timeout=_GIT_LIMIT).text
    versions = _TAG.findall(listed)
    if not versions:
        raise ExternalError(f"{address} has no release tags")
    return _news(catalogue, app, dict.fromkeys(versions, ""), "")


def refresh_catalogue(
    app: str,
    *,
    catalogue: ReleaseCatalogue | None = None,
    url: str | None = None,
    git: bool = False,
    progress: Progress = SILENT,
) -> int:
    """Find new releases of an application and record them in the user's own table; return how many there were.

    Args:
        app: ``qemu`` or ``libvirt``.
        catalogue: the table; by default the user's.
        url: another download directory, or another repository.
        git: read the tags of the git repository.
        progress: reports the steps.

    Raises:
        FetchFailed, ExternalError: as `learn_from_directory` and `learn_from_git`.
    """
    known = catalogue or ReleaseCatalogue()
    progress.start(f"learning releases of {app}")
    count = known.record((learn_from_git if git else learn_from_directory)(known, app, url))
    progress.done()
    return count


def directory_of(app: str, version: Version) -> str:
    """Where a project keeps a release: libvirt has a directory for maintenance releases (1.2.9.1, 3.2.1)."""
    numbers = version.numbers
    is_maintenance = len(numbers) > 3 or (numbers >= (2,) and any(numbers[2:]))
    return DIRECTORIES[app] + ("stable_updates/" if app == "libvirt" and is_maintenance else "")


def _news(catalogue: ReleaseCatalogue, app: str, formats: dict[str, str], directory: str) -> list[Release]:
    """The releases that are not known; ``directory`` is where they are, by default that of their kind."""
    found: list[Release] = []
    for version, archive_format in formats.items():
        known = catalogue.find(app, version)
        parsed = Version.parse(version)
        if known is None and parsed >= OLDEST[app]:
            build = _newest_build(catalogue.releases(app), parsed)
            found.append(
                Release(app, version, format=archive_format, url=directory or directory_of(app, parsed), build=build)
            )
        elif known and archive_format and not known.format:
            found.append(replace(known, format=archive_format))
    return sorted(found, key=lambda release: release.order)


def _newest_build(releases: Iterable[Release], version: Version) -> str:
    """The build system of the preceding release: it is assumed not to have changed since."""
    before = [release.build for release in releases if Version.parse(release.version) < version]
    return before[-1] if before else ""
