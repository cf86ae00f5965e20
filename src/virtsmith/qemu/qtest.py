"""The qtest protocol, which reads and writes a guest's ports and memory from outside, even while it is stopped."""

from __future__ import annotations

import socket

from virtsmith.errors import ExternalError
from virtsmith.qemu.qmp import QmpClosed


class QtestError(ExternalError):
    """QEMU rejected a qtest command."""


class Qtest:
    """A qtest connection. Commands can be sent in batches: one write, and one line of reply per command."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._file = connection.makefile("rb")

    def command(self, *lines: str) -> list[str]:
        """Send command lines in one batch and return their replies, without ``OK``.

        Raises:
            QtestError: QEMU rejected a command.
            QmpClosed: QEMU has ended.
        """
        try:
            self._socket.sendall("".join(f"{line}\n" for line in lines).encode())
            answers = [self._answer() for _ in lines]
        except OSError as error:
            raise QmpClosed("QEMU closed its qtest connection") from error
        for line, answer in zip(lines, answers, strict=True):
            if not answer.startswith("OK"):
                raise QtestError(f"qtest {line.split()[0]} failed: {answer}")
        return [answer[3:] for answer in answers]

    def read(self, address: int, size: int) -> bytes:
        """Read guest memory."""
        return bytes.fromhex(self.command(f"read {address:#x} {size:#x}")[0].removeprefix("0x"))

    def write(self, address: int, data: bytes) -> None:
        """Write guest memory."""
        self.command(f"write {address:#x} {len(data):#x} 0x{data.hex()}")

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self._socket.close()

    def _answer(self) -> str:
        while True:
            line = self._file.readline()
            if not line:
                raise QmpClosed("QEMU closed its qtest connection")
            if not line.startswith(b"IRQ "):
                return line.decode(errors="replace").strip()
