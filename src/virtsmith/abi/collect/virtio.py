"""Features and queue sizes of virtio devices, read from their registers as a driver would read them.

QMP has a command for it (``x-query-virtio``), but only since 7.2; its format changes, and 11.1 crashes on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from virtsmith.abi.collect.pci import ConfigSpace, Function, find_functions, is_q35, open_buses
from virtsmith.abi.collect.section import machine_section
from virtsmith.abi.collect.session import Session
from virtsmith.abi.collect.virtio_names import feature_names
from virtsmith.abi.dump.model import Section, SectionStatus
from virtsmith.qemu.qtest import Qtest

_VENDOR = 0x1AF4
_CAPABILITIES, _VENDOR_CAPABILITY, _COMMON = 0x34, 0x09, 1
_COMMAND, _IO_ENABLE, _MEMORY_ENABLE, _MASTER_ENABLE = 0x04, 1, 2, 4
_BARS, _IO_WINDOW, _MEMORY_WINDOW = 0x10, 0x1C, 0x20
_MEMORY_AT, _IO_AT = 0xE000_0000, 0xC000
"""Where registers are mapped while they are read, one device at a time."""
_FEATURE_SELECT, _FEATURES, _QUEUES, _QUEUE_SELECT, _QUEUE_SIZE = 0x00, 0x04, 0x12, 0x16, 0x18
_OLD_FEATURES, _OLD_QUEUE_SIZE, _OLD_QUEUE_SELECT = 0x00, 0x0C, 0x0E
_NO_ANSWER = 0xFFFF_FFFF
_MOST_QUEUES = 1024
_OLD_QUEUES = 80
"""Queues probed in a legacy device, which does not report their number; the serial device has 64."""


@machine_section("virtio", evidence="registers of the device, read over qtest as a driver would", order=2)
def collect(session: Session) -> Section:
    """Collect the ``virtio`` section."""
    guest = session.guest
    functions = find_functions(guest.devices)
    space = ConfigSpace(guest.qtest, mapped=is_q35(guest.devices))
    open_buses(space, functions, guest.qtest)
    data = {}
    for function in functions:
        header = space.read_bytes(function.bus, function.device, function.function, 0, 256)
        if int.from_bytes(header[:2], "little") == _VENDOR and _is_virtio(function):
            data[function.node.id or function.node.key] = _Registers(guest.qtest, space, function, header).describe()
    return Section(SectionStatus.OK if data else SectionStatus.ABSENT, data)


def _is_virtio(function: Function) -> bool:
    return any(kind.startswith("virtio") for kind in function.node.buses.values())


class _Registers:
    """The registers of one device."""

    def __init__(self, qtest: Qtest, space: ConfigSpace, function: Function, header: bytes) -> None:
        self._qtest = qtest
        self._space = space
        self._function = function
        self._common = _find_common(header)

    def describe(self) -> dict[str, Any]:
        if self._common is None:
            return self._tree(*self._read_old())
        bar, offset = self._common
        return self._tree(*self._read_modern(bar, offset))

    def _tree(self, features: int, queues: Mapping[int, int]) -> dict[str, Any]:
        if features & _NO_ANSWER == _NO_ANSWER:
            raise LookupError(f"the registers of {self._function.node.key} do not answer")
        names = feature_names(self._function.node.children[0].type if self._function.node.children else "")
        return {
            "features": {names.get(bit, f"bit-{bit}"): True for bit in range(64) if features >> bit & 1},
            "queues": {str(number): size for number, size in queues.items() if size},
        }

    def _read_modern(self, bar: int, offset: int) -> tuple[int, dict[int, int]]:
        base = _MEMORY_AT + offset
        lines = [
            *self._open(bar, _MEMORY_AT),
            f"writel {base + _FEATURE_SELECT:#x} 0",
            f"readl {base + _FEATURES:#x}",
            f"writel {base + _FEATURE_SELECT:#x} 1",
            f"readl {base + _FEATURES:#x}",
            f"readw {base + _QUEUES:#x}",
        ]
        low_text, _, high_text, count_text = self._qtest.command(*lines)[-4:]
        features = _number(high_text) << 32 | _number(low_text)
        count = min(_number(count_text), _MOST_QUEUES)
        sizes = self._qtest.command(
            *(
                line
                for number in range(count)
                for line in (f"writew {base + _QUEUE_SELECT:#x} {number:#x}", f"readw {base + _QUEUE_SIZE:#x}")
            ),
            *self._close(bar),
        )
        return features, {number: _number(sizes[2 * number + 1]) for number in range(count)}

    def _read_old(self) -> tuple[int, dict[int, int]]:
        opening = self._open(0, _IO_AT | 1)
        answers = self._qtest.command(
            *opening,
            f"inl {_IO_AT + _OLD_FEATURES:#x}",
            *(
                line
                for number in range(_OLD_QUEUES)
                for line in (f"outw {_IO_AT + _OLD_QUEUE_SELECT:#x} {number:#x}", f"inw {_IO_AT + _OLD_QUEUE_SIZE:#x}")
            ),
            *self._close(0),
        )[len(opening) :]
        return _number(answers[0]), {number: _number(answers[2 + 2 * number]) for number in range(_OLD_QUEUES)}

    def _open(self, bar: int, place: int) -> list[str]:
        """Return the commands that map the registers, through the windows of the bridges above."""
        opening = [line for bridge in self._function.bridges for line in self._set_bridge(bridge, opened=True)]
        register = _BARS + 4 * bar
        enable = _IO_ENABLE if place & 1 else _MEMORY_ENABLE
        upper = [] if place & 1 else self._write(self._function, register + 4, 0)
        return [
            *opening,
            *self._write(self._function, register, place),
            *upper,
            *self._write(self._function, _COMMAND, enable),
        ]

    def _close(self, bar: int) -> list[str]:
        closing = [*self._write(self._function, _COMMAND, 0), *self._write(self._function, _BARS + 4 * bar, 0)]
        return closing + [line for bridge in self._function.bridges for line in self._set_bridge(bridge, opened=False)]

    def _set_bridge(self, bridge: Function, *, opened: bool) -> list[str]:
        """Return the commands that open or close a bridge's window to the mapped registers."""
        memory = (_MEMORY_AT >> 16 & 0xFFF0) * 0x1_0001 if opened else 0
        ports = (_IO_AT >> 8 & 0xF0) * 0x101 if opened else 0
        enable = _IO_ENABLE | _MEMORY_ENABLE | _MASTER_ENABLE if opened else 0
        return [
            *self._write(bridge, _IO_WINDOW, ports),
            *self._write(bridge, _MEMORY_WINDOW, memory),
            *self._write(bridge, _COMMAND, enable),
        ]

    def _write(self, to: Function, offset: int, value: int) -> list[str]:
        return self._space.write_lines(to.bus, to.device, to.function, offset, value)


def _find_common(header: bytes) -> tuple[int, int] | None:
    """Return BAR and offset of the common configuration of a virtio 1 device; None for a legacy one."""
    for place in _iter_capabilities(header):
        if header[place] == _VENDOR_CAPABILITY and header[place + 3] == _COMMON and header[place + 4] < 6:
            return header[place + 4], int.from_bytes(header[place + 8 : place + 12], "little")
    return None


def _iter_capabilities(header: bytes) -> Iterator[int]:
    place, seen = header[_CAPABILITIES] & 0xFC, set[int]()
    while 0x40 <= place <= 0xF0 and place not in seen:
        seen.add(place)
        yield place
        place = header[place + 1] & 0xFC


def _number(answer: str) -> int:
    return int(answer, 16)
