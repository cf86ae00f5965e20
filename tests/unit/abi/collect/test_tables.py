"""Firmware tables: ACPI and SMBIOS."""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtsmith.abi.collect.acpi import FirmwarePatches, decode, iter_tables, used_length
from virtsmith.abi.collect.smbios import parse_tables


def table(signature, body, revision=1, checksum=0x5A):
    head = struct.pack(
        "<4sIBB6s8sI4sI", signature, 36 + len(body), revision, checksum, b"BOCHS ", b"BXPC    ", 1, b"BXPC", 1
    )
    return head + body


def add_pointer(file, offset, size):
    return struct.pack("<I56s56sIB7x", 2, file, b"etc/acpi/tables", offset, size)


def add_checksum(file, offset, start, length):
    return struct.pack("<I56sIII56x", 3, file, offset, start, length)


DSDT = table(b"DSDT", b"\x10\x20bytecode")
HPET = table(b"HPET", struct.pack("<I4xQBHB", 0x8086A201, 0xFED00000, 0, 0, 0))
FADT = table(b"FACP", struct.pack("<II", 0x1234, 0x40) + b"\1" + bytes(71))
MADT = table(b"APIC", struct.pack("<II", 0xFEE00000, 1) + bytes([0, 8, 0, 0, 1, 0, 0, 0]) + bytes([1, 12]) + bytes(10))


def test_tables_are_found_in_padded_bytes_and_equal_signatures_are_numbered():
    blob = DSDT + HPET + DSDT + bytes(4000)
    assert used_length(blob) == len(blob) - 4000
    assert used_length(DSDT + HPET) is None
    assert [name for name, _ in iter_tables(blob)] == ["DSDT", "HPET", "DSDT#2"]
    assert [name for name, _ in iter_tables(DSDT + HPET)] == ["DSDT", "HPET"]


def test_what_firmware_fills_in_is_zeroed_so_that_tables_differ_only_where_qemu_does():
    commands = add_pointer(b"etc/acpi/tables", 40, 4) + add_checksum(b"etc/acpi/tables", 9, 0, len(FADT))
    patches = FirmwarePatches(commands)
    first = dict(iter_tables(patches.zero("etc/acpi/tables", FADT)))["FACP"]
    moved = FADT[:9] + b"\x77" + FADT[10:40] + struct.pack("<I", 0x999) + FADT[44:]
    other = dict(iter_tables(patches.zero("etc/acpi/tables", moved)))["FACP"]
    assert first == other
    assert decode("FACP", first) == decode("FACP", other)
    assert patches.zero("etc/acpi/rsdp", b"untouched") == b"untouched"


def test_fields_have_names_entries_numbers_and_the_rest_offsets():
    fadt = decode("FACP", FADT)
    assert (fadt["firmware_ctrl"], fadt["dsdt"], fadt["int_model"], fadt["oem_table_id"]) == (0x1234, 0x40, 1, "BXPC")
    hpet = decode("HPET", HPET)
    assert (hpet["event_timer_block_id"], hpet["revision"], "body" in hpet) == (0x8086A201, 1, False)
    madt = decode("APIC", MADT)
    assert madt["local_apic 0"] == {"length": 8, "bytes": "0008000001000000"}
    assert madt["io_apic 0"]["length"] == 12
    assert decode("XYZT", table(b"XYZT", b"\0\7"))["body"] == {"0x25": "07"}


def test_bytecode_is_described_by_length_and_digest_with_the_raw_bytes():
    found = decode("DSDT", DSDT)
    assert (found["length"], len(found["sha256"]), base64.b64decode(found["raw"])) == (len(DSDT), 64, DSDT)
    assert found["sha256"] != decode("DSDT", table(b"DSDT", b"\x10\x20bytecodE"))["sha256"]


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_are_read_as_tables_and_commands_without_an_error(blob, commands):
    for name, content in iter_tables(FirmwarePatches(commands).zero("etc/acpi/tables", blob)):
        assert decode(name.partition("#")[0], content)["length"] >= 8


@given(st.sampled_from([DSDT, HPET, FADT, MADT]), st.integers(8, 140), st.integers(0, 255))
def test_tables_with_wrong_bytes_or_cut_short_are_read(whole, length, value):
    for damaged in (whole[:length], whole[:length] + bytes([value]) + whole[length + 1 :]):
        name = damaged[:4].decode()
        assert decode(name, damaged)


STRUCTURES = (
    b"\x01\x1b\x00\x01\x01\x02\x03"
    + bytes(20)
    + b"QEMU\0Standard PC\0pc-7.2\0\0"
    + b"\x20\x0b\x00\x20"
    + bytes(7)
    + b"\0\0"
    + b"\x7f\x04\x00\x7f\0\0"
)


def test_smbios_structures_are_bytes_by_offset_and_strings_by_number():
    assert parse_tables(STRUCTURES) == {
        "type 1 handle 0x0100": {
            "0x04": "01",
            "0x05": "02",
            "0x06": "03",
            "string 1": "QEMU",
            "string 2": "Standard PC",
            "string 3": "pc-7.2",
        },
        "type 32 handle 0x2000": {},
        "type 127 handle 0x7f00": {},
    }


@pytest.mark.parametrize("length", range(0, len(STRUCTURES), 5))
def test_smbios_structures_cut_short_are_read_as_far_as_they_go(length):
    assert len(parse_tables(STRUCTURES[:length])) <= 3


@given(st.binary(max_size=200))
def test_any_bytes_are_read_as_smbios_structures(data):
    assert isinstance(parse_tables(data), dict)
