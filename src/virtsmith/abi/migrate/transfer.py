"""One save and one load through a socket: the state of a machine as bytes, and QEMU's messages.

A QEMU that cannot load a state exits; its standard error is the evidence.
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from virtsmith.abi.dump.model import LoadResult
from virtsmith.abi.migrate.firmware import run_firmware
from virtsmith.core.ownership import scratch_directory
from virtsmith.errors import ExternalError
from virtsmith.qemu.process import Qemu, QemuDied
from virtsmith.qemu.qmp import Qmp, QmpClosed, QmpRefusal

TRANSFER_SECONDS = 60.0
"""The time limit for writing or reading a state."""
_POLL = 0.002
_CHUNK = 1 << 20
_UNLIMITED = 1 << 40
_QUIET = re.compile(r"^.*: (?:warning|info): .*\n?", re.MULTILINE)
_DEVICE = re.compile(
    r"error while loading state for instance \S+ of device '([^']+)'"
    r"|Unknown savevm section or instance '([^']+)'"
    r"|non-migratable device '([^']+)'"
    r"|Missing section footer for (\S+)"
    r"|unsupported version \d+ for '([^']+)'"
    r"|(?:Unknown ramblock|Size mismatch:) \"?([\w./:@-]+)"
)
"""How versions of QEMU name what they cannot load, most specific first."""
_PROGRAM = re.compile(r"^(?=\S*qemu)\S*: ", re.MULTILINE)


class Blocked(ExternalError):
    """QEMU does not migrate this machine, for the reason in the message."""


@dataclass(frozen=True, slots=True)
class LoadAnswer:
    """The result of loading a state: the device at fault, and QEMU's message."""

    result: LoadResult
    device: str = ""
    error: str = ""


def save_state(argv: Sequence[str], *, booted: bool) -> bytes:
    """Start a machine (the command line has ``-S``), let its firmware run if ``booted``, and return its saved state.

    Raises:
        Blocked: something in the machine cannot be migrated.
        QemuDied: QEMU does not start, crashes or hangs.
    """
    with Qemu(argv, answer_seconds=TRANSFER_SECONDS) as qemu:
        try:
            if booted:
                run_firmware(qemu)
            return _save(qemu)
        except QmpClosed as error:
            raise qemu.died("QEMU died while saving") from error


def load_state(argv: Sequence[str], state: bytes) -> LoadAnswer:
    """Start the same machine under another QEMU and load a state into it.

    Raises:
        QemuDied: QEMU does not start even without a state.
    """
    with Qemu([*argv, "-incoming", "defer"], answer_seconds=TRANSFER_SECONDS) as qemu:
        try:
            failure = _load(qemu.qmp, state)
        except QmpClosed:
            return _judge(qemu.died("QEMU died while loading"))
        if failure:
            return LoadAnswer(LoadResult.FAILED, find_device(qemu.stderr), evidence(qemu.stderr) or failure)
        return LoadAnswer(LoadResult.OK)


def _save(qemu: Qemu) -> bytes:
    qmp = qemu.qmp
    qmp.ask("migrate-set-parameters", {"max-bandwidth": _UNLIMITED})
    with scratch_directory("state-") as directory, socket.socket(socket.AF_UNIX) as listener:
        path = directory / "s"
        listener.bind(str(path))
        listener.listen(1)
        answer = qmp.ask("migrate", {"uri": f"unix:{path}"})
        if isinstance(answer, QmpRefusal):
            raise Blocked(answer.description)
        state = _receive(listener)
        failure = _wait(qmp)
    if failure:
        raise Blocked(failure)
    return state


def _receive(listener: socket.socket) -> bytes:
    if not select.select([listener], [], [], TRANSFER_SECONDS)[0]:
        raise QmpClosed("QEMU did not start to save")
    parts: list[bytes] = []
    with listener.accept()[0] as connection:
        connection.settimeout(TRANSFER_SECONDS)
        try:
            while part := connection.recv(_CHUNK):
                parts.append(part)
        except OSError as error:
            raise QmpClosed("QEMU did not finish saving") from error
    return b"".join(parts)


def _load(qmp: Qmp, state: bytes) -> str:
    """Send a state to a waiting machine; return why it failed, if QEMU survived."""
    with scratch_directory("state-") as directory:
        path = str(directory / "s")
        qmp.execute("migrate-incoming", {"uri": f"unix:{path}"})
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(TRANSFER_SECONDS)
            connection.connect(path)
            with suppress(
                OSError
            ):  # QEMU closes the connection if it rejects the state; the reason is on standard error
                connection.sendall(state)
                connection.shutdown(socket.SHUT_WR)
            return _wait(qmp)


def _wait(qmp: Qmp) -> str:
    """Wait for the end of a migration; return why it failed, or an empty string.

    Raises:
        QmpClosed: QEMU has ended, or makes no progress.
    """
    deadline = time.monotonic() + TRANSFER_SECONDS
    while time.monotonic() < deadline:
        status = qmp.execute("query-migrate")
        if status.get("status") == "completed":
            return ""
        if status.get("status") in ("failed", "cancelled"):
            return str(status.get("error-desc") or f"migration {status['status']}")
        time.sleep(_POLL)
    raise QmpClosed("the migration does not end")


def _judge(died: QemuDied) -> LoadAnswer:
    """Classify an exit while loading: status 1 means that QEMU rejected the state; anything else is a crash."""
    said = evidence(died.stderr)
    if died.status == 1:
        return LoadAnswer(LoadResult.FAILED, find_device(died.stderr), said or str(died))
    return LoadAnswer(LoadResult.DIED, find_device(died.stderr), f"{died.message}\n{said}".strip())


def evidence(stderr: str) -> str:
    r"""Return QEMU's message, without warnings and its own name.

    Example:
        >>> evidence("qemu-system-x86_64: warning: old\nqemu-system-x86_64: bad\n")
        'bad'
    """
    return _PROGRAM.sub("", _QUIET.sub("", stderr)).strip()


def find_device(stderr: str) -> str:
    """Return QEMU's name of the device that did not load, such as ``0000:00:03.0/virtio-net``; empty if unknown."""
    found = [(match.lastindex or 0, match[match.lastindex or 0]) for match in _DEVICE.finditer(stderr)]
    return min(found)[1] if found else ""
