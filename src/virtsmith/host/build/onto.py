"""Adds a topology to an existing domain and leaves the rest of it alone."""

from __future__ import annotations

from dataclasses import replace

from libvirtxml import (
    VCPU,
    ControllerPCI,
    Domain,
    DomainCPU,
    Features,
    FeaturesIOAPIC,
    Memory,
    QEMUArg,
    QEMUCommandline,
    Topology,
)
from libvirtxml.topology import PCITree

from virtsmith.errors import UsageError
from virtsmith.host.build.domain import (
    build_controller,
    build_cpu,
    build_interfaces,
    build_iommus,
    build_rngs,
    extra_arguments,
    needs_split_irqchip,
)
from virtsmith.host.plan.topology import Plan, PlannedController


class OntoError(UsageError):
    """The topology cannot be added to the domain; the message names the obstacle."""


def add_topology(plan: Plan, domain: Domain) -> Domain:
    """Add expanders, ports, cards, NUMA cells and IOMMU of a plan to a domain, in place, and return it.

    Controllers get the next free indexes and slots; existing bridges are used. Disks, cards, graphics and everything
    else stay as they are.

    Raises:
        OntoError: the machine has no PCIe, the domain has expanders already, or slots or bus numbers are taken.
    """
    topology = Topology(domain)
    tree = PCITree(topology.devices, "pcie-root")  # also where the document leaves the machine to libvirt
    _check(plan, topology, tree)
    numbers = _renumber(plan, tree)
    moved = _moved(plan, numbers, tree)
    new = [controller for controller in moved.controllers if controller.index]
    if 0 not in tree.controllers:
        domain.devices.controllers.append(ControllerPCI(index=0, model="pcie-root"))
    domain.devices.controllers.extend(build_controller(planned) for planned in new)
    domain.devices.interfaces.extend(build_interfaces(moved))
    domain.devices.rngs.extend(build_rngs(moved))
    _set_frame(plan, domain)
    if arguments := extra_arguments(moved):
        if domain.qemu_commandline is None:
            domain.qemu_commandline = QEMUCommandline()
        domain.qemu_commandline.qemu_args.extend(QEMUArg(value=argument) for argument in arguments)
    return domain


def _check(plan: Plan, topology: Topology, tree: PCITree) -> None:
    if topology.machine and not topology.has_pcie:
        raise OntoError(f"the domain's machine {topology.machine} has no PCIe", hint="install it with machine q35")
    if tree.expanders:
        raise OntoError("the domain already has expander buses", hint="lint it, or remove them first")
    for endpoint in plan.endpoints:
        if endpoint.mac and topology.find(tag="interface", mac=endpoint.mac):
            raise OntoError(f"the domain already has a card with the MAC address {endpoint.mac}")
    own = tree.buses_below(0)
    for expander in plan.expanders():
        if (expander.bus_number or 0) <= own:
            raise OntoError(f"bus {expander.bus_number} is one of the {own} buses below the domain's pcie-root")


def _renumber(plan: Plan, tree: PCITree) -> dict[int, int]:
    """Old index -> new index: existing bridges keep theirs, the rest follow the domain's highest."""
    following = max(tree.controllers, default=0) + 1
    numbers = {0: 0}
    for controller in plan.controllers[1:]:
        if controller.model in ("dmi-to-pci-bridge", "pci-bridge"):
            continue
        numbers[controller.index] = following
        following += 1
    return numbers


def _moved(plan: Plan, numbers: dict[int, int], tree: PCITree) -> Plan:
    slots = set(tree.free_slots(0))
    chassis = {port.chassis for port in tree.ports}
    controllers: list[PlannedController] = []
    places: dict[tuple[int, int], int] = {}
    for controller in plan.controllers:
        if controller.index not in numbers:
            continue
        slot = controller.slot
        if controller.parent == 0:
            if (0, slot) not in places:
                places[0, slot] = _take(slots, slot)
            slot = places[0, slot]
        index = numbers[controller.index]
        number = None
        if controller.port is not None:
            number = next(n for n in (index, *range(1, 256)) if n not in chassis)
            chassis.add(number)
        controllers.append(
            replace(
                controller,
                index=index,
                parent=None if controller.parent is None else numbers[controller.parent],
                slot=slot,
                chassis=number,
                port=None if controller.port is None else slot * 8 + controller.function,
            )
        )
    endpoints = tuple(replace(endpoint, port=numbers[endpoint.port]) for endpoint in plan.endpoints)
    return replace(plan, controllers=tuple(controllers), endpoints=endpoints)


def _take(slots: set[int], preferred: int) -> int:
    if not slots:
        raise OntoError("no slot is left on the domain's pcie-root")
    slot = preferred if preferred in slots else min(slots)
    slots.discard(slot)
    return slot


def _set_frame(plan: Plan, domain: Domain) -> None:
    """Set NUMA cells, vCPUs, memory, IOMMU and features: what the topology requires."""
    spec = plan.spec
    cpu = build_cpu(spec, "tcg" if domain.type == "qemu" else "kvm")
    if domain.cpu is None:
        domain.cpu = DomainCPU(mode=cpu.mode)
    domain.cpu.numa = cpu.numa
    domain.cpu.topology = cpu.topology
    if domain.memory is None:
        domain.memory = Memory(unit="KiB", value=spec.memory_kib)
    domain.memory.resize(spec.memory_kib << 10)
    if domain.current_memory is not None:
        domain.current_memory = None
    if domain.vcpu is None:
        domain.vcpu = VCPU(value=spec.cpu_count)
    domain.vcpu.value = spec.cpu_count
    if domain.features is None:
        domain.features = Features()
    domain.features.acpi = True
    if needs_split_irqchip(spec):
        domain.features.ioapic = FeaturesIOAPIC(driver="qemu")
    if not domain.devices.iommus:
        domain.devices.iommus.extend(build_iommus(spec))
