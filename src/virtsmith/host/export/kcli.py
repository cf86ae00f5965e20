"""A plan for kcli, which creates libvirt domains with one expander bus per NUMA node.

The meaning of the keys is that of its libvirt provider (``kvirt/providers/kvm``, August 2026): an expander gets the
number 20 for the first node, 40 for the second and so on, with one root port for each card of the node.
"""

from __future__ import annotations

from typing import Any

from virtsmith.core.yaml import dump_yaml
from virtsmith.host.export.result import (
    Export,
    note_dies,
    note_disks,
    note_guest_setup,
    note_numa_details,
    other_devices,
    sockets_cores_threads,
)
from virtsmith.host.notes import Notes, listed
from virtsmith.host.plan.topology import LAST_BUS, Endpoint, Plan
from virtsmith.host.spec.check import distance_matrix
from virtsmith.host.spec.model import HostSpec
from virtsmith.host.spec.quantities import format_cpus

_BUS_STEP = 20
_SAFE_INDEXES = 9
_HUGEPAGES = {2048: "hugepages_2mb", 1 << 20: "hugepages_1gb"}


def export_kcli(plan: Plan) -> Export:
    """A kcli plan with one machine."""
    spec = plan.spec
    notes = Notes("kcli")
    sockets, cores, threads = sockets_cores_threads(plan)
    machine: dict[str, Any] = {
        "machine": spec.machine,
        "cpumodel": spec.cpu,
        "nested": spec.nested,
        "numcpus": spec.cpu_count,
        "memory": sum(node.memory_kib for node in spec.nodes if node.cpus) >> 10,
    }
    if spec.topology:
        machine |= {"sockets": sockets, "cores": cores, "threads": threads}
    if spec.host_hugepages_kib in _HUGEPAGES:
        machine[_HUGEPAGES[spec.host_hugepages_kib]] = True
    if _has_iommu(spec, notes):
        machine["iommu"] = True
    cells = [_cell(plan, number) for number, node in enumerate(spec.nodes) if node.cpus]
    machine["numa"] = cells
    machine["nets"] = [_net(plan, endpoint) for endpoint in plan.endpoints if endpoint.device.kind.is_nic]
    _note(plan, notes)
    return Export(dump_yaml({spec.name: machine}), tuple(notes.findings))


def _has_iommu(spec: HostSpec, notes: Notes) -> bool:
    iommu = spec.iommu
    if iommu is None:
        return False
    usual = spec.architecture.iommu
    if iommu.model != usual:
        notes.loss("iommu", "IOMMU", f"kcli creates {usual}'s in place of {iommu.model}'s")
    elif iommu.address_width or iommu.eim or iommu.iotlb:
        notes.loss("iommu", "IOMMU", "address width, eim and iotlb are left to libvirt")
    return True


def _cell(plan: Plan, number: int) -> dict[str, Any]:
    node = plan.spec.nodes[number]
    cell: dict[str, Any] = {"id": number, "vcpus": format_cpus(node.cpus), "memory": node.memory_kib >> 10}
    if any(node.distances is not None for node in plan.spec.nodes):
        row = distance_matrix(plan.spec)[number]
        cell["siblings"] = [{"id": other, "value": value} for other, value in enumerate(row)]
    return cell


def _net(plan: Plan, endpoint: Endpoint) -> dict[str, Any]:
    network = "default" if plan.spec.network == "user" else plan.spec.network
    net: dict[str, Any] = {"name": network, "type": endpoint.device.model, "mac": endpoint.mac, "noconf": True}
    if endpoint.node is not None and plan.spec.nodes[endpoint.node].cpus:
        net["numa"] = endpoint.node
    return net


def _note(plan: Plan, notes: Notes) -> None:
    spec = plan.spec
    for number, node in enumerate(spec.nodes):
        if not node.cpus:
            notes.loss(
                "nodes", f"node {number}", "kcli requires CPUs in each node: it is left out, its cards are on none"
            )
        if len(node.complexes) > 1:
            notes.loss("complexes", f"node {number}", f"its {len(node.complexes)} root complexes become one")
    placed = [endpoint for endpoint in plan.endpoints if endpoint.device.kind.is_nic and endpoint.node is not None]
    if len(spec.nodes) + len(placed) > _SAFE_INDEXES:
        notes.loss(
            "indexes",
            "cards",
            f"kcli writes controller indexes from {_SAFE_INDEXES + 1} on as if they were "
            "hexadecimal, so that the last of these cards sit on no node",
        )
    most = max((sum(e.node == n for e in placed) for n in range(len(spec.nodes))), default=0)
    if most >= _BUS_STEP or len(spec.nodes) * _BUS_STEP + most > LAST_BUS:
        notes.loss("buses", "bus numbers", f"kcli's, which are {_BUS_STEP} apart, overlap or pass {LAST_BUS}")
    elif placed:
        notes.note("buses", "bus numbers", f"kcli has its own: {_BUS_STEP} for the first node, {_BUS_STEP * 2}, ...")
    if others := list(other_devices(plan)):
        notes.loss("devices", listed(others), "only network cards can be described")
    if any(root_complex.spare_ports for _, root_complex in spec.iter_complexes()) or spec.spare_ports:
        notes.loss("ports", "spare ports", "free root ports cannot be described")
    if spec.root_port != "pcie-root-port" or spec.pci_bridge or spec.hotplug is not None:
        notes.loss("ports", "controllers", "port model, bridges and hot-plug are libvirt's choice")
    if any(endpoint.device.vfs for endpoint in plan.endpoints):
        notes.note("guest", "virtual functions", "they are created in the guest: virtsmith host provision does that")
    note_numa_details(plan, notes, distances=False)
    note_dies(plan, notes)
    note_disks(plan, notes, "add image and disks")
    note_guest_setup(plan, notes)
    if spec.accel == "tcg" or spec.cpu == "maximum":
        notes.note(
            "accel", "accelerator", "kcli chooses it, and knows no CPU called maximum; set virttype and cpumodel"
        )
