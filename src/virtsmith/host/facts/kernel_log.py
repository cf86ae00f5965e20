"""What the kernel's own log says of the hardware that it was given: firmware tables as Linux prints them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_SRAT = re.compile(r"SRAT: Node (\d{1,4}) PXM \d{1,10} \[mem 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\](?! hotplug)")
_LINK = re.compile(r"Initiator-Target\[(\d{1,4})-(\d{1,4})\]:(\d{1,19}) (nsec|MB/s)")
_COMPLAINT = re.compile(r"(?<![\w/])(?:WARNING|BUG): |sibling")
_VGA_HOLE_KIB = 384
"""Between 640 KiB and 1 MiB a PC has no memory; QEMU takes it from the first node."""


def node_sizes(log: Iterable[str]) -> dict[int, int]:
    """The size of each node in KiB, as the firmware's affinity table (SRAT) has it; empty if that is not logged."""
    sizes: dict[int, int] = {}
    for line in log:
        if match := _SRAT.search(line):
            first, last = int(match[2], 16), int(match[3], 16)
            hole = _VGA_HOLE_KIB if (first, last) == (0, 0x9FFFF) else 0
            sizes[int(match[1])] = sizes.get(int(match[1]), 0) + (last + 1 - first) // 1024 + hole
    return sizes


def memory_links(log: Iterable[str]) -> dict[tuple[int, int], tuple[int | None, int | None]]:
    """Latency in ns and bandwidth in KiB/s by initiator and target node, as the firmware's HMAT has them.

    A value of 0, by which the table says that it has none, is None.
    """
    links: dict[tuple[int, int], tuple[int | None, int | None]] = {}
    for line in log:
        if match := _LINK.search(line):
            pair, value = (int(match[1]), int(match[2])), int(match[3]) or None
            latency, bandwidth = links.get(pair, (None, None))
            if match[4] == "nsec":
                links[pair] = value, bandwidth
            else:
                links[pair] = latency, value and value * 1024
    return links


def complaints(log: Iterable[str]) -> Iterator[str]:
    """Lines in which the kernel itself says that something is wrong with the machine, without their time stamps."""
    return (line.partition("] ")[2] or line for line in log if _COMPLAINT.search(line))
