"""Where devices sit: addresses as plain numbers, with what libvirt assumes filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

from libvirtxml._impl.element import Element
from libvirtxml.model.domain.devices_shared import (
    Address,
    AddressCCID,
    AddressDrive,
    AddressPCI,
    AddressUSB,
    AddressVirtioSerial,
)
from libvirtxml.model.domain.disk import Disk

_DEFAULTS: dict[str, dict[str, object]] = {
    "pci": {"domain": 0, "bus": 0, "slot": None, "function": 0},
    "drive": {"controller": 0, "bus": 0, "target": 0, "unit": 0},
    "virtio-serial": {"controller": 0, "bus": 0, "port": None},
    "ccid": {"controller": 0, "slot": None},
    "usb": {"bus": 0, "port": None},
    "ccw": {"cssid": None, "ssid": None, "devno": None},
    "spapr-vio": {"reg": None},
    "isa": {"iobase": None, "irq": None},
    "dimm": {"slot": None},
}
"""The fields of each type of address that say where a device sits, with what libvirt takes where one is not written."""

_CONTROLLERS = (
    (AddressUSB, "usb", "bus"),
    (AddressVirtioSerial, "virtio-serial", "controller"),
    (AddressCCID, "ccid", "controller"),
)
"""Types of address, the type of controller that each names, and the field with its index."""

DRIVE_UNITS = {"ide": (2, 2), "sata": (1, 6), "scsi": (1, 7), "fdc": (1, 2)}
"""Buses that a controller has, and drives on each, where libvirt derives an address from the name of a disk."""

_BUSES = {"fd": "fdc", "hd": "ide", "sd": "scsi", "vd": "virtio", "xvd": "xen", "ubd": "uml"}
_DISK_NAME = re.compile(rf"({'|'.join(_BUSES)})([a-z]{{1,6}})\d*")


def number(value: object) -> int | None:
    """A field as an integer; None where it is missing, or holds text that is not a number."""
    return int(value) if isinstance(value, int) else None


def address_key(address: Address | None) -> tuple[object, ...] | None:
    """A key that two addresses share if they are the same place, however they are spelled.

    None where the address does not say where: libvirt has yet to choose.

    Example:
        >>> from libvirtxml import AddressPCI
        >>> address_key(AddressPCI(bus=3, slot=0))
        ('pci', 0, 3, 0, 0)
    """
    fields = _DEFAULTS.get(str(getattr(address, "type", "")))
    if fields is None:
        return None
    values = {name: getattr(address, name, None) for name in fields}
    if all(values[name] is None for name in _deciding(fields)):
        return None
    key = (fields[name] if value is None else _plain(value) for name, value in values.items())
    return (str(address.type), *key) if address is not None else None


def _deciding(fields: dict[str, object]) -> list[str]:
    """The fields of which one must be written, so that the address says anything."""
    return [name for name, default in fields.items() if default is None] or list(fields)


def _plain(value: object) -> object:
    """A number without its spelling, other values as text."""
    return int(value) if isinstance(value, int) else str(value)


@dataclass(frozen=True, slots=True, order=True)
class PCIPlace:
    """A place in the PCI tree of a domain; ``bus`` is the index of the controller, not a bus number of the guest."""

    bus: int
    slot: int
    function: int = 0

    @classmethod
    def of(cls, element: Element) -> Self | None:
        """Where an element sits; None if it has no PCI address, or libvirt has yet to choose one."""
        address = getattr(element, "address", None)
        if not isinstance(address, AddressPCI) or (slot := number(address.slot)) is None:
            return None
        bus = number(address.bus)
        if bus is None and address.bus is not None:
            return None
        return cls(bus or 0, slot, number(address.function) or 0)

    @property
    def address(self) -> AddressPCI:
        """The place as an ``<address>``."""
        return AddressPCI(domain=0, bus=self.bus, slot=self.slot, function=self.function)

    def __str__(self) -> str:
        return f"{self.bus:02x}:{self.slot:02x}.{self.function}"


@dataclass(frozen=True, slots=True, order=True)
class DrivePlace:
    """A place on an IDE, SATA, SCSI or floppy controller; ``bus_type`` is the ``type`` of the controller."""

    bus_type: str
    controller: int
    bus: int
    target: int
    unit: int

    @classmethod
    def of(cls, element: Element) -> Self | None:
        """Where a disk or another drive sits: by its address, else, as libvirt does it, by the name of its target.

        None if it is not a drive, or its name says nothing.

        Example:
            >>> from libvirtxml import DiskFile, DiskTarget
            >>> DrivePlace.of(DiskFile(target=DiskTarget(dev="sdh", bus="sata")))
            DrivePlace(bus_type='sata', controller=1, bus=0, target=0, unit=1)
        """
        address = getattr(element, "address", None)
        bus_type = disk_bus(element) or ""
        if isinstance(address, AddressDrive):
            parts = (address.controller, address.bus, address.target, address.unit)
            return cls(bus_type or "scsi", *(number(part) or 0 for part in parts))
        if address is not None or bus_type not in DRIVE_UNITS:
            return None
        place = disk_number(_disk_name(element))
        return None if place is None else cls.nth(bus_type, place)

    @classmethod
    def nth(cls, bus_type: str, place: int) -> Self:
        """The place that libvirt gives to a drive of a kind by its number, from 0."""
        buses, units = DRIVE_UNITS[bus_type]
        rest, unit = divmod(place, units)
        return cls(bus_type, rest // buses, rest % buses, 0, unit)

    @property
    def address(self) -> AddressDrive:
        """The place as an ``<address>``."""
        return AddressDrive(controller=self.controller, bus=self.bus, target=self.target, unit=self.unit)


def _disk_name(element: Element) -> str:
    """The name of a disk in the guest, as its document suggests it; empty for anything else."""
    target: Any = element.target if isinstance(element, Disk) else None
    return str(target.dev or "") if target is not None else ""


def disk_bus(element: Element) -> str | None:
    """The bus of a disk; where none is written, libvirt goes by its name. None for anything else.

    Example:
        >>> from libvirtxml import DiskFile, DiskTarget
        >>> disk_bus(DiskFile(target=DiskTarget(dev="hda")))
        'ide'
    """
    target: Any = element.target if isinstance(element, Disk) else None
    return None if target is None else target_bus(target)


def target_bus(target: Any) -> str | None:
    """The bus that the ``<target>`` of a disk writes, or else says by its name."""
    match = _DISK_NAME.fullmatch(str(target.dev or ""))
    return str(target.bus) if target.bus else _BUSES[match[1]] if match else None


def pci_bus(element: Element) -> int | None:
    """Index of the PCI controller that an element sits on; libvirt may have yet to choose the slot there."""
    address = getattr(element, "address", None)
    if not isinstance(address, AddressPCI) or (address.bus is None and address.slot is None):
        return None
    return 0 if address.bus is None else number(address.bus)


def controller_of(element: Element) -> tuple[str, int] | None:
    """Type and index of the controller that an element sits on; None where libvirt has yet to choose, or it has none.

    Example:
        >>> from libvirtxml import AddressUSB, Hub
        >>> controller_of(Hub(type="usb", address=AddressUSB(bus=1, port="2")))
        ('usb', 1)
    """
    if (bus := pci_bus(element)) is not None:
        return "pci", bus
    if (drive := DrivePlace.of(element)) is not None:
        return drive.bus_type, drive.controller
    address = getattr(element, "address", None)
    for kind, controller, field in _CONTROLLERS:
        if isinstance(address, kind):
            index = getattr(address, field)
            return None if index is None and address_key(address) is None else (controller, number(index) or 0)
    return None


def disk_number(name: str) -> int | None:
    """The number of a disk, from 0, that its name says; None if it is not such a name.

    Example:
        >>> [disk_number(name) for name in ("vda", "sdz", "vdaa", "disk1")]
        [0, 25, 26, None]
    """
    match = _DISK_NAME.fullmatch(name)
    if match is None:
        return None
    found = 0
    for letter in match[2]:
        found = found * 26 + ord(letter) - ord("a") + 1
    return found - 1


def disk_letters(place: int) -> str:
    """The letters of a disk by its number, from 0: ``a`` to ``z``, then ``aa``.

    Example:
        >>> [disk_letters(place) for place in (0, 25, 26, 702)]
        ['a', 'z', 'aa', 'aaa']
    """
    letters = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return letters
