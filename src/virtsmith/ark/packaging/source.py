"""Upstream source archives: downloaded, verified, cached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from libvirtxml.files import sha256

from virtsmith.ark.archive.signature import SignatureError
from virtsmith.ark.catalogue.table import FORMATS, Release, ReleaseCatalogue
from virtsmith.core import fetch
from virtsmith.core.dirs import cache_dir
from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.run import require_program, run
from virtsmith.errors import ExternalError

_SIGNATURES = ("sig", "asc")

Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SourceArchive:
    """A verified source archive on this machine."""

    release: Release
    path: Path


def obtain(
    catalogue: ReleaseCatalogue,
    release: Release,
    *,
    keyring: Path | None = None,
    warn: Warn = lambda _message: None,
    progress: Progress = SILENT,
) -> SourceArchive:
    """Return the source archive of a release, downloading it if necessary.

    It must have the recorded checksum. If there is none yet, it must be signed by the release's key if a ``keyring``
    with that key is given; its checksum is then recorded in the catalogue, so that it can never change unnoticed. What
    is not verified is not recorded.

    Raises:
        FetchFailed: it cannot be fetched, or does not match the recorded checksum.
        SignatureError: it is not signed by the release's key.
    """
    directory = cache_dir() / "sources" / release.app
    formats = (release.format,) if release.format else FORMATS
    for archive_format in formats:
        path = directory / release.archive_name(archive_format)
        if path.exists() and release.sha256 and sha256(path) == release.sha256:
            return SourceArchive(release, path)
    path, archive_format = _download(release, formats, directory, progress)
    if not release.sha256:
        release = replace(release, format=archive_format, sha256=sha256(path))
        if keyring and release.key:
            _verify(release, path, keyring)
            known = catalogue.find(release.app, release.version) or release
            catalogue.record([replace(known, format=archive_format, sha256=release.sha256)])
        else:
            reason = "no keyring was given" if release.key else "its key is not known"
            warn(f"the signature of {path.name} was not verified ({reason}); its SHA-256 is {release.sha256}")
    return SourceArchive(release, path)


def _download(release: Release, formats: Sequence[str], directory: Path, progress: Progress) -> tuple[Path, str]:
    failure: fetch.FetchFailed | None = None
    for archive_format in formats:
        name = release.archive_name(archive_format)
        url = release.url.rstrip("/") + "/" + name
        try:
            fetch.download(url, directory / name, sha256=release.sha256 or None, progress=progress)
        except fetch.FetchFailed as error:
            if error.status != 404:
                raise
            failure = error
        else:
            return directory / name, archive_format
    raise failure or ExternalError(f"no archive format is known for {release.app} {release.version}")


def _verify(release: Release, path: Path, keyring: Path) -> None:
    signature = path.with_name(path.name + ".sig")
    for ending in _SIGNATURES:
        try:
            fetch.download(f"{release.url.rstrip('/')}/{path.name}.{ending}", signature)
            break
        except fetch.FetchFailed as error:
            if error.status != 404:
                raise
    else:
        path.unlink()
        raise SignatureError(f"{path.name} has no signature on the server")
    gpgv = require_program("gpgv", hint="install gpgv")
    done = run([gpgv, "--keyring", keyring.resolve(), "--status-fd", "1", signature, path], allow=())
    lines = [line.split() for line in done.text.splitlines()]
    if not any(line[1:2] == ["VALIDSIG"] and release.key in (line[2], line[-1]) for line in lines):
        path.unlink()
        raise SignatureError(f"{path.name} is not signed by {release.key}", hint="the download was deleted")
