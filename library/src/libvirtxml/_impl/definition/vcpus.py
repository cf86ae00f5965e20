"""Rules about single vCPUs: which can be plugged, what is pinned, and what shares caches and bandwidth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import Guest, cpu_set, each, look, members, number
from libvirtxml._impl.definition.rule import Found, repeated, rule

if TYPE_CHECKING:
    from libvirtxml import Domain

_LISTED = "/domain/vcpus/vcpu"
_PARTS = {"both": {"code", "data"}, "code": {"code"}, "data": {"data"}}
"""What each type of allocation takes of a cache."""
_MACHINE = re.compile(r"(pc|pc-i440fx|q35|pc-q35|isapc|microvm)(?:-(\d+\.\d+))?")
"""Machine types of QEMU itself, not those of distributions, with their version."""
_LIMITS = {
    "pc": [((0, 0), 255)],
    "i440fx": [((0, 0), 255)],
    "q35": [((9, 0), 4096), ((8, 1), 1024), ((0, 0), 288)],
    "isapc": [((0, 0), 1)],
    "microvm": [((0, 0), 288)],
}
"""The largest numbers of vCPUs by machine type, from a version on, newest first; what QEMU shows libvirt."""
_PERCENT = 0b001
"""The measured releases, as bits, that take a bandwidth as a percentage only."""
_MOST_XAPIC = 255
_EIM_BY_HAND = 0b001
"""The measured releases, as bits, that turn on no extended interrupt mode by themselves."""
_NEWEST = (1000, 0)
_REAL_TIME = ("fifo", "rr")


@rule(
    "DEF061",
    "vCPUs that are listed exist, and are there or can be plugged",
    why="A vCPU that is neither there nor can be plugged is none.",
    fix="List vCPUs below the number in <vcpu>, and let those that are off be hotpluggable.",
)
def check_listed(domain: Domain) -> Found:
    """Listed vCPUs."""
    most = number(domain, "vcpu.value")
    for place, vcpu in enumerate(members(domain, "vcpus.vcpus"), 1):
        which = number(vcpu, "id")
        if most is not None and which is not None and which >= most:
            yield f"{_LISTED}[{place}]/@id", f"the guest has {most} vCPUs, numbered from 0"
        if look(vcpu, "enabled") is False and look(vcpu, "hotpluggable") is False:
            yield f"{_LISTED}[{place}]", "it is neither enabled nor hotpluggable"


@rule(
    "DEF116",
    "vCPUs are plugged in an order that QEMU has",
    why="QEMU starts with the vCPUs that cannot be plugged, the first one among them.",
    fix="Enable vCPU 0, number all enabled vCPUs from 1 or none, those that are not hotpluggable first.",
    driver="qemu",
)
def check_order(domain: Domain) -> Found:
    """The order of vCPUs."""
    listed = {number(vcpu, "id"): (place, vcpu) for place, vcpu in enumerate(members(domain, "vcpus.vcpus"), 1)}
    if not listed or None in listed:
        return
    first = listed.get(0)
    if first is None or look(first[1], "enabled") is not True:
        yield f"{_LISTED}[{first[0]}]/@enabled" if first else "/domain/vcpus", "vCPU 0 is off"
        return
    if look(first[1], "hotpluggable") is True:
        yield f"{_LISTED}[{first[0]}]/@hotpluggable", "vCPU 0 cannot be plugged"
    if _order(first[1]) > 1:
        yield f"{_LISTED}[{first[0]}]/@order", "vCPU 0 is the first one"
    most = number(domain, "vcpu.value") or 0
    ids = [which for which in sorted(key for key in listed if key is not None) if which < most]
    for before, which in pairwise(ids):
        place, vcpu = listed[which]
        if look(vcpu, "enabled") is True and bool(_order(vcpu)) != bool(_order(first[1])):
            yield f"{_LISTED}[{place}]/@order", "all enabled vCPUs have an order, or none"
        if look(vcpu, "hotpluggable") is False:
            yield from _follows(f"{_LISTED}[{place}]", vcpu, listed[before][1])


def _follows(path: str, vcpu: Any, before: Any) -> Iterator[tuple[str, str]]:
    """What keeps a vCPU that cannot be plugged from coming after the one before it."""
    if look(before, "hotpluggable") is True:
        yield path, "it is not hotpluggable, and comes after one that is"
    elif 0 < _order(vcpu) < _order(before):
        yield f"{path}/@order", "it comes after a vCPU with a higher order"


def _order(vcpu: Any) -> int:
    return number(vcpu, "order") or 0


@rule(
    "DEF117",
    "the machine has room for all vCPUs",
    why="Each machine type of QEMU has a largest number of vCPUs.",
    fix="Lower the number in <vcpu>, or choose a newer machine type q35.",
    driver="qemu",
)
def check_most(domain: Domain) -> Found:
    """The largest number of vCPUs of x86 machines; of a type without a version, that of the newest."""
    guest, count = Guest(domain), number(domain, "vcpu.value")
    found = _MACHINE.fullmatch(guest.machine)
    if not guest.is_x86 or count is None or found is None:
        return
    version = tuple(int(part) for part in found[2].split(".")) if found[2] else _NEWEST
    most = next(most for least, most in _LIMITS[found[1].removeprefix("pc-")] if version >= least)
    if count > most:
        yield "/domain/vcpu", f"a machine {guest.machine} has {most} vCPUs at most"
    elif count > _MOST_XAPIC and not any(look(iommu, "driver.eim") is True for _, iommu in each(domain, "iommus")):
        message = f"more than {_MOST_XAPIC} need an IOMMU with the extended interrupt mode"
        yield "/domain/vcpu", message, _EIM_BY_HAND


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
