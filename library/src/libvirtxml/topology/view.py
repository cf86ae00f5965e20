"""The topology of a domain: one view for all that looks at devices, buses, cells and memory."""

from __future__ import annotations

from libvirtxml.model.domain import Domain
from libvirtxml.model.domain.controller import Controller
from libvirtxml.model.domain.devices_shared import Address, AddressDrive, AddressPCI
from libvirtxml.topology.addresses import number
from libvirtxml.topology.devices import DomainDevice, iter_devices
from libvirtxml.topology.free import free_drive, free_memory_slot, free_pci, free_target
from libvirtxml.topology.numa import NUMACell, cells_of
from libvirtxml.topology.pci import PCITree

_PCIE_MACHINES = ("q35", "pc-q35", "virt")


class Topology:
    """A domain as a topology: its devices in order, what sits on what, PCI buses, cells, and what is still free.

    The view never changes the domain, and looks at it again each time: it shows later changes too. What a document does
    not have (devices, addresses, cells) is empty here.

    Example:
        >>> from libvirtxml import Domain, Topology
        >>> domain = Domain.parse('''
        ... <domain type='kvm'>
        ...   <name>web</name>
        ...   <os><type machine='q35'>hvm</type></os>
        ...   <devices>
        ...     <disk type='file'><source file='/images/web.qcow2'/><target dev='vda' bus='virtio'/>
        ...       <address type='pci' bus='1' slot='0'/></disk>
        ...     <controller type='pci' index='1' model='pcie-root-port'/>
        ...     <controller type='pci' index='2' model='pcie-root-port'/>
        ...     <interface type='user'><mac address='52:54:00:12:34:56'/></interface>
        ...   </devices>
        ... </domain>''')
        >>> topology = Topology(domain)
        >>> [device.name for device in topology.devices]
        ['disk 1', 'controller pci 1', 'controller pci 2', 'interface 52:54:00:12:34:56']
        >>> topology.find(target="vda").path
        '/domain/devices/disk[1]'
        >>> [port.index for port in topology.pci.free_ports]
        [2]
        >>> topology.next_target("virtio"), str(topology.next_pci_address().location)
        ('vdb', '0000:02:00.0')
    """

    def __init__(self, domain: Domain) -> None:
        self.domain = domain

    @property
    def devices(self) -> tuple[DomainDevice, ...]:
        """All devices, controllers included, in the order of the document."""
        return tuple(iter_devices(self.domain))

    @property
    def controllers(self) -> tuple[DomainDevice, ...]:
        """The controllers of all types in the order of the document."""
        return tuple(device for device in self.devices if isinstance(device.element, Controller))

    @property
    def pci(self) -> PCITree:
        """The PCI controllers and what sits on them. The tree is of this moment: take a new one after a change."""
        return PCITree(self.devices, "pcie-root" if self.has_pcie else "pci-root")

    @property
    def has_pcie(self) -> bool:
        """Whether the machine has a PCIe root bus: q35, or virt of other architectures."""
        return self.machine.startswith(_PCIE_MACHINES)

    @property
    def assigned(self) -> tuple[DomainDevice, ...]:
        """The PCI functions of the host that are given to the guest."""
        return tuple(device for device in self.devices if device.is_assigned)

    @property
    def cells(self) -> tuple[NUMACell, ...]:
        """The NUMA cells."""
        return cells_of(self.domain)

    @property
    def memory(self) -> int | None:
        """``<memory>`` in bytes; None where it is missing or not a number.

        Raises:
            SizeError: libvirt does not know the unit.
        """
        return self.domain.memory.bytes if self.domain.memory else None

    @property
    def vcpus(self) -> int:
        """The number of vCPUs; libvirt's default is 1."""
        return (number(self.domain.vcpu.value) if self.domain.vcpu else None) or 1

    @property
    def machine(self) -> str:
        """The machine type; empty where libvirt chooses."""
        return (self.domain.os.type.machine or "") if self.domain.os and self.domain.os.type else ""

    @property
    def architecture(self) -> str:
        """The architecture of the guest; empty where libvirt chooses."""
        return (self.domain.os.type.arch or "") if self.domain.os and self.domain.os.type else ""

    def find(
        self,
        *,
        tag: str | None = None,
        alias: str | None = None,
        mac: str | None = None,
        target: str | None = None,
        address: Address | None = None,
    ) -> DomainDevice | None:
        """The first device to which all that is given applies; None if there is none.

        Args:
            tag: its element, such as ``disk``.
            alias: its alias, such as ``net0``.
            mac: its MAC address, in any case.
            target: the ``dev`` of its target, such as ``vda``.
            address: its address, in any spelling. Drive addresses of an IDE and a SATA disk can be the same.
        """
        for device in self.devices:
            if (tag is None or device.tag == tag) and device.matches(
                alias=alias, mac=mac, target=target, address=address
            ):
                return device
        return None

    def controller_of(self, device: DomainDevice) -> DomainDevice | None:
        """The controller on which a device sits; None if the document does not list it, or does not say."""
        parent = device.sits_on
        if parent is None:
            return None
        return next((other for other in self.controllers if other.controller_id == parent), None)

    def devices_on(self, controller: DomainDevice) -> tuple[DomainDevice, ...]:
        """What sits on a controller, in the order of the document."""
        parent = controller.controller_id
        return tuple(device for device in self.devices if parent is not None and device.sits_on == parent)

    def next_target(self, bus: str = "virtio") -> str:
        """The next free name for a disk on a bus: ``vda`` ..., after ``vdz`` comes ``vdaa``.

        Raises:
            ModelError: disks on such a bus are not named by letters.
        """
        return free_target(self.devices, bus)

    def next_drive_address(self, bus: str = "scsi") -> AddressDrive:
        """The next free address for a disk on an IDE, SATA, SCSI or floppy controller.

        Disks without an address count with the one that libvirt derives from their name. The controller may be one
        that the document does not list: libvirt adds it.

        Raises:
            ModelError: disks on such a bus have no drive address.
        """
        return free_drive(self.devices, bus)

    def next_pci_address(self) -> AddressPCI:
        """The next free PCI address: behind a free port, else in a free slot of a conventional PCI bus.

        Raises:
            NothingFreeError: there is no such port or slot.
        """
        return free_pci(self.pci)

    def next_memory_slot(self) -> int:
        """The next free slot for a DIMM or NVDIMM.

        Raises:
            NothingFreeError: all slots are taken, or the domain has none.
        """
        most = self.domain.max_memory
        return free_memory_slot(self.devices, number(most.slots) if most else None)
