"""CPUs of a twin: how many each node has, and how they are grouped into sockets, dies, cores and threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from virtsmith.errors import UsageError
from virtsmith.host.facts.model import CpuFacts, NodeFacts
from virtsmith.host.notes import Notes
from virtsmith.host.spec.model import CpuTopology
from virtsmith.host.spec.quantities import MAX_CPU, format_cpus
from virtsmith.host.twin.error import TwinError

Places = Mapping[int, CpuFacts]


@dataclass(frozen=True, slots=True)
class TwinCpus:
    """CPUs of each node, in the order of the nodes, and their topology (None: each is a socket of its own)."""

    nodes: tuple[tuple[int, ...], ...]
    topology: CpuTopology | None


def twin_cpus(
    nodes: Sequence[NodeFacts], facts: Sequence[CpuFacts] | None, limit: int | None, notes: Notes
) -> TwinCpus:
    """Give each node as many CPUs as the real node has, or its share of a smaller number.

    QEMU numbers the threads of a core side by side, then cores, dies and sockets, while Linux on real machines often
    numbers the second threads last. Numbers are kept only if that leaves sockets and cores as they are.

    Raises:
        TwinError: it is not known which CPUs the nodes have.
        UsageError: the limit is too low for every node to keep a core.
    """
    if any(node.cpus is None for node in nodes):
        raise TwinError(
            "the facts do not have the CPUs of the nodes", hint="add virsh capabilities, or numactl --hardware"
        )
    real = [node.cpus or () for node in nodes]
    if not any(real):
        raise TwinError("no node has a CPU")
    places = {cpu.number: cpu for cpu in facts or ()}
    if not all(cpu in places for cpus in real for cpu in cpus):
        if places:
            notes.note("topology", "CPUs", "sockets and cores are left out: they are known for some CPUs only")
        places = {}
    cores = [_cores(cpus, places) for cpus in real]
    if limit is not None and sum(map(len, real)) > limit:
        cores = _reduced(cores, limit)
        notes.note("cpus", "CPUs", f"{sum(map(len, real))} of the real machine became {_count(cores)}")
    return _numbered(real, cores, places, notes)


def _cores(cpus: Sequence[int], places: Places) -> list[tuple[int, ...]]:
    """The CPUs of a node as cores, in the order of sockets and dies."""
    if not places:
        return [(cpu,) for cpu in cpus]
    found: dict[tuple[int, int, int], list[int]] = {}
    for cpu in sorted(cpus):
        found.setdefault(_core(places[cpu]), []).append(cpu)
    return [tuple(found[place]) for place in sorted(found)]


def _core(cpu: CpuFacts) -> tuple[int, int, int]:
    return cpu.socket, cpu.die, cpu.core


def _count(cores: Sequence[Sequence[Sequence[int]]]) -> int:
    return sum(len(threads) for node in cores for threads in node)


def _reduced(cores: list[list[tuple[int, ...]]], limit: int) -> list[list[tuple[int, ...]]]:
    """The same share of every node's cores, and at least one core."""
    total = _count(cores)
    kept = [_spread(node, max(1, len(node) * limit // total)) for node in cores]
    if _count(kept) > limit:
        raise UsageError(f"{limit} CPUs do not leave a core for each node", hint=f"allow {_count(kept)}")
    return kept


def _spread(cores: list[tuple[int, ...]], count: int) -> list[tuple[int, ...]]:
    """A number of a node's cores, evenly spaced, so that all its sockets and dies keep some."""
    return [cores[number * len(cores) // count] for number in range(min(count, len(cores)))]


def _numbered(
    real: Sequence[tuple[int, ...]], cores: Sequence[list[tuple[int, ...]]], places: Places, notes: Notes
) -> TwinCpus:
    kept = sorted(cpu for node in cores for threads in node for cpu in threads)
    if len(kept) > MAX_CPU:
        raise UsageError(f"{len(kept)} CPUs are more than a virtual host can have", hint="limit them: --cpus 32")
    topology = _topology([places[cpu] for cpu in kept], notes) if places else None
    same = {cpu: cpu for cpu in kept}
    anew = {cpu: number for number, cpu in enumerate(_in_order(cores, places))}
    numbers = same if kept == list(range(len(kept))) and _fits(same, topology, places) else anew
    if not _fits(numbers, topology, places):
        notes.note("topology", "CPUs", "sockets are left out: those that share nodes cannot be numbered for QEMU")
        topology = None
    nodes = tuple(tuple(sorted(numbers[cpu] for threads in node for cpu in threads)) for node in cores)
    if any(new != old for new, old in zip(nodes, map(tuple, map(sorted, real)), strict=True)) and len(kept) == sum(
        map(len, real)
    ):
        changes = "; ".join(
            f"{format_cpus(old)} became {format_cpus(new)}" for old, new in zip(real, nodes, strict=True) if old
        )
        notes.note("cpus", "CPUs", f"renumbered in QEMU's order: {changes}")
    trivial = topology is not None and topology.sockets == topology.cpu_count
    return TwinCpus(nodes, None if trivial else topology)


def _in_order(cores: Sequence[list[tuple[int, ...]]], places: Places) -> Iterator[int]:
    """All CPUs in QEMU's order: by socket, by die, within these by node, threads together."""

    def place(entry: tuple[int, tuple[int, ...]]) -> tuple[tuple[int, ...], int, int]:
        node, threads = entry
        core = _core(places[threads[0]]) if places else ()
        return core[:2], node, core[2] if core else threads[0]

    every = ((node, threads) for node, inside in enumerate(cores) for threads in inside)
    for _node, threads in sorted(every, key=place):
        yield from threads


def _topology(cpus: Sequence[CpuFacts], notes: Notes) -> CpuTopology | None:
    """The topology, if all sockets have as many dies, all dies as many cores, all cores as many threads."""
    threads = Counter(_core(cpu) for cpu in cpus)
    cores = Counter(place[:2] for place in threads)
    dies = Counter(place[0] for place in cores)
    levels = [set(sizes.values()) for sizes in (threads, cores, dies)]
    if any(len(level) > 1 for level in levels):
        notes.note(
            "topology", "CPUs", "sockets and cores are left out: they differ in size, which QEMU does not support"
        )
        return None
    (per_core,), (per_die,), (per_socket,) = levels
    return CpuTopology(sockets=len(dies), dies=per_socket, cores=per_die, threads=per_core)


def _fits(numbers: Mapping[int, int], topology: CpuTopology | None, places: Places) -> bool:
    """Whether CPUs share sockets, dies and cores under QEMU exactly as on the real machine."""
    if topology is None:
        return True
    for depth in (1, 2, 3):
        pairs = {(topology.place(new)[:depth], _core(places[old])[:depth]) for old, new in numbers.items()}
        if len(pairs) != len({a for a, _ in pairs}) or len(pairs) != len({b for _, b in pairs}):
            return False
    return True
