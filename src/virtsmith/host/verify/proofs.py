"""Which kinds of facts prove each key of a spec, and which keys of a design nothing in the guest has proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from virtsmith.host.spec.model import (
    CpuTopology,
    Device,
    DiskImage,
    HostSpec,
    Iommu,
    MemoryLink,
    NumaNode,
    RootComplex,
)
from virtsmith.host.verify.comparison import FactsComparison

PROOFS: Mapping[type, Mapping[str, tuple[str, ...]]] = {
    HostSpec: {
        "machine": ("machine type",),
        "cpu": (),
        "accel": ("accelerator",),
        "max_memory_kib": ("memory",),
        "vcpus": ("cpus",),
        "root_port": ("ids",),
        "pci_bridge": ("devices",),
        "hotplug": ("hot-plug",),
        "spare_ports": ("ports of the root bus",),
        "installer": (),
        "image": (),
        "network": (),
        "nested": ("kvm", "nested CPU"),
        "host_hugepages_kib": (),
        "unsafe_interrupts": (),
        "mac_base": ("MAC addresses",),
    },
    NumaNode: {
        "cpus": ("cpus",),
        "memory_kib": ("memory",),
        "distances": ("distances",),
        "hugepages": ("hugepages",),
    },
    RootComplex: {"spare_ports": ("devices",), "bus": ("devices",)},
    Device: {
        "model": ("ids",),
        "mac": ("MAC addresses",),
        "vfs": ("vfs",),
        "driver": (),
        "options": (),
        "ids": ("ids",),
        "iommu_platform": ("virtio DMA",),
    },
    MemoryLink: {
        "initiator": ("latency", "bandwidth"),
        "target": ("latency", "bandwidth"),
        "latency_ns": ("latency",),
        "bandwidth_kib": ("bandwidth",),
    },
    CpuTopology: dict.fromkeys(("sockets", "dies", "cores", "threads"), ("CPU topology",)),
    Iommu: {
        "model": ("IOMMU",),
        "intremap": ("interrupt remapping",),
        "caching_mode": ("IOMMU caching mode",),
        "eim": ("IOMMU extended interrupt mode",),
        "iotlb": ("IOMMU device IOTLB",),
        "address_width": ("IOMMU address width",),
    },
    DiskImage: {"path": (), "size_gib": ()},
}
"""For each key the kinds of facts of which one proves it; none where the guest does not show it.

The name of a host is not among them: it is what the host is called, not what it has.
"""
_CLAIMED_BY_DEFAULT = {(HostSpec, key) for key in ("machine", "cpu", "accel", "spare_ports", "nested")}
_WORDS = {"max_memory_kib": "memory", "host_hugepages_kib": "host-hugepages", "ids": "id", "memory_kib": "memory",
          "bandwidth_kib": "bandwidth"}  # fmt: skip
_TABLES: Mapping[type, str] = {
    NumaNode: "node", RootComplex: "complex", Device: "devices", MemoryLink: "hmat", CpuTopology: "topology",
    Iommu: "iommu", DiskImage: "disk",
}  # fmt: skip


def iter_unproven(spec: HostSpec, comparisons: Iterable[FactsComparison]) -> Iterator[str]:
    """The keys of a spec that no fact has proven or refuted, as they are written, each once.

    A key whose facts were collected of some devices only is followed by the others.
    """
    all_of = list(comparisons)
    seen = set[tuple[str, str]]().union(*(comparison.seen for comparison in all_of))
    unseen = set[tuple[str, str]]().union(*(comparison.unseen for comparison in all_of)) - seen
    kinds = {kind for kind, _subject in seen}
    for cls, key in dict.fromkeys(_claims(spec)):
        proofs = PROOFS[cls][key]
        name = key_name(cls, key)
        if kinds.isdisjoint(proofs):
            yield name
        elif missing := sorted({subject for kind, subject in unseen if kind in proofs and kind in kinds and subject}):
            yield f"{name} ({', '.join(missing)})"


def key_name(cls: type, key: str) -> str:
    """A key as a spec has it, with the table that it is in."""
    word = _WORDS.get(key, key).replace("_", "-")
    return f"{_TABLES[cls]}.{word}" if cls in _TABLES else word


def _claims(item: object) -> Iterator[tuple[type, str]]:
    """The keys of a spec that say something: those that have another value than by default."""
    cls = type(item)
    for field in fields(item):  # type: ignore[arg-type]
        value = getattr(item, field.name)
        if field.name in PROOFS[cls]:
            if (cls, field.name) in _CLAIMED_BY_DEFAULT or value not in (field.default, None, {}):
                yield cls, field.name
            continue
        for inner in value if isinstance(value, tuple) else (value,):
            if type(inner) in PROOFS:
                yield from _claims(inner)
