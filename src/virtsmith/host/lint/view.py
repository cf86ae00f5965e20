"""What the rules check: the topology of a domain, and a few facts that only they need."""

from __future__ import annotations

from libvirtxml import IOMMU, Domain, Interface, Topology
from libvirtxml.topology import DomainDevice, PCITree
from libvirtxml.versions import Version


class LintView(Topology):
    """The topology of a domain that does not change while rules check it, and what will define and run it."""

    def __init__(self, domain: Domain, qemu: Version | None = None, libvirt: Version | None = None) -> None:
        super().__init__(domain)
        self.qemu = qemu
        self.libvirt = libvirt
        self._devices: tuple[DomainDevice, ...] | None = None
        self._pci: PCITree | None = None

    @property
    def devices(self) -> tuple[DomainDevice, ...]:
        """All devices in the order of the document, computed once."""
        if self._devices is None:
            self._devices = super().devices
        return self._devices

    @property
    def pci(self) -> PCITree:
        """The PCI controllers and what sits on them, computed once."""
        if self._pci is None:
            self._pci = super().pci
        return self._pci

    @property
    def iommu(self) -> IOMMU | None:
        """The first IOMMU."""
        return next((device.element for device in self.devices if isinstance(device.element, IOMMU)), None)

    @property
    def cards(self) -> list[DomainDevice]:
        """The network cards, with or without a PCI address."""
        return [device for device in self.devices if isinstance(device.element, Interface)]

    @property
    def is_q35(self) -> bool:
        """Whether the machine is a q35, whose firmware is SeaBIOS unless it uses UEFI."""
        return self.machine.startswith(("q35", "pc-q35"))

    @property
    def is_tcg(self) -> bool:
        """Whether the domain runs without KVM."""
        return self.domain.type == "qemu"

    @property
    def is_stored(self) -> bool:
        """Whether libvirt has stored the document: then every PCI controller except the root has an address."""
        return all(controller.element.address for controller in self.pci.controllers.values() if controller.index)

    def is_settled_since(self, release: Version) -> bool:
        """Whether the libvirt is known and does by itself what it refused to do without before a release."""
        return self.libvirt is not None and self.libvirt >= release

    @property
    def has_raw_arguments(self) -> bool:
        """Whether QEMU gets arguments that libvirt does not interpret."""
        commandline = self.domain.qemu_commandline
        return bool(commandline and commandline.qemu_args)

    @property
    def uses_uefi(self) -> bool:
        """Whether its firmware is UEFI."""
        os = self.domain.os
        return bool(os and (os.firmware == "efi" or (os.loader and os.loader.type == "pflash")))


def card_model(device: DomainDevice) -> str | None:
    """The model of an emulated network card; None for other devices."""
    element = device.element
    return element.model.type if isinstance(element, Interface) and element.model else None
