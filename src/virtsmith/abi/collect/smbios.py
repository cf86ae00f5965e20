"""SMBIOS tables: one entry per structure, with bytes by offset and strings by number."""

from __future__ import annotations

import struct
from typing import Any

from virtsmith.abi.collect.firmware import Firmware
from virtsmith.abi.collect.section import machine_section
from virtsmith.abi.collect.session import Session
from virtsmith.abi.dump.model import Section, SectionStatus

_TABLES, _ANCHOR = "etc/smbios/smbios-tables", "etc/smbios/smbios-anchor"
_LEGACY_KEY = 0x8001
_LEGACY_LIMIT = 16384
_END = 127
_CHECKSUMS = {b"_SM_": (0x04, 0x15), b"_SM3": (0x05,)}


@machine_section("smbios", evidence="table in fw_cfg")
def collect(session: Session) -> Section:
    """Collect the ``smbios`` section; machine types before 2.1 pass single fields instead of tables."""
    firmware = session.firmware
    if _TABLES in firmware.files:
        data = parse_tables(firmware.read(_TABLES))
        anchor = bytearray(firmware.read(_ANCHOR))
        for offset in _CHECKSUMS.get(bytes(anchor[:4]), ()):
            anchor[offset : offset + 1] = b"\0"
        return Section(SectionStatus.OK, {"anchor": bytes_by_offset(bytes(anchor)), **data})
    legacy = _legacy(firmware) if firmware.present else {}
    return Section(SectionStatus.OK if legacy else SectionStatus.ABSENT, legacy)


def parse_tables(content: bytes) -> dict[str, Any]:
    """Parse SMBIOS structures: ``{"type 0 handle 0x0000": {"0x04": "01", ..., "string 1": "SeaBIOS"}}``."""
    found: dict[str, Any] = {}
    place = 0
    while place + 4 <= len(content):
        kind, length, handle = struct.unpack_from("<BBH", content, place)
        if length < 4:
            break
        body = content[place : place + length]
        end = content.find(b"\0\0", place + length)
        if end < 0:
            end = len(content)
        strings = content[place + length : end].split(b"\0")
        entry = {name: value for name, value in bytes_by_offset(body).items() if int(name, 16) >= 4}
        entry |= {f"string {number}": text.decode("latin-1") for number, text in enumerate(strings, 1) if text}
        found[f"type {kind} handle {handle:#06x}"] = entry
        if kind == _END:
            break
        place = end + 2
    return found


def bytes_by_offset(content: bytes) -> dict[str, str]:
    """Return the non-zero bytes by offset."""
    return {f"{offset:#04x}": f"{byte:02x}" for offset, byte in enumerate(content) if byte}


def _legacy(firmware: Firmware) -> dict[str, Any]:
    count = struct.unpack("<H", firmware.read_key(_LEGACY_KEY, 2))[0]
    if not count:
        return {}
    content = firmware.read_key(_LEGACY_KEY, min(_LEGACY_LIMIT, 2 + 256 * count))
    found: dict[str, Any] = {}
    place = 2
    for _ in range(count):
        if place + 4 > len(content):
            break
        length, header = struct.unpack_from("<HB", content, place)
        body = content[place + 3 : place + length]
        if header == 0 and len(body) >= 3:
            kind, offset = struct.unpack_from("<BH", body)
            found[f"type {kind} field {offset:#04x}"] = {"value": body[3:].hex()}
        else:
            found[f"entry {len(found)}"] = {"value": body.hex()}
        place += max(length, 3)
    return found
