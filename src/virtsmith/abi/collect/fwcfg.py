"""Other input of firmware: the remaining fw_cfg files and numbers, the e820 map, option ROMs."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

from virtsmith.abi.collect.memory import parse_blocks
from virtsmith.abi.collect.section import machine_section
from virtsmith.abi.collect.session import Session
from virtsmith.abi.dump.model import Section, SectionStatus

ELSEWHERE = ("etc/acpi/", "etc/table-loader", "etc/smbios/", "etc/e820", "genroms/", "vgaroms/")
"""Files whose contents are in other sections (or, for ROMs, are migrated)."""
_ROM_FILES = ("genroms/", "vgaroms/")
_E820 = "etc/e820"
_E820_KINDS = {1: "RAM", 2: "reserved", 3: "ACPI", 4: "NVS", 5: "unusable"}
_KEYS = {
    0x02: ("uuid", 16), 0x03: ("ram-size", 8), 0x04: ("no-graphic", 2), 0x05: ("processors", 2),
    0x0C: ("boot-device", 2), 0x0E: ("boot-menu", 2), 0x0F: ("max-processors", 2),
    0x8002: ("irq0-override", 4), 0x8004: ("hpet", 121),
}  # fmt: skip
"""Legacy items that firmware still reads: selector, name, bytes."""


@machine_section("fwcfg", evidence="file in fw_cfg")
def collect(session: Session) -> Section:
    """Collect the ``fwcfg`` section: size and digest of each file, and items that are not in the directory."""
    firmware = session.firmware
    if not firmware.present:
        return Section(SectionStatus.ABSENT)
    data: dict[str, Any] = {}
    for name, file in firmware.files.items():
        data[name] = {"size": file.size}
        if not name.startswith(ELSEWHERE):
            data[name]["sha256"] = hashlib.sha256(firmware.read(name)).hexdigest()
    for selector, (name, size) in _KEYS.items():
        value = firmware.read_key(selector, size)
        number = int.from_bytes(value, "little")
        data[f"key {selector:#06x} {name}"] = {"value": number if size <= 8 else value.rstrip(b"\0").hex()}
    return Section(SectionStatus.OK, data)


@machine_section("e820", evidence="file in fw_cfg")
def collect_e820(session: Session) -> Section:
    """Collect the ``e820`` section: ranges with their types."""
    firmware = session.firmware
    if _E820 not in firmware.files:
        return Section(SectionStatus.ABSENT)
    content = firmware.read(_E820)
    entries = struct.iter_unpack("<QQI", content[: len(content) // 20 * 20])
    return Section(
        SectionStatus.OK,
        {
            f"{start:#018x}-{start + max(size, 1) - 1:#018x}": _E820_KINDS.get(kind, f"kind {kind}")
            for start, size, kind in entries
        },
    )


@machine_section("roms", evidence="memory of the running machine")
def collect_roms(session: Session) -> Section:
    """Collect the ``roms`` section: sizes of firmware and option ROMs, which must match when state is loaded."""
    data: dict[str, Any] = {
        name: {"size": file.size} for name, file in session.firmware.files.items() if name.startswith(_ROM_FILES)
    }
    for name, block in parse_blocks(session.guest.qmp.human("info ramblock")).items():
        if name.endswith(".rom") or name in ("pc.bios", "pc.rom"):
            data[name] = {"size": block["size"]}
    return Section(SectionStatus.OK if data else SectionStatus.ABSENT, data)
