"""Writing over files: a draft beside the file takes its place once it is whole, and takes over what belongs to it.

What is not a regular file is written to and never replaced: devices, pipes, ``/dev/stdout``, ``>(...)`` of a shell.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from libvirtxml.errors import WriteError

Check = Callable[[bytes], None]
"""Looks at what has been written, and raises one of our errors if that is not to be used."""

_MAX_LINKS = 40
_MAX_PREFIX = 40
_UNSUPPORTED = (errno.ENOTSUP, errno.ENOSYS, errno.EPERM, errno.EACCES)


def write_stream(path: Path, data: bytes) -> bool:
    """Write to what is not a regular file; return whether the path leads to such a thing.

    Raises:
        OSError: it takes no data.
    """
    number = _descriptor(path)
    if number is not None:
        with os.fdopen(os.dup(number), "wb") as stream:  # opening the name again would begin at the start
            stream.write(data)
        return True
    if not path.exists() or path.is_file():
        return False
    with path.open("wb") as stream:
        stream.write(data)
    return True


def _descriptor(path: Path) -> int | None:
    """The number of the open file that a name such as ``/dev/stdout`` or ``/dev/fd/63`` means; None for all others."""
    ours = {os.path.realpath("/proc/self/fd"), "/dev/fd"}
    for _ in range(_MAX_LINKS):
        path = Path(os.path.realpath(path.parent), path.name)
        if str(path.parent) in ours and path.name.isdecimal():
            return int(path.name)
        if not path.is_symlink():
            return None
        path = path.parent / path.readlink()
    return None


def replace_file(target: Path, data: bytes, check: Check | None) -> tuple[str, ...]:
    """Put a new version in place of a file, and return what it could not take over from the old one.

    Raises:
        OSError: it cannot be written.
        WriteError: it does not read back as it was written.
    """
    if not target.parent.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    with _draft(target) as (descriptor, draft):
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _read_back(draft, data, check, str(target))
        lost = _take_over(draft, target)
        _put_in_place(descriptor, draft, target)
    return lost


@contextmanager
def _draft(target: Path) -> Iterator[tuple[int, Path]]:
    """A new file in the directory of another: its descriptor and a path to it.

    It has no name where the system has such files, so that nothing of it is left if this process is killed.
    """
    descriptor = _nameless(target.parent)
    if descriptor is not None:
        draft = Path(f"/proc/self/fd/{descriptor}")
    else:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:_MAX_PREFIX]}.")
        draft = Path(name)
    try:
        yield descriptor, draft
    except BaseException:
        if draft.parent == target.parent:
            draft.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _nameless(directory: Path) -> int | None:
    if not hasattr(os, "O_TMPFILE"):
        return None
    try:
        descriptor = os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError:  # the file system has none; whatever else it is, the file with a name will say
        return None
    if not Path(f"/proc/self/fd/{descriptor}").exists():
        os.close(descriptor)
        return None
    return descriptor


def _put_in_place(descriptor: int, draft: Path, target: Path) -> None:
    if draft.parent == target.parent:
        draft.replace(target)
        return
    named = target.with_name(f".{target.name[:_MAX_PREFIX]}.{os.urandom(4).hex()}")
    # absolute, so that the directory does not matter: without one, Python would link to the link in /proc
    os.link(draft, named, src_dir_fd=descriptor, follow_symlinks=True)
    try:
        named.replace(target)
    except BaseException:
        named.unlink(missing_ok=True)
        raise


def _read_back(draft: Path, data: bytes, check: Check | None, name: str) -> None:
    written = draft.read_bytes()
    if written != data:
        raise WriteError("cannot write: it does not read back as it was written", source=name)
    if check is not None:
        check(written)


def _take_over(draft: Path, target: Path) -> tuple[str, ...]:
    """Give a draft the owner, the attributes and the permissions of the file; return what it could not be given."""
    try:
        old = target.stat()
    except FileNotFoundError:
        draft.chmod(0o666 & ~_umask())
        return ()
    lost = [*_take_owner(draft, old), *_take_attributes(draft, target)]
    draft.chmod(_safe_mode(old, draft.stat()))
    if old.st_nlink > 1:
        lost.append(f"its other names: {old.st_nlink - 1} hard links keep the old content")
    return tuple(lost)


def _take_owner(draft: Path, old: os.stat_result) -> list[str]:
    new = draft.stat()
    if (new.st_uid, new.st_gid) == (old.st_uid, old.st_gid):
        return []
    lost = []
    with suppress(PermissionError):
        os.chown(draft, -1, old.st_gid)
    with suppress(PermissionError):
        os.chown(draft, old.st_uid, -1)
    new = draft.stat()
    if new.st_uid != old.st_uid:
        lost.append(f"its owner: {old.st_uid} became {new.st_uid}")
    if new.st_gid != old.st_gid:
        lost.append(f"its group: {old.st_gid} became {new.st_gid}")
    return lost


def _safe_mode(old: os.stat_result, new: os.stat_result) -> int:
    """The permissions of the old file; another group may do no more than everybody, another owner lends no rights."""
    mode = stat.S_IMODE(old.st_mode)
    if new.st_gid != old.st_gid:
        mode = mode & ~0o2070 | mode << 3 & 0o070
    if new.st_uid != old.st_uid:
        mode &= ~0o4000
    return mode


def _take_attributes(draft: Path, target: Path) -> list[str]:
    """Copy extended attributes, which access control lists are as well."""
    if not hasattr(os, "listxattr"):
        return []
    try:
        names = os.listxattr(target)
    except OSError:  # the file system has none
        return []
    return [f"its attribute {name}" for name in names if not _take_attribute(draft, target, name)]


def _take_attribute(draft: Path, target: Path, name: str) -> bool:
    try:
        value = os.getxattr(target, name)
        with suppress(OSError):
            if os.getxattr(draft, name) == value:
                return True
        os.setxattr(draft, name, value)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        return False
    return True


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
