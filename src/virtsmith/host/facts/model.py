"""Facts that a guest reports: nodes, PCI functions, IOMMU. What was not collected is None, never a guess."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from virtsmith.errors import InputError
from virtsmith.host.facts.kernel_log import memory_links, node_sizes
from virtsmith.host.facts.registers import can_hotplug, intel_settings
from virtsmith.host.run.probe.frame import FrameError, unwrap
from virtsmith.host.spec.quantities import parse_cpus

_ADDRESS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")


class FactsDamaged(InputError):
    """Facts that are incomplete or unreadable; they are never compared."""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """A NUMA node as reported; sizes in KiB."""

    number: int
    cpus: tuple[int, ...] | None = None
    memory_kib: int | None = None
    distances: tuple[int, ...] | None = None
    hugepages: Mapping[int, int] | None = None
    """Page size -> count."""
    read_latency: int | None = None
    firmware_kib: int | None = None
    """Its size in the firmware's tables, of which kernel and firmware have taken nothing."""


@dataclass(frozen=True, slots=True)
class CpuFacts:
    """A CPU as reported: numbers of its package, die and core, which only matter in comparison with other CPUs."""

    number: int
    socket: int
    die: int
    core: int


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """Memory attributes of an initiator and a target node: nanoseconds, and KiB per second."""

    initiator: int
    target: int
    latency_ns: int | None = None
    bandwidth_kib: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """A PCI function as reported."""

    address: str
    parent: str | None = None
    """The bridge above it, or the root bus (``pci0000:b4``)."""
    ids: str | None = None
    node: int | None = None
    """-1 if the guest reports no node."""
    group: str | None = None
    """The name of its group; empty if it has none."""
    driver: str | None = None
    mac: str | None = None
    physical: str | None = None
    interface: str | None = None
    total_vfs: int | None = None
    vfs: int | None = None
    pci_class: int | None = None
    """Class, subclass and interface, as in sysfs: 0x020000 is an Ethernet card."""
    hotplug: bool | None = None
    """For a port: whether it takes hot-plug."""
    translated: bool | None = None
    """For a virtio device: whether its DMA goes through the IOMMU (``VIRTIO_F_ACCESS_PLATFORM`` is negotiated)."""

    @property
    def bus(self) -> int:
        """Its bus number."""
        return int(self.address.split(":")[1], 16)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was collected from one source."""

    source: str
    nodes: tuple[NodeFacts, ...] | None = None
    devices: tuple[DeviceFacts, ...] | None = None
    groups_known: bool = False
    """Whether absence of a group is a fact (and not just something this source does not report)."""
    complete: bool = False
    """Whether absence of a device is a fact."""
    log: tuple[str, ...] | None = None
    cpus: tuple[CpuFacts, ...] | None = None
    links: tuple[LinkFacts, ...] | None = None
    architecture: str | None = None
    """As ``uname -m`` prints it."""
    iommu: str | None = None
    """The kind of IOMMU, as a spec names it; empty if there is none."""
    iommu_settings: Mapping[str, bool | int] | None = None
    """Its settings, as a spec names them."""
    shared: Mapping[str, frozenset[frozenset[int]]] = field(default_factory=dict)
    """Sets of CPUs that the kernel joined as ``cores``, ``dies`` and ``sockets``, whatever the CPUs say themselves."""
    machine: str | None = None
    """The machine type in the firmware's tables; empty if they have none."""
    kvm: bool | None = None
    virtualization: str | None = None
    """``svm`` or ``vmx``; empty if the CPU has neither."""
    modules: tuple[str, ...] | None = None
    """Driver modules that were loaded, so that an unbound device is a fact."""
    leases: tuple[str, ...] | None = None
    """Network interfaces that got an address; None if no traffic was tried."""
    data: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def device(self, address: str) -> DeviceFacts | None:
        """The function with an address."""
        return next((device for device in self.devices or () if device.address == address), None)

    def groups(self) -> dict[str, frozenset[str]]:
        """Group name -> addresses."""
        sets: dict[str, set[str]] = {}
        for device in self.devices or ():
            if device.group:
                sets.setdefault(device.group, set()).add(device.address)
        return {name: frozenset(members) for name, members in sets.items()}


def parse_facts(data: bytes, source: str = "probe") -> Facts:
    """Read facts: a frame as received, or the plain JSON of the probe.

    Raises:
        FactsDamaged: it is not a complete frame, or not the probe's JSON.
    """
    try:
        payload = data if data.lstrip().startswith(b"{") else unwrap(data)
        decoded = json.loads(payload)
    except FrameError as error:
        raise FactsDamaged(f"the facts are damaged: {error}", source=source) from error
    except (ValueError, RecursionError) as error:
        raise FactsDamaged(f"the facts are not JSON: {error}", source=source) from error
    try:
        return _read(decoded, source)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FactsDamaged(f"the facts do not have the form of the probe: {error!r}", source=source) from error


def _read(data: dict[str, Any], source: str) -> Facts:
    if data["schema"] != 1:
        raise ValueError(f"schema {data['schema']!r} is not known")
    kvm = data.get("kvm")
    log = tuple(str(line) for line in data["log"]) if "log" in data else None
    sizes = node_sizes(log or ())
    nodes = (_node(item, sizes) for item in data["nodes"])
    kind = _iommu_kind(data["iommu"]) if "iommu" in data else None
    return Facts(
        source,
        nodes=tuple(sorted(nodes, key=lambda entry: entry.number)),
        devices=tuple(_device(item, late_groups=kind == "smmuv3") for item in data["pci"]),
        groups_known=True,
        complete=True,
        log=log,
        links=tuple(LinkFacts(*pair, *values) for pair, values in memory_links(log or ()).items()) or None,
        shared={level: _sets(data[key]) for level, key in _SHARED.items() if data.get(key)},
        cpus=tuple(item for item in map(_cpu, data["cpus"]) if item is not None) if "cpus" in data else None,
        architecture=_text(data.get("machine")) or None,
        iommu=kind,
        iommu_settings=_iommu_settings(data),
        machine=data.get("machine_type"),
        kvm=bool(kvm) and kvm != "no" if kvm is not None else None,
        virtualization=data.get("virtualization"),
        modules=_words(data.get("modules")),
        leases=_words(data.get("leases")),
        data=data,
    )


def _words(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(text.split())


_SHARED = {"cores": "core_cpus", "dies": "die_cpus", "sockets": "package_cpus"}


def _sets(lists: list[str]) -> frozenset[frozenset[int]]:
    return frozenset(frozenset(parse_cpus(text)) for text in lists)


def _node(data: dict[str, Any], sizes: Mapping[int, int]) -> NodeFacts:
    pages = data.get("hugepages")
    return NodeFacts(
        int(data["id"]),
        cpus=parse_cpus(data["cpus"]),
        memory_kib=_whole(data.get("memtotal_kb")),
        distances=tuple(int(part) for part in data["distance"].split()) or None,
        hugepages={int(size): int(count[0]) for size, count in pages.items()} if pages is not None else None,
        read_latency=_whole(data.get("read_latency")),
        firmware_kib=sizes.get(int(data["id"])) if sizes else None,
    )


def _cpu(data: dict[str, Any]) -> CpuFacts | None:
    """A CPU; None if it is offline, and so has no place."""
    if data["package"] is None or data["core"] is None:
        return None
    return CpuFacts(int(data["id"]), int(data["package"]), int(data["die"] or 0), int(data["core"]))


_IOMMU_KINDS = {"dmar": "intel", "ivhd": "amd", "smmu3": "smmuv3", "virtio": "virtio"}


def _iommu_kind(names: str) -> str | None:
    """The kind of IOMMU by the names in ``/sys/class/iommu``; None if it is not known."""
    if not names.strip():
        return ""
    return next((kind for start, kind in _IOMMU_KINDS.items() if names.startswith(start)), None)


def _iommu_settings(data: dict[str, Any]) -> Mapping[str, bool | int] | None:
    registers = data.get("iommu_cap"), data.get("iommu_ecap")
    return intel_settings(int(registers[0], 16), int(registers[1], 16)) if registers[0] and registers[1] else None


_ACCESS_PLATFORM = 33
"""The bit of ``VIRTIO_F_ACCESS_PLATFORM`` among the features that a virtio driver and its device agreed on."""


def _is_agreed(data: dict[str, Any]) -> bool:
    """Whether a virtio driver and its device have agreed on features: without a driver none is set."""
    return "1" in (data.get("virtio") or "")


def _device(data: dict[str, Any], *, late_groups: bool) -> DeviceFacts:
    """A function; with ``late_groups`` it has a group only with a driver, as with Arm's IOMMU before Linux 6.15."""
    if _ADDRESS.fullmatch(data["addr"]) is None:
        raise ValueError(f"not a PCI address: {data['addr']!r}")
    return DeviceFacts(
        data["addr"],
        parent=str(data["parent"]),
        ids=f"{int(data['vendor'], 16):04x}:{int(data['device'], 16):04x}",
        node=_whole(data["numa_node"]),
        group=str(data["iommu_group"]) if data["iommu_group"] or data.get("driver") or not late_groups else None,
        driver=_text(data.get("driver")),
        mac=_text(data.get("mac")) or None,
        interface=_text(data.get("netdev")),
        physical=_text(data.get("physfn")) or None,
        total_vfs=_whole(data.get("sriov_totalvfs")),
        vfs=_whole(data.get("sriov_numvfs")),
        pci_class=int(data["class"], 16) if data.get("class") else None,
        hotplug=can_hotplug(bytes.fromhex(data["config"])) if data.get("config") else None,
        translated=data["virtio"][_ACCESS_PLATFORM : _ACCESS_PLATFORM + 1] == "1" if _is_agreed(data) else None,
    )


def _whole(value: Any) -> int | None:
    return None if value in (None, "") else int(value)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
