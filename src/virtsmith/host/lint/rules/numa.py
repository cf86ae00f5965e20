"""NUMA cells: their CPUs and memory, the links between them, and the expanders that name them."""

from __future__ import annotations

from collections.abc import Iterator

from libvirtxml import Domain
from libvirtxml.topology import NUMACell

from virtsmith.host.lint.rule import Violation, rule
from virtsmith.host.lint.view import LintView
from virtsmith.host.spec.quantities import format_cpus, format_kib

_PATH = "/domain/cpu/numa"


@rule(
    "VH004",
    "Every expander names an existing node",
    why="Devices get their node from the expander above them; without one the guest reports node -1.",
    fix="Add <node> to the expander's <target>.",
)
def without_node(view: LintView) -> Iterator[Violation]:
    """Yield each expander without a node, or with a node that is not a cell."""
    nodes = [cell.id for cell in view.cells]
    for expander in view.pci.expanders:
        if expander.node is None and nodes:
            message = "it names no NUMA node, so its devices are on no node in the guest"
        elif expander.node is not None and expander.node not in nodes:
            message = f"it names node {expander.node}, which no cell has"
        else:
            continue
        yield Violation(f"expander index {expander.index}", message, expander.path)


@rule(
    "VH015",
    "Every vCPU is in exactly one cell",
    why="QEMU puts the rest on node 0 and only logs a warning.",
    fix="List each vCPU in one <cell>.",
)
def cpus_in_cells(view: LintView) -> Iterator[Violation]:
    """Yield each cell with vCPUs of another cell or that do not exist, and the vCPUs that are in no cell."""
    if not view.cells:
        return
    seen: set[int] = set()
    for cell in view.cells:
        subject = f"cell {cell.id}"
        if twice := cell.cpus & seen:
            yield Violation(subject, f"CPU {format_cpus(twice)} is also in another cell", _PATH)
        if beyond := {cpu for cpu in cell.cpus if cpu >= view.vcpus}:
            message = f"CPU {format_cpus(beyond)} does not exist: there are {view.vcpus} vCPUs"
            yield Violation(subject, message, _PATH)
        seen |= cell.cpus
    if missing := set(range(view.vcpus)) - seen:
        yield Violation(f"vCPU {format_cpus(missing)}", "it is in no cell, so it joins node 0", _PATH)


def sum_memory(domain: Domain) -> None:
    """Write the sum of the cells, which is what libvirt uses anyway, and limit the current memory to it."""
    total = _total(LintView(domain).cells)
    memory, current = domain.memory, domain.current_memory
    if memory is not None:
        memory.resize(total << 10)
    if current is not None and (current.kib or 0) > total:
        current.resize(total << 10)


@rule(
    "VH016",
    "Memory is the sum of the cells",
    why="libvirt silently replaces <memory> by the sum; a cell of size 0 fails at the start.",
    fix="Make them agree.",
    repair=sum_memory,
)
def memory_sum(view: LintView) -> Iterator[Violation]:
    """Yield each cell without memory, and a total that is not the sum of the cells."""
    memory = view.domain.memory.kib if view.domain.memory else None
    if not view.cells or memory is None:
        return
    for cell in view.cells:
        if cell.memory == 0:
            yield Violation(f"cell {cell.id}", "it has no memory, and QEMU refuses a node of size 0", _PATH)
    total = _total(view.cells)
    if total != memory and not view.domain.max_memory:
        message = f"it is {format_kib(memory)}, the cells add up to {format_kib(total)}: the cells win"
        yield Violation("memory", message, "/domain/memory")


def _total(cells: tuple[NUMACell, ...]) -> int:
    """The memory of all cells in KiB."""
    return sum(cell.element.kib or 0 for cell in cells)


@rule(
    "VH018",
    "Each HMAT pair is listed once",
    why='libvirt takes (0,1) and (1,0) for the same link: "Link already defined".',
    fix="List each pair in one direction.",
)
def hmat_pairs(view: LintView) -> Iterator[Violation]:
    """Yield each link between two cells that is also listed in the other direction."""
    numa = view.domain.cpu.numa if view.domain.cpu else None
    links = numa.interconnects if numa else None
    for kind, pairs in (("latency", links.latencies), ("bandwidth", links.bandwidths)) if links else ():
        seen: set[tuple[object, ...]] = set()
        for link in pairs:
            initiator, target = link.initiator, link.target
            if initiator != target and (link.type, link.cache, target, initiator) in seen:
                message = f"({target},{initiator}) is also listed"
                yield Violation(f"{kind} ({initiator},{target})", message, f"{_PATH}/interconnects")
            seen.add((link.type, link.cache, initiator, target))
