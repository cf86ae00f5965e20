"""Processes and temporary files of a run of virtsmith are cleaned up when the run ends, however it ends.

A run is a process, named by its id and start time, so that a reused id is never mistaken for it.
All its scratch space is in one *run directory*, and every program it starts has the run's name in its environment
(`OWNER_VARIABLE`), which child processes inherit. A small *supervisor* process (see `virtsmith.core.supervisor`) waits
for the end of the run and then ends the processes that still carry the name. If the supervisor is killed too, the next
run finds the directory and does the same (`sweep`).

The worker processes of a run belong to it: they inherit its name and have none of their own.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from virtsmith.core import leftovers
from virtsmith.core.leftovers import Leftover

OWNER_VARIABLE = leftovers.OWNER_VARIABLE
_SUPERVISOR = str(Path(__file__).with_name("supervisor.py"))
_guards: dict[int, subprocess.Popen[bytes]] = {}
"""The supervisor of this process, by process id: a forked child must not mistake its parent's for its own."""
_beginning = threading.Lock()
"""Held while the run directory and its supervisor are created, because several threads may try at once."""
os.register_at_fork(before=_beginning.acquire, after_in_parent=_beginning.release, after_in_child=_beginning.release)


class NotWatched(UserWarning):
    """Warns that nothing can clean up after this run if it is killed."""


def owner() -> str:
    """Return the name of the run that this process belongs to: that of its parent if it is a worker, else its own."""
    inherited = os.environ.get(OWNER_VARIABLE, "")
    if leftovers.is_alive(inherited):
        return inherited
    return leftovers.name_of(os.getpid())


def join_run() -> str:
    """Return the name of this run, for a worker's environment, and make sure that a supervisor watches the run."""
    run_directory()
    return owner()


def owned_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment (by default the current one) for a program that must end with this run."""
    return {**(os.environ if environment is None else environment), OWNER_VARIABLE: owner()}


def run_directory() -> Path:
    """Return the directory for all scratch space of this run, and make sure that a supervisor watches the run.

    Raises:
        OSError: it cannot be created, or another user has taken its name.
    """
    path = _base() / f"{_prefix()}{owner()}"
    with _beginning:
        if not _is_ours(path):
            sweep()
            path.mkdir(mode=0o711)  # emulators of a system libvirt run as another user and must be able to enter
        _watch(path)
    return path


@contextmanager
def scratch_directory(prefix: str = "", *, parent: Path | None = None) -> Iterator[Path]:
    """Create a temporary directory that is removed at the end of the block, or when the run ends without reaching it.

    ``parent`` is where to create it instead of the run directory: large files do not belong in ``/tmp``.
    """
    run = run_directory()
    with ExitStack() as stack:
        path = (parent or run) / f"{prefix}{os.urandom(4).hex()}"
        if parent is not None:  # recorded first, so that it never exists without a record
            stack.enter_context(removed_if_killed(path))
        path.mkdir(mode=0o700)
        stack.callback(shutil.rmtree, path, ignore_errors=True)
        yield path


@contextmanager
def removed_if_killed(path: Path) -> Iterator[None]:
    """Let a directory be removed if this run ends within the block; otherwise it stays."""
    with _noted(run_directory() / leftovers.ELSEWHERE, os.fsencode(path.absolute())):
        yield


@contextmanager
def undone_by(argv: Sequence[str]) -> Iterator[None]:
    """Register a command that undoes what the block does, in case the run is killed within the block."""
    with _noted(run_directory() / leftovers.COMMANDS, b"\0".join(map(os.fsencode, argv))):
        yield


def release(pid: int) -> None:
    """Let a process that this run started outlive the run."""
    descriptor = os.open(run_directory() / leftovers.RELEASED, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        file.write(leftovers.name_of(pid).encode() + b"\n")


def find_leftovers() -> list[Leftover]:
    """Return what killed runs of this user left behind: their processes and their run directories."""
    found = ((path.name.removeprefix(_prefix()), path) for path in sorted(_base().glob(f"{_prefix()}*")))
    return [leftovers.of_run(name, path) for name, path in found if not leftovers.is_alive(name) and _is_ours(path)]


def sweep() -> list[Leftover]:
    """Remove what killed runs of this user left behind, and return what was removed."""
    found = find_leftovers()
    for leftover in found:
        leftover.remove()
    return found


def _is_ours(path: Path) -> bool:
    """Whether a path is a directory of this user. Commands in it are executed, so nobody else may have written it."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()


@contextmanager
def _noted(directory: Path, content: bytes) -> Iterator[None]:
    """Keep a note in a directory of the run for the duration of the block."""
    directory.mkdir(mode=0o700, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=directory)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    try:
        yield
    finally:
        Path(name).unlink(missing_ok=True)


def _watch(directory: Path) -> None:
    """Start the supervisor of this run, unless it is running or this process is a worker."""
    name = owner()
    if os.getpid() in _guards or name != leftovers.name_of(os.getpid()):
        return
    if not leftovers.can_see_processes():
        warnings.warn("/proc is not mounted: if this run is killed, its programs keep running", NotWatched, 2)
    # It reads from a pipe that nobody writes to: end of file means that this process has ended.
    try:
        _guards[os.getpid()] = subprocess.Popen(  # noqa: S603 - our own program and arguments
            [sys.executable, "-I", "-S", _SUPERVISOR, name, str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        raise OSError(error.errno, os.strerror(error.errno or 0), error.filename or _SUPERVISOR) from error


@cache
def _prefix() -> str:
    return f"virtsmith-{os.getuid()}-"


def _base() -> Path:
    return Path(tempfile.gettempdir())
