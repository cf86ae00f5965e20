"""What a guest of a plan must show: nodes, devices at their addresses, the partition into IOMMU groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from virtsmith.host.plan.architecture import DEFAULT
from virtsmith.host.plan.topology import Plan, PlannedController, guest_address
from virtsmith.host.spec.check import distance_matrix
from virtsmith.host.spec.model import CpuTopology, Iommu, MemoryLink


@dataclass(frozen=True, slots=True)
class ExpectedNode:
    """A NUMA node as the guest should see it; sizes in KiB."""

    number: int
    cpus: tuple[int, ...]
    memory_kib: int
    distances: tuple[int, ...]
    hugepages: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class ExpectedDevice:
    """A PCI function as the guest should see it."""

    address: str
    parent: str
    """The bridge above it, or the root bus (``pci0000:b4``)."""
    ids: str | None
    node: int
    label: str
    mac: str | None = None
    group: int | None = None
    """The number of its set in the predicted partition; None without an IOMMU."""
    physical: str | None = None
    """For a virtual function: the address of its physical function."""
    vfs: int = 0
    secondary: int | None = None
    """For a bridge or port: its secondary bus."""
    hotplug: bool | None = None
    """For a port: whether it takes hot-plug."""
    translated: bool | None = None
    """For a virtio device: whether its DMA goes through the IOMMU; None without one."""
    fixed: bool = True
    """Whether its bus number is part of the design: not so below pcie-root, where libvirt adds ports of its own."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Everything a guest must show."""

    nodes: tuple[ExpectedNode, ...]
    devices: tuple[ExpectedDevice, ...]
    groups: tuple[frozenset[str], ...]
    iommu: str | None = None
    iommu_settings: Mapping[str, bool | int] = field(default_factory=dict)
    """Its settings that the design does not leave open, by their names in `Iommu`."""
    links: tuple[MemoryLink, ...] = ()
    machine: str = DEFAULT.machine
    """The machine type; an alias like ``q35`` leaves the version open."""
    topology: CpuTopology | None = None
    """Sockets, dies, cores and threads; None if nothing is to be said of them."""
    root_buses: Mapping[int, int] = field(default_factory=dict)
    """Bus of each expander -> node."""


def predict(plan: Plan) -> Expected:
    """Compute what the guest must show."""
    devices = list(_devices(plan))
    return Expected(
        nodes=tuple(_nodes(plan)),
        devices=tuple(devices),
        groups=_groups(devices),
        iommu=plan.spec.iommu.model if plan.spec.iommu else None,
        iommu_settings=_settings(plan.spec.iommu),
        links=plan.spec.links,
        machine=plan.spec.machine,
        topology=plan.spec.topology or CpuTopology(sockets=plan.spec.cpu_count),
        root_buses={expander.guest_bus: expander.node for expander in plan.expanders() if expander.node is not None},
    )


def _settings(iommu: Iommu | None) -> Mapping[str, bool | int]:
    """The settings of an IOMMU: what is off unless it is given is off; QEMU's versions differ in the others."""
    if iommu is None:
        return {}
    off = {"caching_mode": False, "iotlb": False} if iommu.model == "intel" else {}
    return {**off, **iommu.settings()}


def _nodes(plan: Plan) -> Iterator[ExpectedNode]:
    matrix = distance_matrix(plan.spec)
    for number, node in enumerate(plan.spec.nodes):
        yield ExpectedNode(number, node.cpus, node.memory_kib, matrix[number], node.hugepages)


def root_name(bus: int) -> str:
    """Linux's name for a root bus."""
    return f"pci0000:{bus:02x}"


class _Groups:
    """Assigns devices to groups, following Linux's ``pci_device_group`` (``drivers/iommu/iommu.c``)."""

    def __init__(self, plan: Plan) -> None:
        self.enabled = plan.spec.iommu is not None
        self.shared: dict[object, int] = {}
        self.count = 0

    def alone(self) -> int | None:
        """A new group."""
        if not self.enabled:
            return None
        self.count += 1
        return self.count - 1

    def together(self, key: object) -> int | None:
        """The group of all devices that share a key."""
        if not self.enabled:
            return None
        if key not in self.shared:
            self.shared[key] = self.count
            self.count += 1
        return self.shared[key]


def _devices(plan: Plan) -> Iterator[ExpectedDevice]:
    groups = _Groups(plan)
    yield from _chipset(plan, groups)
    for controller in plan.controllers[1:]:
        if controller.model != "pcie-root-port":
            yield _bridge(plan, controller, groups)
    for controller in plan.controllers:
        if controller.model == "pcie-root-port":
            yield from _port_and_below(plan, controller, groups)


def _chipset(plan: Plan, groups: _Groups) -> Iterator[ExpectedDevice]:
    for part in plan.spec.architecture.chipset:
        address = guest_address(0, part.slot, part.function)
        group = groups.together(("chipset", part.slot))
        yield ExpectedDevice(address, root_name(0), part.ids, -1, part.label, group=group)


def _bridge(plan: Plan, controller: PlannedController, groups: _Groups) -> ExpectedDevice:
    legacy = controller.model in ("dmi-to-pci-bridge", "pci-bridge")
    above = plan.controllers[controller.parent or 0]
    return ExpectedDevice(
        controller.guest or "",
        above.guest or root_name(above.guest_bus),
        "{:04x}:{:04x}".format(*controller.ids),
        -1,
        controller.model,
        group=groups.together("conventional PCI") if legacy else groups.alone(),
        fixed=controller.parent == 0,
        secondary=controller.guest_bus if legacy else None,
    )


def _port_and_below(plan: Plan, port: PlannedController, groups: _Groups) -> Iterator[ExpectedDevice]:
    """A root port and the devices behind it.

    A port without ACS shares its group with everything below it, and with the other functions of its slot; one with
    ACS leaves each function alone.
    """
    above = plan.controllers[port.parent or 0]
    on_node = above.node if above.node is not None else -1
    has_acs = port.device == "pcie-root-port"
    fixed = above.parent is not None  # libvirt adds root ports to pcie-root, which changes the bus numbers behind them

    def group() -> int | None:
        return groups.alone() if has_acs else groups.together((port.parent, port.slot))

    yield ExpectedDevice(
        port.guest or "",
        root_name(above.guest_bus),
        "{:04x}:{:04x}".format(*port.ids),
        on_node,
        "root port",
        group=group(),
        secondary=port.guest_bus,
        hotplug=port.hotplug is not False,  # libvirt and QEMU turn it on
    )
    endpoint = plan.endpoint_at(port.index)
    if endpoint is None:
        return
    device = endpoint.device
    yield ExpectedDevice(
        endpoint.guest,
        port.guest or "",
        device.pci_ids,
        on_node,
        device.model,
        mac=endpoint.mac,
        group=group(),
        vfs=device.vfs,
        translated=plan.spec.goes_through_iommu(device) if device.kind.is_virtio else None,
        fixed=fixed,
    )
    for address in endpoint.vf_addresses():
        yield ExpectedDevice(
            address,
            port.guest or "",
            f"{device.kind.vendor:04x}:{device.kind.vf_device:04x}",
            on_node,
            f"{device.model} VF",
            group=group(),
            physical=endpoint.guest,
            fixed=fixed,
        )


def _groups(devices: list[ExpectedDevice]) -> tuple[frozenset[str], ...]:
    sets: dict[int, set[str]] = {}
    for device in devices:
        if device.group is not None:
            sets.setdefault(device.group, set()).add(device.address)
    return tuple(frozenset(sets[number]) for number in sorted(sets))
