"""Where the order of list members means something to libvirt; everywhere else it is not compared.

Reviewed by hand, from libvirt's format documentation and what its drivers do with the lists; what is said of devices is
proven against a real libvirt, which is given each list both ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from libvirtxml._impl.element import Element

_COUNTED = "libvirt numbers and places {} in this order"
_DEVICES = {
    "disks": "disks of different buses", "controllers": "controllers of different types, or without an index,",
    "filesystems": "filesystems", "interfaces": "network interfaces", "smartcards": "smartcard devices",
    "serials": "serial ports", "parallels": "parallel ports", "consoles": "consoles", "channels": "channels",
    "inputs": "input devices", "sounds": "sound devices", "tpms": "TPMs", "videos": "video devices",
    "hostdevs": "host devices", "hubs": "hubs", "redirdevs": "USB redirection devices", "watchdogs": "watchdogs",
    "iommus": "IOMMUs", "rngs": "random number generators", "panics": "panic devices",
    "memories": "memory devices", "shmems": "shared memory devices", "cryptos": "crypto devices",
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

INTERLEAVED = {"NWFilter": ("filterrefs", "rules")}
"""Lists of one class whose members have one common order, although their tags differ."""


def _bus(disk: Any) -> Any:
    return getattr(disk.target, "bus", None)


def _target(disk: Any, _place: int) -> tuple[int, str]:
    """The number of a target: ``sdb`` comes before ``sdaa``."""
    letters = re.sub(r"\d.*", "", str(getattr(disk.target, "dev", None) or ""))
    return len(letters), letters


def _index(controller: Any, place: int) -> tuple[int, int]:
    """Controllers without an index get the next free ones, in their order."""
    index = controller.index
    return (1, place) if index is None else (0, index)


_SORTED: dict[str, tuple[Callable[[Any], Any], Callable[[Any, int], Any]]] = {
    "Devices.disks": (_bus, _target),
    "Devices.controllers": (lambda controller: controller.type, _index),
}
"""Lists that libvirt sorts when it reads them: by which groups, and how within a group."""


def order_kept(key: str, members: Sequence[Element]) -> list[int]:
    """For each member of a list its place as libvirt keeps it: groups in the order of their first members."""
    if key not in _SORTED:
        return list(range(len(members)))
    group, rank = _SORTED[key]
    groups = {value: number for number, value in enumerate(dict.fromkeys(map(group, members)))}
    kept = sorted(range(len(members)), key=lambda place: (groups[group(members[place])], rank(members[place], place)))
    places = [0] * len(members)
    for new, old in enumerate(kept):
        places[old] = new
    return places
