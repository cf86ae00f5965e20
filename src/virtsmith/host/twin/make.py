"""Facts to a spec: the twin of a real host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from libvirtxml.findings import Finding

from virtsmith.host.facts.model import Facts, NodeFacts
from virtsmith.host.notes import Notes, paragraphs
from virtsmith.host.plan.architecture import DEFAULT, Architecture, UnsupportedArchitecture, require_architecture
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.check import EIM_LIMIT
from virtsmith.host.spec.model import HostSpec, Iommu, NumaNode, RootComplex, SpecError
from virtsmith.host.spec.writer import format_spec
from virtsmith.host.twin.cpus import twin_cpus
from virtsmith.host.twin.error import TwinError
from virtsmith.host.twin.memory import twin_distances, twin_links, twin_pages, twin_sizes
from virtsmith.host.twin.merge import merge_facts
from virtsmith.host.twin.tree import twin_tree


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinOptions:
    """How a twin may differ from the real machine."""

    name: str = "twin"
    memory_kib: int | None = None
    """The most memory it may have; all of it where None."""
    cpus: int | None = None
    """The most CPUs it may have; all of them where None."""
    iommu: str | None = None
    """The IOMMU it gets in place of the real one's kind."""
    stand_ins: bool = False
    """Put a random number generator where no emulated device can play the real one."""


@dataclass(frozen=True, slots=True)
class Twin:
    """A spec that is proven to make a plan, and what it lacks of the real machine or has in another way."""

    spec: HostSpec
    findings: tuple[Finding, ...]
    source: str

    def to_toml(self) -> str:
        """The spec as a file, with the findings in front."""
        comments = [f"Twin of a real host, made from {self.source}."]
        comments += paragraphs(self.findings, "What the real one has and this lacks:", "What this has in another way:")
        return format_spec(self.spec, comments)


def make_twin(sources: Sequence[Facts], options: TwinOptions | None = None) -> Twin:
    """Write the spec of a host with the shape of a real one.

    Args:
        sources: facts of one machine, from as many sources as there are; what one does not tell, another may.
        options: how it may differ.

    Raises:
        TwinError: nodes or CPUs are not told, or the machine is of an architecture without virtual hosts.
        UsageError: the limits leave some node too little.
        SpecError: the machine is too large for any virtual host.
    """
    options = options or TwinOptions()
    notes = Notes("twin")
    facts = merge_facts(sources, notes)
    architecture = _architecture(facts)
    nodes, numbers = _renumbered(facts, notes)
    cpus = twin_cpus(nodes, facts.cpus, options.cpus, notes)
    sizes = twin_sizes(nodes, options.memory_kib, notes)
    distances = twin_distances(nodes, notes)
    tree = twin_tree(facts, numbers, notes, stand_ins=options.stand_ins)
    if facts.devices is None:
        notes.loss("device", "PCI devices", "the facts do not tell them; add virsh nodedev-dumpxml, or ssh")
    if facts.devices is not None and not facts.complete:
        notes.note("device", "PCI devices", "not every function is told: free ports are unknown, and left out")
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
    """The nodes in order, and real number -> number from 0 without gaps, as QEMU wants them."""
    nodes = list(facts.nodes or ())
    if not nodes:
        raise TwinError(
            "the facts tell no NUMA nodes", source=facts.source, hint="add virsh capabilities, or numactl --hardware"
        )
    numbers = {node.number: position for position, node in enumerate(nodes)}
    if any(real != number for real, number in numbers.items()):
        changes = ", ".join(f"{real} is {number}" for real, number in numbers.items())
        notes.note("nodes", "nodes", f"numbered without gaps: {changes}")
    return nodes, numbers


def _iommu(spec: HostSpec, facts: Facts, requested: str | None, notes: Notes) -> Iommu | None:
    kind = requested or _kind(facts)
    if kind is None:
        if facts.iommu is None and not facts.groups_known:
            notes.note("iommu", "IOMMU", "the facts do not tell of one; choose it with --iommu")
        return None
    usual = spec.architecture.iommu
    if kind == "amd" and requested is None:
        notes.note("iommu", "IOMMU", "it is AMD's, whose emulation transfers nothing; the twin has Intel's")
        kind = usual
    if requested is None and kind not in spec.architecture.iommus:
        kind = usual
    if kind != "intel":
        return Iommu(model=kind)
    eim = True if spec.cpu_count > EIM_LIMIT else None
    return Iommu(model=kind, intremap=True, caching_mode=True, address_width=48, eim=eim)


def _kind(facts: Facts) -> str | None:
    """The IOMMU of the real machine; groups without a name for it are Intel's, which work everywhere."""
    if facts.iommu is not None:
        return facts.iommu or None
    if not any(device.group for device in facts.devices or ()):
        return None
    return _architecture(facts).iommu


def _possible(spec: HostSpec, notes: Notes) -> HostSpec:
    """The spec, or one without the real bus numbers or free ports if only that makes a plan."""
    loose = _each_complex(spec, bus=None)
    bare = replace(_each_complex(loose, spare_ports=0), spare_ports=0)
    for candidate, message in (
        (spec, ""),
        (loose, "the real numbers do not fit, others were chosen"),
        (bare, "there is no room for the free ports; they are left out"),
    ):
        try:
            plan(candidate)
        except SpecError:
            continue
        if message:
            notes.note("buses", "PCI buses", message)
        return candidate
    plan(bare)  # says what is in the way
    return bare


def _each_complex(spec: HostSpec, **changes: int | None) -> HostSpec:
    nodes = (
        replace(node, complexes=tuple(item for old in node.complexes if (item := _changed(old, changes)).ports))
        for node in spec.nodes
    )
    return replace(spec, nodes=tuple(nodes))


def _changed(root_complex: RootComplex, changes: dict[str, int | None]) -> RootComplex:
    return replace(
        root_complex,
        bus=changes.get("bus", root_complex.bus),
        spare_ports=changes.get("spare_ports", root_complex.spare_ports) or 0,
    )
