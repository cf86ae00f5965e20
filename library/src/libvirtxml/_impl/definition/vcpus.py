"""Rules about vCPUs: how many there can be, and which can be plugged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import Guest, each, look, members, number
from libvirtxml._impl.definition.rule import Found, measured_before, rule

if TYPE_CHECKING:
    from libvirtxml import Domain

_LISTED = "/domain/vcpus/vcpu"
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
_MOST_XAPIC = 255
_EIM_BY_HAND = measured_before("11.3.0")
"""The measured releases, as bits, that turn on no extended interrupt mode by themselves."""
_NEWEST = (1000, 0)


@rule(
    "DEF011",
    "the current number of vCPUs is at most their maximum",
    why="libvirt refuses more vCPUs than the guest can have.",
    fix="Raise the number in <vcpu>, or lower its attribute current.",
)
def check_vcpus(domain: Domain) -> Found:
    """Numbers of vCPUs."""
    vcpu = domain.vcpu
    most = 1 if vcpu is None or vcpu.value is None else vcpu.value
    if vcpu is not None and isinstance(vcpu.current, int) and isinstance(most, int) and vcpu.current > most >= 0:
        yield "/domain/vcpu/@current", f"{vcpu.current} vCPUs of at most {most}"


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
    for which in ids[1:]:
        place, vcpu = listed[which]
        if look(vcpu, "enabled") is True and bool(_order(vcpu)) != bool(_order(first[1])):
            yield f"{_LISTED}[{place}]/@order", "all enabled vCPUs have an order, or none"
        if look(vcpu, "hotpluggable") is False and which - 1 in listed:
            yield from _follows(f"{_LISTED}[{place}]", vcpu, listed[which - 1][1])


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
