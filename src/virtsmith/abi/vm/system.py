"""Machine, CPUs and memory of a domain document as QEMU options. Sources: QEMU's and libvirt's manuals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from libvirtxml import (
    ClockLocaltime,
    ClockTimerRTC,
    ControllerPCI,
    Domain,
    DomainSysinfoFwcfg,
    DomainSysinfoSMBIOS,
    MemoryDeviceNVDIMM,
)

from virtsmith.abi.machine.devices import SetDevice
from virtsmith.abi.vm.hardware import escaped, on_off
from virtsmith.abi.vm.memory import memory_options
from virtsmith.abi.vm.processor import processor_options


def machine_options(domain: Domain) -> list[str]:
    """Return the properties of the machine type that the document sets."""
    features = domain.features
    options: list[str] = []
    if features is None or not features.acpi:
        options.append("acpi=off")
    if features is not None and features.vmport is not None and features.vmport.state is not None:
        options.append(f"vmport={on_off(features.vmport.state)}")
    if features is not None and features.smm is not None and features.smm.state is not None:
        options.append(f"smm={on_off(features.smm.state)}")
    if features is not None and features.ps2 is not None:
        options.append(f"i8042={on_off(features.ps2.state)}")
    if any(isinstance(memory, MemoryDeviceNVDIMM) for memory in domain.devices.memories):
        options.append("nvdimm=on")
    timers = domain.clock.timers if domain.clock is not None else []
    options += [
        f"hpet={on_off(timer.present)}" for timer in timers if timer.name == "hpet" and timer.present is not None
    ]
    return options


def system_options(domain: Domain, notes: list[str]) -> list[str]:
    """Return the options for CPUs, memory, NUMA nodes, the clock and what firmware passes on."""
    return [*processor_options(domain, notes), *memory_options(domain, notes), *_global(domain), *_firmware(domain)]


def system_devices(domain: Domain) -> Iterator[SetDevice]:
    """Yield devices that a document does not list among its devices."""
    features = domain.features
    if features is not None and features.vmcoreinfo is not None and features.vmcoreinfo.state is not False:
        yield SetDevice("vmcoreinfo", "vmcoreinfo0")
    if domain.genid is not None:
        yield SetDevice("vmgenid", "vmgenid0", "", f"guid={domain.genid or 'auto'}")


def _global(domain: Domain) -> Iterator[str]:
    """Yield properties of devices that the machine itself has."""
    is_q35 = "q35" in (domain.os.type.machine or "" if domain.os is not None and domain.os.type is not None else "")
    pm = domain.pm
    owner = "ICH9-LPC" if is_q35 else "PIIX4_PM"
    for name, part in (("s3", pm.suspend_to_mem), ("s4", pm.suspend_to_disk)) if pm is not None else ():
        if part is not None:
            yield from ("-global", f"{owner}.disable_{name}={int(part.enabled is False)}")
    smm = domain.features.smm if domain.features is not None else None
    if smm is not None and smm.tseg is not None and smm.tseg.bytes:
        yield from ("-global", f"mch.extended-tseg-mbytes={smm.tseg.bytes >> 20}")
    for controller in domain.devices.controllers:
        if isinstance(controller, ControllerPCI) and controller.pcihole64 is not None:
            bridge = "q35-pcihost" if is_q35 else "i440FX-pcihost"
            yield from ("-global", f"{bridge}.pci-hole64-size={(controller.pcihole64.bytes or 0) >> 10}K")


def _firmware(domain: Domain) -> Iterator[str]:
    """Yield what firmware hands to the guest: identity, SMBIOS, files of fw_cfg, the clock."""
    if domain.uuid is not None:
        yield from ("-uuid", str(domain.uuid))
    for info in domain.sysinfos:
        if isinstance(info, DomainSysinfoSMBIOS):
            yield from _smbios(info)
        elif isinstance(info, DomainSysinfoFwcfg):
            for entry in info.entries:
                if entry.name and entry.value:
                    yield from ("-fw_cfg", f"name={escaped(entry.name)},string={escaped(entry.value)}")
    clock = domain.clock
    if clock is not None:
        words = ["base=localtime" if isinstance(clock, ClockLocaltime) else "base=utc"]
        rtc = next((timer for timer in clock.timers if isinstance(timer, ClockTimerRTC)), None)
        if rtc is not None and rtc.tickpolicy == "catchup":
            words.append("driftfix=slew")
        yield from ("-rtc", ",".join(words))


_SMBIOS_NAMES = {"bios_version": "version", "bios_date": "date"}


def _smbios(info: DomainSysinfoSMBIOS) -> Iterator[str]:
    tables: list[tuple[int, Sequence[Any]]] = [
        (0, [info.bios]),
        (1, [info.system]),
        (2, info.base_boards),
        (3, [info.chassis]),
    ]
    for number, blocks in tables:
        for block in blocks:
            words = [
                f"{_SMBIOS_NAMES.get(entry.name, entry.name)}={escaped(entry.value)}"
                for entry in (block.entries if block is not None else [])
                if entry.value
            ]
            if words:
                yield from ("-smbios", ",".join([f"type={number}", *words]))
    if info.oem_strings is not None and info.oem_strings.entries:
        words = [f"value={escaped(entry)}" for entry in info.oem_strings.entries]
        yield from ("-smbios", ",".join(["type=11", *words]))
