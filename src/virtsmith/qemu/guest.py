"""A QEMU process whose serial ports, firmware log and errors are files in one directory."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from virtsmith.core.ownership import release
from virtsmith.core.run import start

_STOP_SECONDS = 3.0
TAIL_BYTES = 8192


@dataclass(frozen=True, slots=True)
class GuestFiles:
    """The output files of a guest."""

    directory: Path

    @property
    def console(self) -> Path:
        """The first serial port: kernel messages."""
        return self.directory / "console.log"

    @property
    def facts(self) -> Path:
        """The second serial port: only the facts that the probe sends."""
        return self.directory / "facts.frame"

    @property
    def firmware(self) -> Path:
        """The firmware's debug port, where SeaBIOS reports why it stopped; it prints nothing on a serial port."""
        return self.directory / "firmware.log"

    @property
    def errors(self) -> Path:
        """QEMU's standard error."""
        return self.directory / "qemu.err"


def size_of(path: Path) -> int:
    """Return the size of a file; 0 if it does not exist."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def tail(path: Path, limit: int = TAIL_BYTES) -> str:
    """Return the end of a file as text that is safe to print; empty if the file does not exist."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, size_of(path) - limit))
            data = file.read(limit)
    except OSError:
        return ""
    return printable(data.decode(errors="replace"))


def printable(text: str) -> str:
    """Return text from a guest without characters that could control a terminal."""
    return "".join(character if character in "\n\t" or character.isprintable() else "" for character in text)


class Guest:
    """A running QEMU. Leaving the ``with`` block ends it, whatever happened inside."""

    def __init__(
        self, argv: Sequence[str], files: GuestFiles, ports: Sequence[str] = (), by_hand: Sequence[str] = ()
    ) -> None:
        """Start it.

        Args:
            argv: the command line without serial ports.
            files: the files that its ports write to.
            ports: the arguments that make them do so.
            by_hand: the arguments in their place when somebody runs the command again.
        """
        self.argv = (*argv, *ports)
        self._by_hand = (*argv, *by_hand)
        self.files = files
        files.directory.mkdir(parents=True, exist_ok=True)
        with files.errors.open("wb") as errors:
            self._process: subprocess.Popen[bytes] = start(self.argv, stderr=errors, new_session=True)
        self.started = time.monotonic()

    @property
    def command_line(self) -> str:
        """The command, quoted for a shell."""
        return shlex.join(self.argv)

    @property
    def replay(self) -> str:
        """The command to run it again by hand, with the console on standard output instead of in a file."""
        return shlex.join(self._by_hand)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def seconds(self) -> float:
        """The seconds since it was started."""
        return time.monotonic() - self.started

    def status(self) -> int | None:
        """Return the exit status (negative: killed by that signal); None while it runs."""
        return self._process.poll()

    def stop(self) -> int:
        """Terminate it, kill it if that does not help, and return its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._process.wait()

    def detach(self) -> int:
        """Let it outlive this program, and return its process id."""
        release(self._process.pid)
        self._process.returncode = 0  # otherwise Popen warns that nobody waited for it
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def is_running(pid: int, marker: str) -> bool:
    """Whether a process is running and its command line contains a marker, which excludes a reused process id."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return marker.encode() in command


def end_process(pid: int, marker: str, patience: float = _STOP_SECONDS) -> bool:
    """End a process that another command started; return whether it has ended."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not is_running(pid, marker):
            return True
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + patience
        while is_running(pid, marker) and time.monotonic() < deadline:
            time.sleep(0.05)
    return not is_running(pid, marker)
