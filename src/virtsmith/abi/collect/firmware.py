"""QEMU's fw_cfg device: the files for firmware, read through qtest as firmware reads them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from virtsmith.qemu.qtest import Qtest

_SELECTOR, _DATA, _DMA = 0x510, 0x511, 0x514
_SIGNATURE, _FEATURES, _DIRECTORY = 0x00, 0x01, 0x19
_HAS_DMA = 2
_READ_AND_SELECT = 0x0A
_CONTROL, _BUFFER = 0x0010_0000, 0x0020_0000
"""Guest addresses of the DMA descriptor and the data: above everything that firmware uses."""
_SLOW_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class FirmwareFile:
    """An entry of the fw_cfg directory."""

    name: str
    selector: int
    size: int


class Firmware:
    """The fw_cfg device of a stopped guest; ``files`` is empty if the machine does not have one."""

    def __init__(self, qtest: Qtest) -> None:
        self._qtest = qtest
        self._cache: dict[str, bytes] = {}
        self.present = self._by_port(_SIGNATURE, 4) == b"QEMU"
        self._dma = self.present and bool(self._by_port(_FEATURES, 4)[0] & _HAS_DMA)
        self.files: Mapping[str, FirmwareFile] = self._directory() if self.present else {}

    def read(self, name: str, size: int | None = None) -> bytes:
        """Return the contents of a file, or its first bytes; empty if the file does not exist."""
        file = self.files.get(name)
        if file is None:
            return b""
        if size is not None and size < file.size:
            return self.read_key(file.selector, size)
        if name not in self._cache:
            self._cache[name] = self.read_key(file.selector, file.size)
        return self._cache[name]

    def read_blob(self, name: str, used: Callable[[bytes], int | None]) -> bytes:
        """Return the used part of a file that is padded with zeros.

        Reading by port is slow, so it stops as soon as ``used`` can determine the length of the used part from what
        has been read so far.
        """
        file = self.files.get(name)
        if file is None:
            return b""
        size = file.size if self._dma else min(_SLOW_CHUNK, file.size)
        while True:
            data = self.read(name, size)
            length = used(data)
            if length is not None or size >= file.size:
                return data[:length]
            size = min(2 * size, file.size)

    def read_key(self, selector: int, size: int) -> bytes:
        """Return the first bytes of the item with a selector."""
        return self._by_dma(selector, size) if self._dma else self._by_port(selector, size)

    def _directory(self) -> dict[str, FirmwareFile]:
        count = struct.unpack(">I", self.read_key(_DIRECTORY, 4))[0]
        data = self.read_key(_DIRECTORY, 4 + 64 * min(count, 1024))
        files = {}
        for size, selector, _, name in struct.iter_unpack(">IHH56s", data[4:]):
            text = name.split(b"\0")[0].decode(errors="replace")
            files[text] = FirmwareFile(text, selector, size)
        return files

    def _by_dma(self, selector: int, size: int) -> bytes:
        control = struct.pack(">IIQ", selector << 16 | _READ_AND_SELECT, size, _BUFFER)
        low = int.from_bytes(struct.pack("<I", _CONTROL), "big")
        *_, answer = self._qtest.command(
            f"write {_CONTROL:#x} 16 0x{control.hex()}",
            f"outl {_DMA:#x} 0",
            f"outl {_DMA + 4:#x} {low:#x}",
            f"read {_BUFFER:#x} {max(size, 1):#x}",
        )
        return bytes.fromhex(answer.removeprefix("0x"))[:size]

    def _by_port(self, selector: int, size: int) -> bytes:
        _, *answers = self._qtest.command(f"outw {_SELECTOR:#x} {selector:#x}", *[f"inb {_DATA:#x}"] * size)
        return bytes(int(answer, 16) for answer in answers)
