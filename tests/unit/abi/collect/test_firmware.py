"""The fw_cfg device, read as firmware reads it: by port and by direct access to memory."""

import struct

import pytest
from helpers.simulated_pc import SimulatedPC, session

from virtsmith.abi.collect.firmware import Firmware
from virtsmith.abi.collect.fwcfg import collect, collect_e820, collect_roms
from virtsmith.abi.dump.model import SectionStatus

FILES = {
    "etc/boot-menu-wait": b"\x05\x00",
    "etc/e820": struct.pack("<QQI", 0, 0xA0000, 1) + struct.pack("<QQI", 0xFEFFC000, 0x4000, 2) + b"odd",
    "etc/acpi/tables": b"TABL" * 5000,
    "genroms/kvmvapic.bin": bytes(9216),
    "opt/empty": b"",
}
both_ways = pytest.mark.parametrize("dma", [True, False], ids=["dma", "port"])


@both_ways
def test_files_are_the_same_by_port_and_by_direct_access(dma):
    with SimulatedPC(files=FILES, dma=dma) as guest:
        firmware = Firmware(guest.qtest)
        assert firmware.present
        assert {name: file.size for name, file in firmware.files.items()} == {n: len(d) for n, d in FILES.items()}
        assert {name: firmware.read(name) for name in FILES} == FILES
        assert firmware.read("etc/acpi/tables", 6) == b"TABLTA"
        assert firmware.read("no/such/file") == b""


def test_a_file_is_read_from_the_machine_once():
    machine = SimulatedPC(files=FILES)
    with machine as guest:
        firmware = Firmware(guest.qtest)
        firmware.read("etc/e820")
        before = len(machine.asked)
        assert firmware.read("etc/e820") == FILES["etc/e820"]
        assert len(machine.asked) == before


def used(data):
    """The used part ends at the first zero."""
    return data.index(b"\0") if b"\0" in data else None


@both_ways
def test_reading_of_a_padded_file_by_port_stops_when_its_end_is_known(dma):
    machine = SimulatedPC(files={"blob": b"x" * 5000 + bytes(60_000), "full": b"y" * 9000}, dma=dma)
    with machine as guest:
        firmware = Firmware(guest.qtest)
        before = len(machine.asked)
        assert firmware.read_blob("blob", used) == b"x" * 5000
        assert len(machine.asked) - before < (10 if dma else 13_000)
        assert firmware.read_blob("full", used) == b"y" * 9000
        assert firmware.read_blob("none", used) == b""


def test_a_machine_without_the_device_has_no_files_and_absent_sections():
    with SimulatedPC() as guest:
        firmware = Firmware(guest.qtest)
        assert (firmware.present, firmware.files) == (False, {})
        assert collect(session(guest)).status is SectionStatus.ABSENT
        assert collect_e820(session(guest)).status is SectionStatus.ABSENT


def test_the_section_has_digests_except_of_what_is_in_other_sections_and_the_legacy_numbers():
    keys = {0x05: b"\x04\x00", 0x03: (64 << 20).to_bytes(8, "little"), 0x02: bytes(range(16))}
    with SimulatedPC(files=FILES, keys=keys) as guest:
        data = collect(session(guest)).data
    assert set(data["etc/boot-menu-wait"]) == {"size", "sha256"}
    assert data["etc/acpi/tables"] == {"size": 20_000}
    assert data["opt/empty"]["sha256"].startswith("e3b0c442")
    assert data["key 0x0005 processors"] == {"value": 4}
    assert data["key 0x0003 ram-size"] == {"value": 64 << 20}
    assert data["key 0x0002 uuid"] == {"value": bytes(range(16)).hex()}
    assert data["key 0x000c boot-device"] == {"value": 0}


def test_the_map_of_memory_has_ranges_with_their_kinds_and_leaves_half_an_entry_out():
    with SimulatedPC(files=FILES) as guest:
        assert collect_e820(session(guest)).data == {
            "0x0000000000000000-0x000000000009ffff": "RAM",
            "0x00000000feffc000-0x00000000feffffff": "reserved",
        }
    odd = struct.pack("<QQI", 0x1000, 0, 77)
    with SimulatedPC(files={"etc/e820": odd}) as guest:
        assert collect_e820(session(guest)).data == {"0x0000000000001000-0x0000000000001000": "kind 77"}


BLOCKS = """              Block Name    PSize              Offset               Used              Total
                  pc.ram    4 KiB  0x0000000000000000 0x0000000004000000 0x0000000004000000
                 pc.bios    4 KiB  0x0000000004000000 0x0000000000040000 0x0000000000040000
0000:00:03.0/virtio-net-pci.rom    4 KiB  0x0000000004080000 0x0000000000080000 0x0000000000080000
"""


def test_roms_are_those_of_firmware_and_of_devices_but_not_memory():
    with SimulatedPC(files=FILES, answers={"monitor": {"info ramblock": BLOCKS}}) as guest:
        assert collect_roms(session(guest)).data == {
            "genroms/kvmvapic.bin": {"size": 9216},
            "pc.bios": {"size": 262144},
            "0000:00:03.0/virtio-net-pci.rom": {"size": 524288},
        }
    with SimulatedPC() as guest:
        assert collect_roms(session(guest)).status is SectionStatus.ABSENT
