"""NUMA cells: their CPUs and memory, the links between them, and the expanders that name them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from libvirtxml import Domain
from libvirtxml.findings import Severity
from libvirtxml.topology import NUMACell
from libvirtxml.versions import Version

from virtsmith.host.lint.rule import Violation, rule
from virtsmith.host.lint.view import LintView
from virtsmith.host.spec.quantities import format_cpus, format_kib

_PATH = "/domain/cpu/numa"
_EMPTY_CELLS = Version.parse("12.8")
"""The oldest libvirt that was seen to start a cell without memory; 11.3 does not."""


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
        message = "it is in no cell, so it joins node 0"
        yield Violation(f"vCPU {format_cpus(missing)}", message, _PATH, Severity.WARNING)


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
    why="libvirt silently replaces <memory> by the sum; before 12.8 it does not start a cell of size 0.",
    fix="Make them agree.",
    severity=Severity.WARNING,
    repair=sum_memory,
)
def memory_sum(view: LintView) -> Iterator[Violation]:
    """Yield each cell without memory, and a total that is not the sum of the cells."""
    memory = view.domain.memory.kib if view.domain.memory else None
    if not view.cells or memory is None:
        return
    for cell in view.cells:
        if cell.memory == 0 and not view.is_settled_since(_EMPTY_CELLS):
            yield Violation(
                f"cell {cell.id}", "it has no memory, and libvirt before 12.8 does not start it", _PATH, Severity.ERROR
            )
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
    """Yield each link between two cells that is also listed, in either direction."""
    numa = view.domain.cpu.numa if view.domain.cpu else None
    links = numa.interconnects if numa else None
    for kind, pairs in (("latency", links.latencies), ("bandwidth", links.bandwidths)) if links else ():
        seen: set[tuple[object, ...]] = set()
        for link in pairs:
            initiator, target = link.initiator, link.target
            ways = (initiator, target), (target, initiator)
            other = next((ends for ends in ways if (link.type, link.cache, *ends) in seen), None)
            if other:
                message = f"({other[0]},{other[1]}) is also listed"
                yield Violation(f"{kind} ({initiator},{target})", message, f"{_PATH}/interconnects")
            seen.add((link.type, link.cache, initiator, target))


@rule(
    "VH029",
    "Cells keep cores and sockets together",
    why="libvirt and QEMU number the threads of a core, and the cores of a socket, one after the other. Linux ignores "
    "threads of one core that are on several nodes, with a warning in its log; tools that show a machine as a tree "
    "fail where a node has parts of several sockets.",
    fix="List the vCPUs of a core in one <cell>, and those of a socket in cells of their own.",
    severity=Severity.WARNING,
)
def split_cpus(view: LintView) -> Iterator[Violation]:
    """Yield the first core whose threads are in several cells, else the first cell with parts of several sockets."""
    topology = view.domain.cpu.topology if view.domain.cpu else None
    if topology is None or not view.cells:
        return
    cells = {cpu: cell.id for cell in view.cells for cpu in cell.cpus}
    threads = topology.threads or 1
    for core in _runs(view.vcpus, threads):
        if threads > 1 and len(homes := _homes(core, cells)) > 1:
            yield Violation(f"vCPUs {format_cpus(core)}", f"threads of one core in cells {_listed(homes)}", _PATH)
            return
    sockets = list(_runs(view.vcpus, -(-view.vcpus // (topology.sockets or 1))))
    for cell in view.cells:
        parts = [socket for socket in sockets if cell.cpus & socket]
        if len(parts) > 1 and any(len(_homes(socket, cells)) > 1 for socket in parts):
            yield Violation(
                f"cell {cell.id}", f"it has parts of {len(parts)} sockets that are in other cells too", _PATH
            )
            return


def _runs(total: int, size: int) -> Iterator[frozenset[int]]:
    """The vCPUs in groups of a size, in the order of their numbers."""
    return (frozenset(range(first, min(first + size, total))) for first in range(0, total, size or 1))


def _homes(cpus: frozenset[int], cells: Mapping[int, int]) -> set[int]:
    return {cells[cpu] for cpu in cpus if cpu in cells}


def _listed(numbers: Iterable[int]) -> str:
    return " and ".join(map(str, sorted(numbers)))


@rule(
    "VH030",
    "Cells are whole numbers of huge pages",
    why="QEMU refuses to start with part of a page.",
    fix="Round the cell, or use smaller pages.",
    severity=Severity.WARNING,
)
def broken_pages(view: LintView) -> Iterator[Violation]:
    """Yield each cell whose memory is not a whole number of the huge pages behind it."""
    backing = view.domain.memory_backing
    pages = backing.hugepages.pages if backing and backing.hugepages else []
    for cell in view.cells:
        for page in pages:
            size, own = page.bytes, page.nodeset is None or cell.id in page.nodeset.numbers
            if own and size and cell.memory and cell.memory % size:
                message = f"{format_kib(cell.memory >> 10)} is not a whole number of pages of {format_kib(size >> 10)}"
                yield Violation(f"cell {cell.id}", message, _PATH)
