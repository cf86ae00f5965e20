"""Answers of a QEMU that runs."""

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
"""After so many, a QEMU is taken to be broken as a whole."""
_VMSTATE_SECONDS = 60
_PLAIN_MACHINE = "microvm"
"""A machine without a version, so that no compatibility property changes the processor in it."""


class LiveSource:
    """A program that is started when first asked, and again whenever it crashes over a question.

    Leaving the ``with`` block ends it.
    """

    def __init__(self, emulator: Emulator, accel: str) -> None:
        self._emulator = emulator
        self._accel = accel
        self._qemu: Qemu | None = None
        self._crashes = 0

    @property
    def binary(self) -> Binary:
        """Which QEMU."""
        return self._emulator.binary

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Ask one question."""
        return required(next(self.ask_all([(command, arguments or {})])))

    def ask_all(self, requests: Iterable[Request]) -> Iterator[Any]:
        """Ask many questions.

        Questions are sent ahead, so when QEMU ends, the first one without an answer is asked again alone: only if
        QEMU ends once more, it was this question.

        Raises:
            QemuDied: this QEMU does not start at all.
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
        """Let QEMU write the description of all state that it migrates."""
        with scratch_directory("vmstate-") as folder:
            file = folder / "vmstate.json"
            try:
                run([*self._command_line("none"), "-dump-vmstate", file], timeout=_VMSTATE_SECONDS)
                return json.loads(file.read_bytes())
            except ProgramFailed as error:
                raise _ended(str(error), error.result.status) from error
            except (OSError, ValueError) as error:
                raise Refused(QmpRefusal("", f"no readable description: {error}")) from error

    def cpu(self, model: str) -> Any:
        """Start a machine with a CPU model and look at it."""
        try:
            with Qemu([*self._command_line(_PLAIN_MACHINE), "-cpu", model]) as qemu:
                return cpu_in_machine(qemu.qmp)
        except QemuDied as error:
            raise _ended(str(error), error.status) from error

    def close(self) -> None:
        """End QEMU."""
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
            return Crashed("not asked: this QEMU has crashed too often")
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
    """An answer as sources give it."""
    return Refused(answer) if isinstance(answer, QmpRefusal) else answer


def _ended(words: str, status: int | None) -> Unanswered:
    """What it means that a QEMU ended over a question: a crash if a signal ended it."""
    return Crashed(words) if status is not None and status < 0 else Refused(QmpRefusal("", words))
