"""The PCI controllers of a domain as a tree: who sits on whom, which buses they open, what is behind each.

The *index* of a controller is what ``bus`` means in a libvirt address. It is not the bus number that the guest sees:
only a PCIe expander bus says that of itself (``busNr``), and the firmware counts on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from libvirtxml.model.domain.console import Console
from libvirtxml.model.domain.controller import ControllerPCI
from libvirtxml.topology.addresses import PCIPlace, number
from libvirtxml.topology.devices import DomainDevice

_ROOTS = ("pci-root", "pcie-root")
_ONE_BUS = (
    "dmi-to-pci-bridge", "pci-bridge", "pcie-root-port", "pcie-switch-upstream-port", "pcie-switch-downstream-port",
    "pcie-to-pci-bridge",
)  # fmt: skip
"""Controllers that open one bus in the guest, in the range of the root bus above them."""
_PORTS = ("pcie-root-port", "pcie-switch-downstream-port")
_SLOTS = {
    "pci-root": range(3, 0x20),  # 0 is the host bridge, 1 the chipset, 2 where the primary video device goes
    "pcie-root": range(2, 0x1D),  # 0 and 1 likewise; from 0x1d on are USB, the DMI bridge and the chipset
    "pcie-root-port": range(1),
    "pcie-switch-downstream-port": range(1),
    "pci-bridge": range(1, 0x20),
    "pcie-to-pci-bridge": range(1, 0x20),
}
_ALL_SLOTS = range(0x20)


@dataclass(frozen=True, slots=True)
class PCIController:
    """A PCI controller and its settings; those that are missing in the document are None."""

    device: DomainDevice
    element: ControllerPCI
    index: int
    parent: int | None
    """Index of the controller on which it sits: 0 where libvirt has yet to choose, None for root buses."""
    place: PCIPlace | None
    """Where it sits itself; None for root buses, and where libvirt has yet to choose."""

    @property
    def path(self) -> str:
        """Its XPath in the document."""
        return self.device.path

    @property
    def model(self) -> str:
        """What it is: ``pcie-root-port``, ``pcie-expander-bus`` ...; empty where the document does not say."""
        model: str | None = self.element.model
        return model or ""

    @property
    def hardware(self) -> str | None:
        """The QEMU device that is asked for: ``ioh3420``."""
        return self.element.hardware_model.name if self.element.hardware_model else None

    @property
    def bus_number(self) -> int | None:
        """The first bus in the guest of an expander."""
        return number(self.element.target.bus_nr) if self.element.target else None

    @property
    def node(self) -> int | None:
        """The NUMA node of an expander."""
        return number(self.element.target.node) if self.element.target else None

    @property
    def chassis(self) -> int | None:
        """The chassis number of a port."""
        return number(self.element.target.chassis) if self.element.target else None

    @property
    def takes_hotplug(self) -> bool:
        """Whether devices can be plugged into it while the guest runs; ports can by default."""
        return self.element.target is None or self.element.target.hotplug is not False


class PCITree:
    """The PCI controllers of a domain and what sits on them, as they were when the tree was made."""

    def __init__(self, devices: Iterable[DomainDevice], root_model: str) -> None:
        self.root_model = root_model
        """``pcie-root`` or ``pci-root``: what the bus with index 0 is, whether or not the document lists it."""
        self.controllers: dict[int, PCIController] = {}
        """The controllers by index; of several with one index, the first."""
        self.devices: list[DomainDevice] = []
        """What sits in the tree and is not a controller of it. A console is not listed: its serial port is."""
        self.places: dict[PCIPlace, list[DomainDevice]] = {}
        """What sits at each place, controllers included; more than one device at a place is a mistake."""
        for device in devices:
            if isinstance(device.element, ControllerPCI):
                self._add_controller(device, device.element)
            elif device.pci_bus is not None and not isinstance(device.element, Console):
                self.devices.append(device)
        for device in [*self.devices, *(controller.device for controller in self.controllers.values())]:
            if (place := device.pci_place) is not None:
                self.places.setdefault(place, []).append(device)

    def _add_controller(self, device: DomainDevice, element: ControllerPCI) -> None:
        index = number(element.index)
        if index is None or index < 0 or index in self.controllers:
            return  # a negative index is one that libvirt has yet to choose
        is_root = index == 0 or element.model in _ROOTS
        parent = None if is_root else device.pci_bus or 0
        self.controllers[index] = PCIController(device, element, index, parent, device.pci_place)

    def model(self, index: int) -> str:
        """The model of the controller with an index; empty if there is none."""
        if index in self.controllers:
            return self.controllers[index].model
        return self.root_model if index == 0 else ""

    @cached_property
    def expanders(self) -> list[PCIController]:
        """PCIe expander buses that have a bus number."""
        return [
            controller
            for controller in self.controllers.values()
            if controller.model == "pcie-expander-bus" and controller.bus_number is not None
        ]

    @cached_property
    def ports(self) -> list[PCIController]:
        """Root ports and switch ports: what one device can be plugged into."""
        return [controller for controller in self.controllers.values() if controller.model in _PORTS]

    @cached_property
    def free_ports(self) -> list[PCIController]:
        """Ports on which nothing sits."""
        taken = {controller.parent for controller in self.controllers.values()}
        taken |= {device.pci_bus for device in self.devices}
        return [port for port in self.ports if port.index not in taken]

    def children(self, index: int) -> list[PCIController]:
        """The controllers that sit on another."""
        return [controller for controller in self._children.get(index, []) if controller.index != index]

    @cached_property
    def _children(self) -> dict[int | None, list[PCIController]]:
        found: dict[int | None, list[PCIController]] = {}
        for controller in self.controllers.values():
            found.setdefault(controller.parent, []).append(controller)
        return found

    def behind(self, index: int) -> list[DomainDevice]:
        """The devices on the bus of a controller."""
        return [device for device in self.devices if device.pci_bus == index]

    def buses_below(self, index: int) -> int:
        """How many buses the bridges below a controller open in the guest; expanders have ranges of their own."""
        seen = {index}
        waiting = [index]
        while waiting:
            for child in self.children(waiting.pop()):
                if child.index not in seen and child.model in _ONE_BUS:
                    seen.add(child.index)
                    waiting.append(child.index)
        return len(seen) - 1

    def bus_range(self, expander: PCIController) -> tuple[int, int]:
        """First and last bus of an expander in the guest."""
        first = expander.bus_number or 0
        return first, first + self.buses_below(expander.index)

    def root_above(self, index: int) -> PCIController | None:
        """The root bus below which a controller is: an expander or a root; None if the document does not list it."""
        for _ in range(len(self.controllers) + 1):
            controller = self.controllers.get(index)
            if controller is None or controller.model == "pcie-expander-bus" or controller.parent is None:
                return controller
            index = controller.parent
        return None  # the controllers sit on each other in a circle

    def node_of(self, device: DomainDevice) -> int | None:
        """The NUMA node of a device: that of the expander above it; None where it is on no node."""
        root = None if device.pci_bus is None else self.root_above(device.pci_bus)
        return root.node if root else None

    def slots(self, index: int) -> range:
        """The slots on the bus of a controller that devices can be put into.

        On root buses, slots of the machine itself and the one for the primary video device are not among them.
        """
        return _SLOTS.get(self.model(index), _ALL_SLOTS)

    def free_slots(self, index: int) -> list[int]:
        """The slots on the bus of a controller that devices can be put into, and that hold none."""
        taken = {place.slot for place in self.places if place.bus == index}
        return [slot for slot in self.slots(index) if slot not in taken]
