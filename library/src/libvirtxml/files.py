"""Files: read with clear errors, written atomically, digested. Nothing is ever left half-written."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import BinaryIO

from libvirtxml._impl.sources import read_limited
from libvirtxml._impl.writing import Check, replace_file, write_stream
from libvirtxml.errors import InputError, LibvirtXMLError, WriteError

__all__ = [
    "Check",
    "find_files",
    "read_bytes",
    "read_stream",
    "read_text",
    "sha256",
    "write_atomic",
    "write_if_changed",
]


def read_bytes(path: Path, *, limited: bool = True, with_memory: bool = True) -> bytes:
    """Return the bytes of a file.

    Args:
        path: the file.
        limited: whether a file beyond `libvirtxml.limits.Limits.size` is refused, as an input from elsewhere should be.
        with_memory: whether that goes for an image of a saved domain, too; else only its head is read.

    Raises:
        InputError: it cannot be read; the error names the file and the reason.
    """
    try:
        with path.open("rb") as file:
            return read_limited(file, str(path), with_memory=with_memory) if limited else file.read()
    except OSError as error:
        raise InputError(f"cannot read: {(error.strerror or str(error)).lower()}", source=str(path)) from error
    except ValueError as error:  # a NUL in the name
        raise InputError(f"not a file name: {error}", source=repr(str(path))) from error


def read_stream(stream: BinaryIO, name: str, *, with_memory: bool = True) -> bytes:
    """Return the bytes of an open file, which errors call by a name; for images of saved domains see `read_bytes`.

    Raises:
        LimitError: there are more than `libvirtxml.limits.Limits.size`; only so much is read.
    """
    data: bytes = read_limited(stream, name, with_memory=with_memory)
    return data


def find_files(directory: Path, suffix: str) -> list[Path]:
    """Return the files below a directory whose names end with a suffix, in any case, sorted.

    Raises:
        InputError: a directory cannot be read; the error names it and the reason.
    """

    def fail(error: OSError) -> None:
        raise InputError(f"cannot read: {(error.strerror or str(error)).lower()}", source=error.filename) from error

    found = [
        path
        for root, _, names in os.walk(directory, onerror=fail)
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


def write_atomic(path: Path, data: bytes | str, *, check: Check | None = None) -> tuple[str, ...]:
    """Write a file so that readers see the old content or the new, never a part.

    A draft is written beside the file and read again before it takes the file's place. An existing file keeps its
    owner, permissions and extended attributes, and a symbolic link its place: the file behind it is replaced. A device,
    a pipe or an open file of this process (``/dev/stdout``) is written to.

    Args:
        path: the file; missing directories are made.
        data: its new content; text is written as UTF-8.
        check: called with what the draft holds; if it raises, the old file stays as it is.

    Returns:
        What the new version could not take over from the old one, in words; usually nothing.

    Raises:
        WriteError: it cannot be written; the old file is still there, and the error names the reason.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "report.txt"
        >>> write_atomic(target, "whole")
        ()
        >>> target.read_text()
        'whole'
    """
    content = data.encode() if isinstance(data, str) else data
    try:
        if write_stream(path, content):
            return ()
        return replace_file(_behind(path) if path.is_symlink() else path, content, check)
    except LibvirtXMLError:  # some are a ValueError too
        raise
    except OSError as error:
        raise WriteError(f"cannot write: {(error.strerror or str(error)).lower()}", source=str(path)) from error
    except ValueError as error:  # a NUL in the name
        raise WriteError(f"not a file name: {error}", source=repr(str(path))) from error


def _behind(link: Path) -> Path:
    """The file that a symbolic link leads to, which may not exist yet.

    Raises:
        OSError: it leads back to itself.
    """
    path = Path(os.path.realpath(link))
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return path


def write_if_changed(path: Path, data: bytes | str, *, check: Check | None = None) -> bool:
    """Write a file as `write_atomic` does unless it already holds exactly this; return whether it was written.

    Raises:
        InputError: the file cannot be read.
        WriteError: it cannot be written.
    """
    new = data.encode() if isinstance(data, str) else data
    if path.is_file() and read_bytes(path, limited=False) == new:
        return False
    write_atomic(path, new, check=check)
    return True
