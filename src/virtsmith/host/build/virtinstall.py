"""A plan as a ``virt-install`` command line (virt-install 4.1 or newer)."""

from __future__ import annotations

from collections.abc import Iterator

from virtsmith.errors import UsageError
from virtsmith.host.plan.topology import Endpoint, Plan, PlannedController
from virtsmith.host.spec.check import distance_matrix
from virtsmith.host.spec.model import HostSpec
from virtsmith.host.spec.quantities import format_cpus


def virt_install_argv(plan: Plan) -> list[str]:
    """The command that creates the host: with an installer, from its disk image, or, without a disk, only defined.

    Raises:
        UsageError: it has a device that virt-install cannot pass on.
    """
    spec = plan.spec
    argv = ["virt-install", "--name", spec.name, "--virt-type", "kvm" if spec.accel == "kvm" else "qemu"]
    argv += ["--memory", str(spec.memory_kib >> 10), "--vcpus", _vcpus(spec), "--machine", spec.machine]
    argv += ["--arch", spec.architecture.name, "--osinfo", "detect=on,require=off"]
    argv += ["--cpu", ",".join(_cpu(plan))]
    argv += ["--features", _features(plan)]
    argv += [word for item in _media(plan) for word in item]
    if spec.iommu:
        argv += ["--iommu", ",".join(_iommu(plan))]
    if spec.host_hugepages_kib:
        argv += ["--memorybacking", "hugepages=on"]
    for controller in plan.controllers:
        argv += ["--controller", _controller(controller)]
    argv += ["--controller", "type=usb,model=none", "--memballoon", "model=none"]
    for endpoint in plan.endpoints:
        argv += _endpoint(plan, endpoint)
    return argv


def _vcpus(spec: HostSpec) -> str:
    words = [str(spec.cpu_count)]
    if topology := spec.topology:
        words += [
            f"sockets={topology.sockets}",
            f"dies={topology.dies}",
            f"cores={topology.cores}",
            f"threads={topology.threads}",
        ]
    return ",".join(words)


def _cpu(plan: Plan) -> Iterator[str]:
    spec = plan.spec
    # virt-install would take "maximum" for the name of a CPU model, so the mode is explicit
    modes = {"host-passthrough", "host-model", "maximum"}
    yield f"mode={spec.cpu}" if spec.cpu in modes else spec.cpu
    matrix = distance_matrix(spec)
    for number, node in enumerate(spec.nodes):
        cell = f"numa.cell{number}"
        yield f"{cell}.id={number}"
        if node.cpus:
            yield from _quoted(f"{cell}.cpus", format_cpus(node.cpus))
        yield f"{cell}.memory={node.memory_kib}"
        if any(node.distances is not None for node in spec.nodes):
            for other, value in enumerate(matrix[number]):
                yield f"{cell}.distances.sibling{other}.id={other}"
                yield f"{cell}.distances.sibling{other}.value={value}"
    latencies = [link for link in spec.links if link.latency_ns is not None]
    for number, link in enumerate(latencies):
        head = f"numa.interconnects.latency{number}"
        yield f"{head}.initiator={link.initiator}"
        yield f"{head}.target={link.target}"
        yield f"{head}.type=access"
        yield f"{head}.value={link.latency_ns}"


def _quoted(key: str, value: str) -> Iterator[str]:
    """virt-install splits at commas unless the whole option is quoted."""
    yield f'"{key}={value}"' if "," in value else f"{key}={value}"


def _features(plan: Plan) -> str:
    split = plan.spec.iommu is not None and plan.spec.iommu.intremap
    base = "acpi=on,apic=on" if plan.spec.architecture.has_apic else "acpi=on"
    return base + (",ioapic.driver=qemu" if split else "")


def _media(plan: Plan) -> Iterator[list[str]]:
    spec = plan.spec
    sizes = {disk.path: f",size={disk.size_gib}" for disk in spec.disks if disk.size_gib}
    for number, path in enumerate(spec.images()):
        more = sizes.get(path, "") + (",transient=on" if spec.image else "")
        yield ["--disk", ",".join([f"path={path}{more}", "target.bus=virtio", *_own_address(plan, 1 + number)])]
    bare = not spec.disks and not spec.image
    if bare:
        yield ["--disk", "none"]
    if spec.installer:
        yield ["--cdrom", spec.installer]
    else:
        yield ["--boot", "hd", "--print-xml"] if bare else ["--import"]
    if not bare:
        network = "user" if spec.network == "user" else f"network={spec.network}"
        yield ["--network", ",".join([network, "model.type=virtio", *_own_address(plan, 0)])]


def _own_address(plan: Plan, number: int) -> list[str]:
    return _address(0, plan.own_slots()[number], 0)


def _iommu(plan: Plan) -> Iterator[str]:
    iommu = plan.spec.iommu
    if iommu is None:
        return
    yield f"model={iommu.model}"
    flags = {
        "intremap": iommu.intremap,
        "caching_mode": iommu.caching_mode,
        "eim": iommu.eim,
        "iotlb": iommu.iotlb,
    }
    for name, value in flags.items():
        if value is not None:
            yield f"driver.{name}={'on' if value else 'off'}"
    if iommu.address_width is not None:
        yield f"driver.aw_bits={iommu.address_width}"


def _controller(controller: PlannedController) -> str:
    options = ["type=pci", f"index={controller.index}", f"model={controller.model}"]
    if controller.device and controller.model != "pcie-expander-bus":
        # virt-install has no option for the hardware model
        options += ["xpath0.set=./model/@name", f"xpath0.value={controller.device}"]
    if controller.bus_number is not None:
        options += [f"target.busNr={controller.bus_number}", f"target.node={controller.node}"]
    if controller.port is not None:
        options += [f"target.chassis={controller.chassis}", f"target.port={controller.port:#x}"]
        if controller.hotplug is not None:
            options.append(f"target.hotplug={'on' if controller.hotplug else 'off'}")
    elif controller.chassis is not None:
        options.append(f"target.chassisNr={controller.chassis}")
    if controller.parent is not None:
        options += _address(controller.parent, controller.slot, controller.function)
        if controller.multifunction:
            options.append("address.multifunction=on")
    return ",".join(options)


def _address(bus: int, slot: int, function: int) -> list[str]:
    return [
        "address.type=pci",
        f"address.bus={bus:#04x}",
        f"address.slot={slot:#04x}",
        f"address.function={function:#x}",
    ]


def _translated(plan: Plan, endpoint: Endpoint) -> list[str]:
    """The options by which the DMA of a virtio device goes through the IOMMU."""
    if not endpoint.device.kind.is_virtio or not plan.spec.goes_through_iommu(endpoint.device):
        return []
    return ["driver.iommu=on", *(["driver.ats=on"] if plan.spec.iommu and plan.spec.iommu.iotlb else [])]


def _endpoint(plan: Plan, endpoint: Endpoint) -> list[str]:
    if endpoint.device.kind.is_nic:
        place = ",".join(_address(endpoint.port, 0, 0))
        head = f"type=user,model.type={endpoint.device.model},mac.address={endpoint.mac}"
        return ["--network", ",".join([head, *_translated(plan, endpoint), place])]
    if endpoint.device.model == "generic" and endpoint.device.driver is None:
        return ["--rng", ",".join(["/dev/urandom", *_translated(plan, endpoint), *_address(endpoint.port, 0, 0)])]
    # libvirt needs it in JSON (see `extra_arguments`), and virt-install 4.1 escapes quotes twice
    driver = endpoint.device.driver or endpoint.device.kind.driver
    raise UsageError(
        f"virt-install cannot pass on {driver}: libvirt XML has no such device",
        hint="define the output of host build with virsh",
    )
