"""Fields of ACPI's fixed tables, by offset (ACPI specification 6.5, chapter 5.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple


class AcpiField(NamedTuple):
    """A number in a table."""

    offset: int
    size: int
    name: str


FADT = tuple(
    AcpiField(*item)
    for item in (
        (36, 4, "firmware_ctrl"),
        (40, 4, "dsdt"),
        (44, 1, "int_model"),
        (45, 1, "preferred_pm_profile"),
        (46, 2, "sci_int"),
        (48, 4, "smi_cmd"),
        (52, 1, "acpi_enable"),
        (53, 1, "acpi_disable"),
        (54, 1, "s4bios_req"),
        (55, 1, "pstate_cnt"),
        (56, 4, "pm1a_evt_blk"),
        (60, 4, "pm1b_evt_blk"),
        (64, 4, "pm1a_cnt_blk"),
        (68, 4, "pm1b_cnt_blk"),
        (72, 4, "pm2_cnt_blk"),
        (76, 4, "pm_tmr_blk"),
        (80, 4, "gpe0_blk"),
        (84, 4, "gpe1_blk"),
        (88, 1, "pm1_evt_len"),
        (89, 1, "pm1_cnt_len"),
        (90, 1, "pm2_cnt_len"),
        (91, 1, "pm_tmr_len"),
        (92, 1, "gpe0_blk_len"),
        (93, 1, "gpe1_blk_len"),
        (94, 1, "gpe1_base"),
        (95, 1, "cst_cnt"),
        (96, 2, "p_lvl2_lat"),
        (98, 2, "p_lvl3_lat"),
        (100, 2, "flush_size"),
        (102, 2, "flush_stride"),
        (104, 1, "duty_offset"),
        (105, 1, "duty_width"),
        (106, 1, "day_alrm"),
        (107, 1, "mon_alrm"),
        (108, 1, "century"),
        (109, 2, "iapc_boot_arch"),
        (112, 4, "flags"),
        (116, 12, "reset_reg"),
        (128, 1, "reset_value"),
        (129, 2, "arm_boot_arch"),
        (131, 1, "minor_version"),
        (132, 8, "x_firmware_ctrl"),
        (140, 8, "x_dsdt"),
        (148, 12, "x_pm1a_evt_blk"),
        (160, 12, "x_pm1b_evt_blk"),
        (172, 12, "x_pm1a_cnt_blk"),
        (184, 12, "x_pm1b_cnt_blk"),
        (196, 12, "x_pm2_cnt_blk"),
        (208, 12, "x_pm_tmr_blk"),
        (220, 12, "x_gpe0_blk"),
        (232, 12, "x_gpe1_blk"),
        (244, 12, "sleep_control_reg"),
        (256, 12, "sleep_status_reg"),
        (268, 8, "hypervisor_vendor"),
    )
)

FIELDS: dict[str, tuple[AcpiField, ...]] = {
    "APIC": (AcpiField(36, 4, "local_apic_address"), AcpiField(40, 4, "flags")),
    "HPET": (
        AcpiField(36, 4, "event_timer_block_id"), AcpiField(40, 12, "base_address"), AcpiField(52, 1, "hpet_number"),
        AcpiField(53, 2, "minimum_tick"), AcpiField(55, 1, "page_protection"),
    ),
    "WAET": (AcpiField(36, 4, "flags"),),
    "DMAR": (AcpiField(36, 1, "host_address_width"), AcpiField(37, 1, "flags")),
}  # fmt: skip

_FIRST_ENTRY = {"APIC": 44, "SRAT": 48, "MCFG": 44, "DMAR": 48}
_MADT = {
    0: "local_apic", 1: "io_apic", 2: "interrupt_override", 3: "nmi_source", 4: "local_apic_nmi", 9: "local_x2apic",
    10: "local_x2apic_nmi",
}  # fmt: skip


def iter_entries(name: str, table: bytes) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Yield the entries of a table that is a list: numbered name, offset, and the entry with its length."""
    place = _FIRST_ENTRY.get(name)
    if place is None:
        return
    counts: dict[str, int] = {}
    while place + 4 <= len(table):
        kind, length = _head(name, table, place)
        if length < 4 or place + length > len(table):
            return
        counts[kind] = number = counts.get(kind, -1) + 1
        yield f"{kind} {number}", place, {"length": length, "bytes": table[place : place + length].hex()}
        place += length


def _head(name: str, table: bytes, place: int) -> tuple[str, int]:
    match name:
        case "MCFG":
            return "segment", 16
        case "DMAR":
            kind, length = struct.unpack_from("<HH", table, place)
            return f"structure_{kind}", length
        case _:
            kind, length = table[place], table[place + 1]
            return (_MADT.get(kind) or f"entry_{kind}") if name == "APIC" else f"affinity_{kind}", length
