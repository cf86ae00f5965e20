"""The tree of buses and devices from ``info qtree``, with stable names for devices without an id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_DEVICE = re.compile(r'dev: ([^,]+), id "(.*)"$')
_NUMBER = re.compile(r"(-?\d+) \((?:0x[0-9a-f]+|[\d.]+ \w+)\)")
_ADDRESS = re.compile(r"class .*, addr ([0-9a-f]+:[0-9a-f]+\.[0-7]),")
_PCI_ADDRESS = re.compile(r"[0-9a-f]{2}\.[0-7]")


@dataclass(slots=True)
class QtreeDevice:
    """A device: its type, effective properties, bus, and the devices on its own buses."""

    type: str
    id: str
    bus: str
    bus_type: str
    parent: QtreeDevice | None
    properties: dict[str, str] = field(default_factory=dict)
    children: list[QtreeDevice] = field(default_factory=list)
    buses: dict[str, str] = field(default_factory=dict)
    """The names of the buses that it provides, with their types."""
    mmio: str = ""
    key: str = ""

    @property
    def slot(self) -> str:
        """Device and function number on a PCI bus, such as ``1f.2``; empty for other devices."""
        text = self.properties.get("addr", "")
        return text if self.bus_type in ("PCI", "PCIE") and _PCI_ADDRESS.fullmatch(text) else ""


def parse_qtree(text: str) -> list[QtreeDevice]:
    """Parse the output of ``info qtree`` and return all devices, parents before children, each with its key.

    Unknown lines are skipped: the format is meant for people and evolves.
    """
    devices: list[QtreeDevice] = []
    open_devices: list[tuple[int, QtreeDevice]] = []
    bus, bus_type, bus_owner = "", "", None
    buses: list[tuple[int, str, str, QtreeDevice | None]] = []
    for line in text.splitlines():
        words = line.lstrip()
        depth = len(line) - len(words)
        while open_devices and open_devices[-1][0] >= depth:
            open_devices.pop()
        if words.startswith("bus: "):
            while buses and buses[-1][0] >= depth:
                buses.pop()
            buses.append((depth, words[5:], "", open_devices[-1][1] if open_devices else None))
        elif words.startswith("type ") and buses and depth == buses[-1][0] + 2:
            depth, bus, _, bus_owner = buses[-1]
            buses[-1] = (depth, bus, words[5:], bus_owner)
            if bus_owner is not None:
                bus_owner.buses[bus] = words[5:]
        elif match := _DEVICE.match(words):
            while buses and buses[-1][0] >= depth:
                buses.pop()
            _, bus, bus_type, bus_owner = buses[-1] if buses else (0, "", "", None)
            node = QtreeDevice(match[1], match[2], bus, bus_type, bus_owner)
            (bus_owner.children if bus_owner else []).append(node)
            devices.append(node)
            open_devices.append((depth, node))
        elif open_devices:
            _read_line(open_devices[-1][1], words)
    _name(devices)
    return devices


def _read_line(node: QtreeDevice, words: str) -> None:
    name, equals, value = words.partition(" = ")
    if equals and " " not in name:
        node.properties[name] = _plain(value)
    elif words.startswith("mmio ") and not node.mmio:
        node.mmio = words[5:].partition("/")[0].lstrip("0")


def _plain(value: str) -> str:
    """Return a value without quotes and without the second representation of a number."""
    match = _NUMBER.fullmatch(value)
    if match:
        return match[1]
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def _name(devices: list[QtreeDevice]) -> None:
    """Give each device its key: its id, else its type with what makes it unique, below its parent's id if it has one.

    The keys of PCI devices contain the slot, and the first of several equal devices keeps the plain name, so that a
    QEMU that adds one does not rename the others.
    """
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    for node in devices:
        for key in _candidates(node, numbers):
            if key not in taken:
                node.key = key
                taken.add(key)
                break


def _candidates(node: QtreeDevice, numbers: dict[str, int]) -> Iterator[str]:
    """Yield keys for a device, the best first; ``numbers`` has the next one for each name: lower ones are taken."""
    if node.id:
        yield node.id
    above = f"{node.parent.key}/" if node.parent is not None and _has_id(node.parent) else ""
    place = node.slot or node.properties.get("iobase", "") or node.mmio
    base = f"{above}{node.type}"
    if node.slot and not above:
        base = f"{base}@{node.slot}"
    yield base
    if place and base == f"{above}{node.type}":
        yield f"{base}@{place}"
    while True:
        number = numbers.get(base, 2)
        numbers[base] = number + 1
        yield f"{base}#{number}"


def _has_id(node: QtreeDevice) -> bool:
    return bool(node.id) or (node.parent is not None and _has_id(node.parent))
