"""Sections are declared beside the functions that collect them, and every failure is a status."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.added_module import added_module
from helpers.simulated_pc import SimulatedPC, session

from virtsmith.abi.collect.section import MACHINE_SECTIONS, QEMU_SECTIONS, collect_from_machine, machine_section
from virtsmith.abi.diff.compare import compare_dumps
from virtsmith.abi.dump.dump import Machine, dump_binary, dump_guest
from virtsmith.abi.dump.model import Section, SectionStatus
from virtsmith.abi.dump.store import dump_text
from virtsmith.abi.sources.binary import Emulator
from virtsmith.abi.sources.replay import load_recording
from virtsmith.cli.app import run_command
from virtsmith.qemu.qmp import QmpError, QmpRefusal

ROOT = Path(__file__).parents[4]
SAMPLE = ROOT / "tests/samples/qemu-7.2.replies"
ADDED = """
from virtsmith.abi.collect.section import machine_section, qemu_section
from virtsmith.abi.dump.model import Section, SectionStatus

@qemu_section("colours", evidence="query-colours")
def colours(source):
    aliases = {item["name"]: {"alias": item.get("alias", "")} for item in source.ask("query-machines")}
    return Section(SectionStatus.OK, aliases)

@machine_section("weight", evidence="info weight")
def weight(session):
    return Section(SectionStatus.OK, {"grams": len(session.guest.devices)})
"""


def changed(dump, name, data):
    return replace(dump, sections={**dump.sections, name: Section(SectionStatus.OK, data)})


def test_a_section_is_added_by_one_file_and_dumped_compared_and_listed(tmp_path, q35, capfd):
    with added_module(tmp_path, "virtsmith.abi.collect", [QEMU_SECTIONS, MACHINE_SECTIONS], ADDED):
        of_qemu = dump_binary(load_recording(SAMPLE), "tcg")
        assert of_qemu.sections["colours"].data["pc-i440fx-7.2"] == {"alias": "pc"}
        known = session(None).known
        machine = Machine("pc-q35-7.2", Section(SectionStatus.OK), Section(SectionStatus.OK))
        with q35 as guest:
            guest.qemu.stop, guest.qemu.stderr = lambda: None, ""
            emulator = Emulator(of_qemu.binary)
            of_machine = dump_guest(lambda: guest, emulator, machine, known, label="none", accel="tcg")
        assert of_machine.sections["weight"].data["grams"] > 2
        for dump, name, data, evidence in (
            (of_qemu, "colours", {"red": {}}, "query-colours"),
            (of_machine, "weight", {"grams": 0}, "info weight"),
        ):
            (tmp_path / "dump.json").write_text(dump_text(dump))
            assert run_command(["abi", "show", str(tmp_path / "dump.json"), "--section", name]) == 0
            assert capfd.readouterr().out.startswith(f"{name}: ok\n")
            found = compare_dumps(dump, changed(dump, name, data)).differences
            assert {(difference.section, difference.evidence) for difference in found} == {(name, evidence)}


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (QmpError("query-x", QmpRefusal("GenericError", "no")), SectionStatus.UNSUPPORTED, "QEMU refused query-x: no"),
        (KeyError("name"), SectionStatus.UNSUPPORTED, "not understood: KeyError: 'name'"),
        (ValueError("odd"), SectionStatus.UNSUPPORTED, "not understood: ValueError: odd"),
    ],
)
def test_what_goes_wrong_in_one_section_is_its_status_and_the_others_are_there(monkeypatch, error, status, detail):
    def fail(_session):
        raise error

    monkeypatch.setattr(MACHINE_SECTIONS, "_items", dict(MACHINE_SECTIONS))
    machine_section("trouble", evidence="")(fail)
    with SimulatedPC() as guest:
        sections = collect_from_machine(session(guest))
    assert (sections["trouble"].status, sections["trouble"].detail) == (status, detail)
    assert sections["fwcfg"].status is SectionStatus.ABSENT


def test_what_changes_the_machine_is_collected_last():
    order = sorted(MACHINE_SECTIONS, key=lambda name: MACHINE_SECTIONS[name].order)
    assert order[-2:] == ["pci", "virtio"]


def test_the_page_about_dumps_has_a_line_for_every_section():
    page = (ROOT / "docs/abi-dump.md").read_text()
    of_machine, of_qemu = (
        page.partition(f"| of {title} | |")[2].split("\n\n")[0] for title in ("a machine type", "QEMU itself")
    )
    assert set(MACHINE_SECTIONS) <= set(re.findall(r"`([\w-]+)`", of_machine))
    assert set(QEMU_SECTIONS) <= set(re.findall(r"`([\w-]+)`", of_qemu))
