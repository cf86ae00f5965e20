"""Where the order of list members means something to libvirt; everywhere else it is not compared.

Reviewed by hand, from libvirt's format documentation and what its drivers do with the lists; each row about devices was
proven by a real libvirt that was given the list both ways (of watchdogs, TPMs and the like it takes one).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from libvirtxml._impl.alignment import moved_pairs
from libvirtxml._impl.element import Element

_COUNTED = "libvirt numbers and places {} in this order"
_DEVICES = {
    "disks": "disks of different buses", "controllers": "controllers of different types, or without an index,",
    "filesystems": "filesystems", "interfaces": "network interfaces", "serials": "serial ports",
    "parallels": "parallel ports", "consoles": "consoles", "channels": "channels", "inputs": "input devices",
    "sounds": "sound devices", "videos": "video devices", "hostdevs": "host devices", "hubs": "hubs",
    "redirdevs": "USB redirection devices", "rngs": "random number generators", "panics": "panic devices",
    "memories": "memory devices", "shmems": "shared memory devices",
}  # fmt: skip
ORDERED = {
    **{f"Devices.{name}": _COUNTED.format(devices) for name, devices in _DEVICES.items()},
    "OS.boots": "the firmware tries boot devices in this order",
    "OS.initargs": "arguments of the init program",
    "QEMUCommandline.qemu_args": "arguments of a command line",
    "BhyveCommandline.bhyve_args": "arguments of a command line",
    "XenCommandline.xen_args": "arguments of a command line",
    "NWFilter.rules": "rules of one priority are tried in turn",
    "NWFilter.filterrefs": "rules of one priority are tried in turn",
    "NetworkDNS.forwarders": "resolvers are asked in this order",
    "NetworkDNSHost.hostnames": "the first name is what an address resolves to",
    "NetworkDnsmasqOptions.dnsmasq_options": "lines of a configuration file",
    "RedirFilter.usbdevs": "the first rule that fits a device decides",
    "DiskThrottleFilters.throttlefilters": "requests pass the filters in this order",
    "SysinfoSMBIOSOEMStrings.entries": "the guest reads OEM strings by number",
    "SysinfoSMBIOS.base_boards": "the guest sees the tables in this order",
    "SysinfoSMBIOS.processors": "the guest sees the tables in this order",
    "SysinfoSMBIOS.memory_devices": "the guest sees the tables in this order",
    "DomainSysinfoSMBIOS.base_boards": "the guest sees the tables in this order",
}
"""``Class.field`` to the reason."""

COMPARED = {
    "Clock.timers": "libvirt compares timers one by one",
    "Devices.tpms": "libvirt compares TPMs one by one",
}
"""Lists in whose order libvirt's check of a stable guest ABI compares them, although it means nothing else."""

INTERLEAVED = {"NWFilter": ("filterrefs", "rules")}
"""Lists of one class whose members have one common order, although their tags differ."""


def _bus_and_target(disk: Any) -> tuple[Any, Any]:
    """Disks are sorted within their bus: ``sdb`` comes before ``sdaa``."""
    letters = re.sub(r"\d.*", "", str(getattr(disk.target, "dev", None) or ""))
    return getattr(disk.target, "bus", None), (len(letters), letters)


def _type_and_index(controller: Any) -> tuple[Any, Any]:
    """Controllers without an index get the next free ones, in their order; companions follow their USB controller."""
    if controller.index is None:
        return controller.type, (1, 0, 0)
    master = controller.__dict__.get("master")
    return controller.type, (0, _number(controller.index), -1 if master is None else _number(master.startport))


def _number(value: Any) -> int:
    """A number that a document may lack, or have as something else."""
    return value if isinstance(value, int) else 0


def _primary_first(video: Any) -> tuple[Any, Any]:
    return None, video.model is None or video.model.__dict__.get("primary") is not True


_SORTED: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "Devices.disks": _bus_and_target,
    "Devices.controllers": _type_and_index,
    "Devices.videos": _primary_first,
}
"""Lists that libvirt sorts when it reads them: by which groups, and how within a group."""
NUMBERED = frozenset({"Devices.controllers"})
"""Lists whose members get numbers for good, so that a request's order is not to be found again."""


def moved_members(
    key: str, old: Sequence[Element], new: Sequence[Element], pairs: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Of pairs of places, those that must have moved, in the order in which libvirt keeps the list ``key``.

    Members that are sorted by something else now did not move: that change is one of its own.
    """
    sort = _SORTED.get(key)
    if sort is None:
        return moved_pairs(pairs)
    before, after = _places_kept(old, sort), _places_kept(new, sort)
    kept = {(before[i], after[j]): (i, j) for i, j in pairs if sort(old[i]) == sort(new[j])}
    return [kept[pair] for pair in moved_pairs(sorted(kept))]


def as_kept(key: str, members: Sequence[Element]) -> list[Element]:
    """The members of the list ``key`` in the order in which libvirt keeps them."""
    sort = _SORTED.get(key)
    if sort is None:
        return list(members)
    places = _places_kept(members, sort)
    return [member for _, member in sorted(zip(places, members, strict=True), key=lambda pair: pair[0])]


def _places_kept(members: Sequence[Any], sort: Callable[[Any], tuple[Any, Any]]) -> list[int]:
    """For each member its place as libvirt keeps it: groups in the order of their first members."""
    keys = [sort(member) for member in members]
    groups = {group: number for number, group in enumerate(dict.fromkeys(group for group, _ in keys))}
    kept = sorted(range(len(members)), key=lambda place: (groups[keys[place][0]], keys[place][1]))
    places = [0] * len(members)
    for new, old in enumerate(kept):
        places[old] = new
    return places
