"""Facts compared with the design: each difference with the expected and actual value and the likeliest cause.

Cards are matched by MAC address, other devices by their address under the expanders; IOMMU groups are compared as a
partition of the planned devices. Group numbers, interface names and bus numbers below pcie-root are not part of a
topology and are never compared. A fact that was not collected is unknown: neither equal nor different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from libvirtxml.findings import Finding, Severity

from virtsmith.host.facts.model import CpuFacts, DeviceFacts, Facts, NodeFacts
from virtsmith.host.plan.architecture import DEFAULT, find_architecture
from virtsmith.host.plan.predict import Expected, ExpectedDevice, ExpectedNode
from virtsmith.host.spec.model import CpuTopology
from virtsmith.host.spec.quantities import format_cpus, format_kib

DMAR_READY = "DMAR: Intel(R) Virtualization Technology for Directed I/O"
"""The line that proves Intel's IOMMU; "DMAR: IOMMU enabled" only says that the option was seen."""
_FIXED_LOSS_KIB = 128 << 10
_RELATIVE_LOSS = 0.03


def memory_loss_allowed(size_kib: int) -> int:
    """How much smaller than a node's size its MemTotal may be, in KiB.

    The kernel reserves some 1.9 %, one block of 45,272 KiB on a node that varies from boot to boot, and about 64 MiB of
    bounce buffers on node 0.
    """
    return _FIXED_LOSS_KIB + int(size_kib * _RELATIVE_LOSS)


@dataclass
class FactsComparison:
    """The result of comparing one source of facts."""

    findings: list[Finding] = field(default_factory=list)
    checked: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def see(self, kind: str, *, known: bool) -> bool:
        """Record whether a kind of fact was collected, and return that."""
        (self.checked if known else self.unknown).add(kind)
        return known


def compare_facts(
    expected: Expected, facts: Facts, *, check_kvm: bool = False, nested: bool = True, intremap: bool = False
) -> FactsComparison:
    """Compare one source of facts with the design.

    Args:
        expected: what the design predicts.
        facts: what the guest reported.
        check_kvm: ``/dev/kvm`` itself must exist, not just a CPU that can nest.
        nested: the guest must have nested virtualisation.
        intremap: the design has interrupt remapping, which the kernel log must confirm.
    """
    return _Comparer(expected, facts).compare(check_kvm=check_kvm, nested=nested, intremap=intremap)


class _Comparer:
    def __init__(self, expected: Expected, facts: Facts) -> None:
        self.expected = expected
        self.facts = facts
        self.out = FactsComparison()
        self.matched: dict[str, DeviceFacts] = {}
        """Expected address -> the function that was found for it."""

    def compare(self, *, check_kvm: bool, nested: bool, intremap: bool) -> FactsComparison:
        if self.out.see("nodes", known=self.facts.nodes is not None):
            self._nodes(self.facts.nodes or ())
        if self.expected.topology and self.out.see("CPU topology", known=self.facts.cpus is not None):
            self._topology(self.expected.topology, self.facts.cpus or ())
        if self.out.see("devices", known=self.facts.devices is not None):
            self._devices()
            self._groups()
        self._log(intremap=intremap)
        if nested:
            self._kvm(check_kvm=check_kvm)
        return self.out

    def differ(self, rule: str, subject: str, expected: object, actual: object, cause: str) -> None:
        """Add a finding."""
        where = "" if self.facts.source == "probe" else f" ({self.facts.source})"
        self.out.findings.append(
            Finding(f"verify/{rule}", Severity.ERROR, subject + where, cause, str(expected), str(actual))
        )

    # Nodes

    def _nodes(self, actual: tuple[NodeFacts, ...]) -> None:
        numbers = {facts.number: facts for facts in actual}
        for node in self.expected.nodes:
            if node.number not in numbers:
                self.differ("nodes", f"node {node.number}", "present", "absent", "the guest created no such node")
                continue
            self._node(node, numbers[node.number])
        for number in sorted(set(numbers) - {node.number for node in self.expected.nodes}):
            self.differ("nodes", f"node {number}", "absent", "present", "the design has no such node")
        sizes = [facts.memory_kib for facts in actual]
        if len(actual) == len(self.expected.nodes) and None not in sizes:
            expected = sum(node.memory_kib for node in self.expected.nodes)
            self._memory("all nodes", expected, sum(size or 0 for size in sizes))

    def _node(self, want: ExpectedNode, have: NodeFacts) -> None:
        name = f"node {want.number}"
        if self.out.see("cpus", known=have.cpus is not None) and set(have.cpus or ()) != set(want.cpus):
            self.differ(
                "cpus",
                name,
                format_cpus(want.cpus) or "none",
                format_cpus(have.cpus or ()) or "none",
                _cpu_cause(want, have.cpus or ()),
            )
        if self.out.see("memory", known=have.memory_kib is not None):
            self._memory(name, want.memory_kib, have.memory_kib or 0)
        if self.out.see("distances", known=have.distances is not None) and have.distances != want.distances:
            self.differ(
                "distances",
                name,
                _spaced(want.distances),
                _spaced(have.distances or ()),
                "the distances were not passed to QEMU, or in one direction only",
            )
        if want.hugepages and self.out.see("hugepages", known=have.hugepages is not None):
            for size, count in want.hugepages.items():
                got = (have.hugepages or {}).get(size, 0)
                if got != count:
                    self.differ(
                        "hugepages",
                        f"{name}, pages of {format_kib(size)}",
                        count,
                        got,
                        "the kernel arguments for huge pages are missing, or there was not enough memory",
                    )
        if want.latency_ns is None or not self.out.see("latency", known=have.read_latency is not None):
            return
        if have.read_latency != want.latency_ns:
            self.differ("latency", name, f"{want.latency_ns} ns", f"{have.read_latency} ns", "the HMAT differs")

    def _memory(self, name: str, expected: int, actual: int) -> None:
        loss = expected - actual
        if not 0 <= loss <= memory_loss_allowed(expected):
            least = format_kib(expected - memory_loss_allowed(expected))
            self.differ(
                "memory",
                name,
                f"{least} to {format_kib(expected)}",
                format_kib(actual),
                "the sizes of the nodes and of the machine do not agree",
            )

    def _topology(self, expected: CpuTopology, actual: Iterable[CpuFacts]) -> None:
        """Compare which CPUs share a socket, a die, a core: as sets, since the kernel numbers these itself."""
        places = {cpu.number: (cpu.socket, cpu.die, cpu.core) for cpu in actual}
        planned = {cpu: expected.place(cpu) for cpu in range(expected.cpu_count)}
        for depth, level in enumerate(("sockets", "dies", "cores"), 1):
            want, have = shared_by(planned, depth), shared_by(places, depth)
            if want != have:
                self.differ(
                    "topology",
                    level,
                    _sets(want),
                    _sets(have),
                    "the topology was not passed to QEMU, or the CPU model hides it",
                )

    # Devices

    def _devices(self) -> None:
        by_mac = {device.mac: device for device in self.facts.devices or () if device.mac and not device.physical}
        for want in self.expected.devices:
            have = by_mac.get(want.mac) if want.mac else None
            if have is None:
                have = self._by_address(want, by_mac)
            if have is None:
                if self.facts.complete:
                    self._missing(want)
                continue
            self.matched[want.address] = have
            self._device(want, have)
        if self.facts.complete:
            self._unexpected()

    def _by_address(self, want: ExpectedDevice, by_mac: dict[str, DeviceFacts]) -> DeviceFacts | None:
        """The function at the planned address, unless its MAC address shows that it is another card."""
        have = self.facts.device(want.address) if want.fixed else self._by_position(want)
        if have is None or not want.mac or not by_mac:
            return have
        return None if have.mac in by_mac or have.ids != want.ids else have

    def _by_position(self, want: ExpectedDevice) -> DeviceFacts | None:
        """The function in the planned slot of the bridge that was found for its parent, whatever its bus number."""
        above = self.matched.get(want.parent)
        return next((e for e in self._below(above) if e.address[-4:] == want.address[-4:]), None) if above else None

    def _below(self, above: DeviceFacts | None) -> list[DeviceFacts]:
        return [device for device in self.facts.devices or () if above is not None and device.parent == above.address]

    def _missing(self, want: ExpectedDevice) -> None:
        if not want.fixed and (below := self._below(self.matched.get(want.parent))):
            actual = ", ".join(function.address for function in below)
            self.differ("place", _subject(want), f"slot {want.address[-4:]}", actual, "it is in another slot")
            return
        rule, cause = "device", "bus ranges overlap, or its port got no bus from the firmware"
        if want.physical is not None:
            rule, cause = "vfs", "the function driver created none: is the card up, and does this QEMU have SR-IOV?"
        self.differ(rule, _subject(want), "present", "absent", cause)

    def _device(self, want: ExpectedDevice, have: DeviceFacts) -> None:
        subject = _subject(want)
        if want.ids and have.ids and self.out.see("ids", known=True) and want.ids != have.ids:
            self.differ("ids", subject, want.ids, have.ids, "another device is at this address")
        if want.fixed and want.address != have.address:
            self.differ("place", subject, want.address, have.address, self._place_cause(have))
        elif want.fixed and have.parent is not None and want.parent != have.parent:
            self.differ("place", subject, f"below {want.parent}", f"below {have.parent}", self._place_cause(have))
        if self.out.see("device nodes", known=have.node is not None) and have.node != want.node:
            cause = "its expander bus has no node" if have.node == -1 else "it is on a bus of another node"
            self.differ("node", subject, want.node, have.node, cause)
        if want.vfs and self.out.see("vfs", known=have.vfs is not None) and have.vfs != want.vfs:
            self.differ("vfs", subject, want.vfs, have.vfs, "the card did not create its virtual functions")
        self._driver(want, have, subject)

    def _driver(self, want: ExpectedDevice, have: DeviceFacts, subject: str) -> None:
        loaded = self.facts.modules or ()
        if want.mac and have.driver == "" and want.label in loaded:
            self.differ(
                "driver",
                subject,
                want.label,
                "none",
                "the firmware gave it no addresses: UEFI leaves expander buses without windows",
            )
        if want.mac and self.facts.leases is not None and have.interface not in self.facts.leases:
            self.differ(
                "traffic",
                subject,
                "an address from its network",
                "none",
                "its DMA or interrupts do not work: an emulated AMD IOMMU does this",
            )

    def _place_cause(self, have: DeviceFacts) -> str:
        starts = sorted(self.expected.root_buses)
        if not any(start <= have.bus for start in starts):
            return "its bus is among those of pcie-root: the bus number of its expander is too low"
        return "bus ranges overlap: the firmware assigned the same numbers twice"

    def _unexpected(self) -> None:
        """Functions on planned root buses that the design does not have."""
        known = {facts.address for facts in self.matched.values()}
        roots = {f"pci0000:{bus:02x}" for bus in self.expected.root_buses}
        for device in self.facts.devices or ():
            above = device
            while (parent := self.facts.device(above.parent or "")) is not None and parent is not above:
                above = parent
            if above.parent in roots and device.address not in known:
                self.differ(
                    "device",
                    device.address,
                    "absent",
                    f"{device.ids} on {above.parent}",
                    "the design has no such device",
                )

    # IOMMU

    def _groups(self) -> None:
        if self.expected.iommu is None:
            return
        known = self.facts.groups_known or any(device.group for device in self.facts.devices or ())
        if not self.out.see("groups", known=known):
            return
        have = {want: actual for want, actual in self.matched.items() if actual.group is not None}
        if self.facts.groups_known and not any(actual.group for actual in have.values()):
            self.differ("iommu", "IOMMU groups", f"{len(self.expected.groups)} groups", "none", self._no_groups())
            return
        planned = {actual.address: want for want, actual in have.items()}
        sets = self.facts.groups()
        for group in self.expected.groups:
            members = sorted(address for address in group if address in have)
            self._group(members, [have[address] for address in members], sets, planned)

    def _group(
        self, members: list[str], found: list[DeviceFacts], sets: dict[str, frozenset[str]], planned: dict[str, str]
    ) -> None:
        names = {facts.group for facts in found if facts.group}
        actual = {planned[a] for name in names for a in sets[name or ""] if a in planned}
        if not members or (actual == set(members) and len(names) == 1):
            return
        parts = " and ".join("{" + ", ".join(sorted(sets[name or ""])) + "}" for name in sorted(names, key=str))
        cause = "it is split" if len(names) > 1 else "devices share it: a port without ACS, or a conventional bridge"
        self.differ("groups", f"group of {members[0]}", "{" + ", ".join(members) + "}", parts or "no group", cause)

    def _no_groups(self) -> str:
        if self.expected.iommu == "virtio":
            return "the guest kernel has no driver for the virtio IOMMU"
        if self.facts.log is not None and any("IOMMU enabled" in line for line in self.facts.log):
            return "the kernel was asked to use an IOMMU, but there is no IOMMU device"
        return "there is no IOMMU device, or the kernel did not turn it on"

    def _log(self, *, intremap: bool) -> None:
        if self.expected.iommu != "intel":
            return
        if not self.out.see("kernel log", known=self.facts.log is not None):
            return
        log = self.facts.log or ()
        if not _has(log, lambda line: DMAR_READY in line):
            self.differ("iommu", "kernel log", DMAR_READY, "no such line", "the IOMMU did not start")
        remapped = _has(log, lambda line: "IRQ remapping" in line or "nterrupt remapping enabled" in line)
        if intremap and not remapped:
            self.differ(
                "iommu",
                "interrupt remapping",
                "enabled",
                "not confirmed by the kernel log",
                "the IOMMU device has intremap off, or no split I/O APIC",
            )
        for line in log:
            if "RMRR" in line and "broken" in line:
                self.differ(
                    "iommu", "kernel log", "no broken RMRR", line.split("] ")[-1], "an expander's bus number is too low"
                )

    def _kvm(self, *, check_kvm: bool) -> None:
        if check_kvm:
            if self.out.see("kvm", known=self.facts.kvm is not None) and not self.facts.kvm:
                self.differ("kvm", "/dev/kvm", "present", "absent", "nested virtualisation is off in the real host")
            return
        architecture = find_architecture(self.facts.architecture or DEFAULT.name)
        if architecture is None or not architecture.nesting_flags:
            return
        known = bool(self.facts.kvm) or self.facts.virtualization is not None
        if self.out.see("nested CPU", known=known) and not (self.facts.kvm or self.facts.virtualization):
            self.differ(
                "kvm",
                "CPU flags",
                " or ".join(architecture.nesting_flags),
                "neither",
                "the CPU model cannot nest, or nesting is off",
            )


def shared_by(places: Mapping[int, tuple[int, ...]], depth: int) -> set[frozenset[int]]:
    """Sets of CPUs whose places agree in the first ``depth`` numbers."""
    sets: dict[tuple[int, ...], set[int]] = {}
    for cpu, place in places.items():
        sets.setdefault(place[:depth], set()).add(cpu)
    return {frozenset(cpus) for cpus in sets.values()}


def _sets(sets: Iterable[frozenset[int]]) -> str:
    return " ".join("{" + format_cpus(cpus) + "}" for cpus in sorted(sets, key=min))


def _subject(want: ExpectedDevice) -> str:
    return f"{want.label} {want.mac or want.address}"


def _spaced(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))


def _cpu_cause(want: ExpectedNode, have: Iterable[int]) -> str:
    if set(have) - set(want.cpus) and want.number == 0:
        return "CPUs that are in no node join node 0"
    return "the CPUs were assigned to another node"


def _has(lines: Iterable[str], test: Callable[[str], bool]) -> bool:
    return any(test(line) for line in lines)


def iter_unknown(comparisons: Iterable[FactsComparison]) -> Iterator[str]:
    """Kinds of facts that no source has."""
    all_of = list(comparisons)
    checked = {kind for comparison in all_of for kind in comparison.checked}
    yield from sorted({kind for comparison in all_of for kind in comparison.unknown} - checked)
