"""The IOMMU, and the settings that it depends on."""

from __future__ import annotations

from collections.abc import Iterator

from libvirtxml import Domain, Features, FeaturesIOAPIC, IOMMUDriver
from libvirtxml.findings import Severity

from virtsmith.host.lint.rule import Violation, rule
from virtsmith.host.lint.view import LintView
from virtsmith.host.spec.check import EIM_LIMIT

_PATH = "/domain/devices/iommu"
_NARROW = 39
"""Default address width of an Intel IOMMU in bits, in most QEMU releases."""
_WIDE = 48


def split_irqchip(domain: Domain) -> None:
    """Have QEMU emulate the I/O APIC."""
    if domain.features is None:
        domain.features = Features()
    domain.features.ioapic = FeaturesIOAPIC(driver="qemu")


@rule(
    "VH011",
    "Interrupt remapping needs the split I/O APIC",
    why="Otherwise libvirt rejects the domain, and a plain QEMU command line silently leaves remapping off.",
    fix="Add <ioapic driver='qemu'/> to <features>.",
    repair=split_irqchip,
)
def no_split_irqchip(view: LintView) -> Iterator[Violation]:
    """Yield a violation if interrupts are remapped and the I/O APIC is KVM's."""
    driver = view.iommu.driver if view.iommu else None
    if driver is None or not (driver.intremap or driver.eim):
        return
    ioapic = view.domain.features.ioapic if view.domain.features else None
    if ioapic is None or ioapic.driver != "qemu":
        yield Violation("iommu", "interrupt remapping is on, but the I/O APIC is not QEMU's", _PATH)


def turn_on_caching_mode(domain: Domain) -> None:
    """Turn caching mode on."""
    for driver in _drivers(domain):
        driver.caching_mode = True


@rule(
    "VH012",
    "Assigned devices need caching mode",
    why="Without it the guest's IOMMU does not notify QEMU of new mappings; QEMU refuses vfio devices.",
    fix="Set caching_mode='on' in the IOMMU's <driver>.",
    repair=turn_on_caching_mode,
)
def no_caching_mode(view: LintView) -> Iterator[Violation]:
    """Yield a violation if a host device is behind an Intel IOMMU without caching mode."""
    iommu = view.iommu
    if iommu is None or iommu.model != "intel" or (iommu.driver and iommu.driver.caching_mode):
        return
    if view.assigned:
        message = f"caching mode is off, and {view.assigned[0].name} is a host device"
        yield Violation("iommu", message, _PATH)


def widen_addresses(domain: Domain) -> None:
    """Widen addresses to 48 bits."""
    for driver in _drivers(domain):
        driver.aw_bits = _WIDE


@rule(
    "VH013",
    "Assigned devices need a wide enough IOMMU",
    why="39 address bits do not cover what the guest's firmware and memory use: DMA mapping fails with -22.",
    fix="Set aw_bits='48'.",
    severity=Severity.WARNING,
    repair=widen_addresses,
)
def narrow_addresses(view: LintView) -> Iterator[Violation]:
    """Yield a violation if a host device is behind an Intel IOMMU with few address bits."""
    iommu = view.iommu
    if iommu is None or iommu.model != "intel" or not view.assigned:
        return
    width = iommu.driver.aw_bits if iommu.driver else None
    bits = width if isinstance(width, int) else None
    if (bits or _NARROW) < _WIDE:
        stated = f"{bits} bits" if bits else f"unset, which is {_NARROW} bits in most releases"
        yield Violation("iommu", f"its address width is {stated}, too narrow to map a host device safely", _PATH)


def turn_on_eim(domain: Domain) -> None:
    """Turn the extended interrupt mode on, with interrupt remapping and the split I/O APIC."""
    for driver in _drivers(domain):
        driver.intremap = True
        driver.eim = True
        split_irqchip(domain)


@rule(
    "VH014",
    "More than 255 vCPUs need the extended interrupt mode",
    why="APIC ids past 255 can only be reached with x2APIC remapping.",
    fix="Set intremap='on' and eim='on' in the IOMMU's <driver>.",
    repair=turn_on_eim,
)
def no_eim(view: LintView) -> Iterator[Violation]:
    """Yield a violation if there are many vCPUs without the extended mode, and if that mode lacks remapping."""
    driver = view.iommu.driver if view.iommu else None
    if view.vcpus > EIM_LIMIT and not (driver and driver.eim and driver.intremap):
        message = "APIC ids past 255 need an IOMMU with intremap and eim on"
        yield Violation(f"{view.vcpus} vCPUs", message, "/domain/vcpu")
    if driver and driver.eim and driver.intremap is False:
        yield Violation("iommu", "eim needs intremap", _PATH)


@rule(
    "VH024",
    "IOMMU models with known gaps",
    why="The virtio IOMMU needs a driver that distribution kernels may lack; the emulated AMD IOMMU shows perfect "
    "groups while DMA through it does not work.",
    fix="Use the intel model.",
    severity=Severity.WARNING,
)
def doubtful_iommu(view: LintView) -> Iterator[Violation]:
    """Yield a violation for a model that looks right in the guest and may not work."""
    model = view.iommu.model if view.iommu else None
    if model == "virtio":
        yield Violation("iommu", "a guest kernel without a virtio IOMMU driver creates no groups at all", _PATH)
    elif model == "amd":
        yield Violation("iommu", "groups look right in the guest, but cards behind it transfer no data", _PATH)


def _drivers(domain: Domain) -> Iterator[IOMMUDriver]:
    """The ``<driver>`` of the IOMMU, added if there is none; nothing for a domain without an IOMMU."""
    iommu = LintView(domain).iommu
    if iommu is not None:
        if iommu.driver is None:
            iommu.driver = IOMMUDriver()
        yield iommu.driver
