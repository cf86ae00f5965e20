"""A PC made of bytes that speaks QEMU's protocols, QMP and qtest, as far as collectors use them.

It is as strict as hardware: a function behind a bridge answers on the bus number that the bridge was given, registers
answer where they have been mapped and switched on, through the windows of all bridges above, and nothing else does.
"""

import contextlib
import json
import socket
import struct
import threading
from dataclasses import dataclass, field
from types import SimpleNamespace

from virtsmith.abi.collect.session import BinaryFacts, Session
from virtsmith.abi.dump.model import Binary, Dump, Section, SectionStatus
from virtsmith.abi.machine.guest import StoppedMachine
from virtsmith.qemu.qmp import Qmp
from virtsmith.qemu.qtest import Qtest

_NOTHING = 0xFFFF_FFFF
_IO, _MEMORY = 1, 2
_MASKS = {"l": 0xFFFF_FFFF, "w": 0xFFFF, "b": 0xFF}


def session(guest):
    """What sections are collected from: a guest of a QEMU about which nothing else is known."""
    nothing = {"devices": Section(SectionStatus.OK), "vmstate": Section(SectionStatus.OK)}
    return Session(lambda: guest, BinaryFacts.of(Dump(Binary("", "", ""), None, "", "", nothing)))


@dataclass
class Registers:
    """The registers of a virtio device, of one of the two generations."""

    features: int
    queues: list[int]
    modern: bool = True
    bar: int = 0
    offset: int = 0
    selected_features: int = 0
    selected_queue: int = 0

    def read(self, place: int) -> int:
        """The value at an offset."""
        if self.modern:
            values = {0x04: self.features >> 32 * self.selected_features, 0x12: len(self.queues), 0x18: self._size()}
        else:
            values = {0x00: self.features, 0x0C: self._size()}
        return values.get(place, 0) & _NOTHING

    def write(self, place: int, value: int) -> None:
        """Choose what is read next."""
        if self.modern and place == 0x00:
            self.selected_features = value
        if place == (0x16 if self.modern else 0x0E):
            self.selected_queue = value

    def _size(self) -> int:
        return self.queues[self.selected_queue] if self.selected_queue < len(self.queues) else 0


@dataclass
class PciFunction:
    """A function with its configuration space; what is in ``behind`` makes it a bridge."""

    device: int
    function: int = 0
    vendor: int = 0x8086
    registers: Registers | None = None
    behind: list["PciFunction"] = field(default_factory=list)
    express: bool = True

    def __post_init__(self) -> None:
        self.config = bytearray(4096)
        self.config[0:2] = self.vendor.to_bytes(2, "little")
        if not self.express:
            self.config[256:] = b"\xff" * (4096 - 256)
        if self.registers and self.registers.modern:
            self.config[0x34] = 0x40
            self.config[0x40:0x44] = bytes([0x11, 0x50, 0, 0])  # another capability, MSI-X, comes first
            common = bytes([9, 0, 16, 1, self.registers.bar, 0, 0, 0])
            self.config[0x50:0x60] = common + struct.pack("<II", self.registers.offset, 0x1000)

    def number(self, offset: int, size: int) -> int:
        """A number in configuration space."""
        return int.from_bytes(self.config[offset : offset + size], "little")

    def answers(self, kind: int) -> bool:
        """Whether ports or memory are switched on."""
        return bool(self.config[4] & kind)


class SimulatedPC:
    """The machine: functions on bus 0, and fw_cfg files by their names; numbers of old by their selectors."""

    def __init__(self, functions=(), files=None, keys=None, *, dma=True, qtree="", answers=None):
        self.functions = list(functions)
        self.memory = bytearray(4 << 20)
        self.fw_cfg = None if files is None else _fw_cfg(files, keys or {}, dma=dma)
        self.asked: list[str] = []
        """All qtest commands so far."""
        self._config_address = self._selector = self._place = self._dma_high = 0
        self.answers = {"qmp_capabilities": {}, "human-monitor-command": self._human} | (answers or {})
        """By command: a result, or a function of the arguments; None is a refusal."""
        self._monitor = {"info qtree": qtree} | (answers or {}).get("monitor", {})
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> StoppedMachine:
        """The guest as collectors get it."""
        qtest = Qtest(self._serve(self._qtest_line))
        qmp = Qmp(self._serve(self._qmp_line, greeting=b'{"QMP": {"version": {}}}\n'))
        self._stack.callback(qtest.close)
        self._stack.callback(qmp.close)
        return StoppedMachine(SimpleNamespace(qmp=qmp, qtest=qtest), {})

    def __exit__(self, *_):
        self._stack.close()

    def _serve(self, handle, greeting=b""):
        ours, theirs = socket.socketpair()

        def serve():
            with ours, ours.makefile("rwb") as stream:
                stream.write(greeting)
                stream.flush()
                for line in stream:
                    stream.write(handle(line.decode()).encode() + b"\n")
                    stream.flush()

        thread = threading.Thread(target=serve, daemon=True)
        self._stack.callback(thread.join, 10)
        thread.start()
        return theirs

    # --- the monitor --------------------------------------------------------------------------------------------

    def _qmp_line(self, line):
        request = json.loads(line)
        answer = self.answers.get(request["execute"])
        if callable(answer):
            answer = answer(request["arguments"])
        if answer is None:
            return json.dumps({"error": {"class": "GenericError", "desc": "not known here"}})
        return json.dumps({"return": answer})

    def _human(self, question):
        line = question["command-line"]
        return self._monitor.get(line, f"unknown command: '{line}'")

    # --- qtest --------------------------------------------------------------------------------------------------

    def _qtest_line(self, line):
        self.asked.append(line.strip())
        name, *words = line.split()
        address, *more = (int(word, 16) for word in words[:2])
        match name:
            case "outl" | "outw":
                self._out(address, *more)
            case "writel" | "writew":
                self._write_register(address, *more)
            case "write":
                data = bytes.fromhex(words[2].removeprefix("0x"))
                self.memory[address : address + len(data)] = data
            case "inl" | "inw" | "inb":
                return f"OK {self._in(address) & _MASKS[name[-1]]:#06x}"
            case "readl" | "readw":
                return f"OK {self._read_register(address) & _MASKS[name[-1]]:#018x}"
            case "read":
                return f"OK 0x{self._read(address, *more).hex()}"
            case _:
                return f"FAIL Unknown command '{name}'"
        return "OK"

    def _out(self, port, value):
        if port == 0xCF8:
            self._config_address = value
        elif port == 0xCFC and (function := self._at_config_address()):
            offset = self._config_address & 0xFC
            function.config[offset : offset + 4] = value.to_bytes(4, "little")
        elif port == 0x510:
            self._selector, self._place = value, 0
        elif port == 0x514:
            self._dma_high = value
        elif port == 0x518 and self.fw_cfg:
            self._transfer(int.from_bytes(struct.pack("<II", self._dma_high, value), "big"))
        elif found := self._registers_at(port, _IO):
            found[0].write(found[1], value)

    def _in(self, port):
        if port == 0xCFC:
            function = self._at_config_address()
            return function.number(self._config_address & 0xFC, 4) if function else _NOTHING
        if port == 0x511 and self.fw_cfg is not None:
            content = self.fw_cfg.get(self._selector, b"")
            self._place += 1
            return content[self._place - 1] if self._place <= len(content) else 0
        found = self._registers_at(port, _IO)
        return found[0].read(found[1]) if found else _NOTHING

    def _transfer(self, control):
        command, length, target = struct.unpack_from(">IIQ", self.memory, control)
        content = self.fw_cfg.get(command >> 16, b"")[:length].ljust(length, b"\0")
        self.memory[target : target + length] = content

    def _read(self, address, size):
        host = self._find(0, 0, 0)
        base = host.number(0x60, 8) if host else 0
        if base & 1 and address >= base & ~0xFFF and size == 4096:
            place = address - (base & ~0xFFF)
            function = self._find(place >> 20, place >> 15 & 31, place >> 12 & 7)
            return bytes(function.config) if function else b"\xff" * size
        return bytes(self.memory[address : address + size])

    def _read_register(self, address):
        found = self._registers_at(address, _MEMORY)
        return found[0].read(found[1]) if found else _NOTHING

    def _write_register(self, address, value):
        if found := self._registers_at(address, _MEMORY):
            found[0].write(found[1], value)

    # --- PCI ----------------------------------------------------------------------------------------------------

    def _at_config_address(self):
        address = self._config_address
        if not address >> 31:
            return None
        return self._find(address >> 16 & 0xFF, address >> 11 & 31, address >> 8 & 7)

    def _find(self, bus, device, function, among=None, own=0):
        """A function by its address: each bridge passes on what is meant for the buses that it was given."""
        for candidate in self.functions if among is None else among:
            if bus == own and (candidate.device, candidate.function) == (device, function):
                return candidate
            secondary, last = candidate.config[0x19], candidate.config[0x1A]
            if candidate.behind and secondary and secondary <= bus <= last:
                return self._find(bus, device, function, candidate.behind, secondary)
        return None

    def _registers_at(self, address, kind, among=None):
        """The registers that answer at an address, and the offset within them."""
        for candidate in self.functions if among is None else among:
            if candidate.registers and candidate.answers(kind) and candidate.registers.modern is (kind == _MEMORY):
                base = candidate.number(0x10 + 4 * candidate.registers.bar, 4) & ~0xF
                place = address - base - candidate.registers.offset
                if base and 0 <= place < 0x40:
                    return candidate.registers, place
            if (
                candidate.behind
                and _passes(candidate, address, kind)
                and (found := self._registers_at(address, kind, candidate.behind))
            ):
                return found
        return None


def _passes(bridge, address, kind):
    """Whether an access gets through the window of a bridge, which must be switched on, and be a master."""
    if kind == _IO:
        low, high = (bridge.config[0x1C] & 0xF0) << 8, (bridge.config[0x1D] & 0xF0) << 8 | 0xFFF
    else:
        low, high = (bridge.number(0x20, 2) & 0xFFF0) << 16, (bridge.number(0x22, 2) & 0xFFF0) << 16 | 0xF_FFFF
    return bridge.answers(kind) and low <= address <= high


def _fw_cfg(files, keys, *, dma):
    """The content of each selector; the directory has 0x19."""
    entries = [(0x20 + number, name, data) for number, (name, data) in enumerate(files.items())]
    directory = struct.pack(">I", len(entries)) + b"".join(
        struct.pack(">IHH56s", len(data), selector, 0, name.encode()) for selector, name, data in entries
    )
    features = bytes([3 if dma else 1, 0, 0, 0])
    return {0: b"QEMU", 1: features, 0x19: directory} | {key: data for key, _, data in entries} | keys
