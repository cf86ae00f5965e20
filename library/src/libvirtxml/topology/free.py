"""What is still free in a domain: names of disks, drive and PCI addresses, slots for memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from libvirtxml.errors import ModelError, NothingFreeError
from libvirtxml.model.domain.devices_shared import AddressDIMM, AddressDrive, AddressPCI
from libvirtxml.model.domain.memory import MemoryDeviceDIMM, MemoryDeviceNVDIMM
from libvirtxml.topology.addresses import DRIVE_UNITS, DrivePlace, PCIPlace, disk_letters, number
from libvirtxml.topology.devices import DomainDevice
from libvirtxml.topology.pci import PCITree

_PREFIXES = {
    "fdc": "fd", "ide": "hd", "sata": "sd", "scsi": "sd", "sd": "sd", "uml": "ubd", "usb": "sd", "virtio": "vd",
    "xen": "xvd",
}  # fmt: skip
"""How disks on each bus are called."""

_BRIDGES = ("pci-root", "pci-bridge", "pcie-to-pci-bridge")
"""Conventional PCI buses that take a device in any slot."""


def free_target(devices: Iterable[DomainDevice], bus: str) -> str:
    """The first name for a disk on a bus that no device has."""
    prefix = _PREFIXES.get(bus)
    if prefix is None:
        raise ModelError(f"disks on bus {bus!r} have no letters", hint=f"a bus is one of {', '.join(_PREFIXES)}")
    taken = {device.target for device in devices}
    return next(name for place in count() if (name := prefix + disk_letters(place)) not in taken)


def free_drive(devices: Iterable[DomainDevice], bus: str) -> AddressDrive:
    """The first drive address on a bus that no device has."""
    if bus not in DRIVE_UNITS:
        raise ModelError(f"disks on bus {bus!r} have no drive address", hint=f"use {', '.join(DRIVE_UNITS)}")
    taken = {device.drive_place for device in devices}
    return next(place for nth in count() if (place := DrivePlace.nth(bus, nth)) not in taken).address


def free_pci(tree: PCITree) -> AddressPCI:
    """The first PCI address at which a device can be plugged in, on a port where the machine has them."""
    place = next(_free_places(tree), None)
    if place is None:
        raise NothingFreeError(
            "no PCI port or slot is free", hint="add a controller of model pcie-root-port (pci-bridge without PCIe)"
        )
    return place.address


def _free_places(tree: PCITree) -> Iterator[PCIPlace]:
    for port in tree.free_ports:
        if port.takes_hotplug:
            yield PCIPlace(port.index, 0)
    for index in sorted({0, *tree.controllers}):
        if tree.model(index) in _BRIDGES:
            yield from (PCIPlace(index, slot) for slot in tree.free_slots(index))


def free_memory_slot(devices: Iterable[DomainDevice], slots: int | None) -> int:
    """The first slot for a DIMM that none is in, of a number of slots."""
    modules = [device for device in devices if isinstance(device.element, (MemoryDeviceDIMM, MemoryDeviceNVDIMM))]
    taken = {number(module.address.slot) for module in modules if isinstance(module.address, AddressDIMM)}
    if slots is None:
        raise NothingFreeError("the domain has no slots for memory", hint="give it a <maxMemory> with slots")
    if len(modules) >= slots:
        raise NothingFreeError(f"all {slots} slots for memory are taken", hint="raise the slots of <maxMemory>")
    return next(slot for slot in count() if slot not in taken)
