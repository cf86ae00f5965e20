"""Sizes, CPU sets and MAC addresses as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from libvirtxml.values import format_size, parse_size, to_kib

_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
MAX_CPU = 4096


def parse_kib(text: str) -> int:
    """A size in KiB, from a number with one of libvirt's units: ``"4 GiB"`` and ``"4G"``; ``"4 GB"`` is 4 * 10^9 bytes.

    Raises:
        ValueError: it is not a size with a unit.
    """
    return to_kib(parse_size(text))


def format_kib(kib: int) -> str:
    """A size in KiB with the largest unit that keeps it whole: ``4 GiB``."""
    return format_size(kib << 10)


def parse_cpus(text: str) -> tuple[int, ...]:
    """A CPU set as the kernel and libvirt write it: ``"0-3,8"``; libvirt's ``^`` excludes CPUs.

    Raises:
        ValueError: it is not a CPU set, or a CPU is past 4095.
    """
    selected: set[int] = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        low, dash, high = part.removeprefix("^").partition("-")
        first, last = _cpu(low), _cpu(high if dash else low)
        if last < first:
            raise ValueError(f"not a CPU range: {part!r}")
        numbers = range(first, last + 1)
        selected = selected.difference(numbers) if part.startswith("^") else selected.union(numbers)
    return tuple(sorted(selected))


def _cpu(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 4 or int(text) >= MAX_CPU:
        raise ValueError(f"not a CPU number: {text!r}")
    return int(text)


def format_cpus(cpus: Iterable[int]) -> str:
    """A CPU set in its shortest form: ``0-3,8``; empty if there are no CPUs."""
    return ",".join(f"{low}-{high}" if high > low else str(low) for low, high in _runs(sorted(set(cpus))))


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for index in range(1, len(numbers) + 1):
        if index == len(numbers) or numbers[index] != numbers[index - 1] + 1:
            yield numbers[start], numbers[index - 1]
            start = index


def parse_mac(text: str) -> str:
    """A MAC address in lower case.

    Raises:
        ValueError: it is not a MAC address, or a multicast address, which no device can have.
    """
    mac = text.strip().lower().replace("-", ":")
    if _MAC.fullmatch(mac) is None or int(mac[:2], 16) & 1:
        raise ValueError(f"not the MAC address of a card: {text!r}")
    return mac


def add_to_mac(mac: str, offset: int) -> str:
    """The MAC address plus ``offset``; the first half (the vendor) stays."""
    low = (int(mac[9:].replace(":", ""), 16) + offset) & 0xFFFFFF
    return f"{mac[:9]}{low >> 16:02x}:{low >> 8 & 0xFF:02x}:{low & 0xFF:02x}"
