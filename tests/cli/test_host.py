"""``virtsmith host``: every command as users call it."""

import json
from pathlib import Path

import pytest
from libvirtxml import parse
from lxml import etree

from virtsmith.ark.layout import InstalledVersion, dump_installed
from virtsmith.cli.app import run_command
from virtsmith.host.spec.examples import NAMES
from virtsmith.host.verify.verdict import HostVerdict


@pytest.fixture
def call(capsysbinary):
    def run(*arguments):
        code = run_command(["host", *map(str, arguments)])
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


@pytest.fixture
def spec(tmp_path, call):
    path = tmp_path / "host.toml"
    assert call("init", "numa3", "-o", path)[0] == 0
    return path


def test_init_writes_an_example_once(tmp_path, call):
    path = tmp_path / "x.toml"
    assert call("init", "-o", path) == (0, "", "")
    assert "# Every key" not in path.read_text().splitlines()[0]
    assert call("init", "-o", path)[0] == 2
    assert call("init", "-o", path, "--force")[0] == 0
    assert call("init", "--list")[1].split() == list(NAMES)
    assert call("init", "nonsense")[0] == 2


@pytest.mark.parametrize("name", NAMES)
def test_build_and_lint_agree_on_every_example(call, tmp_path, name):
    path = tmp_path / "d.xml"
    assert call("build", name, "-o", path)[0] == 0
    assert call("lint", path)[0] == 0


def test_build_is_reproducible_to_the_byte(call, spec):
    assert call("build", spec) == call("build", spec)


def test_build_onto_an_existing_domain_adds_to_it(call, spec, tmp_path):
    domain = tmp_path / "old.xml"
    domain.write_text("<domain type='kvm'>\n  <name>old</name>\n  <title>keep</title>\n  <devices/>\n</domain>\n")
    code, out, _ = call("build", spec, "--onto", domain)
    assert (code, parse(out).name, parse(out).title) == (0, "old", "keep")
    assert len(parse(out).devices.interfaces) == 9


@pytest.mark.parametrize("command", ["argv", "virt-install", "show", "provision"])
def test_every_output_command_writes_a_file_or_standard_output(call, spec, tmp_path, command):
    code, out, err = call(command, spec)
    assert (code, err) == (0, "")
    assert call(command, spec, "-o", tmp_path / "out")[0] == 0
    assert (tmp_path / "out").read_text() == out


@pytest.mark.parametrize(
    "banner", ["QEMU emulator version 1.5.3 (qemu-kvm-1.5.3-156.el7)", "QEMU PC emulator version 1.5.3"]
)
def test_lint_judges_a_program_as_it_judges_its_version(call, tmp_path, banner):
    domain, program = tmp_path / "d.xml", tmp_path / "old-qemu"
    call("build", "numa3-sriov", "-o", domain)
    program.write_text(f"#!/bin/sh\necho '{banner}, Copyright (c) 2003-2008 Fabrice Bellard'\n")
    program.chmod(0o755)
    by_version = call("lint", domain, "--qemu", "1.5.3")
    assert "VH019" in by_version[1]
    assert call("lint", domain, "--qemu", program) == by_version


def test_lint_says_when_a_program_does_not_name_its_version(call, spec, tmp_path):
    domain = tmp_path / "d.xml"
    call("build", spec, "-o", domain)
    code, _, err = call("lint", domain, "--qemu", "/bin/true")
    assert (code, "/bin/true is not a QEMU" in err) == (5, True)


def test_show_draws_in_four_forms(call, spec):
    etree.fromstring(call("show", spec, "--format", "svg")[1].encode())
    assert call("show", spec, "--format", "dot")[1].startswith("digraph")
    assert json.loads(call("show", spec, "--json")[1])["schema"] == "virtsmith.host-plan/1"
    assert "lspci -t in the guest" in call("show", spec)[1]


@pytest.mark.parametrize("command", ["build", "argv", "virt-install", "show", "provision", "verify", "up"])
def test_a_wrong_spec_is_an_input_error_before_anything_starts(call, tmp_path, command):
    path = tmp_path / "bad.toml"
    path.write_text('name = "x"\niomu = "intel"\n[[node]]\nmemory = "1G"\n')
    code, out, err = call(command, path)
    assert (code, out) == (3, "")
    assert err == f"error: {path}:2:1: unknown key 'iomu'\nhint: did you mean iommu?\n"


def test_an_absent_spec_is_an_input_error(call, tmp_path):
    assert call("build", tmp_path / "absent.toml")[0] == 3


def test_lint_reports_in_every_form_and_exits_with_1(call, tmp_path):
    path = tmp_path / "d.xml"
    path.write_text(call("build", "numa3")[1].replace("busNr='200'", "busNr='182'"))
    code, out, _ = call("lint", path)
    assert code == 1
    assert f"{path}:" in out
    assert "[VH001]" in out
    assert json.loads(call("lint", path, "--json")[1])["findings"][0]["rule"] == "VH001"
    assert json.loads(call("lint", path, "--format", "sarif")[1])["version"] == "2.1.0"
    etree.fromstring(call("lint", path, "--format", "junit")[1].encode())


def test_lint_fix_writes_in_place_or_shows_what_it_would_write(call, tmp_path):
    path = tmp_path / "d.xml"
    wrong = call("build", "numa3")[1].replace("busNr='200'", "busNr='182'")
    path.write_text(wrong)
    code, out, err = call("lint", path, "--fix", "--dry-run")
    assert (code, path.read_text()) == (0, wrong)
    assert "busNr='182'" not in out
    assert "fixed VH001" in err
    assert call("lint", path, "--fix")[0] == 0
    assert path.read_text() == out


@pytest.mark.parametrize(("text", "code"), [("<network><name>x</name></network>", 3), ("<domain", 3), ("", 3)])
def test_lint_refuses_what_is_no_domain(call, tmp_path, text, code):
    path = tmp_path / "d.xml"
    path.write_text(text)
    assert call("lint", path)[0] == code


def test_lint_knows_what_a_qemu_lacks(call, tmp_path):
    path = tmp_path / "d.xml"
    path.write_text(call("build", "numa3-sriov")[1])
    assert call("lint", path, "--qemu", "7.2")[0] == 1
    assert call("lint", path, "--qemu", "8.0")[0] == 0
    assert call("lint", path, "--qemu", "seven")[0] == 2


def test_rules_explain_themselves(call):
    assert call("rules", "vh001")[1].startswith("VH001 (error, --fix): Bus ranges of expanders must not overlap\n")
    assert len(json.loads(call("rules", "--json")[1])["rules"]) >= 25
    assert call("rules", "VH999")[0] == 2


def test_verify_compares_pasted_output(call, tmp_path):
    good = tmp_path / "numactl.txt"
    good.write_text(
        "available: 2 nodes (0-1)\nnode 0 cpus: 0\nnode 0 size: 480 MB\nnode 1 cpus: 1\nnode 1 size: 500 MB\n"
        "node distances:\nnode 0 1\n0: 10 20\n1: 20 10\n"
    )
    code, out, _ = call("verify", "minimal", "--facts", good)
    assert code == 0
    assert out.startswith("minimal: as designed\n")
    bad = tmp_path / "bad.txt"
    bad.write_text(good.read_text().replace("node 1 cpus: 1", "node 1 cpus:"))
    code, out, _ = call("verify", "minimal", "--facts", bad)
    assert code == 1
    assert "expected 1, found none" in out
    report = json.loads(call("verify", "minimal", "--facts", bad, "--json")[1])
    assert (report["verdict"], report["findings"][0]["rule"]) == ("differs", "verify/cpus")
    etree.fromstring(call("verify", "minimal", "--facts", bad, "--format", "junit")[1].encode())


def test_verify_refuses_damaged_facts(call, tmp_path):
    path = tmp_path / "facts"
    path.write_bytes(b"BEGIN 00000000000000000000000000000000 3\n{}\nEND\n")
    code, _, err = call("verify", "minimal", "--facts", path)
    assert code == 3
    assert "the facts are damaged" in err


def test_verify_over_ssh_runs_the_probe_with_the_users_own_ssh(call, tmp_path, monkeypatch):
    """The stand-in for ssh runs what it is given on this machine, which is not as designed."""
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nwhile [ "$1" != sh ]; do shift; done\nexec "$@"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    code, out, _ = call("verify", "minimal", "--ssh", "root@guest:2222", "--json")
    assert code == 1
    assert json.loads(out)["checked"]
    assert call("verify", "minimal", "--ssh", "-oProxyCommand=evil")[0] == 2


def test_nested_and_facts_exclude_each_other(call):
    assert call("verify", "minimal", "--facts", "x", "--nested")[0] == 2


def test_a_missing_agent_is_named(call, tmp_path):
    code, _, err = call("verify", "minimal", "--agent", tmp_path / "none.sock")
    assert code == 5
    assert "no guest agent at" in err


@pytest.mark.parametrize("arguments", [["down"], ["down", "nobody"], ["console", "nobody"], ["down", "x", "--all"]])
def test_hosts_that_are_not_there_are_named(call, tmp_path, monkeypatch, arguments):
    monkeypatch.setenv("VIRTSMITH_HOSTS", str(tmp_path))
    assert call(*arguments)[0] == 2
    assert call("list") == (0, "", "")
    assert json.loads(call("list", "--json")[1])["hosts"] == []


def test_a_version_of_the_ark_stands_for_its_program(call, tmp_path, monkeypatch):
    monkeypatch.setenv("VIRTSMITH_ARK", str(tmp_path))
    directory = tmp_path / "qemu" / "9.1.0"
    program = directory / "bin" / "qemu-system-x86_64"
    program.parent.mkdir(parents=True)
    program.touch()
    record = InstalledVersion("qemu", "9.1.0", directory, "9.1.0", "source", "qemu-system-x86_64", "")
    (directory / "version.json").write_text(dump_installed(record))
    code, out, err = call("argv", "minimal", "--qemu", "qemu@9.1")
    assert (code, out.split()[0]) == (0, str(program)), err
    code, _, err = call("argv", "minimal", "--qemu", "qemu@7")
    assert code == 4
    assert "qemu@7 is not installed" in err


def test_a_domain_to_boot_needs_a_libvirt(call, tmp_path):
    code, _, err = call("verify", "minimal", "--domain", tmp_path / "d.xml")
    assert code == 2
    assert "--libvirt" in err


def test_every_verdict_and_its_exit_code_stand_in_the_docs():
    text = (Path(__file__).parents[2] / "docs" / "host.md").read_text()
    for item in HostVerdict:
        assert f"| {item.exit_code.value} | {item.meaning}" in text


NUMACTL = (
    "available: 2 nodes (0-1)\nnode 0 cpus: 0 1\nnode 0 size: 64000 MB\nnode 1 cpus:\nnode 1 size: 128000 MB\n"
    "node distances:\nnode   0   1\n  0:  10  17\n  1:  17  10\n"
)


def test_a_twin_is_a_spec_and_what_it_lacks_is_reported_and_fails(call, tmp_path):
    facts, out = tmp_path / "numactl.txt", tmp_path / "twin.toml"
    facts.write_text(NUMACTL)
    code, _, err = call("twin", facts, "--memory", "3GiB", "--name", "small", "-o", out)
    assert (code, "PCI devices: warning: the facts do not have them" in err) == (1, True)
    text = out.read_text()
    assert text.startswith("# Twin of a real host, derived from")
    assert "PCI devices: the facts do not have them" in text
    shown = json.loads(call("show", out, "--json")[1])
    assert [(entry["cpus"], entry["memory_kib"] >> 20, entry["distances"]) for entry in shown["nodes"]] == [
        ("0-1", 1, [10, 17]),
        ("", 2, [17, 10]),
    ]


@pytest.mark.skipif(not Path("/sys/devices/system/node").is_dir(), reason="this machine shows no NUMA nodes")
def test_a_twin_without_facts_is_of_this_machine(call):
    code, out, _ = call("twin", "--memory", "1GiB", "--cpus", "1", "--stand-ins")
    assert code in (0, 1)
    assert "derived from this machine" in out
    assert "[[node]]" in out


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--memory", "much"], 2), (["--memory", "1MiB"], 2), (["--name", "a/b"], 2), (["missing.xml"], 3)],
)
def test_a_twin_of_wrong_words_is_refused(call, tmp_path, words, code):
    facts = tmp_path / "numactl.txt"
    facts.write_text(NUMACTL)
    found, out, err = call("twin", facts, *words)
    assert (found, out) == (code, "")
    assert "error: " in err


def test_damaged_facts_make_no_file(call, tmp_path):
    facts, out = tmp_path / "x.xml", tmp_path / "twin.toml"
    facts.write_text("<capabilities><host>")
    code, _, err = call("twin", facts, "-o", out)
    assert (code, out.exists()) == (3, False)
    assert "not a capabilities document" in err


@pytest.mark.parametrize("target", ["kcli", "kubevirt", "nova", "nova-compute"])
@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_exported_and_what_is_lost_fails(call, name, target):
    code, out, err = call("export", name, "--to", target)
    assert code == ("warning:" in err)
    assert ("# It lacks:" in out) == (code == 1)
    assert all(line.rpartition(" [")[2].startswith(target + "/") for line in err.splitlines())
