"""Facts to a spec: the twin of a real host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from libvirtxml.findings import Finding

from virtsmith.host.facts.model import Facts, NodeFacts
from virtsmith.host.notes import Notes, paragraphs
from virtsmith.host.plan.architecture import DEFAULT, Architecture, UnsupportedArchitecture, require_architecture
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.check import EIM_LIMIT
from virtsmith.host.spec.model import HostSpec, Iommu, NumaNode, RootComplex, SpecError
from virtsmith.host.spec.quantities import format_cpus
from virtsmith.host.spec.writer import format_spec
from virtsmith.host.twin.cpus import twin_cpus
from virtsmith.host.twin.error import TwinError
from virtsmith.host.twin.memory import twin_distances, twin_links, twin_pages, twin_sizes
from virtsmith.host.twin.merge import merge_facts
from virtsmith.host.twin.tree import twin_tree


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinOptions:
    """How the twin may differ from the real machine."""

    name: str = "twin"
    memory_kib: int | None = None
    """The memory limit in KiB; None for no limit."""
    cpus: int | None = None
    """The limit of CPUs; None for no limit."""
    iommu: str | None = None
    """The kind of IOMMU to use instead of the real one's."""
    stand_ins: bool = False
    """Add a random number generator where no emulated device can represent the real one."""


@dataclass(frozen=True, slots=True)
class Twin:
    """A spec that can be planned, and its losses and differences compared with the real machine."""

    spec: HostSpec
    findings: tuple[Finding, ...]
    source: str

    def to_toml(self) -> str:
        """The spec as TOML, with the findings at the top."""
        comments = [f"Twin of a real host, derived from {self.source}."]
        comments += paragraphs(self.findings, "It lacks:", "It differs in:")
        return format_spec(self.spec, comments)


def make_twin(sources: Sequence[Facts], options: TwinOptions | None = None) -> Twin:
    """Write the spec of a host with the shape of a real one.

    Args:
        sources: facts of one machine from any number of sources, which complement each other.
        options: how the twin may differ.

    Raises:
        TwinError: nodes or CPUs are not known, or virtual hosts do not support the machine's architecture.
        UsageError: the limits are too low for some node.
        SpecError: the machine is too large for any virtual host.
    """
    options = options or TwinOptions()
    notes = Notes("twin")
    facts = merge_facts(sources, notes)
    architecture = _architecture(facts)
    nodes, numbers = _renumbered(facts, notes)
    nodes += _memoryless(nodes, facts, notes)
    cpus = twin_cpus(nodes, facts.cpus, options.cpus, notes)
    sizes = twin_sizes(nodes, options.memory_kib, notes)
    distances = twin_distances(nodes, notes)
    tree = twin_tree(facts, numbers, notes, stand_ins=options.stand_ins)
    if facts.devices is None:
        notes.loss("device", "PCI devices", "the facts do not have them; add virsh nodedev-dumpxml, or ssh")
    if facts.devices is not None and not facts.complete:
        notes.note(
            "device",
            "PCI devices",
            "free ports are left out: they are unknown, since the facts do not list every function",
        )
    spec = HostSpec(
        name=options.name,
        machine=architecture.machine,
        topology=cpus.topology,
        nodes=tuple(
            NumaNode(
                cpus=cpus.nodes[number],
                memory_kib=sizes[number],
                distances=distances[number],
                hugepages=twin_pages(number, node, sizes[number], notes),
                complexes=tuple(tree.complexes.get(number, ())),
            )
            for number, node in enumerate(nodes)
        ),
        links=twin_links(nodes, facts.links, numbers, notes),
        root_port=tree.root_port,
        pci_bridge=tree.pci_bridge and architecture.has_dmi_bridge,
        devices=tree.devices,
        spare_ports=tree.spare_ports,
        nested=facts.virtualization != "",
    )
    spec = replace(spec, iommu=_iommu(spec, facts, options.iommu, notes))
    return Twin(_possible(spec, notes), tuple(notes.findings), facts.source)


def _architecture(facts: Facts) -> Architecture:
    try:
        return require_architecture(facts.architecture or DEFAULT.name)
    except UnsupportedArchitecture as error:
        raise TwinError(error.message, source=facts.source) from error


def _renumbered(facts: Facts, notes: Notes) -> tuple[list[NodeFacts], dict[int, int]]:
    """The nodes in order, and real number -> number from 0 without gaps, as QEMU requires."""
    nodes = list(facts.nodes or ())
    if not nodes:
        raise TwinError(
            "the facts have no NUMA nodes", source=facts.source, hint="add virsh capabilities, or numactl --hardware"
        )
    numbers = {node.number: position for position, node in enumerate(nodes)}
    if any(real != number for real, number in numbers.items()):
        changes = ", ".join(f"{real} is {number}" for real, number in numbers.items())
        notes.note("nodes", "nodes", f"numbered without gaps: {changes}")
    return nodes, numbers


def _memoryless(nodes: Sequence[NodeFacts], facts: Facts, notes: Notes) -> list[NodeFacts]:
    """A node without memory for the CPUs of each socket that no node has: hwloc leaves such nodes out."""
    if any(node.cpus is None for node in nodes):
        return []
    placed = {cpu for node in nodes for cpu in node.cpus or ()}
    sockets: dict[int, list[int]] = {}
    for cpu in facts.cpus or ():
        if cpu.number not in placed:
            sockets.setdefault(cpu.socket, []).append(cpu.number)
    found = []
    for number, (_, cpus) in enumerate(sorted(sockets.items()), len(nodes)):
        message = f"the facts have them on no node: they are on node {number}, which has no memory"
        notes.note("cpus", f"CPUs {format_cpus(cpus)}", message)
        found.append(NodeFacts(number, tuple(sorted(cpus)), 0))
    return found


def _iommu(spec: HostSpec, facts: Facts, requested: str | None, notes: Notes) -> Iommu | None:
    kind = requested or _kind(facts)
    if kind is None and spec.cpu_count > EIM_LIMIT and "intel" in spec.architecture.iommus:
        notes.note("iommu", "IOMMU", f"the facts show none; {spec.cpu_count} CPUs need Intel's")
        kind = "intel"
    if kind is None:
        if facts.iommu is None and not facts.groups_known:
            notes.note("iommu", "IOMMU", "the facts show none; choose one with --iommu")
        return None
    usual = spec.architecture.iommu
    if kind == "amd" and requested is None:
        notes.note("iommu", "IOMMU", "it is AMD's, whose emulation transfers no data; the twin has Intel's")
        kind = usual
    if requested is None and kind not in spec.architecture.iommus:
        kind = usual
    if kind != "intel":
        return Iommu(model=kind)
    given: dict[str, Any] = {"intremap": True, "caching_mode": True, "address_width": 48}
    given |= facts.iommu_settings or {}
    if spec.cpu_count > EIM_LIMIT:
        given |= {"eim": True, "intremap": True}
    return Iommu(model=kind, **given)


def _kind(facts: Facts) -> str | None:
    """The IOMMU of the real machine; if the facts only have groups, the usual one of its architecture."""
    if facts.iommu is not None:
        return facts.iommu or None
    if not any(device.group for device in facts.devices or ()):
        return None
    return _architecture(facts).iommu


def _possible(spec: HostSpec, notes: Notes) -> HostSpec:
    """The spec, or one without the real bus numbers or free ports if only that can be planned."""
    loose = _each_complex(spec, bus=None)
    bare = replace(_each_complex(loose, spare_ports=0), spare_ports=0)
    for candidate, message in (
        (spec, ""),
        (loose, "the real numbers do not fit; others were chosen"),
        (bare, "the free ports do not fit; they are left out"),
    ):
        try:
            plan(candidate)
        except SpecError:
            continue
        if message:
            notes.note("buses", "PCI buses", message)
        return candidate
    plan(bare)  # raises the error that names the obstacle
    return bare


def _each_complex(spec: HostSpec, **changes: int | None) -> HostSpec:
    nodes = (
        replace(
            node,
            complexes=tuple(root_complex for old in node.complexes if (root_complex := _changed(old, changes)).ports),
        )
        for node in spec.nodes
    )
    return replace(spec, nodes=tuple(nodes))


def _changed(root_complex: RootComplex, changes: dict[str, int | None]) -> RootComplex:
    return replace(
        root_complex,
        bus=changes.get("bus", root_complex.bus),
        spare_ports=changes.get("spare_ports", root_complex.spare_ports) or 0,
    )
