"""``lspci -t`` and ``lspci -t -v``: the PCI tree, whatever the order of the roots."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from virtsmith.host.facts.model import DeviceFacts, Facts, FactsDamaged

_ROOT = re.compile(r"\[(?:([0-9a-f]{4,8}):)?([0-9a-f]{2})(?:-[0-9a-f]{2})?\]")
_DEVICE = re.compile(r"([0-9a-f]{2})\.([0-7])")
_BUS = re.compile(r"-\[(?:[0-9a-f]{4,8}:)?([0-9a-f]{2})(?:-[0-9a-f]{2})?\]")
_LEAD = re.compile(r"[ |]*")


@dataclass
class _Listing:
    """A bus whose devices are being listed: its column, and the number of bars before it."""

    column: int
    bars: int
    domain: str
    bus: int
    parent: str


@dataclass
class _Reader:
    devices: dict[str, DeviceFacts] = field(default_factory=dict)
    open: list[_Listing] = field(default_factory=list)
    in_last_root: bool = False

    def line(self, line: str) -> None:
        lead = _LEAD.match(line)
        at = lead.end() if lead else 0
        root = re.match(r"[-+\\]*-?\[", line[at:])
        match = _ROOT.search(line) if root else None
        if match and match.start() <= at + 4:
            self._root(line, match)
            return
        if at >= len(line) or line[at] not in "+\\":
            return
        listing = self._continued(at, line[:at].count("|"))
        if listing is not None:
            self._functions(line, at, listing)

    def _root(self, line: str, match: re.Match[str]) -> None:
        self.in_last_root = line.lstrip().startswith("\\")
        domain, bus = match[1] or "0000", int(match[2], 16)
        self.open = []
        listing = _Listing(-1, 0, domain, bus, f"pci{domain}:{bus:02x}")
        self._functions(line, match.end(), listing)

    def _continued(self, column: int, bars: int) -> _Listing | None:
        """The listing that a line continues: that at its column or, if spaces were lost, by its bars."""
        for number in range(len(self.open) - 1, -1, -1):
            if self.open[number].column == column:
                del self.open[number + 1 :]
                return self.open[number]
        depth = bars if self.in_last_root else max(bars - 1, 0)
        if not self.open:
            return None
        depth = min(depth, len(self.open) - 1)
        del self.open[depth + 1 :]
        return self.open[depth]

    def _functions(self, line: str, at: int, listing: _Listing) -> None:
        """Read one line from left to right: a device, the bus behind it, the first device on that, and so on."""
        while True:
            plus = re.compile(r"-*+([+\\])?-*+").match(line, at)
            if plus is None:
                return
            if plus[1] is not None:
                if not self.open or self.open[-1] is not listing:
                    listing.column = plus.start(1)
                    self.open.append(listing)
                else:
                    listing.column = plus.start(1)
            device = _DEVICE.match(line, plus.end())
            if device is None:
                return
            address = f"{listing.domain}:{listing.bus:02x}:{device[1]}.{device[2]}"
            self.devices[address] = DeviceFacts(address, listing.parent)
            bus = _BUS.match(line, device.end())
            if bus is None:
                return
            at = bus.end()
            listing = _Listing(-1, line[:at].count("|"), listing.domain, int(bus[1], 16), address)


def parse_lspci_tree(text: str, source: str = "lspci -t") -> Facts:
    """Read the addresses of all functions and the bridge above each.

    Published copies may have lost runs of spaces; the depth then follows from the bars.

    Raises:
        FactsDamaged: it has no PCI tree.
    """
    reader = _Reader()
    for line in text.splitlines():
        reader.line(line.rstrip())
    if not reader.devices:
        raise FactsDamaged("no PCI tree as lspci -t prints it", source=source)
    return Facts(source, devices=tuple(reader.devices.values()), complete=True)
