"""The command abi machines."""

import json
import tomllib

import pytest
from helpers.abi_dumps import dump
from helpers.in_process import virtsmith

from virtsmith.abi.dump.store import DumpStore

DOMAIN = "<domain type='kvm'>\n<name>{0}</name>\n<memory>1</memory>\n<os><type machine='{1}'>hvm</type></os></domain>"


@pytest.fixture
def dumps(tmp_path):
    store = DumpStore(tmp_path / "dumps")
    for version, machines in (
        ("7.2.0", {"pc-q35-2.12": {}, "pc-q35-7.2": {"alias": "q35"}}),
        ("11.1.3", {"pc-q35-7.2": {}, "pc-q35-11.1": {"alias": "q35"}, "pc-q35-5.2": {"deprecated": True}}),
    ):
        store.save(dump(version, None, machines=machines))
    return store.path


@pytest.fixture
def domains(tmp_path):
    directory = tmp_path / "domains"
    directory.mkdir()
    for name, machine in (("old", "pc-q35-2.12"), ("fine", "pc-q35-7.2"), ("short", "q35")):
        (directory / f"{name}.xml").write_text(DOMAIN.format(name, machine))
    (directory / "net.xml").write_text("<network><name>n</name></network>")
    (directory / "broken.xml").write_text("<domain>")
    return directory


def run(*words, **options):
    return virtsmith("abi", "machines", *words, env={"VIRTSMITH_ABI": "/nonexistent", "COLUMNS": "100"}, **options)


def test_a_directory_of_domains_is_scanned_and_what_must_change_is_reported(domains, dumps):
    done = run(domains, "--qemu", dumps)
    assert done.returncode == 1
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line and "/" not in line}
    assert rows["fine"] == ["pc-q35-7.2", "present", "present"]
    assert rows["old"] == ["pc-q35-2.12", "present", "absent", "pc-q35-7.2", "pc-q35-7.2"]
    assert rows["short"] == ["q35", "pc-q35-7.2", "pc-q35-11.1", "pc-q35-7.2", "pc-q35-7.2"]
    assert f"{domains}/old.xml:4: error: pc-q35-2.12 has been removed from QEMU 11.1.3" in done.stdout
    assert "2 files are not domains, or cannot be read" in done.stderr
    assert "3 domains, 2 must be changed" in done.stderr


def test_nothing_to_change_exits_with_0(domains, dumps):
    assert run(domains / "fine.xml", "--qemu", dumps).returncode == 0


@pytest.mark.parametrize("output_format", ["sarif", "junit", "markdown", "html"])
def test_findings_come_in_the_common_formats(domains, dumps, output_format):
    done = run(domains, "--qemu", dumps, "--format", output_format)
    assert done.returncode == 1
    assert "ABI-VM-MACHINE-REMOVED" in done.stdout.replace("\\", "")
    if output_format == "sarif":
        log = json.loads(done.stdout)["runs"][0]
        place = log["results"][0]["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] == 4
        assert {rule["id"] for rule in log["tool"]["driver"]["rules"]} == {
            result["ruleId"] for result in log["results"]
        }


def test_json_has_states_and_what_to_take_instead(domains, dumps):
    data = json.loads(run(domains, "--qemu", dumps, "--json").stdout)
    assert data["schema"] == "virtsmith.abi-machines/1"
    assert data["qemus"] == ["QEMU 7.2.0", "QEMU 11.1.3"]
    old = next(entry for entry in data["domains"] if entry["domain"] == "old")
    assert old["states"] == {"QEMU 7.2.0": "present", "QEMU 11.1.3": "absent"}
    assert (old["next"], old["line"]) == ("pc-q35-7.2", 4)
    assert {finding["rule"] for finding in data["findings"]} == {"ABI-VM-MACHINE-REMOVED", "ABI-VM-MACHINE-ALIAS"}


def test_distributions_and_plain_versions_stand_for_their_qemu(domains):
    done = run(domains / "old.xml", "--target", "debian-12", "--target", "qemu=11.1")
    assert done.returncode == 1
    assert "has been removed from qemu=11.1" in done.stdout
    assert run(domains / "old.xml", "--target", "debian-12").returncode == 0


def test_by_default_the_newest_known_release_is_asked(domains):
    done = run("-", input=(domains / "old.xml").read_text())
    assert done.returncode == 1
    assert "<stdin>:4: error: pc-q35-2.12 has been removed from QEMU 11.1" in done.stdout


def test_without_documents_lives_are_listed():
    done = run("--machine", "pc-q35-2.[34]", "--target", "debian-12")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["machine", "since", "deprecated", "in", "removed", "in", "debian-12"],
        ["pc-q35-2.3", "2.3", "2.6", "absent"],
        ["pc-q35-2.4", "2.4", "9.1", "after", "10.0,", "by", "11.1", "present"],
    ]


def test_builds_of_one_version_with_other_types_are_distinguished(domains, dumps, tmp_path):
    store = DumpStore(tmp_path / "more")
    store.save(dump("7.2.0", None, digest="f", machines={"pc-q35-7.2": {}}))
    done = run(domains / "old.xml", "--qemu", dumps, "--qemu", store.path, "--qemu", store.path, "--json")
    states = json.loads(done.stdout)["domains"][0]["states"]
    assert states == {"QEMU 7.2.0": "present", "QEMU 11.1.3": "absent", "QEMU 7.2.0 #2": "absent"}


def test_rules_are_explained():
    rule = json.loads(virtsmith("abi", "rules", "abi-vm-machine-removed", "--json").stdout)["rules"][0]
    assert (rule["id"], rule["severity"]) == ("ABI-VM-MACHINE-REMOVED", "error")


def test_a_table_of_ones_own_can_be_recorded(dumps, tmp_path):
    done = run("--qemu", dumps, "--record", tmp_path / "own.toml")
    assert done.returncode == 0, done.stderr
    table = tomllib.loads((tmp_path / "own.toml").read_text())
    assert table["releases"] == ["7.2", "11.1"]
    assert table["types"]["pc-q35-2.12"] == {"in": "7.2-7.2"}
    assert table["types"]["pc-q35-5.2"] == {"in": "11.1-", "deprecated": "11.1-"}


def test_bad_requests_and_bad_documents_have_their_exit_codes(domains, tmp_path):
    assert run("--record", tmp_path / "x").returncode == 2
    assert run("--format", "sarif").returncode == 2
    assert run(domains / "fine.xml", "--target", "debian-99").returncode == 2
    assert run(domains / "broken.xml").returncode == 3
    assert run(domains / "net.xml").returncode == 3
    assert run(tmp_path / "missing.xml").returncode == 3
