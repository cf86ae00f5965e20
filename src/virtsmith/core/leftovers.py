"""Names of processes, and ending what a run has left: processes, scratch directories, things to undo."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

OWNER_VARIABLE = "VIRTSMITH_OWNER"
RELEASED = "released"
"""File in a run directory with the names of processes that are to live on, one a line."""
ELSEWHERE = "elsewhere"
"""File in a run directory with the paths of scratch directories that are not below it, one a line."""
COMMANDS = "commands"
"""Directory in a run directory: files with the arguments of a program, separated by NUL, that undoes something."""

_COMMAND_SECONDS = 20
_PATIENCE = 3.0
_POLL = 0.05
_START_TIME = 19
"""Place of a process's start time among the fields of ``/proc/PID/stat`` that follow its command (proc(5))."""


def name_of(pid: int) -> str:
    """The name of a process, ``PID-START``; empty if there is none, or only what is left of one that has ended."""
    status = _read(Path(f"/proc/{pid}/stat"))
    fields = status[status.rfind(b")") + 2 :].split()
    return f"{pid}-{fields[_START_TIME].decode()}" if fields and fields[0] != b"Z" else ""


def is_alive(name: str) -> bool:
    """Whether the process of a name lives."""
    pid = name.partition("-")[0]
    return pid.isdigit() and name_of(int(pid)) == name


def end_run(owner: str, directory: Path) -> list[int]:
    """End all processes of a run but those released, remove its scratch space, and return the ids of those ended."""
    released = _read(directory / RELEASED).decode().split()
    scratch = [directory, *map(Path, os.fsdecode(_read(directory / ELSEWHERE)).splitlines())]
    _run_commands(directory / COMMANDS)
    members = {pid: name for pid, name in _members(owner, scratch) if name and name not in released}
    _end(members.values())
    for path in scratch:
        shutil.rmtree(path, ignore_errors=True)
    return sorted(members)


def _run_commands(directory: Path) -> None:
    """Run what was registered to be run if its own process could not do it."""
    for file in sorted(directory.glob("*")):
        words = _read(file).split(b"\0")
        with suppress(OSError, subprocess.SubprocessError):
            subprocess.run(  # noqa: S603 - an argument list that our own process has written
                words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_SECONDS, check=False
            )


def _members(owner: str, scratch: list[Path]) -> Iterator[tuple[int, str]]:
    """The processes of a run: those with its name in their environment, and those that its daemons have started.

    libvirt gives its emulators an environment of their own, but writes their ids into files below its directories.
    """
    marker = f"{OWNER_VARIABLE}={owner}".encode()
    for entry in Path("/proc").iterdir():
        pid = int(entry.name) if entry.name.isdigit() else os.getpid()
        if pid != os.getpid() and marker in _read(entry / "environ").split(b"\0"):
            yield pid, name_of(pid)
    for file in (file for path in scratch for file in path.rglob("*.pid")):
        text = _read(file).strip()
        if text.isdigit() and b"qemu" in _read(Path(f"/proc/{int(text)}/cmdline")):
            yield int(text), name_of(int(text))


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


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
