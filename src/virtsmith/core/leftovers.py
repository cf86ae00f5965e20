"""Names of processes, and clean-up after a run: processes, scratch directories, registered commands."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

OWNER_VARIABLE = "VIRTSMITH_OWNER"
RELEASED = "released"
"""File in a run directory with the names of processes to keep running, one per line."""
ELSEWHERE = "elsewhere"
"""Directory in a run directory for scratch directories outside it: one file each, with the path."""
COMMANDS = "commands"
"""Directory in a run directory for clean-up commands: one file each, with arguments separated by NUL."""

_COMMAND_SECONDS = 20
_PATIENCE = 3.0
_POLL = 0.05
_START_TIME = 19
"""Index of the start time among the fields of ``/proc/PID/stat`` that follow the command name (proc(5))."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that a killed run left behind, and how to remove it.

    Attributes:
        kind: ``run``, ``host`` or ``ark``.
        path: the directory or file.
        processes: ids of the processes that are still running.
        commands: clean-up commands, as argument lists.
        remove: ends the processes, runs the commands and deletes the path.
    """

    kind: str
    path: Path
    remove: Callable[[], object] = field(repr=False, compare=False)
    processes: tuple[int, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()


def can_see_processes() -> bool:
    """Whether ``/proc`` is mounted; without it, the processes of a killed run cannot be found."""
    return Path("/proc/self/stat").exists()


def name_of(pid: int) -> str:
    """Return the name of a process, ``PID-START``; empty if it does not exist or is a zombie.

    Without ``/proc`` the start time is unknown, and 0 is used.
    """
    status = _read(Path(f"/proc/{pid}/stat"))
    if not status and not can_see_processes():
        return f"{pid}-0" if _exists(pid) else ""
    fields = status[status.rfind(b")") + 2 :].split()
    return f"{pid}-{fields[_START_TIME].decode()}" if fields and fields[0] != b"Z" else ""


def is_alive(name: str) -> bool:
    """Whether the process with this name is running."""
    pid = name.partition("-")[0]
    return pid.isdigit() and name_of(int(pid)) == name


def of_run(owner: str, directory: Path) -> Leftover:
    """Return what a run left behind: processes (except released ones), scratch space and clean-up commands."""
    return Leftover(
        "run",
        directory,
        lambda: end_run(owner, directory),
        tuple(sorted(_members(owner, directory))),
        tuple(tuple(map(os.fsdecode, words)) for words in _commands(directory)),
    )


def end_run(owner: str, directory: Path) -> None:
    """Run the clean-up commands of a run, end its processes except released ones, and remove its scratch space."""
    for words in _commands(directory):
        with suppress(OSError, subprocess.SubprocessError):
            subprocess.run(  # noqa: S603 - an argument list written by virtsmith itself
                words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_SECONDS, check=False
            )
    _end(_members(owner, directory).values())
    for path in (*_elsewhere(directory), directory):  # the run directory last: it lists the others, for a second try
        shutil.rmtree(path, ignore_errors=True)


def _commands(directory: Path) -> list[list[bytes]]:
    return [note.split(b"\0") for note in _notes(directory / COMMANDS)]


def _elsewhere(directory: Path) -> list[Path]:
    return [Path(os.fsdecode(note)) for note in _notes(directory / ELSEWHERE)]


def _notes(directory: Path) -> list[bytes]:
    """Return the contents of the files in a directory, without empty ones, which were not completely written."""
    return [note for file in sorted(directory.glob("*")) if (note := _read(file))]


def _members(owner: str, directory: Path) -> dict[int, str]:
    """Return the unreleased processes of a run, by id: those with its name in their environment, and its emulators.

    libvirt starts emulators with a fresh environment, but writes their ids to PID files below its directories.
    """
    released = _read(directory / RELEASED).decode().split()
    emulators = (pid for path in (directory, *_elsewhere(directory)) for pid in _emulators(path))
    names = {pid: name_of(pid) for pid in (*_marked(owner), *emulators)}
    return {pid: name for pid, name in names.items() if name and name not in released}


def _marked(owner: str) -> Iterator[int]:
    marker = f"{OWNER_VARIABLE}={owner}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        if int(entry.name) != os.getpid() and marker in _read(entry / "environ").split(b"\0"):
            yield int(entry.name)


def _emulators(directory: Path) -> Iterator[int]:
    for file in directory.rglob("*.pid"):
        text = _read(file).strip()
        if text.isdigit() and b"qemu" in _read(Path(f"/proc/{int(text)}/cmdline")):
            yield int(text)


def _end(names: Iterable[str]) -> None:
    """Terminate processes, and kill those that do not end in time."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        living = [name for name in names if is_alive(name)]
        for name in living:
            with suppress(OSError):  # it has ended meanwhile, or belongs to another user
                os.kill(int(name.partition("-")[0]), number)
        deadline = time.monotonic() + _PATIENCE
        while any(map(is_alive, living)) and time.monotonic() < deadline:
            time.sleep(_POLL)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
