"""Facts compared with the design: each difference with the expected and actual value and the likeliest cause.

Cards are matched by MAC address, other devices by their address under the expanders; IOMMU groups are compared as a
partition of the planned devices. Group numbers, interface names and bus numbers below pcie-root are not part of a
topology and are never compared. A fact that was not collected is unknown: neither equal nor different.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from virtsmith.host.facts.kernel_log import complaints
from virtsmith.host.facts.model import CpuFacts, DeviceFacts, Facts, LinkFacts, NodeFacts
from virtsmith.host.plan.architecture import DEFAULT, find_architecture, find_by_machine
from virtsmith.host.plan.predict import Expected, ExpectedDevice, ExpectedNode, root_name
from virtsmith.host.spec.model import CpuTopology, MemoryLink
from virtsmith.host.spec.quantities import format_cpus, format_kib
from virtsmith.host.verify.comparison import FactsComparison
from virtsmith.host.verify.iommu import compare_iommu

_BRIDGE = 0x0604
"""Class and subclass of a PCI bridge, which ports are too."""
_FIXED_LOSS_KIB = 128 << 10
_RELATIVE_LOSS = 0.03


def memory_loss_allowed(size_kib: int) -> int:
    """How much smaller than a node's size its MemTotal may be, in KiB.

    The kernel reserves some 1.9 %, one block of 45,272 KiB on a node that varies from boot to boot, and about 64 MiB of
    bounce buffers on node 0.
    """
    return _FIXED_LOSS_KIB + int(size_kib * _RELATIVE_LOSS)


def compare_facts(
    expected: Expected, facts: Facts, *, check_kvm: bool = False, nested: bool = True, own_boot: bool = False
) -> FactsComparison:
    """Compare one source of facts with the design.

    Args:
        expected: what the design predicts.
        facts: what the guest reported.
        check_kvm: ``/dev/kvm`` itself must exist, not just a CPU that can nest.
        nested: the guest must have nested virtualisation.
        own_boot: QEMU had the arguments of the design alone: libvirt adds ports of its own to the root bus.
    """
    return _Comparer(expected, facts, own_boot=own_boot).compare(check_kvm=check_kvm, nested=nested)


class _Comparer:
    def __init__(self, expected: Expected, facts: Facts, *, own_boot: bool) -> None:
        self.expected = expected
        self.own_boot = own_boot
        self.facts = facts
        self.out = FactsComparison(facts.source)
        self.matched: dict[str, DeviceFacts] = {}
        """Expected address -> the function that was found for it."""

    def compare(self, *, check_kvm: bool, nested: bool) -> FactsComparison:
        self._machine()
        if self.out.see("nodes", known=self.facts.nodes is not None):
            self._nodes(self.facts.nodes or ())
        if self.expected.topology and self.out.see("CPU topology", known=self.facts.cpus is not None):
            self._topology(self.expected.topology, self.facts.cpus or ())
        self._links()
        if self.out.see("devices", known=self.facts.devices is not None):
            self._devices()
        compare_iommu(self.expected, self.facts, self.matched, self.out)
        for line in complaints(self.facts.log or ()):
            self.out.differ("kernel", "kernel log", "no complaint", line, "the kernel objects to this machine")
        if nested:
            self._kvm(check_kvm=check_kvm)
        return self.out

    def _machine(self) -> None:
        """Compare the machine type, which is in the firmware of a PC; an alias like ``q35`` means any version."""
        want, have = self.expected.machine, self.facts.machine or ""
        if not self.out.see("machine type", known=bool(have)) or have == want:
            return
        architecture = find_by_machine(want)
        if architecture is None or want != architecture.machine or not architecture.has_machine(have):
            self.out.differ("machine", "machine type", want, have, "the guest was built with another machine type")

    # Nodes

    def _nodes(self, actual: tuple[NodeFacts, ...]) -> None:
        numbers = {facts.number: facts for facts in actual}
        for node in self.expected.nodes:
            if node.number not in numbers:
                self.out.differ("nodes", f"node {node.number}", "present", "absent", "the guest created no such node")
                continue
            self._node(node, numbers[node.number])
        for number in sorted(set(numbers) - {node.number for node in self.expected.nodes}):
            self.out.differ("nodes", f"node {number}", "absent", "present", "the design has no such node")
        sizes = [facts.memory_kib for facts in actual]
        if len(actual) == len(self.expected.nodes) and None not in sizes:
            expected = sum(node.memory_kib for node in self.expected.nodes)
            self._memory("all nodes", expected, sum(size or 0 for size in sizes))

    def _node(self, want: ExpectedNode, have: NodeFacts) -> None:
        name = f"node {want.number}"
        if self.out.see("cpus", name, known=have.cpus is not None) and set(have.cpus or ()) != set(want.cpus):
            self.out.differ(
                "cpus",
                name,
                format_cpus(want.cpus) or "none",
                format_cpus(have.cpus or ()) or "none",
                _cpu_cause(want, have.cpus or ()),
            )
        if self.out.see("memory", name, known=have.memory_kib is not None or have.firmware_kib is not None):
            self._sizes(name, want.memory_kib, have)
        if self.out.see("distances", name, known=have.distances is not None) and have.distances != want.distances:
            self.out.differ(
                "distances",
                name,
                _spaced(want.distances),
                _spaced(have.distances or ()),
                "the distances were not passed to QEMU, or in one direction only",
            )
        if self.out.see("hugepages", name, known=have.hugepages is not None):
            for size in sorted({**want.hugepages, **(have.hugepages or {})}):
                count, got = want.hugepages.get(size, 0), (have.hugepages or {}).get(size, 0)
                if got != count:
                    self.out.differ(
                        "hugepages",
                        f"{name}, pages of {format_kib(size)}",
                        count,
                        got,
                        "the kernel arguments for huge pages are missing, or there was not enough memory",
                    )

    def _sizes(self, name: str, expected: int, have: NodeFacts) -> None:
        """Compare a node's size in the firmware's tables, to the byte, else as much of it as the kernel has left."""
        if have.firmware_kib is not None and have.firmware_kib != expected:
            cause = "the node was built with another size"
            self.out.differ("memory", name, format_kib(expected), format_kib(have.firmware_kib), cause)
        elif have.memory_kib is not None:
            self._memory(name, expected, have.memory_kib)

    def _memory(self, name: str, expected: int, actual: int) -> None:
        loss = expected - actual
        if not 0 <= loss <= memory_loss_allowed(expected):
            least = format_kib(expected - memory_loss_allowed(expected))
            self.out.differ(
                "memory",
                name,
                f"{least} to {format_kib(expected)}",
                format_kib(actual),
                "the sizes of the nodes and of the machine do not agree",
            )

    def _links(self) -> None:
        """Compare latencies and bandwidths: of all pairs if they were reported, else of nodes to themselves."""
        planned = {(link.initiator, link.target): link for link in self.expected.links}
        own = {(node.number, node.number): node.read_latency for node in self.facts.nodes or ()}
        reported = {(link.initiator, link.target): link for link in self.facts.links or ()}
        for pair in sorted({**planned, **reported}):
            want = planned.get(pair, MemoryLink(initiator=pair[0], target=pair[1]))
            have = reported.get(pair, LinkFacts(*pair, None if reported else own.get(pair)))
            if want.latency_ns is not None or have.latency_ns is not None:
                known = have.latency_ns is not None or any(link.latency_ns for link in reported.values())
                self._link("latency", pair, known, _unit(want.latency_ns, "ns"), _unit(have.latency_ns, "ns"))
            if want.bandwidth_kib is not None or have.bandwidth_kib is not None:
                known = any(link.bandwidth_kib for link in reported.values())
                self._link("bandwidth", pair, known, _speed(want.bandwidth_kib), _speed(have.bandwidth_kib))

    def _link(
        self,
        rule: str,
        pair: tuple[int, int],
        known: bool,
        expected: str,
        actual: str,
    ) -> None:
        subject = f"node {pair[0]} to node {pair[1]}"
        if self.out.see(rule, subject, known=known) and actual != expected:
            self.out.differ(rule, subject, expected, actual, "the memory attributes (HMAT) differ")

    def _topology(self, expected: CpuTopology, actual: Iterable[CpuFacts]) -> None:
        """Compare which CPUs share a socket, a die, a core: as sets, since the kernel numbers these itself.

        What the kernel joined decides, where it is known: it separates threads of one core that are on two nodes.
        """
        places = {cpu.number: (cpu.socket, cpu.die, cpu.core) for cpu in actual}
        planned = {cpu: expected.place(cpu) for cpu in range(expected.cpu_count)}
        for depth, level in enumerate(("sockets", "dies", "cores"), 1):
            want, have = shared_by(planned, depth), self.facts.shared.get(level) or shared_by(places, depth)
            if want != have:
                self.out.differ(
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
            self.out.differ("place", _subject(want), f"slot {want.address[-4:]}", actual, "it is in another slot")
            return
        rule, cause = "device", "bus ranges overlap, or its port got no bus from the firmware"
        if want.physical is not None:
            rule, cause = "vfs", "the function driver created none: is the card up, and does this QEMU have SR-IOV?"
        self.out.differ(rule, _subject(want), "present", "absent", cause)

    def _device(self, want: ExpectedDevice, have: DeviceFacts) -> None:
        subject = _subject(want)
        if self.out.see("ids", subject, known=bool(want.ids and have.ids)) and want.ids != have.ids:
            self.out.differ("ids", subject, want.ids, have.ids, "another device is at this address")
        if want.fixed and want.address != have.address:
            self.out.differ("place", subject, want.address, have.address, self._place_cause(have))
        elif want.fixed and have.parent is not None and want.parent != have.parent:
            self.out.differ("place", subject, f"below {want.parent}", f"below {have.parent}", self._place_cause(have))
        if self.out.see("device nodes", subject, known=have.node is not None) and have.node != want.node:
            cause = "its expander bus has no node" if have.node == -1 else "it is on a bus of another node"
            self.out.differ("node", subject, want.node, have.node, cause)
        self._switch("hotplug", "hot-plug", subject, want.hotplug, have.hotplug, ("off", "on"))
        ways = "past the IOMMU", "through the IOMMU"
        self._switch("dma", "virtio DMA", subject, want.translated, have.translated, ways)
        if want.vfs and self.out.see("vfs", subject, known=have.vfs is not None) and have.vfs != want.vfs:
            self.out.differ("vfs", subject, want.vfs, have.vfs, "the card did not create its virtual functions")
        self._driver(want, have, subject)

    def _switch(  # noqa: PLR0917 - what is compared, and how to report it
        self, rule: str, kind: str, subject: str, want: bool | None, have: bool | None, words: tuple[str, str]
    ) -> None:
        """Compare something that is one way or the other."""
        if want is not None and self.out.see(kind, subject, known=have is not None) and want != have:
            self.out.differ(rule, subject, words[want], words[bool(have)], "the device was built the other way")

    def _driver(self, want: ExpectedDevice, have: DeviceFacts, subject: str) -> None:
        if want.mac:
            self.out.see("MAC addresses", subject, known=bool(have.mac))
        loaded = self.facts.modules or ()
        if want.mac and have.driver == "" and want.label in loaded:
            self.out.differ(
                "driver",
                subject,
                want.label,
                "none",
                "the firmware gave it no addresses: UEFI leaves expander buses without windows",
            )
        if want.mac and self.facts.leases is not None and have.interface not in self.facts.leases:
            self.out.differ(
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
        """Functions on expanders that the design does not have; on the root bus only ports.

        The machine has functions of its own there: the IOMMU, and on some architectures the serial port of the probe.
        """
        known = {facts.address for facts in self.matched.values()}
        own = self.out.see("ports of the root bus", known=self.own_boot)
        for device in self.facts.devices or ():
            above = device
            while (parent := self.facts.device(above.parent or "")) is not None and parent is not above:
                above = parent
            root = above.parent or ""
            is_port = above.pci_class is not None and above.pci_class >> 8 == _BRIDGE
            extra = own and is_port if root == root_name(0) else root.startswith("pci")
            if extra and device.address not in known:
                self.out.differ(
                    "device",
                    device.address,
                    "absent",
                    f"{device.ids} on {above.parent}",
                    "the design has no such device",
                )

    # Virtualisation

    def _kvm(self, *, check_kvm: bool) -> None:
        if check_kvm:
            if self.out.see("kvm", known=self.facts.kvm is not None) and not self.facts.kvm:
                self.out.differ("kvm", "/dev/kvm", "present", "absent", "nested virtualisation is off in the real host")
            return
        architecture = find_architecture(self.facts.architecture or DEFAULT.name)
        if architecture is None or not architecture.nesting_flags:
            return
        known = bool(self.facts.kvm) or self.facts.virtualization is not None
        if self.out.see("nested CPU", known=known) and not (self.facts.kvm or self.facts.virtualization):
            self.out.differ(
                "kvm",
                "CPU flags",
                " or ".join(architecture.nesting_flags),
                "neither",
                "the CPU model cannot nest, or nesting is off",
            )


def _unit(value: int | None, unit: str) -> str:
    return "none" if value is None else f"{value} {unit}"


def _speed(kib: int | None) -> str:
    return "none" if kib is None else f"{format_kib(kib)}/s"


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


def iter_unknown(comparisons: Iterable[FactsComparison]) -> Iterator[str]:
    """Kinds of facts that no source has."""
    all_of = list(comparisons)
    checked = {kind for comparison in all_of for kind in comparison.checked}
    yield from sorted({kind for comparison in all_of for kind in comparison.unknown} - checked)
