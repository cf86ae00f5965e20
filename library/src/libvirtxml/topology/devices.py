"""The devices of a domain, one by one: what each is called, and where it sits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from libvirtxml._impl.element import Element
from libvirtxml.introspect import children
from libvirtxml.model.domain import Domain
from libvirtxml.model.domain.controller import Controller
from libvirtxml.model.domain.devices_shared import Address
from libvirtxml.model.domain.hostdev import HostdevPCI
from libvirtxml.model.domain.interface import InterfaceHostdev
from libvirtxml.topology.addresses import (
    DrivePlace,
    PCIPlace,
    address_key,
    controller_of,
    disk_bus,
    number,
    pci_bus,
)
from libvirtxml.values import MAC


@dataclass(frozen=True, slots=True)
class DomainDevice:
    """A device of a domain: its element, its tag, and its number among the devices with that tag, from 1."""

    element: Element
    tag: str
    number: int

    @property
    def path(self) -> str:
        """Its XPath in the document: ``/domain/devices/disk[2]``."""
        return f"/domain/devices/{self.tag}[{self.number}]"

    @property
    def name(self) -> str:
        """What to call it in a message: ``controller pci 2``, ``interface 52:54:00:12:34:56``, ``disk 2``."""
        if (found := self.controller_id) is not None:
            return f"{self.tag} {found[0]} {found[1]}"
        return f"{self.tag} {self.mac or self.number}"

    @property
    def alias(self) -> str | None:
        """Its alias, as ``virsh`` and events call it."""
        return _text(self.element, "alias", "name")

    @property
    def mac(self) -> MAC | None:
        """The MAC address of a network card."""
        address = _text(self.element, "mac", "address")
        return MAC(address) if address else None

    @property
    def target(self) -> str | None:
        """The device name that it has in its document: ``vda`` of a disk, ``vnet0`` of a network card."""
        return _text(self.element, "target", "dev")

    @property
    def bus(self) -> str | None:
        """The kind of bus that a disk or input device is on: ``virtio``, ``scsi``, ``usb``."""
        bus = getattr(self.element, "bus", None)
        return bus if isinstance(bus, str) else disk_bus(self.element)

    @property
    def address(self) -> Address | None:
        """Its address in the guest; None where libvirt has yet to choose one."""
        address = getattr(self.element, "address", None)
        return address if isinstance(address, Address) else None

    @property
    def pci_place(self) -> PCIPlace | None:
        """Where it sits in the PCI tree; None for other devices, and where libvirt has yet to choose."""
        return PCIPlace.of(self.element)

    @property
    def pci_bus(self) -> int | None:
        """Index of the PCI controller that it sits on; libvirt may have yet to choose the slot there."""
        return pci_bus(self.element)

    @property
    def drive_place(self) -> DrivePlace | None:
        """Where a drive sits, by its address or as its name says; None for what is not a drive."""
        return DrivePlace.of(self.element)

    @property
    def sits_on(self) -> tuple[str, int] | None:
        """Type and index of the controller that it sits on; None where libvirt has yet to choose, or there is none."""
        return controller_of(self.element)

    @property
    def controller_id(self) -> tuple[str, int] | None:
        """Its own type and index if it is a controller: what `sits_on` is for the devices on it; else None."""
        element = self.element
        return (str(element.type), number(element.index) or 0) if isinstance(element, Controller) else None

    def matches(
        self,
        *,
        alias: str | None = None,
        mac: str | None = None,
        target: str | None = None,
        address: Address | None = None,
    ) -> bool:
        """Whether all that is given applies to it; see `Topology.find`."""
        return (
            (alias is None or self.alias == alias)
            and (mac is None or (self.mac is not None and self.mac.same_as(mac)))
            and (target is None or self.target == target)
            and (address is None or address_key(self.address) == address_key(address) is not None)
        )

    @property
    def is_assigned(self) -> bool:
        """Whether it is a PCI function of the host that is given to the guest."""
        return isinstance(self.element, (HostdevPCI, InterfaceHostdev))


def iter_devices(domain: Domain) -> Iterator[DomainDevice]:
    """The devices of a domain in the order of its document, controllers included."""
    for tag, place, element in children(domain.devices):
        yield DomainDevice(element, tag, place)


def _text(element: Any, part: str, field: str) -> str | None:
    """A text in a child of an element; None where either is missing."""
    value = getattr(getattr(element, part, None), field, None)
    return value if isinstance(value, str) else None
