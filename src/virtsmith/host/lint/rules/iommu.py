"""The IOMMU, and the settings that it depends on."""

from __future__ import annotations

from collections.abc import Iterator

from libvirtxml import Domain, Features, FeaturesIOAPIC, Interface, IOMMUDriver
from libvirtxml.findings import Severity
from libvirtxml.versions import Version

from virtsmith.host.lint.rule import Violation, rule
from virtsmith.host.lint.view import LintView, card_model
from virtsmith.host.spec.check import EIM_LIMIT

_PATH = "/domain/devices/iommu"
_NARROW = 39
"""Default address width of an Intel IOMMU in bits, in most QEMU releases."""
_WIDE = 48
_IOAPIC_ADDED = Version.parse("11.3")
"""The oldest libvirt that was seen to choose QEMU's I/O APIC itself; 9.0 refuses the domain."""
_EIM_ADDED = Version.parse("10.10")
"""The libvirt that adds an IOMMU in extended interrupt mode itself, or turns the mode on (its release notes)."""


def split_irqchip(domain: Domain) -> None:
    """Have QEMU emulate the I/O APIC."""
    if domain.features is None:
        domain.features = Features()
    domain.features.ioapic = FeaturesIOAPIC(driver="qemu")


@rule(
    "VH011",
    "Interrupt remapping needs the split I/O APIC",
    why="Otherwise libvirt before 11.3 rejects the domain, and plain QEMU silently leaves remapping off.",
    fix="Add <ioapic driver='qemu'/> to <features>.",
    repair=split_irqchip,
)
def no_split_irqchip(view: LintView) -> Iterator[Violation]:
    """Yield a violation if interrupts are remapped and the I/O APIC is KVM's."""
    driver = view.iommu.driver if view.iommu else None
    if driver is None or not (driver.intremap or driver.eim) or view.is_settled_since(_IOAPIC_ADDED):
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
    why="APIC ids past 255 can only be reached with x2APIC remapping. libvirt 10.10 and newer turn it on themselves.",
    fix="Set intremap='on' and eim='on' in the IOMMU's <driver>.",
    repair=turn_on_eim,
)
def no_eim(view: LintView) -> Iterator[Violation]:
    """Yield a violation if there are many vCPUs without the extended mode, and if that mode lacks remapping."""
    driver = view.iommu.driver if view.iommu else None
    complete = driver and driver.eim and driver.intremap
    if view.vcpus > EIM_LIMIT and not complete and not view.is_settled_since(_EIM_ADDED):
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


@rule(
    "VH028",
    "Virtio cards are behind the IOMMU like others",
    why="QEMU lets virtio devices past the IOMMU unless asked not to, though the guest has groups for them. Given to "
    "a nested guest or to DPDK, such a card reads and writes at addresses that nobody translates.",
    fix="Add <driver iommu='on'/> to the interface.",
    severity=Severity.WARNING,
)
def past_iommu(view: LintView) -> Iterator[Violation]:
    """Yield each virtio card of a domain with an IOMMU whose DMA goes past it."""
    if view.iommu is None:
        return
    for card in view.cards:
        driver = card.element.driver if isinstance(card.element, Interface) else None
        if (card_model(card) or "").startswith("virtio") and not (driver and driver.iommu):
            yield Violation(card.name, "its DMA goes past the IOMMU", card.path)


def _drivers(domain: Domain) -> Iterator[IOMMUDriver]:
    """The ``<driver>`` of the IOMMU, added if there is none; nothing for a domain without an IOMMU."""
    iommu = LintView(domain).iommu
    if iommu is not None:
        if iommu.driver is None:
            iommu.driver = IOMMUDriver()
        yield iommu.driver
