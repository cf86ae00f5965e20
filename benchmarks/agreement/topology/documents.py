"""Domains whose topology is right or wrong in one thing, with their names."""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.agreement.topology import _numa, _places

Case = tuple[str, str]


def documents(seed: int) -> Iterator[Case]:
    """All documents; some lists of vCPUs are drawn at random.

    Args:
        seed: of the random ones.
    """
    yield from _numa.memory_devices()
    yield from _numa.cells()
    yield from _numa.interconnects()
    yield from _numa.groups_and_pins()
    yield from _numa.machine_sizes()
    yield from _numa.listed_vcpus(random.Random(seed))
    yield from _places.controllers()
    yield from _places.devices()
    yield from _places.chipset()
    yield from _places.usb()
    yield from _places.iommus()
