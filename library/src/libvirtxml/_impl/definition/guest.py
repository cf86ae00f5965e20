"""What rules ask of a domain: fields that may be missing, its devices with their paths, and what machine it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from libvirtxml._impl.element import Element
from libvirtxml._impl.tables import info_of
from libvirtxml.errors import SizeError

VIRTIO = ("virtio", "virtio-transitional", "virtio-non-transitional")
"""Models of a virtio device."""
_DIGITS = 20
_MOST = 1 << 16
"""Larger numbers of threads and vCPUs are not counted one by one."""
_X86 = ("x86_64", "i686")


def look(element: Any, path: str) -> Any:
    """The value of a field below an element, by names with dots between; None if it, or a part before it, is missing.

    Unlike attribute access it makes up nothing, and asks variants for fields that only others of their union have.
    """
    for name in path.split(".") if "." in path else (path,):
        if not isinstance(element, Element):
            return None
        element = element.__dict__.get(name)
    return element


def members(element: Any, path: str) -> list[Any]:
    """The members of a list field; empty if it is missing."""
    return look(element, path) or []


def number(element: Any, path: str) -> int | None:
    """A field that is a number; None if it is missing or no number."""
    value = look(element, path)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _DIGITS:
        return int(value)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None


def size_of(element: Any) -> int | None:
    """A size in bytes; None if it is missing, no number, or of an unknown unit."""
    try:
        return element.bytes if element is not None else None
    except SizeError:
        return None


def each(domain: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The devices in a field of ``<devices>``, with their paths."""
    devices = look(domain, "devices")
    found = look(devices, name)
    if found is None:
        return
    field = info_of(type(devices)).fields.get(name)
    if field is None or not field.kind.is_object:
        return
    if not field.many:
        yield f"/domain/devices/{field.key}", found
        return
    for index, device in enumerate(found, 1):
        yield f"/domain/devices/{field.key}[{index}]", device


def every(domain: Any) -> Iterator[tuple[str, Any]]:
    """All devices with their paths, in groups of one kind."""
    devices = look(domain, "devices")
    for name in devices.__dict__ if devices is not None else ():
        yield from each(domain, name)


def address_type(device: Any) -> str | None:
    """The type of a device's address; None if it has none."""
    kind = look(device, "address.type")
    return None if kind is None else str(kind)


def cpu_set(text: Any) -> frozenset[int] | None:
    """The numbers in a list like ``0-3,^2``; None if it is none."""
    if text is None:
        return None
    found: set[int] = set()
    for part in str(text).split(","):
        taken = part.strip()
        first, _, last = taken.removeprefix("^").partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()) or int(last or first) > _MOST:
            return None
        which = range(int(first), int(last or first) + 1)
        found = found - set(which) if taken.startswith("^") else found | set(which)
    return frozenset(found)


def is_of_qemu(domain: Any) -> bool:
    """Whether QEMU's driver is to define a domain."""
    return look(domain, "type") in ("qemu", "kvm", "hvf")


def io_threads(domain: Any) -> set[int] | None:
    """The numbers of the I/O threads that a domain has; None if they are not known."""
    listed = [number(thread, "id") for thread in members(domain, "iothreadids.iothreads")]
    count = look(domain, "iothreads")
    if None in listed or not (count is None or (isinstance(count, int) and count <= _MOST)):
        return None
    found = {thread for thread in listed if thread is not None}
    free = (candidate for candidate in range(1, len(found) + (count or 0) + 1) if candidate not in listed)
    while len(found) < (count or 0):
        found.add(next(free))
    return found


def lacks_shared_memory(domain: Any) -> bool:
    """Whether a part of the guest's memory is not shared with other processes."""
    access = look(domain, "memory_backing.access.mode")
    cells = members(domain, "cpu.numa.cells")
    return any((look(cell, "mem_access") or access) != "shared" for cell in cells) if cells else access != "shared"


class Guest:
    """The machine of a domain; what the document does not say is no."""

    def __init__(self, domain: Any) -> None:
        self.type = str(look(domain, "type") or "")
        self.arch = str(look(domain, "os.type.arch") or "")
        self.machine = str(look(domain, "os.type.machine") or "")
        self.is_x86 = self.arch in _X86
        self.is_s390 = self.arch in ("s390", "s390x")
        self.is_ppc64 = self.arch in ("ppc64", "ppc64le")
        self.is_q35 = self.is_x86 and (self.machine == "q35" or self.machine.startswith("pc-q35"))
        self.is_i440fx = self.is_x86 and (
            self.machine == "pc" or self.machine.startswith(("pc-i440fx", "pc-0", "pc-1", "rhel5", "rhel6"))
        )
        self.is_pseries = self.is_ppc64 and (self.machine == "pseries" or self.machine.startswith("pseries-"))
        is_virt = self.machine == "virt" or self.machine.startswith("virt-")
        self.is_arm = self.arch in ("aarch64", "armv7l", "armv6l")
        self.is_arm_virt = self.is_arm and is_virt
        self.is_riscv_virt = self.arch in ("riscv64", "riscv32") and is_virt
        self.is_known = bool(self.arch and self.machine)
        """Whether the document says both architecture and machine type."""

    def __str__(self) -> str:
        return f"{self.arch or 'unknown'} {self.machine or 'unknown'}"
