"""Specs that differ from a rich one in a single key, for each key that a spec has: what a verdict must notice."""

from dataclasses import fields, is_dataclass, replace

from libvirtxml.findings import Location

from virtsmith.host.build.argv import qemu_argv
from virtsmith.host.build.domain import build_domain
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.model import (
    CpuTopology,
    Device,
    DiskImage,
    HostSpec,
    Iommu,
    MemoryLink,
    NumaNode,
    RootComplex,
    SpecError,
)
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.verify.proofs import key_name
from virtsmith.host.verify.verify import verify_facts

RICH = """name = "rich"
accel = "tcg"
cpu = "maximum"
memory = "1792 MiB"
vcpus = 6
topology = { sockets = 3, cores = 1, threads = 2 }
hotplug = false
nested = false
pci-bridge = true
spare-ports = 1
devices = [{ model = "virtio", iommu-platform = false }]
iommu = { model = "intel", intremap = true, caching-mode = true, eim = false, iotlb = true, address-width = 48 }
[[node]]
cpus = 2
memory = "768 MiB"
distances = [10, 21, 31]
hugepages = { "2M" = 16 }
devices = [{ model = "igb", vfs = 2, mac = "52:54:00:7e:6e:c6" }, "virtio"]
spare-ports = 1
bus = 64
[[node.complex]]
devices = [{ model = "generic", driver = "edu", id = "1234:11e8", options = { "dma_mask" = 268435455 } }]
[[node]]
cpus = 4
memory = "512 MiB"
distances = [21, 10, 25]
devices = ["e1000e", "nvme", "generic"]
[[node]]
memory = "512 MiB"
distances = [31, 25, 10]
[[hmat]]
initiator = 0
target = 0
latency-ns = 10
bandwidth = "8 GiB/s"
[[hmat]]
initiator = 0
target = 2
latency-ns = 250
bandwidth = "2 GiB/s"
"""
"""A host with every key that describes a guest, for QEMU 8.0 or newer."""
NESTED = """name = "nested"
accel = "tcg"
machine = "q35"
root-port = "ioh3420"
iommu = "intel"
mac-base = "52:54:00:11:00:00"
[[node]]
cpus = 1
memory = "512 MiB"
devices = [{ model = "e1000e", count = 2 }]
[[node]]
cpus = 1
memory = "512 MiB"
spare-ports = 2
"""
"""A host that can nest, which one with threads cannot under TCG; the rest is as plain as it gets."""


def _other(*choices):
    """Values of which those that a key does not have yet are tried."""
    return lambda value: [choice for choice in choices if choice != value]


def _around(step=1):
    return lambda value: [(value or 0) + step, *([value - step] if value else [])]


FLAG = _other(True, False)
MUTATIONS = {
    HostSpec: {
        "machine": _other("pc-q35-6.2"),
        "cpu": _other("Skylake-Client", "host-model"),
        "accel": _other("kvm", "tcg"),
        "max_memory_kib": _other(1 << 20),
        "vcpus": _other(5),
        "topology": lambda value: [None] if value else [CpuTopology(sockets=1, cores=2)],
        "root_port": _other("pcie-root-port", "ioh3420"),
        "pci_bridge": FLAG,
        "hotplug": FLAG,
        "devices": lambda value: [(*value, Device(model="virtio")), *([value[:-1]] if value else [])],
        "spare_ports": _around(),
        "iommu": _other(None),
        "links": lambda value: [value[:-1], ()] if value else [(MemoryLink(initiator=0, target=0, latency_ns=5),)],
        "nodes": lambda value: [value[:-1], (*value, NumaNode(memory_kib=512 << 10))],
        "disks": _other((DiskImage(path="/x.img"),)),
        "installer": _other("x.iso"),
        "image": _other("x.qcow2"),
        "network": _other("default"),
        "nested": FLAG,
        "host_hugepages_kib": _other(2048),
        "unsafe_interrupts": _other(True),
        "mac_base": _other("52:54:00:22:00:00"),
    },
    NumaNode: {
        "cpus": lambda value: [value[:-1], (*value, 6)] if value else [(6,)],
        "memory_kib": _around(64 << 10),
        "distances": lambda value: [tuple(d if d == 10 else d + 1 for d in value)] if value else [(10, 21), (21, 10)],
        "hugepages": lambda value: [{2048: 8}, {}] if value else [{2048: 8}],
        "complexes": lambda value: [value[:-1], (*value, RootComplex(spare_ports=1))] if value else [
            (RootComplex(devices=(Device(model="virtio"),)),)
        ],
    },
    RootComplex: {
        "devices": lambda value: [value[1:], (*value, Device(model="virtio"))],
        "spare_ports": _around(),
        "bus": _other(96),
    },
    Device: {
        "model": _other("e1000e", "virtio", "nvme", "generic"),
        "mac": _other("52:54:00:00:00:99"),
        "vfs": _other(0, 1, 3),
        "driver": _other("pci-testdev"),
        "options": _other({"dma_mask": 65535}),
        "ids": _other("1234:0001"),
        "iommu_platform": FLAG,
    },
    MemoryLink: {
        "initiator": _other(1),
        "target": _other(1),
        "latency_ns": _other(900, None),
        "bandwidth_kib": _other(4 << 20, None),
    },
    CpuTopology: {"sockets": _around(), "dies": _around(), "cores": _around(), "threads": _other(1)},
    Iommu: {
        "model": _other("virtio", "amd", "intel"),
        "intremap": FLAG,
        "caching_mode": FLAG,
        "eim": FLAG,
        "iotlb": FLAG,
        "address_width": _other(39, 57),
    },
    DiskImage: {"path": _other("/y.img"), "size_gib": _other(9)},
}  # fmt: skip
"""For each key other values than a given one."""
JOINTLY = {
    "topology.sockets and topology.cores": {"topology": CpuTopology(sockets=1, cores=3, threads=2)},
    "topology.sockets and topology.dies": {"topology": CpuTopology(sockets=1, dies=3, threads=2)},
    "topology.cores and topology.threads": {"topology": CpuTopology(sockets=3, cores=2)},
}
"""Changes of several keys that are impossible one at a time."""


def iter_mutants(spec):
    """Each key with a spec in which only that has another value: class, key, old and new value, spec."""
    yield from _mutants(spec, lambda changed: changed)


def _mutants(item, rebuild):
    cls = type(item)
    for field in fields(item):
        value = getattr(item, field.name)
        for other in MUTATIONS[cls].get(field.name, lambda _value: [])(value):
            yield cls, field.name, value, other, rebuild(replace(item, **{field.name: other}))
        inner = value if isinstance(value, tuple) else (value,)
        for number, part in enumerate(inner):
            if not is_dataclass(part) or isinstance(part, Location):
                continue

            def within(changed, *, number=number, name=field.name, value=value):
                new = (*value[:number], changed, *value[number + 1 :]) if isinstance(value, tuple) else changed
                return rebuild(replace(item, **{name: new}))

            yield from _mutants(part, within)


def judge(spec, facts, boot):
    """What a verdict on facts of the host says of each mutant: (key, new value, outcome).

    Outcomes: ``differs``, ``not proven`` (the verdict lists the key), ``refused`` before anything starts, ``true`` (the
    key was open, and the host has this value), ``the same`` (QEMU and libvirt are given nothing else), and ``missed``.
    """
    judge_one = _Judge(spec, facts, boot).outcome
    for cls, key, was, value, mutant in iter_mutants(spec):
        yield key_name(cls, key), value, judge_one(mutant, key_name(cls, key), was_open=was is None)
    for name, changes in JOINTLY.items() if spec.topology else ():
        yield name, "", judge_one(replace(spec, **changes), name)


class _Judge:
    def __init__(self, spec, facts, boot):
        self.original = plan(spec)
        self.facts, self.boot = facts, boot
        self.listed = set(self._verdict(self.original).unproven)

    def _verdict(self, design):
        return verify_facts(design, [self.facts], boot=self.boot, own_boot=True)

    def outcome(self, mutant, name, *, was_open=False):
        try:
            design = plan(mutant)
        except SpecError:
            return "refused"
        result = self._verdict(design)
        if result.findings:
            return "differs"
        if name in {key.split(" ")[0] for key in result.unproven} or set(result.unproven) - self.listed:
            return "not proven"
        if was_open:
            return "true"
        return "the same" if is_same(design, self.original) else "missed"


def is_same(design, original):
    """Whether QEMU and libvirt are given the same by two designs."""
    return qemu_argv(design) == qemu_argv(original) and build_domain(design).to_xml() == build_domain(original).to_xml()


def rich():
    """The rich host."""
    return parse_spec(RICH)


def nested():
    """The plain one that can nest."""
    return parse_spec(NESTED)
