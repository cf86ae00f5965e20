"""Memory of a twin: sizes, huge pages, distances, and memory attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from virtsmith.errors import UsageError
from virtsmith.host.facts.model import LinkFacts, NodeFacts
from virtsmith.host.notes import Notes
from virtsmith.host.spec.check import LOCAL, NEAREST, REMOTE
from virtsmith.host.spec.model import MemoryLink
from virtsmith.host.spec.quantities import format_kib

LEAST_KIB = 512 << 10
"""The smallest size that a node is scaled to: below it, the kernel's own memory hides the size of a node."""
_UNKNOWN_KIB = 1 << 20
_KERNEL_KIB = 256 << 10
"""Memory of a scaled node that huge pages leave to the kernel."""
_PAGES = (2048, 1 << 20)
_MIB = 1 << 10
_UNREACHABLE = 255
_MAX_LATENCY = 65534


def twin_sizes(nodes: Sequence[NodeFacts], limit_kib: int | None, notes: Notes) -> list[int]:
    """The size of each node in KiB: as reported, rounded up to MiB, or scaled so that all fit into a limit.

    Raises:
        UsageError: the limit is too low for some node.
    """
    sizes = [_size(number, node, notes) for number, node in enumerate(nodes)]
    if limit_kib is None or sum(sizes) <= limit_kib:
        return sizes
    scaled = _scaled(sizes, limit_kib)
    notes.note("memory", "memory", f"{format_kib(sum(sizes))} of the real machine became {format_kib(sum(scaled))}")
    return scaled


def _size(number: int, node: NodeFacts, notes: Notes) -> int:
    kib = node.firmware_kib or node.memory_kib
    if kib is None:
        notes.loss("memory", f"node {number}", f"its memory is unknown; it gets {format_kib(_UNKNOWN_KIB)}")
        return _UNKNOWN_KIB
    if kib <= 0 and not node.cpus:
        message = f"it has neither memory nor CPUs, which no guest shows; it gets {format_kib(LEAST_KIB)}"
        notes.loss("memory", f"node {number}", message)
        return LEAST_KIB
    return -(-kib // _MIB) * _MIB


def _scaled(sizes: Sequence[int], limit_kib: int) -> list[int]:
    """Proportional sizes in steps of 2 MiB; none below `LEAST_KIB`, unless the real node is that small."""
    least = [min(size, LEAST_KIB) for size in sizes]
    if sum(least) > limit_kib:
        raise UsageError(
            f"{format_kib(limit_kib)} is too little for {len(sizes)} nodes", hint=f"allow {format_kib(sum(least))}"
        )
    at_least: set[int] = set()
    while True:
        rest = [number for number in range(len(sizes)) if number not in at_least]
        room = limit_kib - sum(least[number] for number in at_least)
        total = sum(sizes[number] for number in rest)
        small = {number for number in rest if total and sizes[number] * room // total < least[number]}
        if not small:
            break
        at_least |= small
    step = 2 * _MIB
    return [
        least[number] if number in at_least or not total else max(least[number], size * room // total // step * step)
        for number, size in enumerate(sizes)
    ]


def twin_pages(number: int, node: NodeFacts, size_kib: int, notes: Notes) -> dict[int, int]:
    """Huge pages of a node, in proportion to its scaled memory."""
    real_kib = max(size_kib, node.firmware_kib or node.memory_kib or size_kib)
    scaled = real_kib - size_kib >= _MIB
    room = size_kib - (_KERNEL_KIB if scaled else 1)
    pages: dict[int, int] = {}
    for page, count in sorted((node.hugepages or {}).items()):
        if not count:
            continue
        if page not in _PAGES:
            notes.loss("hugepages", f"node {number}", f"{count} pages of {format_kib(page)}: a spec has 2M and 1G only")
            continue
        share = count * size_kib // real_kib
        kept = min(share, max(0, room) // page)
        if kept < count:
            notes.note("hugepages", f"node {number}", f"{count} pages of {format_kib(page)} became {kept}")
        if kept:
            pages[page] = kept
            room -= kept * page
    return pages


def twin_distances(nodes: Sequence[NodeFacts], notes: Notes) -> list[tuple[int, ...] | None]:
    """The distances of each node; None if they are QEMU's defaults."""
    rows = [node.distances for node in nodes]
    count = len(nodes)
    usual = [tuple(LOCAL if a == b else REMOTE for b in range(count)) for a in range(count)]
    if all(row is None for row in rows) or rows == usual:
        return [None] * count
    if any(row is None for row in rows):
        unknown = ", ".join(str(number) for number, row in enumerate(rows) if row is None)
        message = f"those of node {unknown} are not known: all nodes are {REMOTE} from each other"
        notes.loss("distances", "distances", message)
        return [None] * count
    if not all(row is not None and _possible(row, number, count) for number, row in enumerate(rows)):
        notes.loss(
            "distances", "distances", f"they are not what ACPI allows ({rows}); the twin has {LOCAL} and {REMOTE}"
        )
        return [None] * count
    return rows


def _possible(row: tuple[int, ...], own: int, count: int) -> bool:
    return len(row) == count and all(
        value == LOCAL if other == own else NEAREST <= value < _UNREACHABLE for other, value in enumerate(row)
    )


def twin_links(
    nodes: Sequence[NodeFacts], latencies: Sequence[LinkFacts] | None, numbers: Mapping[int, int], notes: Notes
) -> tuple[MemoryLink, ...]:
    """Memory attributes: those reported for pairs of nodes, else the latency of each node from its nearest CPUs."""
    if latencies is None:
        return tuple(_from_nearest(nodes))
    links: dict[frozenset[int], MemoryLink] = {}
    for facts in latencies:
        if facts.initiator not in numbers or facts.target not in numbers:
            continue
        initiator, target = numbers[facts.initiator], numbers[facts.target]
        pair = frozenset((initiator, target))
        if not nodes[initiator].cpus:
            continue
        latency, bandwidth = _latency(facts.latency_ns), _bandwidth(facts.bandwidth_kib)
        link = MemoryLink(initiator=initiator, target=target, latency_ns=latency, bandwidth_kib=bandwidth)
        if pair in links:
            if (links[pair].latency_ns, links[pair].bandwidth_kib) != (link.latency_ns, link.bandwidth_kib):
                notes.note(
                    "hmat", f"nodes {initiator} and {target}", "attributes differ by direction; one direction is kept"
                )
            continue
        if link.latency_ns is not None or link.bandwidth_kib is not None:
            links[pair] = link
    return tuple(links.values())


def _from_nearest(nodes: Sequence[NodeFacts]) -> list[MemoryLink]:
    initiators = [number for number, node in enumerate(nodes) if node.cpus]
    links = []
    for number, node in enumerate(nodes):
        latency = _latency(node.read_latency)
        if latency is None or not initiators:
            continue
        row = node.distances or tuple(LOCAL if other == number else REMOTE for other in range(len(nodes)))
        nearest = (
            number if node.cpus else min(initiators, key=lambda other: row[other] if other < len(row) else _UNREACHABLE)
        )
        links.append(MemoryLink(initiator=nearest, target=number, latency_ns=latency))
    return links


def _latency(value: int | None) -> int | None:
    return value if value is not None and 0 < value <= _MAX_LATENCY else None


def _bandwidth(kib: int | None) -> int | None:
    """A bandwidth in whole MiB/s, the unit that QEMU takes."""
    return None if not kib else max(1, kib // 1024) * 1024
