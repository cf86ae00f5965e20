"""What a run of virtsmith starts and writes for the time being ends with that run, however it ends.

A run is a process, named by its id and the time at which it was started, so that a reused id is never mistaken for it.
All its scratch space is in one *run directory*, and everything it starts has its name in the environment
(`OWNER_VARIABLE`), which is inherited by whatever these programs start. A small *supervisor* process (see
`virtsmith.core.supervisor`) waits for the end of the run and then ends what still carries the name. If the supervisor
is killed too, the next run finds the directory and does the same (`sweep`).

The worker processes of a run belong to it: they inherit the name, and do not make one of their own.
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
from secrets import token_hex

from virtsmith.core import leftovers
from virtsmith.core.leftovers import Leftover

OWNER_VARIABLE = leftovers.OWNER_VARIABLE
_SUPERVISOR = str(Path(__file__).with_name("supervisor.py"))
_guards: dict[int, subprocess.Popen[bytes]] = {}
"""The supervisor of this process, by process id: a forked child must not take its parent's for its own."""
_beginning = threading.Lock()
"""Held while the run directory is created and its supervisor started, which the first threads of a run all try."""
os.register_at_fork(before=_beginning.acquire, after_in_parent=_beginning.release, after_in_child=_beginning.release)


class NotWatched(UserWarning):
    """This run cannot be cleaned up after if it is killed."""


def owner() -> str:
    """The name of the run that this process belongs to: its own, or that of the run which started it as a worker."""
    inherited = os.environ.get(OWNER_VARIABLE, "")
    if leftovers.is_alive(inherited):
        return inherited
    return leftovers.name_of(os.getpid())


def join_run() -> str:
    """The name of this run for a worker process to have in its environment; the supervisor watches from now on."""
    run_directory()
    return owner()


def owned_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment (by default ours) for a program that is to end with this run."""
    return {**(os.environ if environment is None else environment), OWNER_VARIABLE: owner()}


def run_directory() -> Path:
    """The directory for all scratch space of this run; the supervisor watches from now on.

    Raises:
        OSError: it cannot be made, or another user has taken its name.
    """
    path = _base() / f"{_prefix()}{owner()}"
    with _beginning:
        if not _is_ours(path):
            sweep()
            path.mkdir(mode=0o711)  # a system libvirt's emulators, which are another user, must get through
        _watch(path)
    return path


@contextmanager
def scratch_directory(prefix: str = "", *, parent: Path | None = None) -> Iterator[Path]:
    """A temporary directory of this run, removed at the end of the block, or when the run ends without reaching it.

    ``parent`` is where to make it instead of the run directory: what may be big does not belong into ``/tmp``.
    """
    run = run_directory()
    with ExitStack() as stack:
        path = (parent or run) / f"{prefix}{token_hex(4)}"
        if parent is not None:  # noted before it is there, so that it is never there without a note
            stack.enter_context(_noted(run / leftovers.ELSEWHERE, os.fsencode(path.absolute())))
        path.mkdir(mode=0o700)
        stack.callback(shutil.rmtree, path, ignore_errors=True)
        yield path


@contextmanager
def undone_by(argv: Sequence[str]) -> Iterator[None]:
    """Name a program that undoes what the block does, in case that this run ends within the block."""
    with _noted(run_directory() / leftovers.COMMANDS, b"\0".join(map(os.fsencode, argv))):
        yield


def release(pid: int) -> None:
    """Let a process that this run has started live on after it."""
    descriptor = os.open(run_directory() / leftovers.RELEASED, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        file.write(leftovers.name_of(pid).encode() + b"\n")


def find_leftovers() -> list[Leftover]:
    """What killed runs of this user have left: their processes and their run directories."""
    found = ((path.name.removeprefix(_prefix()), path) for path in sorted(_base().glob(f"{_prefix()}*")))
    return [leftovers.of_run(name, path) for name, path in found if not leftovers.is_alive(name) and _is_ours(path)]


def sweep() -> list[Leftover]:
    """End what killed runs of this user have left, and return what there was."""
    found = find_leftovers()
    for leftover in found:
        leftover.remove()
    return found


def _is_ours(path: Path) -> bool:
    """Whether a path is a directory of this user: what it says will be done, so nobody else may have written it."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()


@contextmanager
def _noted(directory: Path, content: bytes) -> Iterator[None]:
    """Keep a note in a directory of the run while the block runs."""
    directory.mkdir(mode=0o700, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=directory)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    try:
        yield
    finally:
        Path(name).unlink(missing_ok=True)


def _watch(directory: Path) -> None:
    """Start the supervisor of this run; workers leave that to the process they work for."""
    name = owner()
    if os.getpid() in _guards or name != leftovers.name_of(os.getpid()):
        return
    if not leftovers.can_see_processes():
        warnings.warn("/proc is not mounted: if this run is killed, what it has started goes on", NotWatched, 2)
    # It reads from a pipe that nobody writes to: its end is our end.
    _guards[os.getpid()] = subprocess.Popen(  # noqa: S603 - our own program, with two names of ours
        [sys.executable, "-I", "-S", _SUPERVISOR, name, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )


@cache
def _prefix() -> str:
    return f"virtsmith-{os.getuid()}-"


def _base() -> Path:
    return Path(tempfile.gettempdir())
