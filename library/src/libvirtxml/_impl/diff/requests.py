"""When what libvirt returns is what was asked for, in other words: aliases, expansions, rounding."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from libvirtxml._impl.diff.values import Size
from libvirtxml._impl.element import Element
from libvirtxml.errors import SizeError

_MACHINE_PREFIXES = {
    "pc": ("pc-i440fx-",), "q35": ("pc-q35-",), "virt": ("virt-",), "pseries": ("pseries-",),
    "s390-ccw-virtio": ("s390-ccw-virtio-",), "s390-ccw": ("s390-ccw-virtio",), "ubuntu": ("pc-i440fx-",),
    "ubuntu-q35": ("pc-q35-",),
}  # fmt: skip
_RESOLVED = ("bridge", "direct", "hostdev")
_GENERATED_SOCKET = re.compile(r".*/libvirt/qemu/channel/.*|.*/libvirt/qemu/domain-[^/]+/.*")
_NO_MAC = "00:00:00:00:00:00"
"""An address that asks for one to be made up."""
_POWER_GRAIN = 256 << 20
_GRAINS = (1 << 10, 1 << 20, 4 << 20, _POWER_GRAIN)
"""Memory is rounded up: by the parser to KiB, by QEMU's driver to MiB, on POWER to 256 MiB."""
CONSOLE_TARGETS = ("serial", "virtio", "sclp", "sclplm", "xen", "uml", "lxc", "openvz")
"""Types of the targets of consoles; serial ports have other ones."""
_NATIVE_SERIALS = ("spapr-vio-serial", "system-serial", "sclp-serial")
"""What libvirt makes of a serial port of type ``isa-serial`` on POWER, Arm and its like, and s390. It once wrote that
type into every document, so there it asks for the default of the architecture, which has no ISA bus."""


def is_fulfilled(name: str, requested: Element, actual: Element, old: Any, new: Any) -> bool:
    """Whether a value that libvirt returned is another form of the requested one."""
    if isinstance(old, Size) and isinstance(new, Size):
        if type(requested).__name__ == "StorageAllocation":  # of a volume, whose tables take room as well
            return new.bytes >= old.bytes
        return any(-(-old.bytes // grain) * grain == new.bytes for grain in _GRAINS)
    rule = _RULES.get(name)
    return rule is not None and rule(requested, actual, str(old), str(new))


def _is_machine(_requested: Element, _actual: Element, before: str, after: str) -> bool:
    return after.startswith(_MACHINE_PREFIXES.get(before, (f"{before}-",)))


def _is_type(requested: Element, _actual: Element, before: str, after: str) -> bool:
    if before == "isa-serial":
        return after in _NATIVE_SERIALS
    return before == "network" and after in _RESOLVED and "source" in requested.__dict__


def _is_model(_requested: Element, _actual: Element, before: str, after: str) -> bool:
    return before.lower() == "auto" or (before.lower() == "virtio" and after.startswith("virtio"))


def _is_console(_requested: Element, actual: Element, _before: str, _after: str) -> bool:
    return actual.__dict__.get("type") in CONSOLE_TARGETS


_RULES: dict[str, Callable[[Element, Element, str, str], bool]] = {
    "machine": _is_machine,
    "type": _is_type,
    "model": _is_model,
    "port": _is_console,  # counted by libvirt
    "address": lambda _requested, _actual, before, _after: before == _NO_MAC,
    "genid": lambda _requested, _actual, before, _after: not before,  # "make one up"
    "loadparm": lambda _requested, _actual, before, after: before.upper() == after,
}
"""By the name of a field, whether a value meets a request, given both elements and both values."""


def is_resolved(requested: Element, actual: Element, parent: Element) -> bool:
    """Whether a whole element was replaced by what it means: ``host-model`` by the CPU that it is here."""
    if type(parent).__name__ == "MemoryDeviceNVDIMMTarget":
        return _is_nvdimm_on_power(requested, actual, parent)
    modes = [element.__dict__.get("mode") for element in (requested, actual)]
    return type(requested).__name__ == "DomainCPU" and modes == ["host-model", "custom"]


def _is_nvdimm_on_power(requested: Any, actual: Any, target: Any) -> bool:
    """Whether what is left of an NVDIMM beside its label was rounded down, as its file cannot grow."""
    label = target.__dict__.get("label")
    try:
        whole, given, reserved = requested.bytes, actual.bytes, label.size.bytes
    except (AttributeError, TypeError, SizeError):  # no label; no amount; an unknown unit
        return False
    return bool(given == reserved + (whole - reserved) // _POWER_GRAIN * _POWER_GRAIN)


def is_left_to_libvirt(requested: Element) -> bool:
    """Whether a part of a request only says that libvirt is to choose: a socket without a path, or with one of its."""
    if type(requested).__name__ != "CharSourceUNIX":
        return False
    path = requested.__dict__.get("path")
    return path is None or _GENERATED_SOCKET.fullmatch(str(path)) is not None
