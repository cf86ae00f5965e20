"""Rules about CPUs, memory, IOMMU and the machine around the PCI tree."""

from __future__ import annotations

from collections.abc import Iterator

from libvirtxml import Features, FeaturesIOAPIC, IOMMUDriver
from libvirtxml.findings import Rule, Severity
from libvirtxml.versions import Version

from virtsmith.host.lint.rule import Breach, Context, LintRule
from virtsmith.host.lint.view import DomainView, whole
from virtsmith.host.spec.check import EIM_LIMIT
from virtsmith.host.spec.quantities import format_cpus, format_kib

_IGB_SINCE = Version((8, 0))
_WIDE = 48
_IOMMU_PATH = "/domain/devices/iommu"
_NUMA_PATH = "/domain/cpu/numa"


def no_acpi(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH010."""
    features = view.domain.features
    if view.architecture not in ("x86_64", "i686", "aarch64"):
        return
    if (view.expanders or view.cells) and not (features and features.acpi):
        yield Breach("features", "ACPI is off, which tells the guest of nodes and expanders", "/domain/features")


def mend_acpi(view: DomainView) -> None:
    """Turn ACPI on."""
    if view.domain.features is None:
        view.domain.features = Features()
    view.domain.features.acpi = True


def no_split_irqchip(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH011."""
    driver = view.iommu.driver if view.iommu else None
    if driver is None or not (driver.intremap or driver.eim):
        return
    ioapic = view.domain.features.ioapic if view.domain.features else None
    if ioapic is None or ioapic.driver != "qemu":
        yield Breach("iommu", "interrupt remapping is on, but the I/O APIC is not QEMU's", _IOMMU_PATH)


def mend_split_irqchip(view: DomainView) -> None:
    """Let QEMU emulate the I/O APIC."""
    if view.domain.features is None:
        view.domain.features = Features()
    view.domain.features.ioapic = FeaturesIOAPIC(driver="qemu")


def no_caching_mode(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH012."""
    iommu = view.iommu
    if iommu is None or iommu.model != "intel" or (iommu.driver and iommu.driver.caching_mode):
        return
    if view.assigned:
        yield Breach("iommu", f"caching mode is off, and {view.assigned[0]} is a device of the host", _IOMMU_PATH)


def mend_caching_mode(view: DomainView) -> None:
    """Turn caching mode on."""
    _driver(view).caching_mode = True


def narrow_addresses(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH013."""
    iommu = view.iommu
    if iommu is None or iommu.model != "intel":
        return
    width = whole(iommu.driver.aw_bits) if iommu.driver else None
    if view.assigned and (width or 39) < _WIDE:
        said = f"{width} bits" if width else "unset, which is 39 bits in most releases"
        yield Breach("iommu", f"its address width is {said}, too narrow to map a host device safely", _IOMMU_PATH)


def mend_addresses(view: DomainView) -> None:
    """Widen addresses to 48 bits."""
    _driver(view).aw_bits = _WIDE


def _driver(view: DomainView) -> IOMMUDriver:
    iommu = view.iommu
    assert iommu is not None  # noqa: S101 - its rules only fire with one
    if iommu.driver is None:
        iommu.driver = IOMMUDriver()
    return iommu.driver


def no_eim(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH014."""
    iommu = view.iommu
    driver = iommu.driver if iommu else None
    if view.vcpus > EIM_LIMIT and not (driver and driver.eim and driver.intremap):
        yield Breach(f"{view.vcpus} vCPUs", "APIC ids past 255 need an IOMMU with intremap and eim on", "/domain/vcpu")
    if driver and driver.eim and driver.intremap is False:
        yield Breach("iommu", "eim needs intremap", _IOMMU_PATH)


def mend_eim(view: DomainView) -> None:
    """Turn the extended interrupt mode on, with what it needs."""
    if view.iommu is not None:
        driver = _driver(view)
        driver.intremap = True
        driver.eim = True
        mend_split_irqchip(view)


def cpus_in_cells(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH015."""
    if not view.cells:
        return
    seen: set[int] = set()
    for number, cell in zip(view.cell_ids(), view.cells, strict=True):
        cpus = set(view.cell_cpus(cell))
        if twice := cpus & seen:
            yield Breach(f"cell {number}", f"CPU {format_cpus(twice)} is in another cell as well", _NUMA_PATH)
        if beyond := {cpu for cpu in cpus if cpu >= view.vcpus}:
            yield Breach(
                f"cell {number}", f"CPU {format_cpus(beyond)} does not exist: there are {view.vcpus} vCPUs", _NUMA_PATH
            )
        seen |= cpus
    if missing := set(range(view.vcpus)) - seen:
        yield Breach(f"vCPU {format_cpus(missing)}", "it is in no cell, so it joins node 0", _NUMA_PATH)


def memory_sum(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH016."""
    sizes = [cell.kib for cell in view.cells]
    if not sizes or view.memory_kib is None:
        return
    for number, size in zip(view.cell_ids(), sizes, strict=True):
        if size == 0:
            yield Breach(f"cell {number}", "it has no memory, and QEMU refuses a node of size 0", _NUMA_PATH)
    total = sum(size or 0 for size in sizes)
    if total != view.memory_kib and not view.domain.max_memory:
        yield Breach(
            "memory", f"it is {format_kib(view.memory_kib)}, the cells add up to {format_kib(total)}: the cells win",
            "/domain/memory",
        )  # fmt: skip


def mend_memory(view: DomainView) -> None:
    """Write the sum of the cells, which is what libvirt uses anyway; it allows no more to be in use."""
    total = sum(cell.kib or 0 for cell in view.cells)
    memory, current = view.domain.memory, view.domain.current_memory
    if memory is not None:
        memory.resize(total << 10)
    if current is not None and (current.kib or 0) > total:
        current.resize(total << 10)


def old_machine(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH017."""
    if not view.machine.startswith(("pc-i440fx", "isapc")) and view.machine != "pc":
        return
    for index, each in view.controllers.items():
        if each.model.startswith("pcie-"):
            yield Breach(
                f"controller index {index}", f"machine {view.machine} has no PCIe, so it can hold no {each.model}"
            )
    if view.iommu is not None and view.iommu.model == "intel":
        yield Breach("iommu", f"machine {view.machine} has no Intel IOMMU", _IOMMU_PATH)


def hmat_pairs(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH018."""
    for kind, seen, initiator, target in _links(view):
        if (target, initiator) in seen and initiator != target:
            subject = f"{kind} ({initiator},{target})"
            yield Breach(subject, f"({target},{initiator}) is listed as well", f"{_NUMA_PATH}/interconnects")


def _links(view: DomainView) -> Iterator[tuple[str, set[tuple[object, object]], object, object]]:
    numa = view.domain.cpu.numa if view.domain.cpu else None
    links = numa.interconnects if numa else None
    for kind, items in (("latency", links.latencies), ("bandwidth", links.bandwidths)) if links else ():
        seen: dict[tuple[object, object], set[tuple[object, object]]] = {}
        for each in items:
            same = seen.setdefault((each.type, each.cache), set())
            yield kind, same, each.initiator, each.target
            same.add((each.initiator, each.target))


def igb_support(view: DomainView, context: Context) -> Iterator[Breach]:
    """VH019."""
    if context.qemu is None or context.qemu >= _IGB_SINCE:
        return
    for name, path, model in view.cards:
        if model == "igb":
            yield Breach(name, f"QEMU {context.qemu} has no igb; it came with {_IGB_SINCE}", path)


def host_cpu(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH020."""
    cpu = view.domain.cpu
    if view.is_tcg and cpu and cpu.mode == "host-passthrough":
        yield Breach("cpu", f"mode {cpu.mode} needs KVM, and the domain is of type qemu", "/domain/cpu")


def mend_host_cpu(view: DomainView) -> None:
    """Use the most capable CPU that QEMU can emulate."""
    if view.domain.cpu is not None:
        view.domain.cpu.mode = "maximum"
        view.domain.cpu.check = None
        view.domain.cpu.migratable = None


def doubtful_iommu(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH024."""
    model = view.iommu.model if view.iommu else None
    if model == "virtio":
        yield Breach("iommu", "a guest kernel without a virtio IOMMU driver makes no groups at all", _IOMMU_PATH)
    elif model == "amd":
        yield Breach("iommu", "groups look right in the guest, but cards behind it transfer nothing", _IOMMU_PATH)


def uefi_expanders(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH025."""
    if view.uses_uefi and view.expanders and view.machine.startswith(("q35", "pc-q35")):
        yield Breach("firmware", "UEFI may give expander buses no memory windows: no driver binds then", "/domain/os")


def same_mac(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH026."""
    seen: set[str] = set()
    interfaces = view.domain.devices.interfaces if view.domain.devices else []
    for number, each in enumerate(interfaces, 1):
        address = str(each.mac.address).lower() if each.mac else None
        if address in seen:
            path = f"/domain/devices/interface[{number}]"
            yield Breach(f"interface {number}", f"{address} is another card's as well", path)
        if address:
            seen.add(address)


RULES = (
    LintRule(Rule("VH010", "Topologies need ACPI",
                  "Nodes, expanders and the IOMMU are described to the guest in ACPI tables; without ACPI the firmware "
                  "also runs out of I/O space at nine ports and stops silently.", "Add <acpi/> to <features>."),
             no_acpi, mend_acpi),
    LintRule(Rule("VH011", "Interrupt remapping needs the split I/O APIC",
                  "libvirt refuses to define it otherwise; QEMU by hand leaves remapping off.",
                  "Add <ioapic driver='qemu'/> to <features>."), no_split_irqchip, mend_split_irqchip),
    LintRule(Rule("VH012", "Assigned devices need caching mode",
                  "Without it the guest's IOMMU does not tell QEMU of new mappings; QEMU refuses vfio devices.",
                  "Set caching_mode='on' in the IOMMU's <driver>."), no_caching_mode, mend_caching_mode),
    LintRule(Rule("VH013", "Assigned devices need a wide enough IOMMU",
                  "39 address bits cannot map what the guest's firmware and memory use: DMA mapping fails with -22.",
                  "Set aw_bits='48'.", Severity.WARNING), narrow_addresses, mend_addresses),
    LintRule(Rule("VH014", "More than 255 vCPUs need the extended interrupt mode",
                  "APIC ids past 255 are only reachable with x2APIC remapping.",
                  "Set intremap='on' and eim='on' in the IOMMU's <driver>."), no_eim, mend_eim),
    LintRule(Rule("VH015", "Every vCPU is in exactly one cell",
                  "QEMU puts the rest on node 0 and warns in a log that nobody reads.",
                  "List each vCPU in one <cell>."), cpus_in_cells),
    LintRule(Rule("VH016", "Memory is the sum of the cells",
                  "libvirt silently replaces <memory> by the sum; a cell of size 0 fails at the start.",
                  "Make both agree."), memory_sum, mend_memory),
    LintRule(Rule("VH017", "PCIe controllers need a PCIe machine",
                  "i440fx has no PCIe root bus; libvirt refuses such a domain.", "Use machine q35."), old_machine),
    LintRule(Rule("VH018", "HMAT pairs are listed once",
                  'libvirt takes (0,1) and (1,0) for the same link: "Link already defined".',
                  "List each pair in one direction."), hmat_pairs),
    LintRule(Rule("VH019", "igb needs QEMU 8.0", "libvirt defines the card, an older QEMU refuses to start.",
                  "Use QEMU 8.0 or newer, or e1000e."), igb_support),
    LintRule(Rule("VH020", "The host's CPU cannot be passed through without KVM",
                  "libvirt defines it and refuses to start.", "Use <cpu mode='maximum'/>, which can nest."),
             host_cpu, mend_host_cpu),
    LintRule(Rule("VH024", "IOMMU models with known gaps",
                  "The virtio IOMMU needs a driver that distribution kernels may lack; the emulated AMD IOMMU shows "
                  "perfect groups while DMA through it does not work.", "Use the intel model.", Severity.WARNING),
             doubtful_iommu),
    LintRule(Rule("VH025", "Expanders want SeaBIOS",
                  "Distribution builds of OVMF left the expanders' buses without memory windows.",
                  "Use the default firmware, or verify the host.", Severity.WARNING), uefi_expanders),
    LintRule(Rule("VH026", "Every card has a MAC address of its own",
                  "Cards are told apart by it, in the guest and by the verifier.", "Change one."), same_mac),
)  # fmt: skip
"""The rules of this family."""
