"""Rules about how processors, memory and block devices of the host are shared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import cpu_set, io_threads, look, members, number
from libvirtxml._impl.definition.rule import Found, measured_before, measured_since, repeated, rule

if TYPE_CHECKING:
    from libvirtxml import Domain

_PARTS = {"both": {"code", "data"}, "code": {"code"}, "data": {"data"}}
"""What each type of allocation takes of a cache."""
_PERCENT = measured_before("11.3.0")
"""The measured releases, as bits, that take a bandwidth as a percentage only."""
_REAL_TIME = ("fifo", "rr")
_SHARES = (2, 262_144)
_SHARES_RANGE = measured_before("11.3.0")
"""The measured releases, as bits, that have a range for shares: with cgroups v2 it is another one."""


@rule(
    "DEF014",
    "shares, periods and quotas of CPU time are in the range that the kernel takes",
    why="libvirt refuses periods outside of 1,000 to 1,000,000 microseconds, and quotas below 1,000.",
    fix="Choose a value in the range.",
)
def check_cputune(domain: Domain) -> Found:
    """Shares, periods and quotas."""
    shares = number(domain, "cputune.shares")
    if shares is not None and shares > 0 and not _SHARES[0] <= shares <= _SHARES[1]:
        yield "/domain/cputune/shares", f"{shares} is not in the range from {_SHARES[0]} to {_SHARES[1]}", _SHARES_RANGE
    for prefix in ("", "global_", "emulator_", "iothread_"):
        for what, most in (("period", 1_000_000), ("quota", 17_592_186_044_415)):
            value = number(domain, f"cputune.{prefix}{what}")
            if value is not None and value > 0 and not 1000 <= value <= most:
                yield f"/domain/cputune/{prefix}{what}", f"{value} is not in the range from 1000 to {most}"


@rule(
    "DEF015",
    "schedulers do not overlap, and pins of I/O threads are of threads that exist",
    why="libvirt refuses to choose between two settings for one thread.",
    fix="Name each vCPU or thread once.",
)
def check_schedulers(domain: Domain) -> Found:
    """Schedulers."""
    for tag, field, what in (
        ("vcpusched", "vcpuscheds", "vcpus"),
        ("iothreadsched", "iothreadscheds", "iothreads"),
    ):
        taken: set[int] = set()
        for index, item in enumerate(members(domain, f"cputune.{field}"), 1):
            which = cpu_set(look(item, what)) or frozenset()
            if which & taken:
                yield f"/domain/cputune/{tag}[{index}]/@{what}", f"{min(which & taken)} is named already"
            taken |= which
    threads = io_threads(domain)
    for index, item in enumerate(members(domain, "cputune.iothreadscheds"), 1):
        if threads is not None and (lost := (cpu_set(look(item, "iothreads")) or frozenset()) - threads):
            yield f"/domain/cputune/iothreadsched[{index}]/@iothreads", f"there is no I/O thread {min(lost)}"
    for index, item in enumerate(members(domain, "cputune.iothreadpins"), 1):
        thread = number(item, "iothread")
        if threads is not None and thread is not None and thread not in threads:
            yield f"/domain/cputune/iothreadpin[{index}]/@iothread", f"there is no I/O thread {thread}"


@rule(
    "DEF062",
    "vCPUs are pinned once, and scheduled ones exist",
    why="libvirt does not choose between two sets of CPUs.",
    fix="Keep one pin, name vCPUs that there are, and give fifo and rr a priority.",
)
def check_pins(domain: Domain) -> Found:
    """Pins and schedulers."""
    pins = members(domain, "cputune.vcpupins")
    for place, pin, first in repeated(pins, lambda pin: number(pin, "vcpu")):
        yield f"/domain/cputune/vcpupin[{place}]/@vcpu", f"vCPU {pin.vcpu} is pinned by vcpupin[{first}]"
    sets = [(f"/domain/cputune/vcpupin[{place}]", pin) for place, pin in enumerate(pins, 1)]
    for path, pin in [*sets, ("/domain/cputune/emulatorpin", look(domain, "cputune.emulatorpin"))]:
        if cpu_set(look(pin, "cpuset")) == frozenset():
            yield f"{path}/@cpuset", "it names no CPU"
    most = number(domain, "vcpu.value") or 1
    for place, item in enumerate(members(domain, "cputune.vcpuscheds"), 1):
        path = f"/domain/cputune/vcpusched[{place}]"
        if lost := [which for which in cpu_set(look(item, "vcpus")) or () if which >= most]:
            yield f"{path}/@vcpus", f"there is no vCPU {min(lost)}"
        if look(item, "scheduler") in _REAL_TIME and look(item, "priority") is None:
            yield f"{path}/@priority", "is missing"


@rule(
    "DEF063",
    "vCPUs share caches and bandwidth in groups of their own",
    why="The kernel puts a thread into one group, and gives each group one part of a cache.",
    fix="Name each vCPU in one group, each cache once, and let monitors watch vCPUs of their group.",
)
def check_groups(domain: Domain) -> Found:
    """Allocations of caches and bandwidth."""
    taken: list[tuple[str, frozenset[int]]] = []
    for tag in ("cachetune", "memorytune"):
        for place, group in enumerate(members(domain, f"cputune.{tag}s"), 1):
            path = f"/domain/cputune/{tag}[{place}]"
            which = cpu_set(look(group, "vcpus")) or frozenset()
            for other, theirs in taken:
                if which & theirs and (which != theirs or f"/{tag}[" in other):
                    yield f"{path}/@vcpus", f"vCPU {min(which & theirs)} is in {other.rpartition('/')[2]} already"
                    break
            taken.append((path, which))
            yield from _allocations(path, group)
            yield from _monitors(path, group, which)


def _allocations(path: str, group: Any) -> Found:
    parts: set[tuple[int | None, int | None, str]] = set()
    for place, cache in enumerate(members(group, "caches"), 1):
        own = {(number(cache, "level"), number(cache, "id"), part) for part in _PARTS.get(str(look(cache, "type")), ())}
        if own & parts:
            yield f"{path}/cache[{place}]", "another part of this cache is given already"
        parts |= own
    for place, node, first in repeated(members(group, "nodes"), lambda node: number(node, "id")):
        yield f"{path}/node[{place}]/@id", f"node {node.id} is already that of node[{first}]"
    for place, node in enumerate(members(group, "nodes"), 1):
        if (number(node, "bandwidth") or 0) > 100:
            yield f"{path}/node[{place}]/@bandwidth", "it is more than 100 %", _PERCENT


def _monitors(path: str, group: Any, which: frozenset[int]) -> Iterator[tuple[str, str]]:
    watched: frozenset[int] = frozenset()
    for place, monitor in enumerate(members(group, "monitors"), 1):
        if (level := number(monitor, "level")) is not None and level != 3 and "/cachetune[" in path:
            yield f"{path}/monitor[{place}]/@level", "only the third level is monitored"
        own = cpu_set(look(monitor, "vcpus")) or frozenset()
        if not own <= which and "/cachetune[" in path:
            yield f"{path}/monitor[{place}]/@vcpus", "it watches vCPUs that are not in its group"
        if own & watched and "/cachetune[" in path:
            yield f"{path}/monitor[{place}]/@vcpus", f"vCPU {min(own & watched)} is watched already"
        watched |= own if own != which else frozenset()


@rule(
    "DEF119",
    "only guests with KVM share caches and bandwidth",
    why="Their vCPUs are threads that the kernel can put into groups; those of an emulation are not.",
    fix="Remove <cachetune> and <memorytune>, or use KVM.",
    driver="qemu",
)
def check_groups_of_kvm(domain: Domain) -> Found:
    """Allocations of guests without KVM; those that are empty, or of no vCPU, are ignored."""
    most = number(domain, "vcpu.value") or 1
    if look(domain, "type") == "kvm":
        return
    for tag, parts in (("cachetune", ("caches", "monitors")), ("memorytune", ("nodes",))):
        for place, group in enumerate(members(domain, f"cputune.{tag}s"), 1):
            which = cpu_set(look(group, "vcpus")) or ()
            if any(vcpu < most for vcpu in which) and any(members(group, part) for part in parts):
                yield f"/domain/cputune/{tag}[{place}]", "the guest does not use KVM"


@rule(
    "DEF017",
    "memory is placed on the host in one way, and only cells that exist are",
    why="A placement of cells refines that of the whole guest.",
    fix="Name each cell of the guest once, and give a nodeset with mode and placement that belong together.",
)
def check_numatune(domain: Domain) -> Found:
    """NUMA tuning."""
    memory = look(domain, "numatune.memory")
    cells = members(domain, "cpu.numa.cells")
    seen: set[int] = set()
    placement = _placement(domain, memory)
    if placement == "static" and look(memory, "nodeset") is None:
        yield "/domain/numatune/memory/@nodeset", "is missing"
    mode = str(look(memory, "mode") or "strict")
    for index, node in enumerate(members(domain, "numatune.memnodes"), 1):
        path = f"/domain/numatune/memnode[{index}]"
        cell, own = number(node, "cellid"), str(look(node, "mode") or "strict")
        if cell is not None and cell in seen:
            yield f"{path}/@cellid", f"cell {cell} is named already"
        if cell is not None and cell >= len(cells):
            yield f"{path}/@cellid", f"there is no cell {cell}"
        seen |= {cell} if cell is not None else set()
        if memory is not None and (mode == "restrictive") != (own == "restrictive"):
            yield f"{path}/@mode", "it is 'restrictive' for all or for none", measured_since("11.3.0")
        if placement == "auto":
            yield path, "libvirt places all of the memory"
    if look(memory, "nodeset") is not None and cpu_set(look(memory, "nodeset")) == frozenset():
        yield "/domain/numatune/memory/@nodeset", "it names no node"


def _placement(domain: Any, memory: Any) -> str | None:
    """Who says where memory is: a nodeset (``static``) or libvirt (``auto``); None if nothing is said of it."""
    given = look(memory, "placement")
    if given is not None or memory is None:
        return None if given is None else str(given)
    if look(memory, "nodeset") is not None:
        return "static"
    if look(memory, "mode") is None:
        return None
    return "auto" if look(domain, "vcpu.placement") == "auto" else "static"


@rule(
    "DEF018",
    "huge pages are given to cells that exist, and once",
    why="libvirt does not choose between two sizes.",
    fix="Name each cell once, and give one size at most without a nodeset.",
)
def check_hugepages(domain: Domain) -> Found:
    """Huge pages."""
    cells = len(members(domain, "cpu.numa.cells"))
    general, taken = False, set[int]()
    for index, page in enumerate(members(domain, "memory_backing.hugepages.pages"), 1):
        path = f"/domain/memoryBacking/hugepages/page[{index}]"
        which = cpu_set(look(page, "nodeset"))
        if look(page, "nodeset") is None:
            if general:
                yield path, "there is a size for all cells already"
            general = True
        elif which is not None:
            if which & taken:
                yield f"{path}/@nodeset", f"cell {min(which & taken)} has a size already"
            if any(cell >= max(cells, 1) for cell in which):
                yield f"{path}/@nodeset", f"there is no cell {max(which)}"
            taken |= which


@rule(
    "DEF055",
    "devices of the host's block layer are tuned once",
    why="libvirt refuses two settings for one device.",
    fix="Keep one of them.",
)
def check_blkiotune(domain: Domain) -> Found:
    """Block devices that are tuned."""
    for index, device, first in repeated(members(domain, "blkiotune.devices"), lambda item: look(item, "path")):
        yield f"/domain/blkiotune/device[{index}]/path", f"{device.path} is already that of device[{first}]"
