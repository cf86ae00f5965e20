"""Rules about how processors, memory and block devices of the host are shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import cpu_set, io_threads, look, members, number
from libvirtxml._impl.definition.rule import Found, measured_since, repeated, rule

if TYPE_CHECKING:
    from libvirtxml import Domain

_SHARES = (2, 262_144)
_SHARES_RANGE = 0b001
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
    "scheduling, caches and pins of vCPUs and I/O threads do not overlap",
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
    for path, text in (("memory/@nodeset", look(memory, "nodeset")),):
        if text is not None and cpu_set(text) == frozenset():
            yield f"/domain/numatune/{path}", "it names no node"


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
