"""Files: read with clear errors, written atomically, digested. Nothing is ever left half-written."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from libvirtxml.errors import InputError


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        InputError: it cannot be read; the error names the file and the reason.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read: {(error.strerror or str(error)).lower()}", source=str(path)) from error
    except ValueError as error:  # a NUL in the name
        raise InputError(f"not a file name: {error}", source=repr(str(path))) from error


def find_files(folder: Path, suffix: str) -> list[Path]:
    """Return the files below a folder whose names end with a suffix, in any case, sorted.

    Raises:
        InputError: a folder cannot be read; the error names it and the reason.
    """

    def fail(error: OSError) -> None:
        raise InputError(f"cannot read: {(error.strerror or str(error)).lower()}", source=error.filename) from error

    found = [
        path
        for root, _, names in os.walk(folder, onerror=fail)
        for name in names
        if name.lower().endswith(suffix) and (path := Path(root, name)).is_file()
    ]
    return sorted(found)


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file.

    Raises:
        InputError: it cannot be read, or is not UTF-8 (with the line of the first bad byte).
    """
    data = read_bytes(path)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("not valid UTF-8", source=str(path), line=line) from error


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    import hashlib  # noqa: PLC0415 - start-up time

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write a file so that readers see the old content or the new, never a part.

    An existing file keeps its permissions, and a symbolic link its place: the file behind it is replaced.
    """
    with atomic_file(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)


def write_if_changed(path: Path, data: bytes | str) -> bool:
    """Write a file atomically unless it already holds exactly this; return whether it was written."""
    new = data.encode() if isinstance(data, str) else data
    if path.is_file() and path.read_bytes() == new:
        return False
    write_atomic(path, new)
    return True


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to that takes its place only when the block ends without an error.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "report.txt"
        >>> with atomic_file(target) as file:
        ...     _ = file.write(b"whole")
        >>> target.read_text()
        'whole'
    """
    target = path.resolve() if path.is_symlink() else path
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(_mode_for(target))
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _mode_for(target: Path) -> int:
    """Permissions for a new version of a file: those it had, else what the umask leaves of 0666."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except OSError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask
