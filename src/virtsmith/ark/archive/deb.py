"""Debian package files, read without dpkg: an ``ar`` archive that holds a compressed tar of the tree."""

from __future__ import annotations

import io
import lzma
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from virtsmith.core.run import require_program, run
from virtsmith.errors import InputError

_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Top-level directories that are links into ``usr`` on a merged-usr system; older packages still use them."""
_LEFT_OUT = tuple(f"usr/share/{name}/" for name in ("doc", "doc-base", "man", "info", "locale", "lintian", "bug"))
_MAX_SIZE = 4 << 30


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
        InputError: it is damaged, not a package, or has a path that leads out of ``target``.
    """
    entries: dict[str, PackageEntry] = {}
    try:
        with deb.open("rb") as file, _open_data(file, deb) as archive:
            for member in archive:
                _unpack_member(archive, member, target, entries, deb)
    except (tarfile.TarError, lzma.LZMAError, EOFError, ValueError) as error:
        raise InputError(f"damaged package: {error}", source=str(deb)) from error
    return list(entries.values())


def read_file(deb: Path, path: PurePosixPath) -> bytes | None:
    """Return one regular file of a package, or None."""
    with deb.open("rb") as file, _open_data(file, deb) as archive:
        for member in archive:
            if member.isfile() and PurePosixPath(_clean(member.name, deb)) == path:
                content = archive.extractfile(member)
                return content.read() if content else None
    return None


def _open_data(file: IO[bytes], deb: Path) -> tarfile.TarFile:
    for name, size in _iter_ar(file, deb):
        if not name.startswith("data.tar"):
            continue
        if name == "data.tar.zst":
            return _open_zstd(file.read(size))
        stream: Any = _Window(file, size)
        mode: Any = {"data.tar": "r|", "data.tar.gz": "r|gz"}.get(name, "r|xz")
        return tarfile.open(fileobj=stream, mode=mode)
    raise InputError("not a Debian package: no data.tar in it", source=str(deb))


def _open_zstd(data: bytes) -> tarfile.TarFile:
    zstd = require_program("zstd", hint="install zstd: this package is compressed with it")
    return tarfile.open(fileobj=io.BytesIO(run([zstd, "-dc"], stdin=data).stdout), mode="r|")


def _iter_ar(file: IO[bytes], deb: Path) -> Iterator[tuple[str, int]]:
    """Yield name and size of the members of an ``ar`` archive, with the file placed at the start of each."""
    if file.read(8) != b"!<arch>\n":
        raise InputError("not a Debian package", source=str(deb))
    while header := file.read(60):
        if len(header) < 60 or header[58:] != b"`\n" or not header[48:58].strip().isdigit():
            raise InputError("damaged package: bad member header", source=str(deb))
        size, start = int(header[48:58]), file.tell()
        yield header[:16].decode("ascii", "replace").strip().rstrip("/"), size
        file.seek(start + size + size % 2)


class _Window(io.RawIOBase):
    """The next ``size`` bytes of a file, as a file."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


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
    if content is None or member.size > _MAX_SIZE:
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
