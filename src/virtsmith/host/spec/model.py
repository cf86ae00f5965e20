"""The spec of a virtual host: frozen dataclasses, read from TOML by `virtsmith.host.spec.reader`.

The same classes are the Python interface::

    HostSpec(name="small", nodes=(NumaNode(cpus=(0, 1), memory_kib=1 << 20, complexes=(RootComplex(devices=(nic,)),)),))

`virtsmith.host.plan.topology.plan` turns a spec into numbers and refuses impossible ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from libvirtxml.findings import Location

from virtsmith.core.config import ConfigError
from virtsmith.host.plan.architecture import ARCHITECTURES, DEFAULT, Architecture, find_by_machine
from virtsmith.host.plan.devices import MODELS, Model

NOWHERE = Location()


class SpecError(ConfigError):
    """The spec of an impossible host; the error names the entry, with file and line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A PCI device: its model, and for a NIC its MAC address (assigned if None) and number of virtual functions."""

    model: str
    mac: str | None = None
    vfs: int = 0
    driver: str | None = None
    """QEMU driver of a *generic* device."""
    options: Mapping[str, str | int | bool] = field(default_factory=dict)
    """QEMU properties of a *generic* device, of the type that the property has: libvirt passes them on as JSON."""
    ids: str | None = None
    """Vendor and device of a *generic* device, like ``1234:11e8``."""
    iommu_platform: bool | None = None
    """For virtio devices of a host with an IOMMU: whether their DMA goes through it, as that of others does; it does
    if None."""
    at: Location = field(default=NOWHERE, compare=False)

    @property
    def kind(self) -> Model:
        """The entry of the device table."""
        return MODELS[self.model]

    @property
    def pci_ids(self) -> str | None:
        """Vendor and device in the guest; None for a generic device without ``id``."""
        if self.model == "generic" and self.driver is not None:
            return self.ids
        return self.kind.ids


@dataclass(frozen=True, slots=True, kw_only=True)
class RootComplex:
    """A root complex: one expander bus with a root port for each device, plus spare hot-plug ports."""

    devices: tuple[Device, ...] = ()
    spare_ports: int = 0
    bus: int | None = None
    """The number of its root bus in the guest; assigned if None."""
    at: Location = field(default=NOWHERE, compare=False)

    @property
    def ports(self) -> int:
        """The number of its root ports."""
        return len(self.devices) + self.spare_ports


@dataclass(frozen=True, slots=True, kw_only=True)
class NumaNode:
    """A NUMA node; CPUs and root complexes may be empty."""

    cpus: tuple[int, ...] = ()
    memory_kib: int = 0
    distances: tuple[int, ...] | None = None
    """The distance to every node, including itself (10); 10 and 20 if None."""
    hugepages: Mapping[int, int] = field(default_factory=dict)
    """Guest huge pages: page size in KiB -> count."""
    complexes: tuple[RootComplex, ...] = ()
    at: Location = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLink:
    """Heterogeneous memory attributes of one initiator and target node: nanoseconds, and KiB per second."""

    initiator: int
    target: int
    latency_ns: int | None = None
    bandwidth_kib: int | None = None
    at: Location = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuTopology:
    """How CPUs are grouped, each level within the one before; CPU numbers vary fastest at the innermost level."""

    sockets: int
    dies: int = 1
    cores: int = 1
    threads: int = 1
    at: Location = field(default=NOWHERE, compare=False)

    @property
    def cpu_count(self) -> int:
        """The number of CPUs of such a machine."""
        return self.sockets * self.dies * self.cores * self.threads

    def place(self, cpu: int) -> tuple[int, int, int]:
        """Socket, die and core of a CPU; threads of a core share all three."""
        core = cpu // self.threads
        die = core // self.cores
        return die // self.dies, die % self.dies, core % self.cores


@dataclass(frozen=True, slots=True, kw_only=True)
class Iommu:
    """The emulated IOMMU. None leaves a setting to libvirt and QEMU."""

    model: str = "intel"
    intremap: bool | None = None
    caching_mode: bool | None = None
    eim: bool | None = None
    iotlb: bool | None = None
    address_width: int | None = None
    at: Location = field(default=NOWHERE, compare=False)

    def settings(self) -> dict[str, bool | int]:
        """The settings that are given, by their names here."""
        names = ("intremap", "caching_mode", "eim", "iotlb", "address_width")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskImage:
    """A disk image of the host. ``size_gib`` lets ``host virt-install`` create it."""

    path: str
    size_gib: int | None = None
    at: Location = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """A virtual host."""

    name: str
    nodes: tuple[NumaNode, ...]
    machine: str = DEFAULT.machine
    cpu: str = "host-passthrough"
    """``host-passthrough``, ``host-model``, ``maximum`` or a CPU model name."""
    accel: str = "kvm"
    """The accelerator its domain XML asks for; booting chooses its own."""
    max_memory_kib: int | None = None
    """``<memory>``; must be the sum of the nodes."""
    vcpus: int | None = None
    """Must be the number of CPUs in the nodes."""
    topology: CpuTopology | None = None
    """Sockets, dies, cores and threads; if None, each CPU is a socket of its own."""
    root_port: str = "pcie-root-port"
    pci_bridge: bool = False
    """Add the DMI-to-PCI bridge with a PCI bridge behind it that libvirt once added to every q35."""
    hotplug: bool | None = None
    """Hot-plug on ports with a device; None leaves it to libvirt and QEMU, which turn it on."""
    devices: tuple[Device, ...] = ()
    """Devices behind pcie-root, on no node."""
    spare_ports: int = 0
    iommu: Iommu | None = None
    links: tuple[MemoryLink, ...] = ()
    disks: tuple[DiskImage, ...] = ()
    installer: str | None = None
    image: str | None = None
    """A cloud image that the host boots; it is never written to."""
    network: str = "user"
    """``user``, or the name of a libvirt network, for the primary NIC of a host with a disk."""
    nested: bool = True
    """Whether the guest must have ``/dev/kvm``."""
    host_hugepages_kib: int | None = None
    """Back the guest with huge pages of this size on the real host."""
    unsafe_interrupts: bool = False
    mac_base: str = "52:54:00:7e:00:00"
    at: Location = field(default=NOWHERE, compare=False)

    @property
    def memory_kib(self) -> int:
        """All memory, in KiB."""
        return sum(node.memory_kib for node in self.nodes)

    @property
    def cpu_count(self) -> int:
        """All vCPUs."""
        return sum(len(node.cpus) for node in self.nodes)

    @property
    def architecture(self) -> Architecture:
        """The architecture of its machine.

        Raises:
            SpecError: the machine has no PCIe, or virtual hosts do not support its architecture.
        """
        found = find_by_machine(self.machine)
        if found is None:
            others = "".join(
                f", or {known.machine} for {name}" for name, known in ARCHITECTURES.items() if known is not DEFAULT
            )
            raise SpecError.at(
                self.at,
                f"machine {self.machine} has no PCIe root bus, so it cannot have expander buses",
                hint=f"use {DEFAULT.machine} (or a {DEFAULT.versioned.rstrip('-')} version){others}",
            )
        return found

    def images(self) -> tuple[str, ...]:
        """The paths of all disk images."""
        return (*(disk.path for disk in self.disks), *([self.image] if self.image else []))

    def goes_through_iommu(self, device: Device) -> bool | None:
        """Whether the DMA of a device goes through the IOMMU; None without one, or where a driver of its own decides.

        QEMU lets virtio devices past the IOMMU unless asked not to, though the guest has IOMMU groups for them.
        """
        if self.iommu is None or device.driver is not None:
            return None
        return not device.kind.is_virtio or device.iommu_platform is not False

    def iter_complexes(self) -> Iterator[tuple[int, RootComplex]]:
        """Each root complex with its node, in the order of the spec."""
        for number, node in enumerate(self.nodes):
            for root_complex in node.complexes:
                yield number, root_complex

    def iter_devices(self) -> Iterator[Device]:
        """Every device: those on nodes, then those on no node."""
        for _node, root_complex in self.iter_complexes():
            yield from root_complex.devices
        yield from self.devices
