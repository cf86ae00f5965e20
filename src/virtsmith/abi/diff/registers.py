"""Names for bytes of PCI configuration space, so that rules and readers need not know the offset of a capability.

A byte is called ``header NAME``, ``CAPABILITY NAME`` or ``CAPABILITY +0x12``; ``extended +0x100`` is beyond the first
256 bytes, ``other`` belongs to no known structure. Source: PCI Local Bus 3.0, PCI Express 4.0; Linux ``pci_regs.h``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HEADER = (
    (0x00, "vendor id"), (0x02, "device id"), (0x04, "command"), (0x06, "status"), (0x08, "revision"), (0x09, "class"),
    (0x0C, "cache line"), (0x0D, "latency"), (0x0E, "header type"), (0x0F, "bist"),
)  # fmt: skip
_DEVICE_ONLY = ((0x10, "addresses"), (0x28, "cardbus"), (0x2C, "subsystem"), (0x30, "rom address"),
                (0x34, "capabilities"), (0x35, "reserved"), (0x3C, "interrupt line"), (0x3D, "interrupt pin"),
                (0x3E, "timing"))  # fmt: skip
_BRIDGE_ONLY = ((0x10, "addresses"), (0x18, "buses"), (0x1C, "windows"), (0x34, "capabilities"), (0x35, "reserved"),
                (0x38, "rom address"), (0x3C, "interrupt line"), (0x3D, "interrupt pin"),
                (0x3E, "bridge control"))  # fmt: skip
_CAPABILITIES = {
    0x01: "power", 0x05: "msi", 0x07: "pcix", 0x09: "vendor", 0x0C: "hotplug", 0x0D: "subsystem", 0x10: "express",
    0x11: "msix", 0x12: "sata", 0x13: "features",
}  # fmt: skip
_EXPRESS = (
    (0x02, "flags"), (0x04, "device capabilities"), (0x08, "device control"), (0x0A, "device status"),
    (0x0C, "link capabilities"), (0x10, "link control"), (0x12, "link status"), (0x14, "slot capabilities"),
    (0x18, "slot control"), (0x1A, "slot status"), (0x1C, "root control"), (0x1E, "root capabilities"),
    (0x20, "root status"), (0x24, "device capabilities 2"), (0x28, "device control 2"), (0x2A, "device status 2"),
    (0x2C, "link capabilities 2"), (0x30, "link control 2"), (0x32, "link status 2"), (0x34, "slot 2"),
)  # fmt: skip
_HEADER_END, _STANDARD_END = 0x40, 0x100


def register_name(space: Mapping[str, Any], offset: int) -> str:
    """Return the name of the byte at an offset; ``space`` maps offsets such as ``0x34`` to bytes in hex.

    Example:
        >>> register_name({"0x34": "40", "0x40": "10"}, 0x53)
        'express link status'
    """
    if offset >= _STANDARD_END:
        return f"extended +{offset:#x}"
    if offset < _HEADER_END:
        special = _BRIDGE_ONLY if _byte(space, 0x0E) & 0x7F == 1 else _DEVICE_ONLY
        return f"header {_last(_HEADER if offset < 0x10 else special, offset)}"
    start, kind = _capability(space, offset)
    if not start:
        return "other"
    name, place = _CAPABILITIES.get(kind, f"capability {kind:#04x}"), offset - start
    if place < 2:
        return f"{name} {('id', 'next')[place]}"
    return f"express {_last(_EXPRESS, place)}" if name == "express" else f"{name} +{place:#x}"


def _capability(space: Mapping[str, Any], offset: int) -> tuple[int, int]:
    """Return start and id of the capability that contains an offset: the nearest that starts before it."""
    best, seen, at = 0, set(), _byte(space, 0x34) & 0xFC
    while at >= _HEADER_END and at not in seen:
        seen.add(at)
        if best < at <= offset:
            best = at
        at = _byte(space, at + 1) & 0xFC
    return best, _byte(space, best) if best else 0


def _byte(space: Mapping[str, Any], offset: int) -> int:
    try:
        return int(space.get(f"{offset:#04x}", "0"), 16)
    except (TypeError, ValueError):
        return 0


def _last(table: tuple[tuple[int, str], ...], offset: int) -> str:
    return [name for start, name in table if start <= offset][-1]
