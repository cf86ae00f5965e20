"""Suites on a mirror: signed release files and package indexes, fetched, verified and cached."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from libvirtxml.files import write_atomic

from virtsmith.ark.archive import deb
from virtsmith.ark.archive.index import Index, trim
from virtsmith.ark.archive.signature import host_keyrings, verify_signed
from virtsmith.ark.archive.suites import Layer, Suite
from virtsmith.core import fetch
from virtsmith.core.inflate import inflate
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import ExternalError, InputError, VirtsmithError

MAX_AGE = 24 * 3600
"""Seconds after which a cached release file is fetched again."""
_DIGEST_LINE = re.compile(r"^ ([0-9a-f]{64}) +\d+ (\S+)$", re.MULTILINE)

Warn = Callable[[str], None]


class Mirror:
    """Reads suites through a cache directory, so that they can be used without a network."""

    def __init__(
        self,
        cache: Path,
        *,
        keyring: Path | None = None,
        fingerprints: frozenset[str] | None = None,
        refresh: bool = False,
        warn: Warn = lambda _message: None,
        progress: Progress = SILENT,
    ) -> None:
        """Set up.

        Args:
            cache: directory for release files, indexes and a fetched keyring.
            keyring: file with the archive's keys; by default the machine's own, else the archive's (whose keys must
                then have trusted fingerprints).
            fingerprints: trusted primary keys; by default those recorded for the archive.
            refresh: fetch everything again, whatever its age.
            warn: is called when something had to be taken from the cache.
            progress: reports downloads of indexes.
        """
        self._cache = cache
        self._keyring = keyring
        self._fingerprints = fingerprints
        self._refresh = refresh
        self._warn = warn
        self._progress = progress
        self._tiers: dict[tuple[Layer, ...], Index] = {}

    def load(self, suite: Suite) -> list[Index]:
        """Return an index for each tier of a suite, in order.

        Raises:
            FetchFailed: a part cannot be fetched and is not cached either.
            SignatureError: a release file has no valid signature of a trusted key.
        """
        return [self._load_tier(tier) for tier in suite.tiers]

    def load_sources(self, layer: Layer) -> bytes:
        """Return the index of a layer's source packages, as it is.

        Raises:
            FetchFailed, SignatureError: as `load`.
        """
        release = self._release(layer, self._cache / layer.directory_name)
        name = f"{layer.archive.components[0]}/source/Sources.xz"
        return self._fetch_index(layer, release, name, _digest_in(release, name, layer))

    def forget(self) -> None:
        """Fetch everything again from now on, because the archive has changed."""
        self._tiers.clear()
        self._refresh = True

    def _load_tier(self, tier: tuple[Layer, ...]) -> Index:
        if tier not in self._tiers:
            components = [(layer, name) for layer in tier for name in layer.archive.components]
            parts = [(self._load_component(layer, name), layer.base) for layer, name in components]
            self._tiers[tier] = Index(tier[0].name, parts)
        return self._tiers[tier]

    def _load_component(self, layer: Layer, component: str) -> bytes:
        directory = self._cache / layer.directory_name
        name = f"{component}/binary-{layer.archive.host.name}/Packages.xz"
        release = self._release(layer, directory)
        digest = _digest_in(release, name, layer)
        cached = directory / f"{component}-{digest[:32]}.index"
        if not cached.exists():
            packages = self._fetch_index(layer, release, name, digest)
            write_atomic(cached, trim(packages))
            for old in directory.glob(f"{component}-*.index"):
                if old != cached:
                    old.unlink(missing_ok=True)
        return cached.read_bytes()

    def _release(self, layer: Layer, directory: Path) -> str:
        """The verified release file: the cached one while it is recent, else fetched again, else the cached one."""
        cached = directory / "Release"
        is_known = cached.exists()
        if is_known and not self._refresh and time.time() - cached.stat().st_mtime < MAX_AGE:
            return cached.read_text()
        url = f"{layer.base}/dists/{layer.name}/InRelease"
        try:
            signed = fetch.request("GET", url).body
        except fetch.FetchFailed as error:
            if not is_known:
                raise
            self._warn(f"{error}; using the cached copy of {layer.name}")
            return cached.read_text()
        text = self._verify(signed, layer, url).decode(errors="replace")
        write_atomic(cached, text)
        return text

    def _verify(self, signed: bytes, layer: Layer, url: str) -> bytes:
        keyrings = [self._keyring] if self._keyring else host_keyrings(layer.archive.keyring_files)
        fingerprints = self._fingerprints or layer.archive.fingerprints
        fetched = self._cache / f"{layer.archive.name}-keyring.gpg"
        keyrings += [fetched] if fetched.exists() and not self._keyring else []
        failure: VirtsmithError | None = None
        for keyring in keyrings:
            try:
                return verify_signed(signed, keyring, fingerprints, source=url)
            except ExternalError as error:
                failure = failure or error
        if self._keyring:
            raise failure or ExternalError(f"no usable keyring: {self._keyring}")
        self._fetch_keyring(layer, signed, fetched)
        return verify_signed(signed, fetched, fingerprints, source=url)

    def _fetch_keyring(self, layer: Layer, signed: bytes, target: Path) -> None:
        """Take the keyring from the archive's own package; the recorded fingerprints make it trustworthy."""
        archive = layer.archive
        name = f"{archive.components[0]}/binary-{archive.host.name}/Packages.xz"
        release = signed.decode(errors="replace")
        index = Index(
            layer.name, [(trim(self._fetch_index(layer, release, name, _digest_in(release, name, layer))), "")]
        )
        found = index.find(archive.keyring_package)
        if not found:
            raise ExternalError(f"no keyring for {layer.base}", hint="give one with --keyring")
        with scratch_directory() as directory:
            path = directory / "keyring.deb"
            fetch.download(layer.base + found[0].url, path, sha256=found[0].sha256)
            found_files = [
                deb.read_file(path, PurePosixPath("usr/share/keyrings", file)) for file in archive.keyring_files
            ]
        # one keyring may be there under two names, and the keys of the past are in another one
        contents = dict.fromkeys(content for content in found_files if content)
        if not contents:
            raise ExternalError(f"{archive.keyring_package} contains none of the expected keyrings")
        write_atomic(target, b"".join(contents))

    def _fetch_index(self, layer: Layer, release: str, name: str, digest: str) -> bytes:
        base = f"{layer.base}/dists/{layer.name}"
        by_hash = f"{name.rpartition('/')[0]}/by-hash/SHA256/{digest}"
        path = by_hash if re.search(r"^Acquire-By-Hash: yes$", release, re.MULTILINE) else name
        self._progress.start(f"index of {layer.name}")
        try:
            packed = fetch.request("GET", f"{base}/{path}").body
        finally:
            self._progress.done()
        found = hashlib.sha256(packed).hexdigest()
        if found != digest:
            raise fetch.FetchFailed(
                f"{base}/{path}: content has the SHA-256 {found}, expected {digest}",
                hint="try again, or use another mirror",
            )
        try:
            return b"".join(inflate([packed], "xz"))
        except InputError as error:
            raise fetch.FetchFailed(f"{base}/{path}: the index is {error}", hint=error.hint) from error


def _digest_in(release: str, name: str, layer: Layer) -> str:
    section = release.partition("\nSHA256:")[2]
    for match in _DIGEST_LINE.finditer(section):
        if match[2] == name:
            return match[1]
    raise ExternalError(f"{layer.base}: suite {layer.name} has no {name}")
