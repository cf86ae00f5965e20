"""Archives that the Linux kernel unpacks as its initial root file system (the ``newc`` format of cpio)."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass

_ALIGN = 4


@dataclass(frozen=True, slots=True)
class CpioEntry:
    """A file, directory, link or device of an archive; ``path`` has no leading slash."""

    path: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def regular(path: str, data: bytes, *, executable: bool = False) -> CpioEntry:
    """A regular file."""
    return CpioEntry(path, stat.S_IFREG | (0o755 if executable else 0o644), data)


def directory(path: str) -> CpioEntry:
    """A directory."""
    return CpioEntry(path, stat.S_IFDIR | 0o755)


def symlink(path: str, target: str) -> CpioEntry:
    """A symbolic link."""
    return CpioEntry(path, stat.S_IFLNK | 0o777, target.encode())


def character_device(path: str, major: int, minor: int) -> CpioEntry:
    """A character device."""
    return CpioEntry(path, stat.S_IFCHR | 0o600, device=(major, minor))


def pack(entries: Iterable[CpioEntry]) -> bytes:
    """The archive, with owner 0:0 and no times, so that equal entries give equal bytes. Parent directories are added.

    See the kernel's ``Documentation/driver-api/early-userspace/buffer-format.rst``.
    """
    parts: list[bytes] = []
    made: set[str] = set()
    number = 0
    for entry in entries:
        for parent in (*_missing_parents(entry.path, made), entry):
            number += 1
            parts.append(_record(parent, number))
            made.add(parent.path)
    parts.append(_record(CpioEntry("TRAILER!!!", 0), 0))
    return b"".join(parts)


def _missing_parents(path: str, made: set[str]) -> list[CpioEntry]:
    names = path.split("/")[:-1]
    parents = ["/".join(names[: depth + 1]) for depth in range(len(names))]
    return [directory(parent) for parent in parents if parent not in made]


def _record(entry: CpioEntry, number: int) -> bytes:
    name = entry.path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (number, entry.mode, 0, 0, links, 0, len(entry.data), 0, 0, *entry.device, len(name), 0)
    header = b"070701" + b"".join(b"%08x" % field for field in fields)
    return _padded(header + name) + _padded(entry.data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % _ALIGN)
