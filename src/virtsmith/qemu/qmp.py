"""A small blocking QMP client that keeps several requests in flight, for thousands of queries to one QEMU.

The ``qemu.qmp`` library is not used: it takes 1.5 ms of Python per request, which would be most of the time of a dump.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

from virtsmith.errors import ExternalError

_IN_FLIGHT = 16
"""How many requests are sent before their answers are read; few enough that no socket buffer fills and blocks."""
_CHUNK = 1 << 18

Request = tuple[str, Mapping[str, Any]]


class QmpClosed(ExternalError):
    """The connection was closed or timed out: QEMU has ended, crashed or hangs."""


class QmpError(ExternalError):
    """QEMU rejected a command."""

    def __init__(self, command: str, refusal: QmpRefusal) -> None:
        super().__init__(f"QEMU refused {command}: {refusal.description}")
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class QmpRefusal:
    """QEMU's error reply to a command: error class and description."""

    kind: str
    description: str


class Qmp:
    """A QMP connection after capability negotiation; events are discarded."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = b""
        self._lines: list[bytes] = []
        self._receive()  # the greeting
        self.execute("qmp_capabilities")

    def execute(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Run a command and return its result.

        Raises:
            QmpError: QEMU rejected it.
            QmpClosed: QEMU has ended.
        """
        answer = self.ask(command, arguments)
        if isinstance(answer, QmpRefusal):
            raise QmpError(command, answer)
        return answer

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Run a command and return its result, or a `QmpRefusal`.

        Raises:
            QmpClosed: QEMU has ended.
        """
        return next(self.ask_all([(command, arguments or {})]))

    def ask_all(self, requests: Iterable[Request]) -> Iterator[Any]:
        """Run many commands and yield their results, or a `QmpRefusal`, in order; requests are pipelined.

        Raises:
            QmpClosed: QEMU has ended; the results yielded so far are valid.
        """
        waiting = iter(requests)
        in_flight = self._send(islice(waiting, _IN_FLIGHT))
        while in_flight:
            yield self._answer()
            in_flight += self._send(islice(waiting, 1)) - 1

    def human(self, line: str) -> str:
        """Run a command of the human monitor and return its output.

        Raises:
            QmpError: QEMU rejected it.
            QmpClosed: QEMU has ended.
        """
        return str(self.execute("human-monitor-command", {"command-line": line})).replace("\r\n", "\n")

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, requests: Iterable[Request]) -> int:
        lines = [json.dumps({"execute": name, "arguments": dict(arguments)}) + "\r\n" for name, arguments in requests]
        if lines:
            try:
                self._socket.sendall("".join(lines).encode())
            except OSError as error:
                raise QmpClosed("QEMU closed its monitor") from error
        return len(lines)

    def _answer(self) -> Any:
        while True:
            message = self._receive()
            if "return" in message:
                return message["return"]
            if "error" in message:
                error = message["error"]
                return QmpRefusal(error.get("class", ""), error.get("desc", ""))

    def _receive(self) -> dict[str, Any]:
        """Return the next message, which is one line."""
        while not self._lines:
            try:
                data = self._socket.recv(_CHUNK)
            except OSError as error:
                raise QmpClosed(f"no answer from QEMU's monitor: {error.strerror or 'timed out'}") from error
            if not data:
                raise QmpClosed("QEMU closed its monitor")
            *self._lines, self._buffer = (self._buffer + data).split(b"\n")
            self._lines.reverse()
        try:
            message: dict[str, Any] = json.loads(self._lines.pop())
        except ValueError as error:
            raise QmpClosed("QEMU's monitor sent something that is not JSON") from error
        return message


def requests(command: str, argument: str, values: Sequence[str]) -> list[Request]:
    """Return one request per value of an argument.

    Example:
        >>> requests("device-list-properties", "typename", ["e1000"])
        [('device-list-properties', {'typename': 'e1000'})]
    """
    return [(command, {argument: value}) for value in values]
