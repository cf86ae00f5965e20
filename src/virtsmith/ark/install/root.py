"""File trees of installed versions: hard links into the stored packages, and files that no package has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from virtsmith.ark.install.store import PackageStore, StoredFile, link_or_copy
from virtsmith.core.drafts import write_draft
from virtsmith.errors import ExternalError

_DIRECTORIES = ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "etc")
_MOUNT_POINTS = ("passwd", "group", "hosts", "resolv.conf")
"""Files of the host that are mounted over empty ones, so that users and hosts have names."""
_FIXED = {"nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n"}


class FileConflict(ExternalError):
    """Two packages have different files at one path."""


def lay_out(store: PackageStore, keys: Iterable[str], root: Path, alternatives: Mapping[str, str]) -> int:
    """Create the tree of some stored packages at ``root`` and return the total size of its files in bytes.

    ``alternatives`` maps paths to programs in the same directory that they become links to, where these exist.

    Raises:
        FileConflict: two packages have different files at one path.
    """
    for directory in _DIRECTORIES:
        (root / directory).mkdir(parents=True, exist_ok=True)
    size = 0
    placed: dict[str, tuple[str, StoredFile]] = {}
    for key in keys:
        for item in store.items(key):
            earlier = placed.setdefault(item.path, (key, item))
            if earlier[0] == key:
                _place(store.tree(key) / item.path, root / item.path, item)
                size += item.size
            elif not _agree(earlier[1], item):
                raise FileConflict(f"{earlier[0]} and {key} both contain {item.path}")
    for name in _MOUNT_POINTS:
        _write_new(root / "etc" / name, "")
    for name, text in _FIXED.items():
        _write_new(root / "etc" / name, text)
    for name, program in alternatives.items():
        path = root / name
        if path.with_name(program).exists() and not path.exists():
            path.symlink_to(program)
    return size


def iter_programs(store: PackageStore, keys: Iterable[str], prefix: str) -> Iterator[str]:
    """Yield the programs (paths from the root) of packages whose names have a prefix."""
    for key in keys:
        if key.startswith(prefix):
            for item in store.items(key):
                if item.path.startswith(("usr/bin/", "usr/sbin/")) and (item.executable or item.kind == "link"):
                    yield item.path


def _agree(file: StoredFile, other: StoredFile) -> bool:
    return (file.kind, file.digest, file.link) == (other.kind, other.digest, other.link)


def _place(source: Path, target: Path, item: StoredFile) -> None:
    if item.kind == "dir":
        target.mkdir(exist_ok=True)
    elif item.kind == "link":
        target.symlink_to(item.link or "")
    else:
        link_or_copy(source, target)


def _write_new(path: Path, text: str) -> None:
    if not path.is_symlink() and not path.exists():
        write_draft(path, text)
