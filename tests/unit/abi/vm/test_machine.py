"""Which machine type is meant, and what to do when there is none."""

from virtsmith.abi.vm.machine import choose, shared
from virtsmith.abi.vm.trial import owner
from virtsmith.qemu.machines import MachineTypes, family

OLD = MachineTypes(
    "7.2.0", {"pc-q35-2.12": True, "pc-q35-5.2": False, "pc-q35-7.2": False, "isapc": False}, {"q35": "pc-q35-7.2"}
)
NEW = MachineTypes("11.1.0", {"pc-q35-5.2": True, "pc-q35-7.2": False, "pc-q35-11.1": False}, {"q35": "pc-q35-11.1"})


def test_a_type_that_both_have_is_used_and_a_deprecated_one_noted():
    choice = choose("pc-q35-5.2", OLD, NEW)
    assert (choice.name, choice.obstacle) == ("pc-q35-5.2", "")
    assert choice.remarks == ("pc-q35-5.2 is deprecated in QEMU 11.1.0: it will be removed in a later release",)


def test_a_short_name_means_what_it_means_where_the_vm_runs():
    choice = choose("q35", OLD, NEW)
    assert (choice.name, choice.obstacle) == ("pc-q35-7.2", "")
    assert any("never migrate by that name" in remark for remark in choice.remarks)


def test_an_expired_type_is_an_obstacle_with_advice():
    choice = choose("pc-q35-2.12", OLD, NEW)
    assert choice.obstacle == "QEMU 11.1.0 has no machine type pc-q35-2.12, which has removed all before pc-q35-5.2"
    assert "set <type machine='pc-q35-7.2'>" in choice.advice
    assert "both have pc-q35-5.2 to pc-q35-7.2" in choice.advice


def test_a_type_that_is_too_new_for_the_target_is_an_obstacle_with_advice():
    choice = choose("pc-q35-11.1", NEW, OLD)
    assert "QEMU 7.2.0 has no machine type pc-q35-11.1, whose newest is pc-q35-7.2" in choice.obstacle
    assert "pc-q35-7.2" in choice.advice


def test_a_type_that_neither_knows_is_an_obstacle_too():
    choice = choose("pc-q36-1.0", OLD, NEW)
    assert (
        "QEMU 7.2.0 and QEMU 11.1.0 has no machine type" in choice.obstacle or "have no machine type" in choice.obstacle
    )
    assert "no machine type of this family in common" in choice.advice


def test_families_and_what_they_share():
    assert [family(name) for name in ("pc-q35-7.2", "pc-i440fx-10.0", "q35", "pc", "isapc")] == [
        "pc-q35",
        "pc-i440fx",
        "pc-q35",
        "pc-i440fx",
        "isapc",
    ]
    assert shared("pc-q35-2.12", OLD, NEW) == ["pc-q35-5.2", "pc-q35-7.2"]


def test_the_device_with_the_longest_place_owns_a_name_in_the_stream():
    paths = [("0000:00:02.0", "port"), ("0000:00:02.0:00.0", "net0"), ("0000:00:1f.2", "sata")]
    assert owner("0000:00:02.0:00.0/virtio-net", paths) == "net0"
    assert owner("0000:00:02.0/pcie-root-port", paths) == "port"
    assert owner("0000:00:02.0:01.0/x", paths) == ""
    assert owner("timer", paths) == ""
