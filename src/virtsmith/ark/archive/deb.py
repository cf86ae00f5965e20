"""Debian package files, read without dpkg: an ``ar`` archive that holds a compressed tar of the tree."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import shutil
import stat
import subprocess
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tarfile import HeaderError, ReadError, TarFile
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Self, cast

from virtsmith.core.inflate import InflatedStream, Meter, MeteredStream
from virtsmith.core.run import require_program, start
from virtsmith.errors import InputError, LimitError

_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Top-level directories that are links into ``usr`` on a merged-usr system; older packages still use them."""
_LEFT_OUT = tuple(f"usr/share/{name}/" for name in ("doc", "doc-base", "man", "info", "locale", "lintian", "bug"))
_FIRST = "debian-binary"
"""The first member of every package of this format, whatever distribution it is for."""
_CONTROL = {f"control.tar{end}" for end in ("", ".gz", ".xz", ".zst")}


@dataclass(frozen=True, slots=True)
class PackageEntry:
    """A directory, file (``link`` is None) or symbolic link of an unpacked package."""

    path: str
    kind: str
    link: str | None = None


def unpack(deb: Path, target: Path) -> list[PackageEntry]:
    """Unpack the tree of a package below ``target`` and return its entries, directories before their content.

    Documentation and translations are left out, copyright notices are kept. Set-id bits are dropped, devices are
    refused; nothing is ever written outside ``target`` or through a symbolic link.

    Raises:
        InputError: it is damaged, not a package, or has a path that leads out of ``target``; a `LimitError` if it
            becomes larger than `virtsmith.core.limits` allow.
    """
    entries: dict[str, PackageEntry] = {}
    with _open_data(deb) as archive:
        for member in archive:
            _unpack_member(archive, member, target, entries, deb)
    return list(entries.values())


def read_file(deb: Path, path: PurePosixPath) -> bytes | None:
    """Return one regular file of a package, or None.

    Raises:
        InputError: the package is damaged or not one.
    """
    found = None
    with _open_data(deb) as archive:
        for member in archive:
            if member.isfile() and PurePosixPath(_clean(member.name, deb)) == path:
                content = archive.extractfile(member)
                found = content.read() if content else None
    return found


_DAMAGE = (tarfile.TarError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, EOFError, ValueError, OverflowError)


@contextmanager
def _open_data(deb: Path) -> Iterator[tarfile.TarFile]:
    """The tree of a package. What the block leaves is read too, so that a package cut short or damaged is noticed."""
    try:
        with deb.open("rb") as file:
            name, window = _find_data(file, deb)
            with _metered(_decompressed(name, window, deb), deb) as stream, _open_tar(stream) as archive:
                yield archive
                while stream.read(1 << 20):  # to the end, where the sums are
                    pass
                if window.read(1):
                    raise InputError("damaged package: something follows the compressed files", source=str(deb))
    except LimitError as error:
        raise error.with_source(str(deb)) from error
    except _DAMAGE as error:
        raise InputError(f"damaged package: {error}", source=str(deb)) from error
    except OSError as error:
        if error.errno is None:  # from a decompressor
            raise InputError(f"damaged package: {error}", source=str(deb)) from error
        if error.errno not in _BAD_NAMES:
            raise
        raise InputError(f"a name in the package cannot be used: {error.strerror}", source=str(deb)) from error


_BAD_NAMES = (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ENOENT, errno.ELOOP, errno.EINVAL)
"""What the kernel says of names that occur twice, are too long, or lie below a file."""


class _StrictInfo(tarfile.TarInfo):
    """A member of an archive in which a damaged header is an error; to ``tarfile`` it is the end of the archive."""

    @classmethod
    def fromtarfile(cls, tarfile: TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile)
        except HeaderError as error:
            if type(error).__name__ in ("EOFHeaderError", "EmptyHeaderError"):  # the end; types do not know their names
                raise
            raise ReadError(str(error)) from error


def _open_tar(stream: BinaryIO) -> tarfile.TarFile:
    return tarfile.open(fileobj=stream, mode="r|", tarinfo=_StrictInfo)


def _find_data(file: BinaryIO, deb: Path) -> tuple[str, BinaryIO]:
    members = (member for member in _iter_ar(file, deb) if not member[0].startswith("_"))
    if next(members, None) != (_FIRST, 4) or file.read(4) != b"2.0\n":
        raise InputError("not a Debian package of format 2.0", source=str(deb))
    if next(members, ("", 0))[0] not in _CONTROL:
        raise InputError("not a Debian package: no control.tar in it", source=str(deb))
    name, size = next(members, ("", 0))
    if not name.startswith("data.tar"):
        raise InputError("not a Debian package: no data.tar in it", source=str(deb))
    return name, cast("BinaryIO", io.BufferedReader(_Window(file, size)))


def _decompressed(name: str, window: BinaryIO, deb: Path) -> BinaryIO:
    match name.removeprefix("data.tar"):
        case "":
            return window
        case ".gz":
            return cast("BinaryIO", gzip.GzipFile(fileobj=window))
        case ".xz" | ".lzma":
            return cast("BinaryIO", lzma.LZMAFile(window))
        case ".bz2":
            return cast("BinaryIO", bz2.BZ2File(window))
        case ".zst":
            zstd = require_program("zstd", hint="install zstd: this package is compressed with it")
            return cast("BinaryIO", InflatedStream(_run_zstd(zstd, window)))
        case _:
            raise InputError(f"compressed in an unknown way: {name}", source=str(deb))


def _metered(stream: BinaryIO, deb: Path) -> BinaryIO:
    """A decompressed stream that ends with an error where it becomes too large."""
    meter = Meter("unpacked")
    meter.read(deb.stat().st_size)
    return cast("BinaryIO", io.BufferedReader(MeteredStream(stream, meter)))


def _run_zstd(zstd: Path, data: BinaryIO) -> Iterator[bytes]:
    """What zstd makes of data, while it makes it."""
    with TemporaryFile() as packed:
        shutil.copyfileobj(data, packed)
        packed.seek(0)
        with start([zstd, "-dc"], stdin=packed, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None  # noqa: S101 - it was asked for
            try:
                while piece := process.stdout.read(1 << 20):
                    yield piece
            finally:
                process.kill()  # it has ended, unless there was too much
        if process.returncode:
            raise ValueError("zstd cannot read it")


def _iter_ar(file: BinaryIO, deb: Path) -> Iterator[tuple[str, int]]:
    """Yield name and size of the members of an ``ar`` archive, with the file placed at the start of each."""
    if file.read(8) != b"!<arch>\n":
        raise InputError("not a Debian package", source=str(deb))
    end = os.fstat(file.fileno()).st_size
    while header := file.read(60):
        if len(header) < 60 or header[58:] != b"`\n" or not header[48:58].strip().isdigit():
            raise InputError("damaged package: bad member header", source=str(deb))
        size, start = int(header[48:58]), file.tell()
        if start + size > end:
            raise InputError("damaged package: it is cut short", source=str(deb))
        yield header[:16].decode("ascii", "replace").strip().rstrip("/"), size
        file.seek(start + size + size % 2)


class _Window(io.RawIOBase):
    """The next ``size`` bytes of a file, as a file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(self._left, len(buffer)))
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)


def _unpack_member(
    archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path, entries: dict[str, PackageEntry], deb: Path
) -> None:
    name = _merge_usr(_clean(member.name, deb))
    if not name or (f"{name}/".startswith(_LEFT_OUT) and not name.endswith("/copyright")):
        return
    path = target / name
    _make_parents(name, target, entries, deb)
    if member.isdir():
        if entries.get(name, PackageEntry(name, "dir")).kind == "dir":
            path.mkdir(exist_ok=True)
            entries[name] = PackageEntry(name, "dir")
    elif member.issym():
        path.symlink_to(member.linkname)
        entries[name] = PackageEntry(name, "link", member.linkname)
    elif member.islnk():
        origin = _merge_usr(_clean(member.linkname, deb))
        if entries.get(origin, PackageEntry("", "")).kind != "file":
            raise InputError(f"hard link to a file that is not in the package: {member.linkname}", source=str(deb))
        path.hardlink_to(target / origin)
        entries[name] = PackageEntry(name, "file")
    elif member.isfile():
        _write_member(archive, member, path, deb)
        entries[name] = PackageEntry(name, "file")
    else:
        raise InputError(f"unexpected file type: {member.name}", source=str(deb))


def _write_member(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path, deb: Path) -> None:
    content = archive.extractfile(member)
    if content is None:
        raise InputError(f"cannot unpack {member.name}", source=str(deb))
    with path.open("xb") as file:
        while chunk := content.read(1 << 20):
            file.write(chunk)
    path.chmod(0o555 if member.mode & stat.S_IXUSR else 0o444)


def _make_parents(name: str, target: Path, entries: dict[str, PackageEntry], deb: Path) -> None:
    for parent in reversed(PurePosixPath(name).parents[:-1]):
        known = entries.get(str(parent))
        if known is None:
            (target / parent).mkdir()
            entries[str(parent)] = PackageEntry(str(parent), "dir")
        elif known.kind != "dir":
            raise InputError(f"{name} lies below {parent}, which is not a directory", source=str(deb))


def _clean(name: str, deb: Path) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise InputError(f"path leads out of the package: {name}", source=str(deb))
    return "" if str(path) == "." else str(path)


def _merge_usr(name: str) -> str:
    return f"usr/{name}" if name.partition("/")[0] in _MERGED else name
