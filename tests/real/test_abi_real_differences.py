"""Known differences between real QEMUs, found with the right class; none between two runs of one."""

import json

import pytest
from helpers.abi_qemus import require

from virtsmith.abi.diff.history import PRESENT, Timeline
from virtsmith.abi.diff.sets import compare_sets, load_sets
from virtsmith.abi.diff.verdict import VerdictWord, judge
from virtsmith.abi.dump.dumping import DumpPlan, make_dumps
from virtsmith.abi.dump.model import Impact, LoadResult
from virtsmith.abi.dump.store import DumpStore
from virtsmith.abi.machine.devices import device_set
from virtsmith.abi.migrate.matrix import MatrixRequest as MatrixOrder
from virtsmith.abi.migrate.matrix import run_matrix
from virtsmith.cli.app import run_command
from virtsmith.core.parallel import open_executor

pytestmark = [pytest.mark.real, pytest.mark.slow]
MACHINE = "pc-q35-5.2"


@pytest.fixture(scope="session")
def compared(tmp_path_factory):
    """A function that compares two versions; dumps are made once."""
    directory = tmp_path_factory.mktemp("dumps")

    def compare(a, b, devices="default", machine=MACHINE, loads=()):
        emulators = require(a, b)
        store = DumpStore(directory)
        with open_executor() as executor:
            list(make_dumps(emulators, DumpPlan((machine,), (device_set(devices),)), store, executor))
        sets = [load_sets(directory / emulator.binary.key)[0] for emulator in emulators]
        found = compare_sets([(sets[0], sets[1])], loads=loads)
        return next(dump for dump in found if dump.machine == machine and dump.devices.startswith(f"{devices}-"))

    return compare


def rules(comparison, *impacts):
    """The ids of the rules of those differences that have one of some impacts, by default that matter."""
    return {difference.rule for difference in comparison.differences if difference.impact in (impacts or MATTERS)}


MATTERS = tuple(impact for impact in Impact if impact.matters)


def test_5_2_to_7_2(compared):
    found = compared("5.2", "7.2")
    assert rules(found, Impact.BREAK) == set()
    assert rules(found, Impact.GUEST) == {"ABI-DISPLAY-SIZE", "ABI-LINK-STATUS"}
    assert rules(found, Impact.REBOOT) == {"ABI-ACPI-OEM", "ABI-ACPI-FADT", "ABI-ACPI-AML"}


def test_7_2_to_10_0(compared):
    found = compared("7.2", "10.0.2", machine="pc-q35-7.2")
    assert rules(found, Impact.BREAK) == set()
    assert rules(found, Impact.GUEST) == {"ABI-PVPANIC-EVENTS", "ABI-SLOT-CONTROL"}
    assert rules(found, Impact.REBOOT) == {"ABI-ACPI-MADT", "ABI-ACPI-AML", "ABI-SMBIOS-FAMILY"}
    events = next(difference for difference in found.differences if difference.rule == "ABI-PVPANIC-EVENTS")
    assert (events.old, events.new) == ("3", "7")


def test_cpuid_of_saved_state_components_differs_between_7_2_and_10_0(tmp_path):
    emulators = require("7.2", "10.0.2")
    with open_executor() as executor:
        list(make_dumps(emulators, DumpPlan(("none",), ()), DumpStore(tmp_path), executor))
    old, new = load_sets(tmp_path)
    (found,) = compare_sets([(old, new)])
    words = {
        difference.place: difference.impact for difference in found.differences if difference.rule == "ABI-CPUID-XSAVE"
    }
    assert words["cpu-words/Skylake-Server/0xd.0x0.EAX"] is Impact.GUEST


def test_a_stable_release_only_lets_queues_grow(compared):
    found = compared("10.0.2", "10.0.13")
    assert rules(found) == {"ABI-QUEUE-GROWS"}
    assert judge(found).word is VerdictWord.AFTER_REBOOT


def test_the_queue_break_is_named_and_a_real_load_fails_for_it(compared):
    emulators = require("10.0.13", "11.1")
    with open_executor() as executor:
        matrix = run_matrix(emulators, MatrixOrder((MACHINE,), (device_set("default"),), fresh=True), executor)
    found = compared("10.0.13", "11.1", loads=matrix.tried)
    assert rules(found, Impact.BREAK) == {"ABI-QUEUE-SIZE"}
    assert {load.result for load in found.loads} == {LoadResult.FAILED}
    assert "vring.num 1024 exceeds" in judge(found).text
    back = compared("11.1", "10.0.13", loads=matrix.tried)
    assert rules(back, Impact.BREAK) == set()
    assert {load.result for load in back.loads} == {LoadResult.OK}


def test_the_queue_break_is_not_reported_for_a_machine_without_virtio(compared):
    found = compared("10.0.13", "11.1", devices="none")
    assert rules(found, Impact.BREAK) == set()
    assert not any(difference.rule.startswith("ABI-QUEUE") for difference in found.differences)


@pytest.mark.parametrize(("a", "b"), [("5.2", "7.2"), ("7.2", "10.0.2")])
def test_pairs_that_load_are_not_called_broken_though_descriptions_of_state_differ(compared, a, b):
    """QEMU's static checker has 15 to 39 complaints about these pairs, some about devices that are in the guest."""
    for item, other in ((a, b), (b, a)):
        emulators = require(item, other)
        with open_executor() as executor:
            matrix = run_matrix(emulators, MatrixOrder((MACHINE,), (device_set("default"),)), executor)
        found = compared(item, other, loads=matrix.tried)
        assert {load.result for load in found.loads} == {LoadResult.OK}
        assert rules(found, Impact.BREAK) == set()
        assert any(difference.section == "vmstate" for difference in found.differences)


def test_device_state_of_a_newer_version_is_called_broken_and_is(compared):
    emulators = require("7.2", "5.2")
    with open_executor() as executor:
        matrix = run_matrix(emulators, MatrixOrder((MACHINE,), (device_set("esp"),)), executor)
    found = compared("7.2", "5.2", devices="esp", loads=matrix.tried)
    assert rules(found, Impact.BREAK) == {"ABI-VMSTATE-VERSION"}
    assert {load.result for load in found.loads} == {LoadResult.FAILED}


@pytest.mark.parametrize("version", ["5.2", "7.2", "10.0", "11.1"])
@pytest.mark.parametrize("machine", ["pc-q35-5.2", "pc-i440fx-5.2"])
def test_two_runs_of_one_binary_do_not_differ_at_all(version, machine, tmp_path):
    emulators = require(version)
    runs = []
    for name in ("one", "two"):
        with open_executor() as executor:
            list(
                make_dumps(
                    emulators, DumpPlan((machine,), (device_set("default"),)), DumpStore(tmp_path / name), executor
                )
            )
        runs += load_sets(tmp_path / name)
    for found in compare_sets([(runs[0], runs[1])]):
        assert found.differences == []


def test_recordings_and_live_binaries_make_one_history(corpus, tmp_path, capfd):
    (live,) = require("5.2")
    recordings = sorted((corpus / "qmp-replies").glob("caps_[1-5].*.replies"))
    if not recordings:
        pytest.skip("the corpus has no recordings")
    chosen = ["--dumps", str(tmp_path), "--machine", "pc-*", "--json"]
    words = ["abi", "history", *map(str, recordings), "qemu@5.2", *chosen]
    assert run_command(words) == 0
    history = json.loads(capfd.readouterr().out)
    assert history["versions"][0] == "1.5.3"
    assert live.binary.version in history["versions"]
    lives = {entry["name"]: entry for entry in history["machines"]}
    assert lives["pc-q35-1.5"]["removed"] == "2.6.0"
    assert lives["pc-q35-5.2"]["introduced"] == "5.2.0"


def test_a_recording_and_the_binary_of_its_version_have_the_same_machine_types_and_defaults(corpus, tmp_path):
    (live,) = require("5.2")
    from virtsmith.abi.sources.binary import find_emulator

    recorded = find_emulator(str(corpus / "qmp-replies" / "caps_5.2.0.x86_64.replies"))
    with open_executor() as executor:
        list(make_dumps([recorded, live], DumpPlan(("none",), ()), DumpStore(tmp_path), executor))
    sets = load_sets(tmp_path)
    (found,) = compare_sets([(sets[0], sets[1])])
    changed = {
        difference.place
        for difference in found.differences
        if difference.old is not None and difference.new is not None
    }
    assert not any(place.startswith(("machines/", "devices/")) for place in changed)
    line = Timeline.of(load() for set_ in sets for load in set_.dumps.values())
    assert {lifetime.states for lifetime in line.lifetimes("machines", "pc-q35-*")} == {(PRESENT,)}
