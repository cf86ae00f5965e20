"""Buses and controllers of a domain document: QEMU's devices for them, and the places of other devices on them."""

from __future__ import annotations

from dataclasses import dataclass, field

from libvirtxml import (
    AddressPCI,
    AddressUSB,
    Controller,
    ControllerCCID,
    ControllerPCI,
    ControllerSATA,
    ControllerSCSI,
    ControllerUSB,
    ControllerVirtioSerial,
    Element,
)
from libvirtxml.topology import DrivePlace, PCIPlace, controller_of

from virtsmith.abi.machine.devices import SetDevice
from virtsmith.abi.vm.hardware import on_off

_PCI = {
    "pcie-root-port": "pcie-root-port", "pcie-to-pci-bridge": "pcie-pci-bridge", "pci-bridge": "pci-bridge",
    "dmi-to-pci-bridge": "i82801b11-bridge", "pcie-switch-upstream-port": "x3130-upstream",
    "pcie-switch-downstream-port": "xio3130-downstream", "pcie-expander-bus": "pxb-pcie", "pci-expander-bus": "pxb",
}  # fmt: skip
_USB = {
    "piix3-uhci": "piix3-usb-uhci", "piix4-uhci": "piix4-usb-uhci", "ehci": "usb-ehci", "ich9-ehci1": "ich9-usb-ehci1",
    "ich9-uhci1": "ich9-usb-uhci1", "ich9-uhci2": "ich9-usb-uhci2", "ich9-uhci3": "ich9-usb-uhci3",
    "vt82c686b-uhci": "vt82c686b-usb-uhci", "pci-ohci": "pci-ohci", "nec-xhci": "nec-usb-xhci",
    "qemu-xhci": "qemu-xhci",
}  # fmt: skip
_SCSI = {
    "lsilogic": "lsi", "lsisas1068": "mptsas1068", "lsisas1078": "megasas", "vmpvscsi": "pvscsi",
    "am53c974": "am53c974", "dc390": "dc-390",
}  # fmt: skip
VIRTIO_SUFFIX = {"virtio-transitional": "-transitional", "virtio-non-transitional": "-non-transitional"}


@dataclass(slots=True)
class Buses:
    """Converts addresses of the document to QEMU's; ``is_q35`` determines the name of the root bus."""

    is_q35: bool
    notes: list[str] = field(default_factory=list)
    wide: dict[int, bool] = field(default_factory=dict)
    """SCSI controllers by number: whether they have channels, targets and units, or one target for each disk."""

    @property
    def root(self) -> str:
        """The name of the root bus."""
        return "pcie.0" if self.is_q35 else "pci.0"

    def pci(self, element: Element) -> tuple[str, list[str]]:
        """Return the parent of a PCI device (empty: the root bus), and the options for its address."""
        place = PCIPlace.of(element)
        if place is None:
            return "", []
        parent = f"pci.{place.bus}" if place.bus else ""
        options = [f"bus={parent or self.root}", f"addr={place.slot:#x}.{place.function:#x}"]
        address = getattr(element, "address", None)
        if isinstance(address, AddressPCI) and address.multifunction is not None:
            options.append(f"multifunction={on_off(address.multifunction)}")
        return parent, options

    def usb(self, element: Element) -> tuple[str, list[str]]:
        """Return the same for a USB device; without an address it is on the first controller."""
        address = getattr(element, "address", None)
        name = numbered("usb", index_of(element))
        port = address.port if isinstance(address, AddressUSB) else None
        return name, [f"bus={name}.0", *([f"port={port}"] if port else [])]

    def scsi_place(self, where: DrivePlace) -> list[str]:
        """Return the options for the address of a SCSI disk, which depend on what its controller can address."""
        if self.wide.get(where.controller, False):
            return [f"channel={where.bus}", f"scsi-id={where.target}", f"lun={where.unit}"]
        return [f"scsi-id={where.unit}"]

    def controller(self, element: Controller) -> SetDevice | None:
        """Return QEMU's device for a controller; None if the machine already has it, or if it is noted as left out."""
        match element:
            case ControllerPCI():
                return self._pci(element)
            case ControllerUSB() if element.model != "none":
                return self._usb(element)
            case ControllerSCSI():
                return self._scsi(element)
            case ControllerSATA() if not (self.is_q35 and not element.index):
                return self._make("ahci", f"sata{int(element.index or 0)}", element, [])
            case ControllerVirtioSerial():
                options = [f"max_ports={element.ports}"] if element.ports is not None else []
                options += [f"vectors={element.vectors}"] if element.vectors is not None else []
                kind = virtio_type("virtio-serial", element.model)
                return self._make(kind, f"virtio-serial{int(element.index or 0)}", element, options)
            case _:
                return self._ccid(element)

    def _ccid(self, element: Controller) -> SetDevice | None:
        """Return the device for a reader of smartcards; None for a controller that the machine has."""
        if not isinstance(element, ControllerCCID):
            return None
        parent, place = self.usb(element)
        return SetDevice("usb-ccid", f"ccid{int(element.index or 0)}", parent, ",".join(place))

    def _make(self, kind: str, name: str, element: Controller, options: list[str]) -> SetDevice:
        parent, place = self.pci(element)
        more = [*common_options(element), *virtio_options(element.driver)]
        return SetDevice(kind, name, parent, ",".join([*options, *more, *place]))

    def _pci(self, element: ControllerPCI) -> SetDevice | None:
        if element.model in (None, "pci-root", "pcie-root"):
            return None
        kind = _PCI[element.model]
        target = element.target
        if element.hardware_model is not None and element.hardware_model.name == "ioh3420":
            kind = "ioh3420"
        options: list[str] = []
        if target is not None:
            known = {
                "port": target.port,
                "chassis": target.chassis,
                "chassis_nr": target.chassis_nr,
                "bus_nr": target.bus_nr,
            }
            options = [f"{name}={value}" for name, value in known.items() if value is not None]
            options += [f"hotplug={on_off(target.hotplug)}"] if target.hotplug is not None else []
            options += [f"numa_node={target.node}"] if target.node is not None else []
        return self._make(kind, f"pci.{int(element.index or 0)}", element, options)

    def _usb(self, element: ControllerUSB) -> SetDevice:
        model = element.model or ("qemu-xhci" if self.is_q35 else "piix3-uhci")
        if element.model is None:
            self.notes.append(f"USB controller without a model: {model} is assumed")
        name = numbered("usb", int(element.index or 0))
        options = [f"p2={element.ports}", f"p3={element.ports}"] if element.ports is not None else []
        if element.master is not None:
            return self._make(
                _USB[model],
                f"{name}.{model}",
                element,
                [f"masterbus={name}.0", f"firstport={element.master.startport}"],
            )
        return self._make(_USB[model], name, element, options)

    def _scsi(self, element: ControllerSCSI) -> SetDevice | None:
        name = f"scsi{int(element.index or 0)}"
        model = element.model or "lsilogic"
        self.wide[int(element.index or 0)] = model != "lsilogic"
        if model.startswith("virtio"):
            driver = element.driver
            known = (
                {"num_queues": driver.queues, "cmd_per_lun": driver.cmd_per_lun, "max_sectors": driver.max_sectors}
                if driver is not None
                else {}
            )
            options = [f"{key}={value}" for key, value in known.items() if value is not None]
            return self._make(virtio_type("virtio-scsi", model), name, element, options)
        if model not in _SCSI:
            return None
        return self._make(_SCSI[model], name, element, [])


def index_of(element: Element) -> int:
    """Return the index of a device's controller; the first if the document does not specify it."""
    seat = controller_of(element)
    return seat[1] if seat else 0


def numbered(name: str, number: int) -> str:
    """Return libvirt's name of a controller: ``usb``, ``usb1``, ``usb2``."""
    return f"{name}{number}" if number else name


def virtio_type(base: str, model: str | None) -> str:
    """Return QEMU's name of a virtio device on PCI."""
    return f"{base}-pci{VIRTIO_SUFFIX.get(model or '', '')}"


def common_options(element: Element) -> list[str]:
    """Return the options for what any device may have: an ACPI index, an option ROM."""
    acpi, rom = getattr(element, "acpi", None), getattr(element, "rom", None)
    options = [f"acpi-index={acpi.index}"] if acpi is not None and acpi.index is not None else []
    if rom is not None and rom.enabled is False:
        options.append("romfile=")  # libvirt's way to have none
    elif rom is not None and rom.bar is not None:
        options.append(f"rombar={int(rom.bar)}")
    return options


def virtio_options(driver: Element | None) -> list[str]:
    """Return the guest-visible options that ``<driver>`` of a virtio device sets."""
    names = {"iommu_platform": "iommu", "ats": "ats", "packed": "packed", "page-per-vq": "page_per_vq"}
    states = {name: getattr(driver, attribute, None) for name, attribute in names.items()}
    return [f"{name}={on_off(state)}" for name, state in states.items() if state is not None]
