"""When what libvirt returns is what was asked for, in other words: aliases, expansions, rounding."""

from __future__ import annotations

from typing import Any

from virtsmith.libvirtxml._diff.values import Size
from virtsmith.libvirtxml._element import Element

_MACHINE_PREFIXES = {
    "pc": ("pc-i440fx-",), "q35": ("pc-q35-",), "virt": ("virt-",), "pseries": ("pseries-",),
    "s390-ccw-virtio": ("s390-ccw-virtio-",), "s390-ccw": ("s390-ccw-virtio",), "ubuntu": ("pc-i440fx-",),
    "ubuntu-q35": ("pc-q35-",),
}  # fmt: skip
_RESOLVED = ("bridge", "direct", "hostdev")
_GRAINS = (1 << 10, 1 << 20, 4 << 20, 256 << 20)
"""Memory is rounded up: by the parser to KiB, by QEMU's driver to MiB, on POWER to 256 MiB."""


def is_fulfilled(name: str, requested: Element, old: Any, new: Any) -> bool:
    """Whether a value that libvirt returned is what stands for the requested one."""
    if name == "machine":
        return str(new).startswith(_MACHINE_PREFIXES.get(str(old), (f"{old}-",)))
    if isinstance(old, Size) and isinstance(new, Size):
        return any(-(-old.bytes // grain) * grain == new.bytes for grain in _GRAINS)
    if name == "type" and old == "network" and new in _RESOLVED:
        return "source" in requested.__dict__
    return name == "model" and old in ("virtio", "auto") and str(new).startswith("virtio")


def is_resolved(requested: Element, actual: Element) -> bool:
    """Whether a whole element was replaced by what it stands for: ``host-model`` by the CPU that it is here."""
    modes = [one.__dict__.get("mode") for one in (requested, actual)]
    return type(requested).__name__ == "DomainCPU" and modes == ["host-model", "custom"]


def is_left_to_libvirt(requested: Element) -> bool:
    """Whether a part of a request only says that libvirt is to choose: a socket to listen on, without a path."""
    return type(requested).__name__ == "CharSourceUNIX" and "path" not in requested.__dict__
