"""Learning which releases an archive once had, from the changelogs of its packages."""

from __future__ import annotations

import io
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from virtsmith.ark.archive import deb
from virtsmith.ark.archive.debversion import version_key
from virtsmith.ark.archive.mirror import Mirror
from virtsmith.ark.archive.suites import Layer, Suite, iter_suites
from virtsmith.ark.catalogue.refresh import OLDEST
from virtsmith.ark.catalogue.snapshots import Snapshot, Upload, choose_snapshots, parse_changelog, record
from virtsmith.ark.layout import Ark
from virtsmith.core import fetch
from virtsmith.core.inflate import inflate
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import ExternalError, InputError

_DOCUMENTED_IN = {"libvirt": "libvirt-common", "qemu": "qemu-system-common"}
"""The packages with the changelogs."""
_FIELD = re.compile(r"^(Version|Directory): (.+)$", re.MULTILINE)
_FILE = re.compile(r"^ ([0-9a-f]{64}) \d+ (\S+\.debian\.tar\.xz)$", re.MULTILINE)


def refresh_snapshots(
    app: str,
    *,
    ark: Ark | None = None,
    address: str | None = None,
    keyring: Path | None = None,
    progress: Progress = SILENT,
) -> int:
    """Derive the snapshots of an application from the changelogs in its archive; return how many were not known.

    Args:
        app: ``qemu`` or ``libvirt``.
        ark: the ark whose indexes are used; by default the user's.
        address: base address of the archive, when not the default.
        keyring: the archive's keys; by default this machine's.
        progress: reports the steps, and warns of what could not be read.

    Raises:
        ExternalError: no changelog could be read.
    """
    mirror = Mirror((ark or Ark.open()).indexes, keyring=keyring, refresh=True, warn=progress.warn, progress=progress)
    return record(app, learn_snapshots(app, mirror, address=address, progress=progress))


def learn_snapshots(
    app: str, mirror: Mirror, *, address: str | None = None, progress: Progress = SILENT
) -> list[Snapshot]:
    """Return the snapshots of an application by the changelogs in all suites of the first archive.

    Raises:
        ExternalError: no changelog could be read.
    """
    uploads: set[Upload] = set()
    archive = ""
    for suite in iter_suites(address):
        archive = suite.archive.name
        try:
            texts = list(_changelogs(app, mirror, suite))
        except fetch.FetchFailed as error:
            progress.warn(f"{error}; the changelogs of {suite.name} are not read")
            continue
        for text in texts:
            uploads.update(parse_changelog(text))
    if not uploads:
        raise ExternalError(f"no changelog of {app} can be read")
    return choose_snapshots(app, archive, uploads, OLDEST[app])


def _changelogs(app: str, mirror: Mirror, suite: Suite) -> Iterator[str]:
    """The changelog of the source package, which is complete; else that of the package, which has recent years."""
    for tier in suite.tiers:
        for layer in tier:
            for address, digest in _source_files(app, layer, mirror):
                try:
                    yield _changelog_in_source(address, digest)
                except fetch.FetchFailed as error:
                    if error.status != 404:
                        raise
                    yield from _changelog_in_package(app, mirror, suite)


def _source_files(app: str, layer: Layer, mirror: Mirror) -> list[tuple[str, str]]:
    """Addresses and digests of the source package's Debian part, newest first."""
    text = mirror.load_sources(layer).decode(errors="replace")
    found: dict[str, tuple[str, str]] = {}
    for stanza in text.split("\n\n"):
        if stanza.startswith(f"Package: {app}\n"):
            fields = dict(_FIELD.findall(stanza))
            files = _FILE.findall(stanza)
            if files and len(fields) == 2:
                found[fields["Version"]] = (f"{layer.base}/{fields['Directory']}/{files[0][1]}", files[0][0])
    return [found[version] for version in sorted(found, key=version_key, reverse=True)[:1]]


def _changelog_in_source(address: str, digest: str) -> str:
    with scratch_directory() as directory:
        path = directory / "source.tar.xz"
        fetch.download(address, path, sha256=digest)
        data = b"".join(inflate([path.read_bytes()], "xz"))
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            content = archive.extractfile("debian/changelog")
            text = content.read() if content else b""
    except (tarfile.TarError, KeyError) as error:
        raise InputError("not the source of a package", source=address) from error
    return text.decode(errors="replace")


def _changelog_in_package(app: str, mirror: Mirror, suite: Suite) -> Iterator[str]:
    name = _DOCUMENTED_IN[app]
    packages = [package for tier in mirror.load(suite) for package in tier.find(name)]
    if not packages:
        return
    newest = max(packages, key=lambda package: version_key(package.version))
    with scratch_directory() as directory:
        path = directory / "package.deb"
        fetch.download(newest.url, path, sha256=newest.sha256)
        packed = deb.read_file(path, PurePosixPath("usr/share/doc", name, "changelog.Debian.gz"))
    if packed:
        try:
            yield b"".join(inflate([packed], "gzip")).decode(errors="replace")
        except (InputError, zlib.error) as error:
            raise InputError("damaged changelog", source=newest.url) from error
