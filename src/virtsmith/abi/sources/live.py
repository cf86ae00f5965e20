"""Replies of a running QEMU."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from virtsmith.abi.collect.cpu import cpu_in_machine
from virtsmith.abi.dump.model import Binary
from virtsmith.abi.sources.binary import Emulator
from virtsmith.abi.sources.source import Crashed, Refused, Unanswered, required
from virtsmith.core.ownership import scratch_directory
from virtsmith.core.run import ProgramFailed, run
from virtsmith.qemu.process import Qemu, QemuDied
from virtsmith.qemu.qmp import QmpClosed, QmpRefusal, Request

_MOST_CRASHES = 25
"""After this many crashes, a QEMU is considered broken."""
_VMSTATE_SECONDS = 60
_PLAIN_MACHINE = "microvm"
"""An unversioned machine type, so that no compatibility property affects its CPU."""


class LiveSource:
    """A program that is started on the first request, and again whenever a request crashes it.

    Leaving the ``with`` block ends it.
    """

    def __init__(self, emulator: Emulator, accel: str) -> None:
        self._emulator = emulator
        self._accel = accel
        self._qemu: Qemu | None = None
        self._crashes = 0

    @property
    def binary(self) -> Binary:
        """The QEMU."""
        return self._emulator.binary

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Send one request."""
        return required(next(self.ask_all([(command, arguments or {})])))

    def ask_all(self, requests: Iterable[Request]) -> Iterator[Any]:
        """Send many requests.

        Requests are pipelined, so when QEMU ends, the first one without a reply is sent again alone: it is the cause
        only if QEMU ends again.

        Raises:
            QemuDied: QEMU does not start at all.
        """
        waiting = list(requests)
        done = 0
        while done < len(waiting):
            try:
                for answer in self._running().qmp.ask_all(waiting[done:]):
                    yield _checked(answer)
                    done += 1
            except QmpClosed:
                self._bury()
                yield self._ask_alone(waiting[done])
                done += 1

    def vmstate(self) -> Any:
        """Return QEMU's description of all state that it migrates."""
        with scratch_directory("vmstate-") as directory:
            file = directory / "vmstate.json"
            try:
                run([*self._command_line("none"), "-dump-vmstate", file], timeout=_VMSTATE_SECONDS)
                return json.loads(file.read_bytes())
            except ProgramFailed as error:
                raise _ended(str(error), error.result.status) from error
            except (OSError, ValueError) as error:
                raise Refused(QmpRefusal("", f"no readable description: {error}")) from error

    def cpu(self, model: str) -> Any:
        """Start a machine with a CPU model and describe the CPU."""
        try:
            with Qemu([*self._command_line(_PLAIN_MACHINE), "-cpu", model]) as qemu:
                return cpu_in_machine(qemu.qmp)
        except QemuDied as error:
            raise _ended(str(error), error.status) from error

    def close(self) -> None:
        """Stop QEMU."""
        if self._qemu is not None:
            self._qemu.stop()
            self._qemu = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _command_line(self, machine: str) -> list[str]:
        return [
            self._emulator.program,
            "-machine",
            f"{machine},accel={self._accel}",
            "-S",
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
        ]

    def _running(self) -> Qemu:
        if self._qemu is None:
            self._qemu = Qemu(self._command_line("none"))
        return self._qemu

    def _ask_alone(self, request: Request) -> Any:
        if self._crashes >= _MOST_CRASHES:
            return Crashed("not queried: this QEMU has crashed too often")
        try:
            return _checked(self._running().qmp.ask(*request))
        except QmpClosed:
            self._crashes += 1
            return Crashed(str(self._bury()))

    def _bury(self) -> QemuDied:
        qemu = self._running()
        error = qemu.died("QEMU ended")
        self.close()
        return error


def _checked(answer: Any) -> Any:
    """Return a reply, or raise the refusal as sources do."""
    return Refused(answer) if isinstance(answer, QmpRefusal) else answer


def _ended(words: str, status: int | None) -> Unanswered:
    """Return why a request has no reply when QEMU ended: a crash if a signal ended it."""
    return Crashed(words) if status is not None and status < 0 else Refused(QmpRefusal("", words))
