"""A domain seen as a topology: controllers in their tree, devices behind them, cells, IOMMU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from libvirtxml import (
    IOMMU,
    AddressPCI,
    Console,
    Controller,
    ControllerPCI,
    CPUNUMACell,
    Domain,
    Element,
    Hostdev,
    HostdevPCI,
    Interface,
    InterfaceHostdev,
)

from virtsmith.host.spec.quantities import parse_cpus

_IO_NICS = ("e1000", "e1000e", "igb", "rtl8139", "virtio-transitional")
_ONE_BUS = (
    "dmi-to-pci-bridge", "pci-bridge", "pcie-root-port", "pcie-switch-upstream-port", "pcie-switch-downstream-port",
    "pcie-to-pci-bridge",
)  # fmt: skip


def whole(value: object) -> int | None:
    """A number, or None where the document has something else in its place."""
    return int(value) if isinstance(value, int) else None


@dataclass(frozen=True)
class Device:
    """A device with a PCI address, and what to call it."""

    element: Element
    name: str
    path: str
    bus: int
    slot: int
    function: int

    @property
    def is_assigned(self) -> bool:
        """Whether it is a function of the real host."""
        return isinstance(self.element, (HostdevPCI, InterfaceHostdev))

    @property
    def nic_model(self) -> str | None:
        """Its card model, for an emulated card."""
        return self.element.model.type if isinstance(self.element, Interface) and self.element.model else None

    @property
    def has_io(self) -> bool:
        """Whether it has an I/O BAR."""
        return self.nic_model in _IO_NICS


class DomainView:
    """What the rules look at. Nothing is changed here."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain

    @cached_property
    def controllers(self) -> dict[int, ControllerPCI]:
        """PCI controllers by index."""
        found: dict[int, ControllerPCI] = {}
        for each in self._all_controllers():
            if isinstance(each, ControllerPCI) and (index := whole(each.index)) is not None:
                found.setdefault(index, each)
        return found

    def _all_controllers(self) -> list[Controller]:
        return self.domain.devices.controllers if self.domain.devices else []

    @cached_property
    def expanders(self) -> list[ControllerPCI]:
        """PCIe expander buses that have a number."""
        return [
            each
            for each in self.controllers.values()
            if each.model == "pcie-expander-bus" and each.target and whole(each.target.bus_nr) is not None
        ]

    @cached_property
    def ports(self) -> list[ControllerPCI]:
        """Root ports and switch ports: what a device can be plugged into."""
        return [
            each
            for each in self.controllers.values()
            if each.model in ("pcie-root-port", "pcie-switch-downstream-port")
        ]

    def parent(self, index: int) -> int | None:
        """Index of the controller that another one sits on; 0 where libvirt has yet to decide, None for roots."""
        if index == 0:
            return None
        address = self.controllers[index].address
        bus = whole(address.bus) if isinstance(address, AddressPCI) else None
        return 0 if bus is None else bus

    def children(self, index: int) -> list[int]:
        """Indexes of the controllers on another one."""
        return [each for each in self.controllers if self.parent(each) == index and each != index]

    def buses_below(self, index: int, seen: frozenset[int] = frozenset()) -> int:
        """How many guest buses the bridges below a controller open; expanders have ranges of their own."""
        total = 0
        for child in self.children(index):
            if child not in seen and self.controllers[child].model in _ONE_BUS:
                total += 1 + self.buses_below(child, seen | {child})
        return total

    def bus_range(self, expander: ControllerPCI) -> tuple[int, int]:
        """First and last guest bus of an expander."""
        first = (whole(expander.target.bus_nr) if expander.target else 0) or 0
        return first, first + self.buses_below(whole(expander.index) or 0)

    def root_above(self, index: int) -> ControllerPCI | None:
        """The root bus (pcie-root or an expander) a controller hangs below."""
        for _ in range(len(self.controllers) + 1):
            each = self.controllers.get(index)
            above = self.parent(index) if each is not None else None
            if each is None or each.model == "pcie-expander-bus" or above is None:
                return each
            index = above
        return None

    @cached_property
    def devices(self) -> list[Device]:
        """Devices (not controllers of PCI) that have a PCI address."""
        found: list[Device] = []
        for field, number, element in self._elements():
            address = getattr(element, "address", None)
            if isinstance(element, (Console, ControllerPCI)) or not isinstance(address, AddressPCI):
                continue  # a console is the same device as its serial port
            bus, slot, function = whole(address.bus), whole(address.slot), whole(address.function)
            if bus is not None and slot is not None:
                found.append(Device(element, _name(field, number, element), _path(field, number), bus, slot,
                                    function or 0))  # fmt: skip
        return found

    def _elements(self) -> Iterator[tuple[str, int, Element]]:
        if self.domain.devices is None:
            return
        counts: dict[str, int] = {}
        for value in vars(self.domain.devices).values():
            for element in value if isinstance(value, list) else [value]:
                if isinstance(element, Element):
                    tag = _tag(element)
                    counts[tag] = counts.get(tag, 0) + 1
                    yield tag, counts[tag], element

    def behind(self, index: int) -> list[Device]:
        """Devices on the bus of a controller."""
        return [each for each in self.devices if each.bus == index]

    @cached_property
    def assigned(self) -> list[str]:
        """Names of functions of the real host that the domain gets, addressed or not."""
        devices = self.domain.devices
        if devices is None:
            return []
        hostdevs = [each for each in devices.hostdevs if isinstance(each, HostdevPCI)]
        cards = [each for each in devices.interfaces if isinstance(each, InterfaceHostdev)]
        return [f"hostdev {n}" for n, _ in enumerate(hostdevs, 1)] + [f"interface {n}" for n, _ in enumerate(cards, 1)]

    @cached_property
    def cells(self) -> list[CPUNUMACell]:
        """NUMA cells."""
        cpu = self.domain.cpu
        return list(cpu.numa.cells) if cpu and cpu.numa else []

    def cell_ids(self) -> list[int]:
        """Ids of the cells; their place where they have none."""
        return [place if whole(each.id) is None else whole(each.id) or 0 for place, each in enumerate(self.cells)]

    def cell_cpus(self, cell: CPUNUMACell) -> tuple[int, ...]:
        """CPUs of a cell; empty where the text is no CPU set, which the schema check reports."""
        try:
            return parse_cpus(cell.cpus or "")
        except ValueError:
            return ()

    @property
    def vcpus(self) -> int:
        """Number of vCPUs."""
        return (whole(self.domain.vcpu.value) if self.domain.vcpu else 1) or 1

    @property
    def memory_kib(self) -> int | None:
        """``<memory>`` in KiB."""
        memory = self.domain.memory
        return memory.kib if memory else None

    @property
    def machine(self) -> str:
        """The machine type; empty where libvirt chooses."""
        return (self.domain.os.type.machine or "") if self.domain.os and self.domain.os.type else ""

    @property
    def architecture(self) -> str:
        """The guest's architecture; x86_64 where the document leaves it to libvirt."""
        return (self.domain.os.type.arch or "x86_64") if self.domain.os and self.domain.os.type else "x86_64"

    @property
    def iommu(self) -> IOMMU | None:
        """The first IOMMU."""
        return next(iter(self.domain.devices.iommus), None) if self.domain.devices else None

    @property
    def cards(self) -> list[tuple[str, str, str]]:
        """Name, path and model of each emulated network card, whether it has a PCI address yet or not."""
        found = enumerate(self.domain.devices.interfaces if self.domain.devices else (), 1)
        return [
            (_name("interface", number, each), _path("interface", number), each.model.type)
            for number, each in found
            if each.model and each.model.type
        ]

    @property
    def is_tcg(self) -> bool:
        """Whether the domain runs without KVM."""
        return self.domain.type == "qemu"

    @property
    def has_raw_arguments(self) -> bool:
        """Whether QEMU gets arguments that libvirt does not look at."""
        commandline = self.domain.qemu_commandline
        return bool(commandline and commandline.qemu_args)

    @property
    def uses_uefi(self) -> bool:
        """Whether its firmware is UEFI."""
        os = self.domain.os
        return bool(os and (os.firmware == "efi" or (os.loader and os.loader.type == "pflash")))


def _tag(element: Element) -> str:
    if isinstance(element, Controller):
        return "controller"
    if isinstance(element, Interface):
        return "interface"
    if isinstance(element, Hostdev):
        return "hostdev"
    for base in type(element).__mro__[::-1]:
        if base is not Element and issubclass(base, Element) and base is not object:
            return base.__name__.lower()
    return type(element).__name__.lower()


def _name(tag: str, number: int, element: Any) -> str:
    mac = getattr(element, "mac", None)
    return f"{tag} {mac.address}" if mac is not None and mac.address else f"{tag} {number}"


def _path(tag: str, number: int) -> str:
    return f"/domain/devices/{tag}[{number}]"


def controller_path(index: int) -> str:
    """Where a PCI controller stands in the document."""
    return f"/domain/devices/controller[@type='pci'][@index='{index}']"
