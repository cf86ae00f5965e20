"""ACPI tables as QEMU passes them to firmware, decoded table by table.

Firmware places the tables in memory and then fills in pointers and checksums; these are zeroed here, so that a longer
table does not make all others look changed.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Iterator
from typing import Any

from virtsmith.abi.collect.acpi_fields import FADT, FIELDS, AcpiField, iter_entries
from virtsmith.abi.collect.section import machine_section
from virtsmith.abi.collect.session import Session
from virtsmith.abi.dump.model import Section, SectionStatus

_TABLES, _POINTER, _LOADER = "etc/acpi/tables", "etc/acpi/rsdp", "etc/table-loader"
_HEADER = struct.Struct("<4sIBB6s8sI4sI")
_BYTECODE = ("DSDT", "SSDT", "PSDT")
_ADD_POINTER, _ADD_CHECKSUM = 2, 3
_COMMAND = 128


@machine_section("acpi", evidence="table in fw_cfg")
def collect(session: Session) -> Section:
    """Collect the ``acpi`` section: decoded fields of each table; for bytecode its length, digest and bytes."""
    firmware = session.firmware
    content = firmware.read_blob(_TABLES, used_length)
    if not content:
        return Section(SectionStatus.ABSENT, detail="QEMU passes no tables to firmware")
    patched = FirmwarePatches(firmware.read_blob(_LOADER, _used_commands))
    data: dict[str, Any] = {}
    for name, table in iter_tables(patched.zero(_TABLES, content)):
        data[name] = decode(name.partition("#")[0], table)
    pointer = patched.zero(_POINTER, firmware.read(_POINTER))
    if pointer[:8] == b"RSD PTR ":
        data["RSDP"] = {"oem_id": _text(pointer[9:15]), "revision": pointer[15]}
    return Section(SectionStatus.OK, data)


class FirmwarePatches:
    """The locations that firmware overwrites, according to QEMU's commands to it."""

    def __init__(self, commands: bytes) -> None:
        self._places: dict[str, list[tuple[int, int]]] = {}
        for place in range(0, len(commands) - _COMMAND + 1, _COMMAND):
            kind = struct.unpack_from("<I", commands, place)[0]
            file = _text(commands[place + 4 : place + 60])
            if kind == _ADD_POINTER:
                offset, size = struct.unpack_from("<IB", commands, place + 116)
            elif kind == _ADD_CHECKSUM:
                offset, size = struct.unpack_from("<I", commands, place + 60)[0], 1
            else:
                continue
            self._places.setdefault(file, []).append((offset, size))

    def zero(self, file: str, content: bytes) -> bytes:
        """Return the contents of a file with those locations zeroed."""
        changed = bytearray(content)
        for offset, size in self._places.get(file, ()):
            if offset + size <= len(changed):
                changed[offset : offset + size] = bytes(size)
        return bytes(changed)


def used_length(content: bytes) -> int | None:
    """Return the length of the tables at the start of zero-padded bytes; None if they may continue."""
    place = 0
    while place + 8 <= len(content):
        length = struct.unpack_from("<I", content, place + 4)[0]
        if not content[place] or length < 8:
            return place
        place += length
    return None


def iter_tables(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield each table with its signature; a second one with the same signature is called ``SSDT#2``."""
    seen: dict[str, int] = {}
    end = used_length(content)
    place = 0
    while place + 8 <= (len(content) if end is None else end):
        length = struct.unpack_from("<I", content, place + 4)[0]
        name = _text(content[place : place + 4])
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}#{seen[name]}"), content[place : place + length]
        place += length


def decode(name: str, table: bytes) -> dict[str, Any]:
    """Return a table as a tree."""
    if name == "FACS" or len(table) < _HEADER.size:
        return {"length": len(table), "body": _bytes(table, 8)}
    _, length, revision, _, oem, oem_table, oem_revision, creator, creator_revision = _HEADER.unpack_from(table)
    header: dict[str, Any] = {
        "length": length,
        "revision": revision,
        "oem_id": _text(oem),
        "oem_table_id": _text(oem_table),
        "oem_revision": oem_revision,
        "creator_id": _text(creator),
        "creator_revision": creator_revision,
    }
    if name in _BYTECODE:
        body = table[_HEADER.size :]
        digest = hashlib.sha256(body).hexdigest()
        return {**header, "sha256": digest, "raw": base64.b64encode(table).decode()}
    fields = FADT if name == "FACP" else FIELDS.get(name, ())
    taken = set(range(_HEADER.size))
    tree = dict(header)
    for field in fields:
        if field.offset + field.size <= len(table):
            tree[field.name] = _value(table, field)
            taken.update(range(field.offset, field.offset + field.size))
    for key, start, entry in iter_entries(name, table):
        tree[key] = entry
        taken.update(range(start, start + entry["length"]))
    rest = {f"{place:#04x}": f"{byte:02x}" for place, byte in enumerate(table) if byte and place not in taken}
    return {**tree, "body": rest} if rest else tree


def _value(table: bytes, field: AcpiField) -> int | str:
    raw = table[field.offset : field.offset + field.size]
    return raw.hex() if field.size > 8 else int.from_bytes(raw, "little")


def _bytes(table: bytes, start: int) -> dict[str, str]:
    return {f"{place:#04x}": f"{byte:02x}" for place, byte in enumerate(table) if byte and place >= start}


def _used_commands(content: bytes) -> int | None:
    for place in range(0, len(content), _COMMAND):
        if not any(content[place : place + 4]):
            return place
    return None


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\0 ").decode("latin-1")
