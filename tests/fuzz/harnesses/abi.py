"""Dumps, recordings, and what QEMU and its firmware say."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from helpers.abi_dumps import dump, queues

from fuzz.harness import Harness, in_file, text
from virtsmith.abi.collect import acpi, smbios
from virtsmith.abi.collect.memory import parse_blocks, parse_views
from virtsmith.abi.diff.allow_file import load_allowances, parse_allowances
from virtsmith.abi.diff.compare import compare_dumps
from virtsmith.abi.diff.rule_file import parse_rules
from virtsmith.abi.diff.sets import load_sets
from virtsmith.abi.dump.model import Load, LoadResult
from virtsmith.abi.dump.store import dump_text, load_dump, parse_dump
from virtsmith.abi.machine.qtree import parse_qtree
from virtsmith.abi.migrate.results import SCHEMA, read_loads
from virtsmith.abi.sources.replay import load_recording, parse_recording
from virtsmith.qemu.machine_history import parse_history

ROOT = Path(__file__).parents[3]
DUMPS = [dump_text(dump()).encode(), dump_text(dump("8.0.0", virtio=queues(1024))).encode()]
_RECORDING = b"\n\n".join((ROOT / "tests/samples/qemu-7.2.replies").read_bytes().split(b"\n\n")[:4])
_RULES = b"""[[rule]]
id = "ABI-ANY"
title = "anything"
impact = "guest-visible"
reason = "because"
fix = "look"
match = [{ section = "**" }]
"""
_ALLOW = b'[[allow]]\nmachine = "pc-q35-*"\nreason = "reviewed"\nuntil = 2030-01-01\n'
_TREE = b"""bus: main-system-bus
  type System
  dev: hpet, id ""
    timers = 3 (0x3)
    mmio 00000000fed00000/0000000000000400
  dev: q35-pcihost, id ""
    bus: pcie.0
      type PCIE
      dev: virtio-net-pci, id "net0"
        addr = 03.0
        romfile = "efi-virtio.rom"
        class Ethernet controller, addr 00:03.0, pci id 1af4:1000 (sub 1af4:0001)
"""
_VIEW = b"""FlatView #0
 AS "memory", root: system
 Root memory region: system
  0000000000000000-00000000000bffff (prio 0, ram): pc.ram KVM
  00000000fee00000-00000000feefffff (prio 4096, i/o): apic-msi
"""
_BLOCKS = b"""    Block Name    PSize              Offset               Used              Total                HVA  RO
        pc.ram    4 KiB  0x0000000000000000 0x0000000008000000 0x0000000008000000 0x00007f0000000000  rw
"""
_STRUCTURES = b"\x01\x1b\x00\x01\x01\x02\x03" + bytes(20) + b"QEMU\0Standard PC\0pc-7.2\0\0\x7f\x04\x00\x7f\0\0"
_HISTORY = b"""releases = ["1.5", "2.0", "10.1"]
[types]
"isapc" = { in = "1.5-" }
"pc-0.12" = { in = "1.5-2.0", deprecated = "2.0" }
"""


def _table(signature: bytes, body: bytes) -> bytes:
    return signature + struct.pack("<I", 36 + len(body)) + b"\1\0BOCHS BXPC    \1\0\0\0BXPC\1\0\0\0" + body


_TABLES = (
    _table(b"DSDT", b"\x10\x20bytecode")
    + _table(b"APIC", struct.pack("<II", 0xFEE00000, 1) + bytes([0, 8, 0, 0, 1, 0, 0, 0]) + bytes([1, 12]) + bytes(10))
    + _table(b"MCFG", bytes(24))
    + _table(b"DMAR", bytes(12) + bytes([0, 0, 16, 0]) + bytes(12))
    + bytes(16)
)
_LOAD = Load("pc-q35-7.2", "default", "tcg", "a", "b", booted=True, result=LoadResult.OK)
_LOADS = json.dumps({"schema": SCHEMA, "loads": [_LOAD.to_dict()]}).encode()


def _dump(data: bytes) -> None:
    found = parse_dump(data, "x")
    compare_dumps(found, found)
    assert parse_dump(dump_text(found), "x") == found


def _acpi(data: bytes) -> None:
    for name, table in acpi.iter_tables(acpi.FirmwarePatches(data).zero("etc/acpi/tables", data)):
        assert acpi.decode(name, table)["length"] >= 0


def _views(words: str) -> None:
    parse_views(words)
    parse_blocks(words)


HARNESSES = [
    Harness("dump", _dump, DUMPS),
    Harness("dump file", in_file(load_dump, "d.json"), DUMPS),
    Harness("dump sets", in_file(load_sets, "d.json"), DUMPS),
    Harness("recording", lambda data: parse_recording(data, "x"), [_RECORDING]),
    Harness("recording file", in_file(load_recording, "q.replies"), [_RECORDING]),
    Harness("allowances", text(lambda words: parse_allowances(words, "x")), [_ALLOW]),
    Harness("allowance file", in_file(lambda path: load_allowances([path]), "allow.toml"), [_ALLOW]),
    Harness("rules", text(lambda words: parse_rules(words, "x")), [_RULES]),
    Harness("loads", in_file(read_loads, "loads.json"), [_LOADS]),
    Harness("device tree", text(parse_qtree), [_TREE]),
    Harness("memory map", text(_views), [_VIEW, _BLOCKS]),
    Harness("ACPI", _acpi, [_TABLES]),
    Harness("SMBIOS", smbios.parse_tables, [_STRUCTURES]),
    Harness("history of machine types", text(lambda words: parse_history(words, "x")), [_HISTORY]),
]
