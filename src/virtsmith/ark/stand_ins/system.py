"""Stand-ins for what a domain as a whole needs of a host: memory, tuning, firmware, kernels, security."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from libvirtxml import SizeError
from libvirtxml.values import unit_size

from virtsmith.ark.stand_ins.place import StandInPlace, drop, strip

if TYPE_CHECKING:
    from lxml import etree

MEMORY_KIB = 1 << 20
"""Guests with more memory are tried with about this much, in KiB."""
_GRAIN_KIB = 2 << 10
"""Sizes of memory stay multiples of a huge page."""
_OF_THE_HOST = ("memtune", "blkiotune", "cputune", "numatune", "resource", "seclabel", "perf", "idmap")
_BOOT_FILES = ("kernel", "initrd", "cmdline", "dtb", "shim", "acpi")
_UUIDS = uuid.UUID("8d1e1a3c-6f0b-5b8e-9d7c-0f4ab1c7f6a2")
"""The space of the names that make up identities: the same domain has the same one in every cell."""


def replace_system(root: etree._Element, place: StandInPlace) -> None:
    """Replace what the domain itself needs of a host."""
    if root.find("uuid") is None:
        name = root.find("name")
        made = root.makeelement("uuid", {})
        made.text = str(uuid.uuid5(_UUIDS, (name.text or "") if name is not None else ""))
        root.insert(0 if name is None else root.index(name) + 1, made)
    for tag in drop(root, *_OF_THE_HOST):
        place.note(tag, "left out, since it is about the host")
    for vcpu in root.findall("vcpu"):
        if "cpuset" in vcpu.attrib or vcpu.get("placement") == "auto":
            strip(vcpu, "cpuset", "placement")
            place.note("vcpu", "not bound to the host's CPUs")
    for tag in drop(root.find("memoryBacking"), "hugepages", "locked", "allocation"):
        place.note(f"memoryBacking/{tag}", "left out, since it is about the host")
    for tag in drop(root.find("os"), *_BOOT_FILES):
        place.note(f"os/{tag}", "left out, since guests are started paused")
    for entry in root.findall("sysinfo/entry"):
        if "file" in entry.attrib:
            entry.attrib.pop("file")
            entry.text = "stand-in"
            place.note("sysinfo", "a text instead of a file")
    _firmware(root, place)
    _memory(root, place)


def uses_uefi(root: etree._Element) -> bool:
    """Whether a domain boots with UEFI firmware, chosen by libvirt or named."""
    system = root.find("os")
    if system is None:
        return False
    return system.get("firmware") == "efi" or any(
        loader.get("type") == "pflash" or "nvram" in {child.tag for child in system}
        for loader in system.findall("loader")
    )


def leave_out_uefi(root: etree._Element) -> None:
    """Let a domain boot with the machine's default firmware."""
    system = root.find("os")
    if system is not None:
        strip(system, "firmware")
        drop(system, "loader", "nvram", "varstore", "firmware")


def _firmware(root: etree._Element, place: StandInPlace) -> None:
    """Let libvirt choose the firmware, with the requested features, instead of a file of another distribution."""
    system = root.find("os")
    if system is None:
        return
    if uses_uefi(root):
        named = [loader.text for loader in system.findall("loader") if (loader.text or "").strip()]
        secure = any(loader.get("secure") == "yes" for loader in system.findall("loader"))
        drop(system, "loader", "nvram", "varstore")
        system.set("firmware", "efi")
        if secure:
            kind = system.find("type")
            made = root.makeelement("loader", {"secure": "yes"})
            system.insert(0 if kind is None else system.index(kind) + 1, made)
        if named:
            place.note("firmware", f"UEFI chosen by libvirt instead of {named[0]}")
    elif drop(system, "loader", "nvram"):
        place.note("firmware", "the machine's default")


def _memory(root: etree._Element, place: StandInPlace) -> None:
    sizes = [*root.findall("memory"), *root.findall("currentMemory")]
    total = max((_kib(size.text, size.get("unit")) for size in sizes[:1]), default=0)
    if total <= MEMORY_KIB:
        return
    scale = total / MEMORY_KIB
    cells = root.findall("cpu/numa/cell")
    for cell in cells:
        cell.set("memory", str(_smaller(_kib(cell.get("memory"), cell.get("unit")), scale)))
        cell.set("unit", "KiB")
    pluggable = sum(_kib(size.text, size.get("unit")) for size in root.findall("devices/memory/target/size"))
    of_cells = sum(_kib(cell.get("memory"), "KiB") for cell in cells) + pluggable
    for element in sizes:
        smaller = of_cells if cells else _smaller(_kib(element.text, element.get("unit")), scale)
        element.text = str(int(smaller))
        element.set("unit", "KiB")
    place.note("memory", f"{int(_kib(sizes[0].text, 'KiB')) >> 10} MiB instead of {int(total) >> 10} MiB")


def _smaller(size: float, scale: float) -> int:
    return max(_GRAIN_KIB, int(size / scale) // _GRAIN_KIB * _GRAIN_KIB)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 1


def _kib(text: str | None, unit: str | None) -> float:
    try:
        return float((text or "0").strip()) * unit_size(unit or "KiB") / unit_size("KiB")
    except (ValueError, SizeError):
        return 0


def _leave_out_remapping(root: etree._Element, place: StandInPlace) -> None:
    """Leave out what an IOMMU can do only with the split I/O APIC of KVM."""
    for driver in root.findall("devices/iommu/driver"):
        if "intremap" in driver.attrib or "eim" in driver.attrib:
            strip(driver, "intremap", "eim")
            place.note("iommu", "without interrupt remapping, since it needs KVM")


def emulate(root: etree._Element, place: StandInPlace) -> None:
    """Run a domain without KVM: what only KVM has is replaced."""
    if root.get("type") == "kvm":
        root.set("type", "qemu")
        place.note("accelerator", "emulation instead of KVM")
    for cpu in root.findall("cpu"):
        mode = cpu.get("mode")
        if mode in ("host-passthrough", "host-model", "maximum"):
            strip(cpu, "mode", "check", "migratable", "match", "deprecated_features")
            drop(cpu, "model", "feature", "cache", "maxphysaddr", "vendor")
            place.note("cpu", f"the machine's default instead of {mode}")
        elif cpu.find("model") is not None:
            cpu.set("check", "none")  # emulation lacks features of many models
    kind = root.find("os/type")
    if kind is not None and kind.get("arch", "").startswith("ppc64"):
        for topology in root.findall("cpu/topology"):
            threads = _number(topology.get("threads"))
            if threads > 1:  # QEMU emulates no more than one thread of such a core
                topology.set("cores", str(_number(topology.get("cores")) * threads))
                topology.set("threads", "1")
                place.note("cpu/topology", "one thread per core, and more cores")
    features = root.find("features")
    for tag in drop(features, "hyperv", "kvm", "pvspinlock", "xen", "ioapic", "aia"):
        place.note(f"features/{tag}", "left out, since it needs KVM")
        if tag == "ioapic":
            _leave_out_remapping(root, place)
