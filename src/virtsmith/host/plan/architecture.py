"""What virtual hosts need to know about an architecture: a table with one row each.

No other module of `virtsmith.host` compares architecture names: whatever differs between architectures is a field here.
Kinds of IOMMU are described elsewhere (see ARCHITECTURE.md).
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from virtsmith.errors import UsageError


class UnsupportedArchitecture(UsageError):
    """Virtual hosts, or their probe, do not support an architecture."""


@dataclass(frozen=True, slots=True)
class ChipsetFunction:
    """A PCI function that is part of the machine: slot and function on bus 0, identifiers, and a display name."""

    slot: int
    function: int
    ids: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """An architecture of guests, its PCIe machine, and what that machine has."""

    name: Literal["aarch64", "x86_64"]
    """Its name in QEMU, libvirt and the kernel."""
    package_name: str
    """Its name in Debian, Go and Kubernetes."""
    other_names: tuple[str, ...] = ()
    """Other names that facts may have for it."""
    machine: str
    """The machine type with PCIe, as an alias of its newest version."""
    versioned: str
    """The prefix of its versioned names."""
    iommu: str
    """The usual IOMMU."""
    iommus: tuple[str, ...]
    """The IOMMUs that the machine supports."""
    iommu_vendors: Mapping[str, str] = field(default_factory=dict)
    """The IOMMU of a real host by the vendor of its CPU; empty if all have the same kind."""
    chipset: tuple[ChipsetFunction, ...]
    has_apic: bool = False
    has_dmi_bridge: bool = False
    has_io_space: bool = False
    """The firmware gives ports I/O space, which is scarce; other architectures do not need it."""
    console: str
    """The kernel's name of the first serial port."""
    probe_arguments: tuple[str, ...] = ()
    """Further arguments for the kernel of a probe guest."""
    facts_port: str
    """The kernel's name of the serial port for the facts of a probe guest."""
    has_second_port: bool = False
    """The machine has a second serial port; the facts need one on PCI otherwise."""
    has_debug_port: bool = False
    """The firmware writes its log to a debug port (``isa-debugcon``)."""
    needs_uefi: bool = False
    """Nodes and expander buses are in ACPI tables that only UEFI passes on to the kernel."""
    has_device_tree: bool = False
    """Without ACPI the guest learns of its nodes from a device tree."""
    image_mark: tuple[int, bytes]
    """Where an image of its kernel has which mark of the boot protocol (Linux ``Documentation/arch``)."""
    emulated_threads: tuple[str, ...] = ()
    """QEMU arguments that let the emulated CPU have threads."""
    nesting_flags: tuple[str, ...] = ()
    """The CPU flags of which one shows that guests can be nested; empty where no flag does."""

    @property
    def program(self) -> str:
        """The QEMU program."""
        return f"qemu-system-{self.name}"

    @property
    def kernel_package(self) -> str:
        """The Debian package of its newest kernel."""
        return f"linux-image-{self.package_name}"

    def has_machine(self, machine: str) -> bool:
        """Whether a machine type is its PCIe machine, in any version."""
        return machine == self.machine or machine.startswith(self.versioned)

    def real_iommu(self, cpu_vendor: str) -> str | None:
        """The IOMMU of a real host with CPUs of a vendor; None if the vendor does not determine it."""
        return self.iommu_vendors.get(cpu_vendor) if self.iommu_vendors else self.iommu

    @property
    def is_foreign(self) -> bool:
        """Whether this machine has another one, so that guests are emulated."""
        return platform.machine() != self.name

    def require_nesting(self) -> None:
        """Raise unless probe guests of the architecture can start guests of their own.

        Raises:
            UnsupportedArchitecture: they cannot.
        """
        if not self.nesting_flags:
            raise UnsupportedArchitecture(
                f"a host of architecture {self.name} starts no nested guests: emulation has none"
            )


X86_64 = Architecture(
    name="x86_64",
    package_name="amd64",
    other_names=("amd64", "i686"),
    machine="q35",
    versioned="pc-q35-",
    iommu="intel",
    iommus=("intel", "amd", "virtio"),
    iommu_vendors={"Intel": "intel", "AMD": "amd"},
    chipset=(
        ChipsetFunction(0, 0, "8086:29c0", "DRAM Controller"),
        ChipsetFunction(0x1F, 0, "8086:2918", "LPC"),
        ChipsetFunction(0x1F, 2, "8086:2922", "SATA"),
        ChipsetFunction(0x1F, 3, "8086:2930", "SMBus"),
    ),
    has_apic=True,
    has_dmi_bridge=True,
    has_io_space=True,
    console="ttyS0",
    # on a busy machine an emulated timer can miss the kernel's test of it, which then panics
    probe_arguments=("no_timer_check",),
    has_debug_port=True,
    facts_port="ttyS1",
    has_second_port=True,
    image_mark=(0x202, b"HdrS"),
    # TCG cannot emulate the extension by which AMD CPUs report threads; Intel CPUs need none
    emulated_threads=("-global", "max-x86_64-cpu.vendor=GenuineIntel"),
    nesting_flags=("svm", "vmx"),
)
AARCH64 = Architecture(
    name="aarch64",
    package_name="arm64",
    other_names=("arm64",),
    machine="virt",
    versioned="virt-",
    iommu="smmuv3",
    iommus=("smmuv3", "virtio"),
    chipset=(ChipsetFunction(0, 0, "1b36:0008", "Host bridge"),),
    console="ttyAMA0",
    facts_port="ttyS0",
    # emulated pointer authentication, which the kernel would use in each of its functions, takes half of the time
    probe_arguments=("arm64.nopauth",),
    needs_uefi=True,
    has_device_tree=True,
    image_mark=(0x38, b"ARM\x64"),
)
ARCHITECTURES: Mapping[str, Architecture] = {known.name: known for known in (X86_64, AARCH64)}
"""The architectures of virtual hosts by name."""
IOMMUS = tuple(dict.fromkeys(model for known in ARCHITECTURES.values() for model in known.iommus))
"""The kinds of IOMMUs that any of them can have."""
DEFAULT = X86_64
"""The architecture of a spec that names no machine, and of a document that leaves it to libvirt."""


def find_architecture(name: str) -> Architecture | None:
    """The architecture with a name, in anyone's spelling; None if virtual hosts do not support it."""
    return next((known for known in ARCHITECTURES.values() if name in (known.name, *known.other_names)), None)


def find_by_machine(machine: str) -> Architecture | None:
    """The architecture of a machine type; None if it has no PCIe, or virtual hosts do not support the architecture."""
    return next((known for known in ARCHITECTURES.values() if known.has_machine(machine)), None)


def require_architecture(name: str) -> Architecture:
    """The architecture with a name.

    Raises:
        UnsupportedArchitecture: virtual hosts do not support it.
    """
    found = find_architecture(name)
    if found is None:
        raise UnsupportedArchitecture(f"it is a {name} machine; virtual hosts are {' or '.join(ARCHITECTURES)}")
    return found
