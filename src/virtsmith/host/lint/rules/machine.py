"""The machine around the topology: its type, firmware and CPU, and the QEMU that will run it."""

from __future__ import annotations

from collections.abc import Iterator

from libvirtxml import Domain, Features
from libvirtxml.findings import Severity
from libvirtxml.versions import Version

from virtsmith.host.lint.rule import Violation, rule
from virtsmith.host.lint.view import LintView, card_model
from virtsmith.host.plan.architecture import DEFAULT, find_architecture
from virtsmith.host.plan.devices import MODELS

_IGB_SINCE = Version.parse(MODELS["igb"].min_qemu)
_IOMMU_PATH = "/domain/devices/iommu"


def turn_on_acpi(domain: Domain) -> None:
    """Turn ACPI on."""
    if domain.features is None:
        domain.features = Features()
    domain.features.acpi = True


@rule(
    "VH010",
    "A topology needs ACPI",
    why="Nodes, expanders and the IOMMU are described to the guest in ACPI tables; without ACPI the firmware also runs "
    "out of I/O space at nine ports and stops silently.",
    fix="Add <acpi/> to <features>.",
    severity=Severity.WARNING,
    repair=turn_on_acpi,
)
def no_acpi(view: LintView) -> Iterator[Violation]:
    """Yield a violation if there are nodes or expanders and ACPI is off, unless a device tree has the nodes."""
    architecture = find_architecture(view.architecture or DEFAULT.name)
    if architecture is None:
        return
    features = view.domain.features
    described = view.pci.expanders or (view.cells and not architecture.has_device_tree)
    if described and not (features and features.acpi):
        message = "ACPI is off, but nodes and expanders are described in ACPI tables"
        yield Violation("features", message, "/domain/features")


@rule(
    "VH017",
    "PCIe controllers need a PCIe machine",
    why="i440fx has no PCIe root bus; libvirt refuses such a domain.",
    fix="Use machine q35.",
)
def old_machine(view: LintView) -> Iterator[Violation]:
    """Yield each PCIe controller, and an Intel IOMMU, of a machine without PCIe."""
    machine = view.machine
    if not machine.startswith(("pc-i440fx", "isapc")) and machine != "pc":
        return
    for controller in view.pci.controllers.values():
        if controller.model.startswith("pcie-"):
            message = f"machine {machine} has no PCIe, so it cannot have a {controller.model}"
            yield Violation(controller.device.name, message, controller.path)
    if view.iommu is not None and view.iommu.model == "intel":
        yield Violation("iommu", f"machine {machine} has no Intel IOMMU", _IOMMU_PATH)


@rule(
    "VH019",
    "igb needs QEMU 8.0",
    why="libvirt defines the domain, but an older QEMU refuses to start.",
    fix="Use QEMU 8.0 or newer, or e1000e.",
)
def igb_support(view: LintView) -> Iterator[Violation]:
    """Yield each igb card if the QEMU is known and too old for it."""
    if view.qemu is None or view.qemu >= _IGB_SINCE:
        return
    for card in view.cards:
        if card_model(card) == "igb":
            yield Violation(card.name, f"QEMU {view.qemu} has no igb, which was added in {_IGB_SINCE}", card.path)


def use_maximum_cpu(domain: Domain) -> None:
    """Use the most capable CPU that QEMU can emulate."""
    if domain.cpu is not None:
        domain.cpu.mode = "maximum"
        domain.cpu.check = None
        domain.cpu.migratable = None


@rule(
    "VH020",
    "The host's CPU cannot be passed through without KVM",
    why="libvirt defines the domain and refuses to start it.",
    fix="Use <cpu mode='maximum'/>, which can nest.",
    repair=use_maximum_cpu,
)
def host_cpu(view: LintView) -> Iterator[Violation]:
    """Yield a violation if the CPU is the host's and the domain runs without KVM."""
    cpu = view.domain.cpu
    if view.is_tcg and cpu and cpu.mode == "host-passthrough":
        yield Violation("cpu", f"mode {cpu.mode} needs KVM, and the domain is of type qemu", "/domain/cpu")


@rule(
    "VH025",
    "Expanders need SeaBIOS",
    why="Distribution builds of OVMF have left the expanders' buses without memory windows.",
    fix="Use the default firmware, or verify the host.",
    severity=Severity.WARNING,
)
def uefi_expanders(view: LintView) -> Iterator[Violation]:
    """Yield a violation if UEFI sets up expanders."""
    if view.uses_uefi and view.pci.expanders and view.is_q35:
        message = "UEFI may give expander buses no memory windows; then no driver binds"
        yield Violation("firmware", message, "/domain/os")
