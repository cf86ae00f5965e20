"""A plan for OpenStack Nova: as an instance, and as a compute host.

Names are those of Nova's extra specs (``hw:...``) and image properties (``hw_...``). The IOMMU came with Nova 26.
"""

from __future__ import annotations

import json
import shlex

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
from virtsmith.host.plan.predict import ExpectedDevice, predict
from virtsmith.host.plan.topology import Plan
from virtsmith.host.spec.quantities import format_cpus

_DISK_GB = 20


def export_nova(plan: Plan) -> Export:
    """Commands that create the flavor, the properties of an image, the ports and the instance."""
    notes = Notes("nova")
    spec = plan.spec
    flavor = [
        "openstack",
        "flavor",
        "create",
        "--vcpus",
        str(spec.cpu_count),
        "--ram",
        str(spec.memory_kib >> 10),
        "--disk",
        str(_DISK_GB),
        *_properties(_extra_specs(plan)),
        spec.name,
    ]
    cards = [endpoint for endpoint in plan.endpoints if endpoint.device.kind.is_nic]
    models = sorted({card.device.model for card in cards})
    image = {"hw_machine_type": spec.machine} | ({"hw_vif_model": models[0]} if models else {})
    if len(models) > 1:
        notes.loss(
            "cards", "cards", f"an image has one model for all: {models[0]}, not also {' and '.join(models[1:])}"
        )
    lines = [shlex.join(flavor), shlex.join(["openstack", "image", "set", *_properties(image)]) + ' "$IMAGE"']
    for card in cards:
        words = ["openstack", "port", "create", "--mac-address", card.mac or "", f"{spec.name}-{card.name}"]
        lines.append(shlex.join(words) + ' --network "$NETWORK"')
    ports = [word for card in cards for word in ("--port", f"{spec.name}-{card.name}")] or ["--nic", "none"]
    lines.append(
        shlex.join(["openstack", "server", "create", "--flavor", spec.name, *ports, spec.name]) + ' --image "$IMAGE"'
    )
    _note(plan, notes)
    body = 'set -eu\n: "${IMAGE:?an image of the operating system}" "${NETWORK:?a network for the cards}"\n'
    return Export(body + "\n".join(lines) + "\n", tuple(notes.findings))


def _properties(values: dict[str, str]) -> list[str]:
    return [word for key, value in values.items() for word in ("--property", f"{key}={value}")]


def _extra_specs(plan: Plan) -> dict[str, str]:
    spec = plan.spec
    sockets, cores, threads = sockets_cores_threads(plan)
    with_cpus = [node for node in spec.nodes if node.cpus]
    extra = {"hw:numa_nodes": str(len(with_cpus))}
    left_out = spec.memory_kib - sum(node.memory_kib for node in with_cpus)
    for number, node in enumerate(with_cpus):
        extra[f"hw:numa_cpus.{number}"] = format_cpus(node.cpus)
        extra[f"hw:numa_mem.{number}"] = str((node.memory_kib + (0 if number else left_out)) >> 10)
    extra |= {"hw:cpu_sockets": str(sockets), "hw:cpu_cores": str(cores), "hw:cpu_threads": str(threads)}
    if spec.host_hugepages_kib:
        extra["hw:mem_page_size"] = str(spec.host_hugepages_kib)
    if spec.iommu and spec.iommu.model != "amd":
        extra["hw:viommu_model"] = spec.iommu.model
    return extra


def _note(plan: Plan, notes: Notes) -> None:
    spec = plan.spec
    notes.note("nodes", "nodes", "Nova places each on a separate NUMA node of the real host, which must have as many")
    for number, node in enumerate(spec.nodes):
        if not node.cpus:
            notes.loss("nodes", f"node {number}", "Nova has no nodes without CPUs; its memory went to the first")
    placed = [endpoint.name for endpoint in plan.endpoints if endpoint.node is not None and endpoint.device.kind.is_nic]
    if placed:
        notes.loss("placement", listed(placed), "Nova has no expander buses: they are on the root bus, on no node")
    if others := list(other_devices(plan)):
        notes.loss("devices", listed(others), "they cannot be described")
    if spec.spare_ports or any(root_complex.spare_ports for _, root_complex in spec.iter_complexes()):
        notes.loss("ports", "spare ports", "num_pcie_ports in nova.conf sets their number for all instances")
    if spec.root_port != "pcie-root-port" or spec.pci_bridge or spec.hotplug is not None:
        notes.loss("ports", "controllers", "port model, bridges and hot-plug are libvirt's choice")
    iommu = spec.iommu
    if iommu and iommu.model == "amd":
        notes.loss("iommu", "IOMMU", "Nova does not support AMD's")
    elif iommu and iommu.model == "intel":
        notes.note("iommu", "IOMMU", "Nova chooses its settings: caching mode and interrupt remapping are on")
    if spec.cpu != "host-model":
        notes.note("cpu", "CPU", f"cpu_mode in nova.conf sets {spec.cpu} for all instances")
    note_numa_details(plan, notes, distances=True)
    note_dies(plan, notes)
    note_disks(plan, notes, "upload an image")
    note_guest_setup(plan, notes)


def export_nova_compute(plan: Plan) -> Export:
    """The ``[pci]`` section of nova.conf on the host: every card and function that can be assigned to instances."""
    notes = Notes("nova-compute")
    expected = predict(plan)
    parents = {function.physical for function in expected.devices}
    lines = ["[pci]"]
    aliases: dict[str, dict[str, str]] = {}
    moving = []
    for function in expected.devices:
        kind = _kind(function, parents)
        if kind is None or function.ids is None:
            continue
        if not function.fixed:
            moving.append(function.label)
            continue
        vendor, product = function.ids.split(":")
        device = {"vendor_id": vendor, "product_id": product, "address": function.address}
        lines.append(f"# {function.label}, node {function.node}")
        lines.append(f"device_spec = {json.dumps(device)}")
        name = function.label.lower().replace(" ", "-")
        aliases[name] = {
            "name": name,
            "vendor_id": vendor,
            "product_id": product,
            "device_type": kind,
            "numa_policy": "required",
        }
    lines += [f"alias = {json.dumps(alias)}" for alias in aliases.values()]
    if moving:
        notes.loss("devices", listed(moving), "left out, since libvirt chooses the addresses below pcie-root")
    if not aliases:
        notes.loss("devices", "devices", "the host has none that could be assigned to instances")
    if plan.spec.iommu is None:
        notes.loss("iommu", "IOMMU", "the host has none, so nothing can be assigned")
    notes.note("flavor", "flavors", 'request devices with --property "pci_passthrough:alias"=NAME:COUNT')
    return Export("\n".join(lines) + "\n", tuple(notes.findings))


def _kind(device: ExpectedDevice, parents: set[str | None]) -> str | None:
    """Nova's type of a function; None for those that cannot be assigned: ports, bridges, the chipset."""
    if device.physical:
        return "type-VF"
    if device.address in parents:
        return None  # its virtual functions are assigned, it stays with the host
    endpoint = device.parent.startswith("0000:") and device.secondary is None and device.label != "pci-bridge"
    return ("type-PF" if device.label == "igb" else "type-PCI") if endpoint else None
