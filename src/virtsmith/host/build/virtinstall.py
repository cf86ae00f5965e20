"""A plan as a ``virt-install`` command line (virt-install 4.1 or newer)."""

from __future__ import annotations

from collections.abc import Iterator

from virtsmith.host.build.argv import generic_device
from virtsmith.host.plan.topology import Controller, Endpoint, Plan
from virtsmith.host.spec.check import distance_matrix
from virtsmith.host.spec.model import HostSpec
from virtsmith.host.spec.quantities import format_cpus


def virt_install_argv(plan: Plan) -> list[str]:
    """The line that creates the host: with an installer, from its disk image, or just defined without a disk."""
    spec = plan.spec
    argv = ["virt-install", "--name", spec.name, "--virt-type", "kvm" if spec.accel == "kvm" else "qemu"]
    argv += ["--memory", str(spec.memory_kib >> 10), "--vcpus", _vcpus(spec), "--machine", spec.machine]
    argv += ["--arch", spec.architecture.name, "--osinfo", "detect=on,require=off"]
    argv += ["--cpu", ",".join(_cpu(plan))]
    argv += ["--features", _features(plan)]
    argv += [word for each in _media(plan) for word in each]
    if spec.iommu:
        argv += ["--iommu", ",".join(_iommu(plan))]
    if spec.host_hugepages_kib:
        argv += ["--memorybacking", "hugepages=on"]
    for controller in plan.controllers:
        argv += ["--controller", _controller(controller)]
    for endpoint in plan.endpoints:
        argv += _endpoint(plan, endpoint)
    return argv


def _vcpus(spec: HostSpec) -> str:
    words = [str(spec.cpu_count)]
    if each := spec.topology:
        words += [f"sockets={each.sockets}", f"dies={each.dies}", f"cores={each.cores}", f"threads={each.threads}"]
    return ",".join(words)


def _cpu(plan: Plan) -> Iterator[str]:
    spec = plan.spec
    # virt-install would take "maximum" for the name of a CPU model, so the mode is written out
    modes = {"host-passthrough", "host-model", "maximum"}
    yield f"mode={spec.cpu}" if spec.cpu in modes else spec.cpu
    matrix = distance_matrix(spec)
    for number, node in enumerate(spec.nodes):
        cell = f"numa.cell{number}"
        yield f"{cell}.id={number}"
        if node.cpus:
            yield from _quoted(f"{cell}.cpus", format_cpus(node.cpus))
        yield f"{cell}.memory={node.memory_kib}"
        if any(each.distances is not None for each in spec.nodes):
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
    for disk in spec.disks:
        size = f",size={disk.size_gib}" if disk.size_gib else ""
        yield ["--disk", f"path={disk.path}{size}"]
    if spec.image:
        yield ["--disk", f"path={spec.image},transient=on"]
    bare = not spec.disks and not spec.image
    if bare:
        yield ["--disk", "none"]
    if spec.installer:
        yield ["--cdrom", spec.installer]
    else:
        yield ["--boot", "hd", "--print-xml"] if bare else ["--import"]
    if not bare:
        yield ["--network", "user" if spec.network == "user" else f"network={spec.network}"]


def _iommu(plan: Plan) -> Iterator[str]:
    iommu = plan.spec.iommu
    if iommu is None:
        return
    yield f"model={iommu.model}"
    flags = {
        "intremap": iommu.intremap, "caching_mode": iommu.caching_mode, "eim": iommu.eim, "iotlb": iommu.iotlb,
    }  # fmt: skip
    for name, value in flags.items():
        if value is not None:
            yield f"driver.{name}={'on' if value else 'off'}"
    if iommu.address_width is not None:
        yield f"driver.aw_bits={iommu.address_width}"


def _controller(each: Controller) -> str:
    options = ["type=pci", f"index={each.index}", f"model={each.model}"]
    if each.device and each.model != "pcie-expander-bus":
        # virt-install has no option for the hardware model
        options += ["xpath0.set=./model/@name", f"xpath0.value={each.device}"]
    if each.bus_number is not None:
        options += [f"target.busNr={each.bus_number}", f"target.node={each.node}"]
    if each.port is not None:
        options += [f"target.chassis={each.chassis}", f"target.port={each.port:#x}"]
        if each.hotplug is not None:
            options.append(f"target.hotplug={'on' if each.hotplug else 'off'}")
    elif each.chassis is not None:
        options.append(f"target.chassisNr={each.chassis}")
    if each.parent is not None:
        options += _address(each.parent, each.slot, each.function)
        if each.multifunction:
            options.append("address.multifunction=on")
    return ",".join(options)


def _address(bus: int, slot: int, function: int) -> list[str]:
    return [
        "address.type=pci", f"address.bus={bus:#04x}", f"address.slot={slot:#04x}", f"address.function={function:#x}",
    ]  # fmt: skip


def _endpoint(plan: Plan, each: Endpoint) -> list[str]:
    if each.device.kind.is_nic:
        place = ",".join(_address(each.port, 0, 0))
        return ["--network", f"type=user,model.type={each.device.model},mac.address={each.mac},{place}"]
    if each.device.model == "generic" and each.device.driver is None:
        return ["--rng", f"/dev/urandom,{','.join(_address(each.port, 0, 0))}"]
    if each.device.model == "generic":
        return ["--qemu-commandline", f"-device {generic_device(plan, each)}"]
    backing = f"driver=null-co,node-name={each.backend},size=1073741824,read-zeroes=on"
    bus = plan.controllers[each.port].name
    device = f"nvme,drive={each.backend},serial={each.name},id={each.name},bus={bus},addr=0x0"
    return ["--qemu-commandline", f"-blockdev {backing}", "--qemu-commandline", f"-device {device}"]
