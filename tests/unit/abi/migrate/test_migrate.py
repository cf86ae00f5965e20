"""What is made of migrations, without any: reading QEMU's words, choosing machine types, tables."""

import pytest

from virtsmith.abi.dump.model import Binary, Load, LoadResult
from virtsmith.abi.migrate.matrix import Matrix, choose_machines
from virtsmith.abi.migrate.report import left_out_notes, matrix_tables, short_list, to_cases
from virtsmith.abi.migrate.transfer import evidence, find_device
from virtsmith.errors import UsageError
from virtsmith.report.cases import CaseOutcome

NEW = """\
qemu-system-x86_64: warning: Machine type 'pc-q35-5.2' is deprecated: machines more than 3 years old are subject to \
deletion after 6 years
qemu-system-x86_64: VQ 0 vring.num 1024 exceeds allocated max 256
qemu-system-x86_64: load of migration failed: Invalid argument: error while loading state for instance 0x0 of device \
'0000:00:02.0:00.0/virtio-net': Failed to load element of type virtio for virtio
"""
OLD = """\
qemu-system-x86_64: pckbd: Failed to load pckbd:kbd
qemu-system-x86_64: error while loading state for instance 0x0 of device 'pckbd'
qemu-system-x86_64: load of migration failed: No such file or directory
"""


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (NEW, "0000:00:02.0:00.0/virtio-net"),
        (OLD, "pckbd"),
        ("qemu: Missing section footer for 0000:00:0d.0/pciespscsi\n", "0000:00:0d.0/pciespscsi"),
        ("qemu: savevm: unsupported version 2 for '0000:00:0d.0/pciespscsi' v1\n", "0000:00:0d.0/pciespscsi"),
        ("qemu: Unknown savevm section or instance 'ioapic' 1. Make sure that\n", "ioapic"),
        ("State blocked by non-migratable device '0000:00:03.0/nvme'", "0000:00:03.0/nvme"),
        ('qemu: Unknown ramblock "pc.extra", cannot accept migration\n', "pc.extra"),
        ("qemu: Size mismatch: pc.bios: 0x1 != 0x2\nqemu: error while loading state for instance 0x0 of device 'ram'\n",
         "ram"),
        ("qemu: Not a migration stream\n", ""),
    ],
)  # fmt: skip
def test_the_device_that_qemu_blames_is_found_in_the_words_of_every_version(said, device):
    assert find_device(said) == device


def test_evidence_is_what_qemu_said_without_warnings_and_its_name():
    assert evidence(NEW).startswith("VQ 0 vring.num 1024 exceeds allocated max 256\nload of migration failed")
    assert "deprecated" not in evidence(NEW)
    assert evidence("") == ""


TYPES = {
    "old": {"pc-q35-5.2": "", "pc-q35-9.0": "", "q35": "pc-q35-9.0", "isapc": "", "only-old-1.0": ""},
    "new": {"pc-q35-5.2": "", "pc-q35-9.0": "", "pc-q35-10.0": "", "q35": "pc-q35-10.0", "isapc": "", "same": "isapc"},
}


def test_by_default_the_versioned_types_that_two_have_are_meant_in_order_of_their_versions():
    assert choose_machines(TYPES, ()) == ["pc-q35-5.2", "pc-q35-9.0"]
    assert choose_machines({"new": TYPES["new"]}, ()) == ["pc-q35-5.2", "pc-q35-9.0", "pc-q35-10.0"]


def test_patterns_mean_types_that_any_has_and_short_names_must_mean_one():
    assert choose_machines(TYPES, ["pc-q35-*", "isapc"]) == ["isapc", "pc-q35-5.2", "pc-q35-9.0", "pc-q35-10.0"]
    assert choose_machines(TYPES, ["same"]) == ["isapc"]
    with pytest.raises(UsageError, match="not the same machine type everywhere") as caught:
        choose_machines(TYPES, ["q35"])
    assert caught.value.hint == "it means pc-q35-9.0, pc-q35-10.0"
    with pytest.raises(UsageError, match="has a machine type pc-q36"):
        choose_machines(TYPES, ["pc-q36*"])


BINARIES = [Binary("7.2.0", "", "a" * 64), Binary("10.0.0", "", "b" * 64)]
A, B = (binary.key for binary in BINARIES)


def load(machine, booted, saved_by, loaded_by, result=LoadResult.OK, **more):
    return Load(machine, "default-1", "tcg", saved_by, loaded_by, booted, result, **more)


def matrix(*loads):
    return Matrix(BINARIES, loads)


def test_machine_types_and_states_with_equal_cells_share_a_table():
    cells = [
        load(
            machine,
            booted,
            saver,
            loader,
            LoadResult.FAILED if (saver, loader) == (A, B) else LoadResult.OK,
            error="bad",
        )
        for machine in ("pc-q35-7.2", "pc-q35-8.0")
        for booted in (False, True)
        for saver in (A, B)
        for loader in (A, B)
    ]
    other = [load("isapc", False, saver, loader) for saver in (A, B) for loader in (A, B)]
    first, second = matrix_tables(matrix(*cells, *other))
    assert first.title == "pc-q35-{7.2 8.0} untouched and booted, devices default-1, tcg"
    assert second.title == "isapc untouched, devices default-1, tcg"
    assert [cell.text for cell in first.rows[0]] == ["from 7.2.0", "ok", "failed"]
    assert [cell.text for cell in first.rows[1]] == ["from 10.0.0", "ok", "ok"]
    assert len(first.details()) == 1


def test_a_matrix_is_all_ok_only_if_something_was_tried_and_nothing_went_wrong():
    ok, absent = load("pc", False, A, B), load("pc", False, B, A, LoadResult.ABSENT)
    assert matrix(ok, absent).all_ok
    assert not matrix(absent).all_ok
    assert not matrix().all_ok
    for result in (LoadResult.FAILED, LoadResult.REFUSED, LoadResult.DIED):
        assert not matrix(ok, load("pc", True, A, B, result)).all_ok


def test_every_cell_is_a_test_case_and_one_that_could_not_be_judged_is_an_error():
    cases = to_cases(matrix(*(load("pc", False, A, B, result, error="x\ny") for result in LoadResult)))
    assert [case.outcome for case in cases] == [
        CaseOutcome.PASSED,
        CaseOutcome.FAILED,
        CaseOutcome.FAILED,
        CaseOutcome.SKIPPED,
        CaseOutcome.ERROR,
    ]
    assert cases[1].name == "7.2.0 -> 10.0.0"
    assert (cases[1].message, cases[1].detail) == ("x", "x\ny")


def test_devices_that_were_left_out_are_listed_once_with_the_reason():
    left_out = {"net0": "no pci for it", "disk0": "no scsi0 for it", "old": "'old' is not a valid device model name"}
    notes = left_out_notes(matrix(*(load("isapc", booted, A, B, left_out=left_out) for booted in (False, True))))
    assert notes == [
        "isapc, default-1: without net0, disk0 (no bus for it)",
        "isapc, default-1: without old ('old' is not a valid device model name)",
    ]


def test_lists_of_machine_types_are_short():
    assert short_list(["pc-q35-10.0", "pc-q35-9.2", "pc-i440fx-9.2", "isapc"]) == (
        "isapc, pc-i440fx-9.2, pc-q35-{9.2 10.0}"
    )


def test_cells_survive_being_written_and_read():
    cell = load("pc", True, A, B, LoadResult.FAILED, device="d", error="e", seconds=0.5, left_out={"a": "b"})
    assert Load.from_dict(cell.to_dict()) == cell
