"""Refuses specs of impossible hosts, before any number is assigned."""

from __future__ import annotations

import math
from collections import Counter

from virtsmith.host.spec.model import HostSpec, Iommu, NumaNode, SpecError
from virtsmith.host.spec.quantities import format_cpus, format_kib

EIM_LIMIT = 255
"""The most vCPUs with 8-bit APIC ids; more need extended interrupt mode (QEMU ``hw/i386/intel_iommu.c``)."""
MOST_NODES = 128
"""QEMU's ``MAX_NODES`` (``include/sysemu/numa.h``)."""
_MIB = 1024
_MOST_UNITS = 65534
"""The largest value of a 16-bit entry of the HMAT; 65535 means that there is none."""
_SETTINGS = {
    "intel": ("intremap", "caching_mode", "eim", "iotlb", "address_width"),
    "amd": ("intremap", "iotlb"),
}
"""The settings that each kind of IOMMU has."""
LOCAL, NEAREST, REMOTE = 10, 11, 20


def check_spec(spec: HostSpec) -> None:
    """Check everything that does not depend on numbering.

    Raises:
        SpecError: the spec is impossible; the message names the entry.
    """
    _check_machine(spec)
    _check_cpus(spec)
    _check_siblings(spec)
    _check_memory(spec)
    for number, node in enumerate(spec.nodes):
        _check_distances(spec, number, node)
    _check_links(spec)
    if spec.iommu is not None:
        _check_iommu(spec, spec.iommu)
    elif spec.cpu_count > EIM_LIMIT and spec.architecture.has_apic:
        raise SpecError.at(
            spec.at,
            f"{spec.cpu_count} CPUs need an Intel IOMMU with the extended interrupt mode",
            hint="iommu = { model = 'intel', intremap = true, eim = true }",
        )
    _check_devices(spec)
    if spec.image and (spec.installer or spec.disks):
        raise SpecError.at(spec.at, "a host boots either an image or its own disks", hint="remove image")


def _check_machine(spec: HostSpec) -> None:
    if spec.pci_bridge and not spec.architecture.has_dmi_bridge:
        raise SpecError.at(spec.at, f"machine {spec.machine} has no DMI-to-PCI bridge", hint="remove pci-bridge")


def _check_cpus(spec: HostSpec) -> None:
    seen: dict[int, int] = {}
    for number, node in enumerate(spec.nodes):
        for cpu in node.cpus:
            if cpu in seen:
                raise SpecError.at(node.at, f"node {number}: CPU {cpu} is already in node {seen[cpu]}")
            seen[cpu] = number
    if not seen:
        raise SpecError.at(spec.nodes[0].at, "no node has a CPU", hint="give node 0 at least one: cpus = 1")
    missing = set(range(max(seen) + 1)) - set(seen)
    if missing:
        raise SpecError.at(spec.at, f"CPU {format_cpus(missing)} is in no node", hint="list every CPU in one node")
    if spec.vcpus is not None and spec.vcpus != len(seen):
        raise SpecError.at(spec.at, f"vcpus is {spec.vcpus}, but the nodes have {len(seen)} CPUs")
    topology = spec.topology
    if topology is not None and topology.cpu_count != len(seen):
        raise SpecError.at(
            topology.at,
            f"topology makes {topology.cpu_count} CPUs, but the nodes have {len(seen)}",
            hint="sockets x dies x cores x threads must be the number of CPUs of all nodes",
        )


def _check_siblings(spec: HostSpec) -> None:
    """Refuse threads of one core on several nodes: Linux then drops the siblings, and says so with a warning."""
    topology = spec.topology
    if topology is None or topology.threads < 2:
        return
    nodes = {cpu: number for number, node in enumerate(spec.nodes) for cpu in node.cpus}
    for first in range(0, topology.cpu_count, topology.threads):
        for cpu in range(first + 1, first + topology.threads):
            if nodes[cpu] != nodes[first]:
                raise SpecError.at(
                    spec.nodes[nodes[cpu]].at,
                    f"CPUs {first} and {cpu} are threads of one core, but on nodes {nodes[first]} and {nodes[cpu]}",
                    hint="QEMU numbers the threads of a core one after the other: keep them on one node",
                )


def _check_memory(spec: HostSpec) -> None:
    if len(spec.nodes) > MOST_NODES:
        raise SpecError.at(spec.nodes[MOST_NODES].at, f"{len(spec.nodes)} nodes; QEMU takes {MOST_NODES} at most")
    for number, node in enumerate(spec.nodes):
        size = format_kib(node.memory_kib)
        if node.memory_kib < 0:
            raise SpecError.at(node.at, f"node {number}: {node.memory_kib} KiB is less than nothing")
        if not node.memory_kib:
            _check_memoryless(number, node)
            continue
        if node.memory_kib % _MIB:
            raise SpecError.at(node.at, f"node {number}: {size} is not a whole number of MiB; libvirt would round it")
        if sum(kib * count for kib, count in node.hugepages.items()) >= node.memory_kib:
            raise SpecError.at(node.at, f"node {number}: its huge pages take up all of its {size}")
        if spec.host_hugepages_kib and node.memory_kib % spec.host_hugepages_kib:
            page = format_kib(spec.host_hugepages_kib)
            raise SpecError.at(node.at, f"node {number}: {size} is not a whole number of host pages of {page}")
    if not spec.memory_kib:
        raise SpecError.at(spec.nodes[0].at, "no node has memory", hint='give one at least: memory = "1 GiB"')
    if spec.max_memory_kib is not None and spec.max_memory_kib != spec.memory_kib:
        raise SpecError.at(
            spec.at,
            f"memory is {format_kib(spec.max_memory_kib)}, but the nodes add up to {format_kib(spec.memory_kib)}",
            hint="leave memory out: the sum of the nodes is used",
        )


def _check_memoryless(number: int, node: NumaNode) -> None:
    """A node without memory is there because of its CPUs, and has nothing to make huge pages of."""
    if not node.cpus:
        raise SpecError.at(
            node.at,
            f"node {number} has neither memory nor CPUs: the guest's kernel would not see it",
            hint="give it cpus or memory",
        )
    if any(node.hugepages.values()):
        raise SpecError.at(node.at, f"node {number} has no memory for its huge pages")


def _check_distances(spec: HostSpec, number: int, node: NumaNode) -> None:
    if node.distances is None:
        return
    if len(node.distances) != len(spec.nodes):
        raise SpecError.at(
            node.at,
            f"node {number} has {len(node.distances)} distances for {len(spec.nodes)} nodes",
            hint=f"one for each node, its own ({LOCAL}) included",
        )
    for other, distance in enumerate(node.distances):
        if other == number and distance != LOCAL:
            raise SpecError.at(node.at, f"node {number}: the distance to itself must be {LOCAL}, not {distance}")
        if other != number and distance < NEAREST:
            raise SpecError.at(node.at, f"node {number}: the distance to node {other} must be at least {NEAREST}")


def _check_links(spec: HostSpec) -> None:
    pairs: Counter[frozenset[int]] = Counter()
    for link in spec.links:
        for end in (link.initiator, link.target):
            if end >= len(spec.nodes):
                raise SpecError.at(link.at, f"hmat: there is no node {end}")
        if not spec.nodes[link.initiator].cpus:
            raise SpecError.at(link.at, f"hmat: node {link.initiator} has no CPU, so it cannot be an initiator")
        if link.latency_ns is None and link.bandwidth_kib is None:
            raise SpecError.at(link.at, "hmat: neither latency-ns nor bandwidth is given")
        if link.bandwidth_kib is not None and link.bandwidth_kib % _MIB:
            raise SpecError.at(link.at, "hmat: QEMU takes bandwidths in whole MiB/s")
        pair = frozenset((link.initiator, link.target))
        pairs[pair] += 1
        if pairs[pair] > 1:
            raise SpecError.at(
                link.at,
                f"hmat: the pair ({link.initiator}, {link.target}) is given twice",
                hint="list each pair once, in one direction: libvirt refuses both directions",
            )

    _check_units([link.bandwidth_kib // _MIB for link in spec.links if link.bandwidth_kib], spec, "bandwidths")


def _check_units(values: list[int], spec: HostSpec, name: str) -> None:
    """Refuse values that have no common unit in which all are whole and fit into 16 bits, as the HMAT needs."""
    unit = math.gcd(*values) if values else 1
    if values and max(values) // unit > _MOST_UNITS:
        raise SpecError.at(spec.links[0].at, f"hmat: the {name} differ too much for one table: round them to one unit")


def _check_iommu(spec: HostSpec, iommu: Iommu) -> None:
    *models, last = spec.architecture.iommus
    if iommu.model not in (*models, last):
        hint = f"use {', '.join(models)} or {last}"
        raise SpecError.at(iommu.at, f"machine {spec.machine} has no {iommu.model} IOMMU", hint=hint)
    for name in iommu.settings():
        if name not in _SETTINGS.get(iommu.model, ()):
            known = ", ".join(_SETTINGS.get(iommu.model, ())) or "only its model"
            key = name.replace("_", "-")
            raise SpecError.at(iommu.at, f"the {iommu.model} IOMMU has no setting {key}", hint=f"give {known}")
    if iommu.address_width not in (None, 39, 48, 57):
        raise SpecError.at(iommu.at, f"address-width must be 39, 48 or 57, not {iommu.address_width}")
    if iommu.model == "intel" and spec.cpu_count > EIM_LIMIT and not iommu.eim:
        raise SpecError.at(
            iommu.at, f"{spec.cpu_count} CPUs need the extended interrupt mode", hint="set intremap and eim to true"
        )
    if iommu.eim and iommu.intremap is False:
        raise SpecError.at(iommu.at, "eim needs interrupt remapping", hint="set intremap to true")


def _check_devices(spec: HostSpec) -> None:
    macs: set[str] = set()
    for device in spec.iter_devices():
        if device.vfs > device.kind.max_vfs:
            raise SpecError.at(device.at, f"{device.model} can have {device.kind.max_vfs} functions, not {device.vfs}")
        if device.mac is not None and device.mac in macs:
            raise SpecError.at(device.at, f"two devices have the MAC address {device.mac}")
        if device.mac is not None:
            macs.add(device.mac)


def distance_matrix(spec: HostSpec) -> tuple[tuple[int, ...], ...]:
    """Distances between all nodes: as given for a node, else as given for the other node, else 10 and 20."""
    rows = []
    for a, node in enumerate(spec.nodes):
        row = []
        for b, other in enumerate(spec.nodes):
            if node.distances is not None:
                row.append(node.distances[b])
            elif other.distances is not None:
                row.append(other.distances[a])
            else:
                row.append(LOCAL if a == b else REMOTE)
        rows.append(tuple(row))
    return tuple(rows)
