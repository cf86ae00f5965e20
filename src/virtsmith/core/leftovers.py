"""Names of processes, and ending what a run has left: processes, scratch directories, things to undo."""

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
"""File in a run directory with the names of processes that are to live on, one a line."""
ELSEWHERE = "elsewhere"
"""Directory in a run directory: files with the path of a scratch directory that is not below it."""
COMMANDS = "commands"
"""Directory in a run directory: files with the arguments of a program, separated by NUL, that undoes something."""

_COMMAND_SECONDS = 20
_PATIENCE = 3.0
_POLL = 0.05
_START_TIME = 19
"""Place of a process's start time among the fields of ``/proc/PID/stat`` that follow its command (proc(5))."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that a killed run has left, and how to remove it.

    Attributes:
        kind: ``run``, ``host`` or ``ark``.
        path: the directory or file.
        processes: ids of the processes that still run.
        commands: what else has to be undone, as command lines of programs.
        remove: ends the processes, runs the commands and deletes the path.
    """

    kind: str
    path: Path
    remove: Callable[[], object] = field(repr=False, compare=False)
    processes: tuple[int, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()


def can_see_processes() -> bool:
    """Whether ``/proc`` is there; without it, what a killed run has started cannot be found."""
    return Path("/proc/self/stat").exists()


def name_of(pid: int) -> str:
    """The name of a process, ``PID-START``; empty if there is none, or only what is left of one that has ended.

    Without ``/proc`` the time of the start is not known, and is 0.
    """
    status = _read(Path(f"/proc/{pid}/stat"))
    if not status and not can_see_processes():
        return f"{pid}-0" if _exists(pid) else ""
    fields = status[status.rfind(b")") + 2 :].split()
    return f"{pid}-{fields[_START_TIME].decode()}" if fields and fields[0] != b"Z" else ""


def is_alive(name: str) -> bool:
    """Whether the process of a name lives."""
    pid = name.partition("-")[0]
    return pid.isdigit() and name_of(int(pid)) == name


def of_run(owner: str, directory: Path) -> Leftover:
    """What a run has left: its processes but those released, its scratch space, and what it could not undo itself."""
    return Leftover(
        "run",
        directory,
        lambda: end_run(owner, directory),
        tuple(sorted(_members(owner, directory))),
        tuple(tuple(map(os.fsdecode, words)) for words in _commands(directory)),
    )


def end_run(owner: str, directory: Path) -> None:
    """End all processes of a run but those released, undo what it could not undo itself, remove its scratch space."""
    for words in _commands(directory):
        with suppress(OSError, subprocess.SubprocessError):
            subprocess.run(  # noqa: S603 - an argument list that our own process has written
                words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_SECONDS, check=False
            )
    _end(_members(owner, directory).values())
    for path in (*_elsewhere(directory), directory):  # the directory names the others: a second try finds them
        shutil.rmtree(path, ignore_errors=True)


def _commands(directory: Path) -> list[list[bytes]]:
    return [note.split(b"\0") for note in _notes(directory / COMMANDS)]


def _elsewhere(directory: Path) -> list[Path]:
    return [Path(os.fsdecode(note)) for note in _notes(directory / ELSEWHERE)]


def _notes(directory: Path) -> list[bytes]:
    """What the files of a directory hold; an empty one was not finished."""
    return [note for file in sorted(directory.glob("*")) if (note := _read(file))]


def _members(owner: str, directory: Path) -> dict[int, str]:
    """The processes of a run but those released, by id: those with its name in their environment, and the emulators.

    libvirt gives its emulators an environment of their own, but writes their ids into files below its directories.
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
    """Ask processes to end, and kill those that do not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        living = [name for name in names if is_alive(name)]
        for name in living:
            with suppress(OSError):  # it has ended meanwhile, or is not ours
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
