"""The parts of a download that have arrived, kept for the next attempt and deleted when all of it has arrived."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from libvirtxml import files

from virtsmith.core.dirs import cache_dir


class PartialDownload:
    """The parts of one download by name, in the user's cache; ``identity`` identifies the download."""

    def __init__(self, identity: str) -> None:
        self._directory = cache_dir() / "po" / hashlib.sha256(identity.encode()).hexdigest()[:32]

    def get(self, name: str) -> bytes | None:
        """Return a part; None if it has not arrived yet."""
        path = self._path(name)
        return path.read_bytes() if path.is_file() else None

    def put(self, name: str, data: bytes) -> bytes:
        """Store a part and return it."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write_atomic(self._path(name), data)
        return data

    def forget(self) -> None:
        """Delete all parts."""
        shutil.rmtree(self._directory, ignore_errors=True)

    def _path(self, name: str) -> Path:
        return self._directory / hashlib.sha256(name.encode()).hexdigest()
