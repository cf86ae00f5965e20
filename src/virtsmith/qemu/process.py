"""A QEMU process that answers queries: its QMP monitor, optionally its qtest port, and its standard error."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from virtsmith.core.ownership import scratch_directory
from virtsmith.core.run import start
from virtsmith.errors import ExternalError
from virtsmith.qemu.qmp import Qmp, QmpClosed
from virtsmith.qemu.qtest import Qtest

_TAIL = 8192
ANSWER_SECONDS = 30.0
START_SECONDS = 60.0


class QemuDied(ExternalError):
    """QEMU ended before it had answered; ``stderr`` is its standard error."""

    def __init__(self, message: str, status: int | None, stderr: str) -> None:
        lines = stderr.strip().splitlines()
        super().__init__(f"{message}: {lines[-1]}" if lines else message)
        self.status = status
        self.stderr = stderr


class Qemu:
    """A running QEMU. Leaving the ``with`` block kills it.

    QEMU connects to our sockets, so there is no need to wait for one to appear, and it works with every version.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        qtest: bool = False,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        """Start QEMU with the given arguments and wait until its monitor answers.

        Raises:
            ProgramMissing: the program is not installed.
            QemuDied: it ended at once; the error contains its standard error.
        """
        self._scratch = contextlib.ExitStack()
        directory = self._scratch.enter_context(scratch_directory("qemu-"))
        self.argv = (*argv, "-qmp", f"unix:{directory / 'qmp'}")
        if qtest:
            self.argv += ("-qtest", f"unix:{directory / 'qtest'}", "-qtest-log", "none")
        self._errors = directory / "stderr"
        try:
            with contextlib.ExitStack() as stack:
                listeners = [stack.enter_context(_listen(directory / "qmp"))]
                if qtest:
                    listeners.append(stack.enter_context(_listen(directory / "qtest")))
                with self._errors.open("wb") as errors:
                    self._process = start(self.argv, stderr=errors, new_session=True)
                stack.callback(self._end_if_unfinished)
                self._ready = False
                connections = [stack.enter_context(self._accept(listener)) for listener in listeners]
                for connection in connections:
                    connection.settimeout(answer_seconds)
                self.qmp = self._greet(connections[0].dup())
                self._qtest = Qtest(connections[1].dup()) if qtest else None
                self._ready = True
        except BaseException:
            self._scratch.close()
            raise

    @property
    def qtest(self) -> Qtest:
        """The qtest port; it must have been requested."""
        if self._qtest is None:
            raise AssertionError("started without qtest")
        return self._qtest

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def stderr(self) -> str:
        """The end of QEMU's standard error so far."""
        try:
            return self._errors.read_bytes()[-_TAIL:].decode(errors="replace")
        except OSError:
            return ""

    @property
    def status(self) -> int | None:
        """The exit status (negative: killed by that signal); None while it runs."""
        return self._process.poll()

    def died(self, message: str) -> QemuDied:
        """Return the error for a broken connection, with QEMU's exit status and standard error.

        It waits briefly for QEMU to end, and kills it if it hangs; the exit status is then that of the kill.
        """
        with contextlib.suppress(Exception):
            self._process.wait(2)
        self._kill()
        return QemuDied(f"{message} ({_how(self._process.returncode)})", self._process.returncode, self.stderr)

    def stop(self) -> None:
        """Kill it and remove its files."""
        self.qmp.close()
        if self._qtest:
            self._qtest.close()
        self._kill()
        self._scratch.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _accept(self, listener: socket.socket) -> socket.socket:
        deadline = time.monotonic() + START_SECONDS
        pidfd = os.pidfd_open(self._process.pid)
        try:
            while time.monotonic() < deadline:
                watched: list[Any] = [listener, pidfd]
                ready = select.select(watched, [], [], deadline - time.monotonic())[0]
                if listener in ready:
                    return listener.accept()[0]
                if pidfd in ready:
                    raise self.died("QEMU did not start")
        finally:
            os.close(pidfd)
        raise self.died(f"QEMU did not start within {START_SECONDS:g} seconds")

    def _greet(self, connection: socket.socket) -> Qmp:
        try:
            return Qmp(connection)
        except QmpClosed as error:
            connection.close()
            raise self.died("QEMU did not start") from error

    def _end_if_unfinished(self) -> None:
        if not self._ready:
            self._kill()

    def _kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


def _listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(1)
    return listener


def _how(status: int | None) -> str:
    if status is None:
        return "it hangs"
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"
