"""When what libvirt returns is what was asked for, in other words: aliases, expansions, rounding."""

from __future__ import annotations

import re
from typing import Any

from libvirtxml._impl.diff.values import Size
from libvirtxml._impl.element import Element

_MACHINE_PREFIXES = {
    "pc": ("pc-i440fx-",), "q35": ("pc-q35-",), "virt": ("virt-",), "pseries": ("pseries-",),
    "s390-ccw-virtio": ("s390-ccw-virtio-",), "s390-ccw": ("s390-ccw-virtio",), "ubuntu": ("pc-i440fx-",),
    "ubuntu-q35": ("pc-q35-",),
}  # fmt: skip
_RESOLVED = ("bridge", "direct", "hostdev")
_GENERATED_SOCKET = re.compile(r".*/libvirt/qemu/channel/.*|.*/libvirt/qemu/domain-[^/]+/.*")
_GRAINS = (1 << 10, 1 << 20, 4 << 20, 256 << 20)
"""Memory is rounded up: by the parser to KiB, by QEMU's driver to MiB, on POWER to 256 MiB."""


def is_fulfilled(name: str, requested: Element, old: Any, new: Any) -> bool:
    """Whether a value that libvirt returned is what stands for the requested one."""
    if isinstance(old, Size) and isinstance(new, Size):
        if type(requested).__name__ == "StoragePoolAllocation":  # of a volume, whose tables take room as well
            return new.bytes >= old.bytes
        return any(-(-old.bytes // grain) * grain == new.bytes for grain in _GRAINS)
    before, after = str(old), str(new)
    if name == "machine":
        return after.startswith(_MACHINE_PREFIXES.get(before, (f"{before}-",)))
    if name == "type":
        return before == "network" and after in _RESOLVED and "source" in requested.__dict__
    if name == "genid":
        return not before  # "make one up"
    return name == "model" and _is_model(before.lower(), after)


def _is_model(requested: str, actual: str) -> bool:
    return requested == "auto" or (requested == "virtio" and actual.startswith("virtio"))


def is_resolved(requested: Element, actual: Element) -> bool:
    """Whether a whole element was replaced by what it stands for: ``host-model`` by the CPU that it is here."""
    modes = [one.__dict__.get("mode") for one in (requested, actual)]
    return type(requested).__name__ == "DomainCPU" and modes == ["host-model", "custom"]


def is_left_to_libvirt(requested: Element) -> bool:
    """Whether a part of a request only says that libvirt is to choose: a socket without a path, or with one of its."""
    if type(requested).__name__ != "CharSourceUNIX":
        return False
    path = requested.__dict__.get("path")
    return path is None or _GENERATED_SOCKET.fullmatch(str(path)) is not None
