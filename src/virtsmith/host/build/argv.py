"""A plan as a QEMU command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from virtsmith.host.plan.topology import Endpoint, Plan, PlannedController
from virtsmith.host.spec.check import distance_matrix
from virtsmith.host.spec.model import CpuTopology, HostSpec, Iommu, MemoryLink
from virtsmith.host.spec.quantities import format_cpus

NVME_BYTES = 1 << 30


def qemu_argv(plan: Plan, *, qemu: str | None = None, accel: str | None = None, threads: str = "multi") -> list[str]:
    """The command line of a host, with nothing to boot: machine, memory, NUMA, PCI tree and IOMMU.

    Args:
        plan: the numbered host.
        qemu: the program; ``qemu-system-ARCH`` by default.
        accel: ``kvm`` or ``tcg``; the spec's by default. TCG cannot pass a host CPU through, so it gets ``max``.
        threads: TCG threads, ``multi`` or ``single``.
    """
    spec = plan.spec
    accel = accel or spec.accel
    argv = [qemu or spec.architecture.program, "-name", spec.name]
    argv += ["-machine", _machine(spec, accel), "-accel", "kvm" if accel == "kvm" else f"tcg,thread={threads}"]
    argv += ["-cpu", cpu_option(spec.cpu, accel) + (",topoext=on" if wants_topoext(spec, accel) else "")]
    argv += thread_arguments(spec, accel)
    argv += ["-smp", _smp(spec), "-m", f"{spec.memory_kib}K"]
    for option in _memory(spec):
        argv += option
    argv += ["-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none"]
    if spec.iommu and (device := _iommu(spec.iommu)):
        argv += ["-device", device]
    for controller in plan.controllers[1:]:
        argv += ["-device", _controller(plan, controller)]
    for endpoint in plan.endpoints:
        argv += _endpoint(plan, endpoint)
    return argv


def cpu_option(cpu: str, accel: str) -> str:
    """QEMU's name for the CPU of a spec; under TCG the host's CPU becomes ``max``, which can nest."""
    if accel != "kvm" and cpu in ("host-passthrough", "host-model"):
        return "max"
    return {"host-passthrough": "host", "host-model": "host", "maximum": "max"}.get(cpu, cpu)


def wants_topoext(spec: HostSpec, accel: str) -> bool:
    """Whether to set ``topoext``: without it an AMD host CPU shows no threads; Intel's ignores it."""
    return bool(spec.topology and spec.topology.threads > 1) and accel == "kvm" and spec.cpu == "host-passthrough"


def thread_arguments(spec: HostSpec, accel: str) -> list[str]:
    """The arguments that let the emulated CPU have threads: on x86 another vendor.

    Linux then uses no SVM, so such a guest cannot nest.
    """
    threads = spec.topology.threads if spec.topology else 1
    emulated = threads > 1 and cpu_option(spec.cpu, accel) == "max"
    return list(spec.architecture.emulated_threads) if emulated else []


def _machine(spec: HostSpec, accel: str) -> str:
    options = [spec.machine]
    if spec.iommu and spec.iommu.intremap and accel == "kvm":
        options.append("kernel-irqchip=split")
    if spec.iommu and spec.iommu.model == "smmuv3":
        options.append("iommu=smmuv3")
    if spec.links:
        options.append("hmat=on")
    return ",".join(options)


def _smp(spec: HostSpec) -> str:
    topology = spec.topology or CpuTopology(sockets=spec.cpu_count)
    dies = f",dies={topology.dies}" if topology.dies > 1 else ""
    inner = f"sockets={topology.sockets}{dies},cores={topology.cores},threads={topology.threads}"
    return f"{spec.cpu_count},{inner}"


def _memory(spec: HostSpec) -> Iterator[list[str]]:
    for number, node in enumerate(spec.nodes):
        backing = "memory-backend-ram"
        tail = ""
        if spec.host_hugepages_kib:
            backing, tail = "memory-backend-file", ",mem-path=/dev/hugepages,prealloc=on"
        memory = ""
        if node.memory_kib:
            yield ["-object", f"{backing},id=ram-node{number},size={node.memory_kib}K{tail}"]
            memory = f",memdev=ram-node{number}"
        cpus = "".join(f",cpus={part}" for part in format_cpus(node.cpus).split(",") if part)
        initiator = "" if node.cpus or not spec.links else f",initiator={_initiator(spec, number)}"
        yield ["-numa", f"node,nodeid={number}{cpus}{memory}{initiator}"]
    if any(node.distances is not None for node in spec.nodes):
        for a, row in enumerate(distance_matrix(spec)):
            for b, value in enumerate(row):
                if a != b:
                    yield ["-numa", f"dist,src={a},dst={b},val={value}"]
    for link in spec.links:
        yield from _link(link)


def _initiator(spec: HostSpec, target: int) -> int:
    """The node whose CPUs are nearest to a node without any: QEMU requires it where memory attributes are given."""
    row = distance_matrix(spec)[target]
    return min((number for number, node in enumerate(spec.nodes) if node.cpus), key=lambda number: row[number])


def _link(link: MemoryLink) -> Iterator[list[str]]:
    head = f"hmat-lb,initiator={link.initiator},target={link.target},hierarchy=memory,data-type=access"
    if link.latency_ns is not None:
        yield ["-numa", f"{head}-latency,latency={link.latency_ns}"]
    if link.bandwidth_kib is not None:
        yield ["-numa", f"{head}-bandwidth,bandwidth={link.bandwidth_kib}K"]


def _iommu(iommu: Iommu) -> str | None:
    """The ``-device`` of the IOMMU; None if it is a property of the machine."""
    if iommu.model == "smmuv3":
        return None
    if iommu.model == "virtio":
        return "virtio-iommu-pci"
    names: Mapping[str, bool | int | None] = {
        "intremap": iommu.intremap,
        "caching-mode": iommu.caching_mode,
        "eim": iommu.eim,
        "device-iotlb": iommu.iotlb,
        "aw-bits": iommu.address_width,
    }
    if iommu.model == "amd":
        names = {"intremap": iommu.intremap, "device-iotlb": iommu.iotlb}
    return ",".join([f"{iommu.model}-iommu", *(_property(k, v) for k, v in names.items() if v is not None)])


def _property(name: str, value: bool | int) -> str:
    return f"{name}={_spelled(value)}"


def _controller(plan: Plan, controller: PlannedController) -> str:
    parent = plan.controller(controller.parent or 0).name
    options = [controller.device]
    if controller.bus_number is not None:
        options.append(f"bus_nr={controller.bus_number}")
    if controller.port is not None:
        options.append(f"port={controller.port}")
    if controller.chassis is not None:
        options.append(f"{'chassis' if controller.port is not None else 'chassis_nr'}={controller.chassis}")
    options.append(f"id={controller.name}")
    if controller.bus_number is not None and controller.node is not None:
        options.append(f"numa_node={controller.node}")
    if controller.hotplug is not None:
        options.append(_property("hotplug", controller.hotplug))
    options.append(f"bus={parent}")
    if controller.multifunction:
        options.append("multifunction=on")
    return ",".join([*options, f"addr={_addr(controller)}"])


def _addr(controller: PlannedController) -> str:
    return f"0x{controller.slot:x}.0x{controller.function:x}" if controller.function else f"0x{controller.slot:x}"


def _endpoint(plan: Plan, endpoint: Endpoint) -> list[str]:
    device = _join_options(device_options(plan, endpoint))
    if endpoint.device.kind.is_nic:
        return ["-netdev", f"user,id={endpoint.backend}", "-device", device]
    return [*backend_arguments(endpoint), "-device", device]


def backend_arguments(endpoint: Endpoint) -> list[str]:
    """The arguments that make what is behind a device other than a card: the drive of an NVMe controller."""
    if endpoint.device.model != "nvme":
        return []
    return ["-blockdev", f"driver=null-co,node-name={endpoint.backend},size={NVME_BYTES},read-zeroes=on"]


def device_options(plan: Plan, endpoint: Endpoint) -> dict[str, str | int | bool]:
    """The driver and the properties of a device, by QEMU's names and with their types in JSON."""
    device = endpoint.device
    options: dict[str, str | int | bool] = {"driver": device.driver or device.kind.driver}
    if device.kind.is_nic:
        options |= {"netdev": endpoint.backend, "id": endpoint.name, "mac": endpoint.mac or ""}
    elif device.model == "nvme":
        options |= {"drive": endpoint.backend, "serial": endpoint.name, "id": endpoint.name}
    else:
        options |= {"id": endpoint.name, **device.options}
    if device.kind.is_virtio and plan.spec.goes_through_iommu(device):
        options |= {"iommu_platform": True, "disable-legacy": "on"}
        options |= {"ats": True} if plan.spec.iommu and plan.spec.iommu.iotlb else {}
    return {**options, "bus": plan.controller(endpoint.port).name, "addr": "0x0"}


def _join_options(options: Mapping[str, str | int | bool]) -> str:
    """The ``-device`` value; commas in values are doubled, as QEMU requires."""
    (_, driver), *rest = options.items()
    return ",".join([str(driver), *(f"{key}={_spelled(value)}" for key, value in rest)])


def _spelled(value: str | int | bool) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value).replace(",", ",,")
