"""The configuration space of every PCI device, as the guest reads it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from virtsmith.abi.collect.section import machine_section
from virtsmith.abi.collect.session import Session
from virtsmith.abi.dump.model import Section, SectionStatus
from virtsmith.abi.machine.qtree import QtreeDevice
from virtsmith.qemu.qtest import Qtest

_ADDRESS_PORT, _DATA_PORT = 0xCF8, 0xCFC
_SIZE = 256
_EXTENDED_SIZE = 4096
_Q35_HOST = "q35-pcihost"
_PCIEXBAR = 0x60
"""Register of the q35 host bridge with the address of the configuration space; firmware sets it."""
_MAPPED_AT = 0xB000_0000
_BUS_NUMBERS = 0x18
"""Register of a bridge with the numbers of the buses above and below; firmware sets it."""


@dataclass(frozen=True, slots=True)
class Function:
    """A PCI function: its address, and its device in QEMU."""

    bus: int
    device: int
    function: int
    node: QtreeDevice
    bridges: tuple[Function, ...] = ()

    @property
    def address(self) -> str:
        """The address as ``lspci`` prints it."""
        return f"{self.bus:02x}:{self.device:02x}.{self.function}"


class ConfigSpace:
    """Access to configuration space: by the two ports that every PC has, or, on q35, completely, mapped into memory."""

    def __init__(self, qtest: Qtest, *, mapped: bool) -> None:
        self._qtest = qtest
        self._mapped = mapped
        if mapped:
            self._original = self.read_bytes(0, 0, 0, _PCIEXBAR, 8)
            self._qtest.command(
                *self.write_lines(0, 0, 0, _PCIEXBAR + 4, 0), *self.write_lines(0, 0, 0, _PCIEXBAR, _MAPPED_AT | 1)
            )

    def read_bytes(self, bus: int, device: int, function: int, offset: int, size: int) -> bytes:
        """Read some aligned words through the ports."""
        lines = [
            line
            for place in range(offset, offset + size, 4)
            for line in (self._select(bus, device, function, place), f"inl {_DATA_PORT:#x}")
        ]
        return struct.pack(f"<{size // 4}I", *(int(answer, 16) for answer in self._qtest.command(*lines)[1::2]))

    def read_all(self, functions: list[Function]) -> Iterator[bytes]:
        """Yield the complete configuration space of each function."""
        if not self._mapped:
            for function in functions:
                yield self.read_bytes(function.bus, function.device, function.function, 0, _SIZE)
            return
        answers = self._qtest.command(
            *(f"read {self._place(function):#x} {_EXTENDED_SIZE:#x}" for function in functions)
        )
        for function, answer in zip(functions, answers, strict=True):
            data = bytes.fromhex(answer.removeprefix("0x"))
            if data[_SIZE:].count(0xFF) == _EXTENDED_SIZE - _SIZE:  # a conventional device has no more
                data = data[:_SIZE]
            if (function.bus, function.device, function.function) == (0, 0, 0):
                data = data[:_PCIEXBAR] + self._original + data[_PCIEXBAR + 8 :]
            yield data

    def write_lines(self, bus: int, device: int, function: int, offset: int, value: int) -> list[str]:
        """Return the qtest commands that write a word through the ports."""
        return [self._select(bus, device, function, offset), f"outl {_DATA_PORT:#x} {value:#x}"]

    @staticmethod
    def _select(bus: int, device: int, function: int, offset: int) -> str:
        return f"outl {_ADDRESS_PORT:#x} {1 << 31 | bus << 16 | device << 11 | function << 8 | offset:#x}"

    @staticmethod
    def _place(function: Function) -> int:
        return _MAPPED_AT + (function.bus << 20 | function.device << 15 | function.function << 12)


def find_functions(devices: list[QtreeDevice]) -> list[Function]:
    """Return all PCI functions below the first host bridge; buses behind bridges are numbered in order."""
    roots = {node.bus for node in devices if node.slot and not (node.parent and node.parent.slot)}
    root = min(roots, default="")
    numbers = iter(range(1, 256))
    found: list[Function] = []

    def walk(nodes: list[QtreeDevice], bus: int, bridges: tuple[Function, ...]) -> None:
        for node in sorted((node for node in nodes if node.slot), key=lambda node: node.slot):
            device, _, function = node.slot.partition(".")
            here = Function(bus, int(device, 16), int(function), node, bridges)
            found.append(here)
            below = [child for child in node.children if child.slot]
            if any(kind in ("PCI", "PCIE") for kind in node.buses.values()):
                walk(below, next(numbers), (*bridges, here))

    walk([node for node in devices if node.bus == root], 0, ())
    return found


def bridge_numbers(functions: list[Function]) -> dict[str, int]:
    """Return the number of the bus behind each bridge, by the bridge's address."""
    return {function.bridges[-1].address: function.bus for function in functions if function.bridges}


def open_buses(space: ConfigSpace, functions: list[Function], qtest: Qtest) -> None:
    """Set the bus numbers of bridges, as firmware would, so that the devices behind them answer."""
    behind = bridge_numbers(functions)
    for function in functions:
        if function.address in behind:
            last = max([behind[function.address], *(other.bus for other in functions if function in other.bridges)])
            value = last << 16 | behind[function.address] << 8 | function.bus
            qtest.command(*space.write_lines(function.bus, function.device, function.function, _BUS_NUMBERS, value))


def is_q35(devices: list[QtreeDevice]) -> bool:
    """Whether configuration space can be mapped into memory by the register of q35's host bridge."""
    return any(node.type == _Q35_HOST for node in devices)


@machine_section("pci", evidence="configuration space, read over qtest before firmware ran", order=1)
def collect(session: Session) -> Section:
    """Collect the ``pci`` section: non-zero bytes by offset, without the bus numbers set by `open_buses`."""
    guest = session.guest
    functions = find_functions(guest.devices)
    if not functions:
        return Section(SectionStatus.ABSENT)
    space = ConfigSpace(guest.qtest, mapped=is_q35(guest.devices))
    open_buses(space, functions, guest.qtest)
    opened = bridge_numbers(functions)
    data = {}
    for function, content in zip(functions, space.read_all(functions), strict=True):
        if function.address in opened:
            content = content[:_BUS_NUMBERS] + bytes(3) + content[_BUS_NUMBERS + 3 :]  # noqa: PLW2901
        data[f"{function.address} {function.node.id}".rstrip()] = {
            "@device": function.node.key,
            **{f"{offset:#04x}": f"{byte:02x}" for offset, byte in enumerate(content) if byte},
        }
    return Section(SectionStatus.OK, data)
