"""Dumps of real QEMUs: of all versions that the suite knows."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.abi_qemus import require
from helpers.suite_ark import QEMUS

from virtsmith.abi.collect.section import MACHINE_SECTIONS, QEMU_SECTIONS, machine_section
from virtsmith.abi.collect.session import BinaryFacts
from virtsmith.abi.dump.dump import Machine, dump_binary, dump_machine
from virtsmith.abi.dump.dumping import DumpPlan, make_dumps
from virtsmith.abi.dump.model import SectionStatus
from virtsmith.abi.dump.store import DumpStore, dump_text, load_dump
from virtsmith.abi.machine.devices import device_set
from virtsmith.abi.sources.binary import find_emulator
from virtsmith.abi.sources.live import LiveSource
from virtsmith.abi.sources.replay import Recorder, parse_recording
from virtsmith.core.parallel.processes import ProcessExecutor

pytestmark = [pytest.mark.real, pytest.mark.slow]


each_qemu = pytest.mark.parametrize("qemu", QEMUS)


@pytest.fixture(scope="module")
def binary_dumps():
    return {}


@pytest.fixture
def look(qemu, binary_dumps):
    """Dump machine types of a QEMU; aliases will do."""
    (emulator,) = require(qemu)
    if qemu not in binary_dumps:
        with LiveSource(emulator, "tcg") as source:
            binary_dumps[qemu] = dump_binary(source, "tcg")
    binary = binary_dumps[qemu]

    def dump(machine=None, devices="default"):
        if machine is None:
            return binary
        machines = binary.sections["machines"].data
        name = next((name for name, facts in machines.items() if machine in (name, facts.get("alias"))), None)
        if name is None:
            pytest.skip(f"{qemu} has no machine type {machine}")
        return dump_machine(emulator, Machine.of(binary, name), device_set(devices), "tcg", BinaryFacts.of(binary))

    return dump


def not_ok(dump, *ignored):
    return {name: part.detail for name, part in dump.sections.items() if not part.known and name not in ignored}


@each_qemu
@pytest.mark.parametrize("machine", ["q35", "pc"])
@pytest.mark.parametrize("devices", ["default", "virtio", "legacy", "libvirt", "nvme", "none"])
def test_two_looks_at_a_machine_give_the_same_bytes_and_every_section(look, machine, devices):
    first, second = look(machine, devices), look(machine, devices)
    assert dump_text(first) == dump_text(second)
    assert not_ok(first, "compat") == {}
    assert first.sections["acpi"].data["FACP"]["oem_id"] == "BOCHS"
    left_out = {name: why for name, why in first.sections["probe"].data.items() if why.startswith("left out")}
    if machine == "q35" and devices in ("default", "virtio"):
        assert left_out == {}


@each_qemu
def test_what_a_qemu_says_of_itself_is_complete_and_a_crash_costs_one_item(look):
    dump = look()
    assert not_ok(dump, "compat") == {}
    sections = {name: part.data for name, part in dump.sections.items()}
    assert sections["devices"]["virtio-net-pci"]["mac"]["type"] == "str"
    assert sections["object-properties"]["rng-random"]["filename"]["type"] == "string"
    assert sections["cpu-expansion"]["EPYC"]["features"]["avx2"] is True
    assert sections["commands"]["device-list-properties"] == {"typename": "required"}
    crashed = {
        name for part in ("devices", "object-properties") for name, tree in sections[part].items() if "@crashed" in tree
    }
    healthy = len(sections["devices"]) + len(sections["object-properties"]) - len(crashed)
    assert healthy > 400
    assert len(crashed) < 10


@each_qemu
def test_virtio_queues_are_what_a_driver_would_find_also_behind_a_port(look):
    dump = look("q35", "virtio")
    virtio = dump.sections["virtio"].data
    assert virtio["net0"]["queues"] == virtio["net1"]["queues"]
    assert set(virtio["net0"]["queues"]) == {"0", "1", "2"}
    assert all(size >= 64 for size in virtio["net0"]["queues"].values())
    assert virtio["net1"]["features"]["VERSION_1"] is True
    assert virtio["blk1"]["features"] == virtio["blk0"]["features"]
    qdev = dump.sections["props"].data["blk0/virtio-blk-device"]
    if virtio["blk0"]["queues"]["0"] != 1024:  # some builds ignore the property
        assert str(virtio["blk0"]["queues"]["0"]) == qdev["queue-size"]


@each_qemu
@pytest.mark.parametrize("devices", ["default", "virtio"])
def test_old_virtio_devices_are_read_through_ports_also_behind_a_bridge(look, devices):
    virtio = look("pc-q35-2.4", devices).sections["virtio"].data
    assert "VERSION_1" not in virtio["net0"]["features"]
    assert virtio["net0"]["queues"].keys() == virtio["net1"]["queues"].keys() == {"0", "1", "2"}
    assert len(virtio["serial0"]["queues"]) == 64


@each_qemu
def test_configuration_space_is_read_in_full_length_and_shows_no_trace_of_our_reading(look):
    pci = look("q35", "virtio").sections["pci"].data
    port, below = pci["00:02.0 port0"], pci["01:00.0 net1"]
    assert (below["0x00"], below["0x01"]) == ("f4", "1a")
    assert {"0x18", "0x19", "0x1a"} & set(port) == set()
    assert "0x60" not in pci["00:00.0"]
    assert any(int(name, 16) > 0xFF for name in port if name != "@device")


@each_qemu
def test_machines_without_pci_acpi_or_anything_are_reported_honestly(look):
    isa = look("isapc").sections
    assert (isa["pci"].status, isa["virtio"].status, isa["acpi"].status) == (SectionStatus.ABSENT,) * 3
    assert isa["probe"].data["com1"] == "isa-serial"
    assert isa["probe"].data["net0"].startswith("left out: ")
    assert isa["props"].status is SectionStatus.OK
    nothing = look("none").sections
    assert (nothing["memory"].status, nothing["fwcfg"].status) == (SectionStatus.ABSENT, SectionStatus.ABSENT)
    assert not_ok(look("microvm"), "compat") == {}


@each_qemu
def test_machine_types_without_dma_give_the_same_tables_byte_by_byte(look):
    old = look("pc-i440fx-2.4").sections
    assert {"FACP", "DSDT", "APIC", "RSDP"} <= set(old["acpi"].data)
    assert old["fwcfg"].status is old["smbios"].status is old["e820"].status is SectionStatus.OK


@each_qemu
def test_machine_types_that_do_not_start_here_say_why(look):
    dump = look("xenpv")
    assert dump.sections["lifecycle"].status is SectionStatus.OK
    assert dump.sections["props"].status is SectionStatus.UNSUPPORTED
    assert "xen" in dump.sections["props"].detail


@each_qemu
def test_a_machine_that_dies_over_a_section_is_started_again_for_the_next(look, monkeypatch):
    whole = look("q35", "virtio")
    monkeypatch.setattr(MACHINE_SECTIONS, "_items", dict(MACHINE_SECTIONS))

    @machine_section("a-deadly-one", evidence="", order=-1)
    def die(session):
        os.kill(session.guest.qemu.pid, signal.SIGKILL)  # not `quit`: an old QEMU may abort on its way out
        session.guest.qmp.execute("query-status")

    survived = look("q35", "virtio")
    assert survived.sections["a-deadly-one"].status is SectionStatus.CRASHED
    assert "QEMU ended (killed by signal 9)" in survived.sections["a-deadly-one"].detail
    assert {name: survived.sections[name] for name in whole.sections} == whole.sections


@each_qemu
def test_a_recorded_session_gives_the_same_dump_as_the_live_one(qemu, look):
    live = look()
    with LiveSource(*require(qemu), "tcg") as source:
        recorder = Recorder(source)
        for name in ("machines", "cpus", "objects", "commands", "options", "devices"):
            QEMU_SECTIONS[name].collect(recorder)
    replayed = dump_binary(parse_recording(recorder.text.encode(), qemu), "tcg")
    for name in ("machines", "cpus", "objects", "commands", "options"):
        assert replayed.sections[name] == live.sections[name]
    recorded = {name: tree for name, tree in live.sections["devices"].data.items() if "@crashed" not in tree}
    assert replayed.sections["devices"].data == recorded


def test_a_recording_is_written_beside_the_dumps_on_request(tmp_path):
    (emulator,) = require(QEMUS[0])
    (made,) = make_dumps([emulator], DumpPlan(["none"], record=True), DumpStore(tmp_path), ProcessExecutor(1))
    recorded = find_emulator(str(made.path.parent / "session.replies"))
    assert recorded.binary.version == emulator.binary.version
    (again,) = make_dumps([recorded], DumpPlan(["none"]), DumpStore(tmp_path), ProcessExecutor(1))
    assert load_dump(again.path).sections["machines"] == load_dump(made.path).sections["machines"]


def test_an_interrupted_run_goes_on_where_it_stopped_and_leaves_no_qemu_behind(tmp_path):
    (emulator,) = require(QEMUS[-1])
    words = [sys.executable, "-m", "virtsmith", "abi", "dump", emulator.program, "--dumps", str(tmp_path)]
    mark = {"VIRTSMITH_TEST_MARK": str(tmp_path)}
    process = subprocess.Popen([*words, "--devices", "none"], env={**os.environ, **mark}, start_new_session=True)
    directory = tmp_path / emulator.binary.key
    deadline = time.monotonic() + 120
    while len(list(directory.glob("pc-*.json"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 130
    done = {path: path.stat().st_mtime_ns for path in directory.glob("*.json")}
    assert len(done) >= 4
    assert [path for path in directory.iterdir() if path.suffix != ".json"] == []
    wait_until_gone(mark)
    order = DumpPlan(devices=[device_set("none")])
    made = list(make_dumps([emulator], order, DumpStore(tmp_path), ProcessExecutor(2)))
    started = {path for path in done if "probe" not in (parts := load_dump(path).sections) or parts["probe"].known}
    assert {dump.path for dump in made if dump.cached} == started
    assert {path: path.stat().st_mtime_ns for path in done} == done


def wait_until_gone(mark):
    """Wait until no process has a variable in its environment."""
    expected = "=".join(*mark.items()).encode()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not [path for path in Path("/proc").glob("[0-9]*/environ") if expected in environment(path)]:
            return
        time.sleep(0.05)
    pytest.fail("processes were left behind")


def environment(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""
