"""A domain as a topology: its devices in order, what sits on what, PCI buses, NUMA cells, and what is still free."""

from libvirtxml.topology.addresses import DrivePlace, PCIPlace, address_key, controller_of, disk_bus
from libvirtxml.topology.devices import DomainDevice
from libvirtxml.topology.numa import NUMACell
from libvirtxml.topology.pci import PCIController, PCITree
from libvirtxml.topology.view import Topology

__all__ = [
    "DomainDevice", "DrivePlace", "NUMACell", "PCIController", "PCIPlace", "PCITree", "Topology", "address_key",
    "controller_of", "disk_bus",
]  # fmt: skip
