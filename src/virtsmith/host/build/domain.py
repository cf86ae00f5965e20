"""A plan as libvirt domain XML, through the typed model; equal specs give equal bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeVar

from libvirtxml import (
    CPUNUMA,
    IOMMU,
    OS,
    RNG,
    VCPU,
    AddressPCI,
    AnyInterface,
    ControllerPCI,
    ControllerPCIModel,
    ControllerPCITarget,
    ControllerUSB,
    CPUModel,
    CPUNUMACell,
    CPUNUMACellDistances,
    CPUNUMACellDistancesSibling,
    CPUNUMAInterconnects,
    CPUNUMAInterconnectsBandwidth,
    CPUNUMAInterconnectsLatency,
    CPUTopology,
    Devices,
    DiskDriver,
    DiskFile,
    DiskFileSource,
    DiskTarget,
    DiskTransient,
    Domain,
    DomainCPU,
    DomainCPUFeature,
    Features,
    FeaturesAPIC,
    FeaturesIOAPIC,
    HugepagesPage,
    InterfaceDriver,
    InterfaceMAC,
    InterfaceModel,
    InterfaceNetwork,
    InterfaceNetworkSource,
    InterfaceUser,
    IOMMUDriver,
    MemBalloon,
    Memory,
    MemoryBacking,
    MemoryBackingHugepages,
    OSBoot,
    OSType,
    QEMUArg,
    QEMUCommandline,
    RNGBackendRandom,
    SerialPTY,
    VirtioDriver,
)
from libvirtxml.topology.addresses import disk_letters

from virtsmith.host.build.argv import backend_arguments, device_options, thread_arguments, wants_topoext
from virtsmith.host.plan.topology import Endpoint, Plan, PlannedController
from virtsmith.host.spec.check import distance_matrix
from virtsmith.host.spec.model import HostSpec
from virtsmith.host.spec.quantities import format_cpus


def build_domain(plan: Plan, *, accel: str | None = None) -> Domain:
    """The domain of a host.

    Args:
        plan: the numbered host.
        accel: ``kvm`` or ``tcg``; the spec's by default. Under TCG, libvirt refuses to pass the host's CPU through,
            so the mode becomes ``maximum``, which has SVM and so can nest.
    """
    spec = plan.spec
    accel = accel or spec.accel
    domain = Domain(
        type="kvm" if accel == "kvm" else "qemu",
        name=spec.name,
        memory=Memory(unit="KiB", value=spec.memory_kib),
        memory_backing=_memory_backing(spec),
        vcpu=VCPU(placement="static", value=spec.cpu_count),
        os=OS(
            firmware="efi" if spec.architecture.needs_uefi else None,
            type=OSType(arch=spec.architecture.name, machine=spec.machine, value="hvm"),
            boots=[OSBoot(dev="hd")],
        ),
        features=_features(spec),
        cpu=build_cpu(spec, accel),
        on_poweroff="destroy",
        on_reboot="restart",
        on_crash="destroy",
        devices=_devices(plan),
    )
    arguments = [*thread_arguments(spec, accel), *extra_arguments(plan)]
    if arguments:
        domain.qemu_commandline = QEMUCommandline(qemu_args=[QEMUArg(value=argument) for argument in arguments])
    return domain


def _memory_backing(spec: HostSpec) -> MemoryBacking | None:
    if spec.host_hugepages_kib is None:
        return None
    page = HugepagesPage(size=spec.host_hugepages_kib, unit="KiB")
    return MemoryBacking(hugepages=MemoryBackingHugepages(pages=[page]))


def _features(spec: HostSpec) -> Features:
    features = Features(acpi=True)
    if spec.architecture.has_apic:
        features.apic = FeaturesAPIC()
    if needs_split_irqchip(spec):
        features.ioapic = FeaturesIOAPIC(driver="qemu")
    return features


def needs_split_irqchip(spec: HostSpec) -> bool:
    """Whether the I/O APIC must be QEMU's: libvirt refuses interrupt remapping without it."""
    return spec.iommu is not None and spec.iommu.model == "intel" and bool(spec.iommu.intremap or spec.iommu.eim)


def build_cpu(spec: HostSpec, accel: str) -> DomainCPU:
    """The ``<cpu>`` element: model, topology and NUMA cells."""
    cpu = _cpu_model(spec.cpu, accel)
    if topology := spec.topology:
        cpu.topology = CPUTopology(sockets=topology.sockets, cores=topology.cores, threads=topology.threads)
        if topology.dies > 1:  # libvirt before 6.1 does not know dies
            cpu.topology.dies = topology.dies
    if wants_topoext(spec, accel):
        cpu.features = [DomainCPUFeature(name="topoext", policy="optional")]
    cpu.numa = _numa(spec)
    return cpu


def _cpu_model(cpu: str, accel: str) -> DomainCPU:
    if cpu == "maximum" or (accel != "kvm" and cpu in ("host-passthrough", "host-model")):
        return DomainCPU(mode="maximum")
    if cpu == "host-passthrough":
        return DomainCPU(mode="host-passthrough")
    if cpu == "host-model":
        return DomainCPU(mode="host-model")
    return DomainCPU(mode="custom", match="exact", model=CPUModel(value=cpu))


def _numa(spec: HostSpec) -> CPUNUMA:
    matrix = distance_matrix(spec)
    explicit = any(node.distances is not None for node in spec.nodes)
    cells = []
    for number, node in enumerate(spec.nodes):
        cell = CPUNUMACell(id=number, memory=node.memory_kib, unit="KiB")
        if node.cpus:
            cell.cpus = format_cpus(node.cpus)
        if explicit:
            row = [CPUNUMACellDistancesSibling(id=n, value=value) for n, value in enumerate(matrix[number])]
            cell.distances = CPUNUMACellDistances(siblings=row)
        cells.append(cell)
    numa = CPUNUMA(cells=cells)
    if spec.links:
        numa.interconnects = _interconnects(spec)
    return numa


def _interconnects(spec: HostSpec) -> CPUNUMAInterconnects:
    return CPUNUMAInterconnects(
        latencies=[
            CPUNUMAInterconnectsLatency(
                initiator=link.initiator, target=link.target, type="access", value=link.latency_ns
            )
            for link in spec.links
            if link.latency_ns is not None
        ],
        bandwidths=[
            CPUNUMAInterconnectsBandwidth(
                initiator=link.initiator, target=link.target, type="access", unit="KiB", value=link.bandwidth_kib
            )
            for link in spec.links
            if link.bandwidth_kib is not None
        ],
    )


def _devices(plan: Plan) -> Devices:
    spec = plan.spec
    return Devices(
        disks=list(_disks(plan)),
        controllers=[*(build_controller(controller) for controller in plan.controllers), ControllerUSB(model="none")],
        interfaces=[*_primary(plan), *build_interfaces(plan)],
        serials=[SerialPTY()],
        iommus=list(build_iommus(spec)),
        rngs=build_rngs(plan),
        memballoon=MemBalloon(model="none"),
    )


def _disks(plan: Plan) -> Iterator[DiskFile]:
    for number, path in enumerate(plan.spec.images()):
        disk = DiskFile(
            driver=DiskDriver(name="qemu", type="raw" if path.endswith((".img", ".raw")) else "qcow2"),
            source=DiskFileSource(file=path),
            target=DiskTarget(dev=f"vd{disk_letters(number)}", bus="virtio"),
            address=_own_address(plan, 1 + number),
        )
        if plan.spec.image:
            disk.transient = DiskTransient()
        yield disk


def _own_address(plan: Plan, number: int) -> AddressPCI:
    """The place of a device that belongs to no node: libvirt would put it on a spare port of one."""
    return _address(0, plan.own_slots()[number], 0)


def _primary(plan: Plan) -> Iterator[AnyInterface]:
    """The card through which a full host is reached; a host without a disk runs nothing that could be reached."""
    spec = plan.spec
    if not spec.images():
        return
    model, address = InterfaceModel(type="virtio"), _own_address(plan, 0)
    if spec.network == "user":
        yield InterfaceUser(model=model, address=address)
    else:
        yield InterfaceNetwork(source=InterfaceNetworkSource(network=spec.network), model=model, address=address)


def build_controller(planned: PlannedController) -> ControllerPCI:
    """The ``<controller>`` of a planned controller."""
    controller = ControllerPCI(index=planned.index, model=planned.model)  # type: ignore[arg-type]
    if planned.device and planned.bus_number is None:
        controller.hardware_model = ControllerPCIModel(name=planned.device)  # type: ignore[arg-type]
    if planned.bus_number is not None:
        controller.target = ControllerPCITarget(bus_nr=planned.bus_number, node=planned.node)
    elif planned.port is not None:
        controller.target = ControllerPCITarget(chassis=planned.chassis, port=planned.port, hotplug=planned.hotplug)
    elif planned.chassis is not None:
        controller.target = ControllerPCITarget(chassis_nr=planned.chassis)
    if planned.parent is not None:
        controller.address = _address(
            planned.parent, planned.slot, planned.function, multifunction=planned.multifunction
        )
    return controller


def _address(bus: int, slot: int, function: int, *, multifunction: bool = False) -> AddressPCI:
    address = AddressPCI(domain=0, bus=bus, slot=slot, function=function)
    if multifunction:
        address.multifunction = True
    return address


def build_interfaces(plan: Plan) -> list[InterfaceUser]:
    """The cards of the topology, on user networks so that the real host needs no tap devices."""
    return [
        InterfaceUser(
            mac=InterfaceMAC(address=endpoint.mac or ""),
            model=InterfaceModel(type=endpoint.device.model),
            driver=_translated(plan, endpoint, InterfaceDriver),
            address=_address(endpoint.port, 0, 0),
        )
        for endpoint in plan.endpoints
        if endpoint.device.kind.is_nic
    ]


_AnyDriver = TypeVar("_AnyDriver", InterfaceDriver, VirtioDriver)


def _translated(plan: Plan, endpoint: Endpoint, cls: type[_AnyDriver]) -> _AnyDriver | None:
    """The ``<driver>`` by which the DMA of a virtio device goes through the IOMMU."""
    if not endpoint.device.kind.is_virtio or not plan.spec.goes_through_iommu(endpoint.device):
        return None
    return cls(iommu=True, ats=True) if plan.spec.iommu and plan.spec.iommu.iotlb else cls(iommu=True)


def build_iommus(spec: HostSpec) -> Iterator[IOMMU]:
    """The IOMMU, with a ``<driver>`` only if the spec has settings for it."""
    requested = spec.iommu
    if requested is None:
        return
    driver = IOMMUDriver()
    settings = {
        "intremap": requested.intremap,
        "caching_mode": requested.caching_mode,
        "eim": requested.eim,
        "iotlb": requested.iotlb,
        "aw_bits": requested.address_width,
    }
    for name, value in settings.items():
        if value is not None:
            setattr(driver, name, value)
    iommu = IOMMU(model=requested.model)  # type: ignore[arg-type]
    if any(value is not None for value in settings.values()):
        iommu.driver = driver
    yield iommu


def build_rngs(plan: Plan) -> list[RNG]:
    """The generic devices that name no driver: random number generators."""
    return [
        RNG(
            model="virtio",
            backend=RNGBackendRandom(value="/dev/urandom"),
            driver=_translated(plan, endpoint, VirtioDriver),
            address=_address(endpoint.port, 0, 0),
        )
        for endpoint in plan.endpoints
        if endpoint.device.model == "generic" and endpoint.device.driver is None
    ]


def extra_arguments(plan: Plan) -> list[str]:
    """QEMU arguments for devices that libvirt XML cannot describe, or not in recent releases: NVMe, generic drivers.

    They are JSON, as what libvirt itself writes: QEMU creates devices in JSON after all others, so that ports in JSON
    would not be there yet. QEMU 6.2 or newer takes it.
    """
    arguments: list[str] = []
    for endpoint in plan.endpoints:
        if endpoint.device.model == "nvme" or endpoint.device.driver is not None:
            device = json.dumps(device_options(plan, endpoint))
            arguments += [*backend_arguments(endpoint), "-device", device]
    return arguments
