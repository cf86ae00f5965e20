"""What the registers of PCI ports and IOMMUs say, as sysfs shows them."""

from __future__ import annotations

from collections.abc import Mapping

_CAPABILITIES, _EXPRESS, _SLOT, _HOTPLUG = 0x34, 0x10, 0x14, 1 << 6
"""Offsets and bits of the PCI Express capability (PCI Express Base Specification, 7.5.3)."""


def can_hotplug(config: bytes) -> bool | None:
    """Whether a port can take hot-plug natively, by its configuration space; None if that does not show it.

    Without privileges only the first 64 bytes can be read.
    """
    place, seen = config[_CAPABILITIES] if len(config) > _CAPABILITIES else 0, set[int]()
    while place and place not in seen and place + 2 <= len(config):
        if config[place] == _EXPRESS:
            slot = config[place + _SLOT : place + _SLOT + 4]
            return bool(int.from_bytes(slot, "little") & _HOTPLUG) if len(slot) == 4 else None
        seen.add(place)
        place = config[place + 1]
    return None


def intel_settings(capability: int, extended: int) -> Mapping[str, bool | int]:
    """The settings of an emulated Intel IOMMU, as a spec names them, by its two capability registers."""
    return {
        "caching_mode": bool(capability >> 7 & 1),
        "address_width": (capability >> 16 & 0x3F) + 1,
        "iotlb": bool(extended >> 2 & 1),
        "intremap": bool(extended >> 3 & 1),
        "eim": bool(extended >> 4 & 1),
    }
