"""Each command with findings in each format, judged by what the readers of the format demand."""

import json
import shlex
from pathlib import Path

import pytest
from helpers.abi_dumps import dump, itself, queues
from helpers.in_process import virtsmith
from helpers.report_judges import JUDGES, judge, workflow_commands
from xml_helpers.sample_documents import DIRECTORY as SAMPLES

from virtsmith.abi.diff.compare import compare_dumps
from virtsmith.abi.dump.model import Binary, Load, LoadResult
from virtsmith.abi.dump.store import DumpStore
from virtsmith.abi.migrate.matrix import Matrix
from virtsmith.abi.sources.binary import Emulator
from virtsmith.abi.vm.check import VmReport
from virtsmith.ark.check.domain import CheckedDomain
from virtsmith.ark.check.report import UntestedVersion
from virtsmith.ark.check.run import DomainCheck
from virtsmith.ark.check.steps import CheckCell, Step, StepResult, Until
from virtsmith.ark.migrate.passage import Passage, PassageResult, Way
from virtsmith.ark.migrate.run import DomainMigration
from virtsmith.cli.abi.migrate import migration_report
from virtsmith.cli.abi.vm import vm_report
from virtsmith.cli.ark.check import check_report
from virtsmith.cli.ark.migrate import migration_report as ark_migration_report
from virtsmith.cli.host.verify import verification_report
from virtsmith.host.verify.verdict import BootResult, HostVerdict, Verification
from virtsmith.report.formats import render

GUEST = (
    "<domain type='kvm'>\n  <name>a\u202eb\x85c</name>\n  <memory unit='GiB'>4</memory>\n  <vcpu>4</vcpu>\n"
    "  <os><type arch='x86_64' machine='pc-q35-2.4'>hvm</type></os>\n  <nonsense\u00e9 what='a'/>\n"
    "  <cpu><numa><cell id='0' cpus='0-3' memory='1' unit='GiB'/></numa></cpu>\n  <devices>\n"
    "    <disk type='file' unknown='1' other='2'><target dev='vda'/></disk>\n"
    "    <controller type='pci' index='0' model='pcie-root'/>\n"
    "    <controller type='pci' index='1' model='pcie-root-port'/>\n  </devices>\n</domain>\n"
)
CATALOGUE = (
    'msgid ""\nmsgstr ""\n"Language: fr\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    '#, c-format\nmsgid "%d files\\n"\nmsgstr "%s Dateien\u202e"\n'
)
FINE_CATALOGUE = (
    'msgid ""\nmsgstr ""\n"Project-Id-Version: a\\n"\n"PO-Revision-Date: 2026-01-01 00:00+0000\\n"\n'
    '"Last-Translator: A <a@example.org>\\n"\n"Language-Team: fr\\n"\n"Language: fr\\n"\n"MIME-Version: 1.0\\n"\n'
    '"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
)
NODES = "available: 1 nodes (0)\nnode 0 cpus: 0 1 2 3 4 5\nnode 0 size: 100 MB\n"
COMMANDS = {
    "xml validate 'my guest.xml' fine.xml": 1,
    "xml validate fine.xml": 0,
    "xml check 'my guest.xml'": 1,
    "xml check fine.xml --libvirt 6.0..7.9": 0,
    "xml check 'my guest.xml' --target all": 1,
    "xml check 'my guest.xml' --min": 1,
    "xml roundtrip .": 0,
    "host lint 'my guest.xml' sub/link.xml": 1,
    "host lint fine.xml": 0,
    "host verify minimal --facts nodes.txt": 1,
    "host twin nodes.txt -o twin.toml": 1,
    "host export numa3-sriov --to kcli -o plan.yaml": 1,
    "abi diff dumps --both-ways": 1,
    "abi diff 11.1.3 11.1.3 --dumps dumps": 0,
    "abi diff 10.0.13 11.1.3 --dumps dumps --allow allow.toml": 1,
    "abi machines 'my guest.xml'": 1,
    "abi machines fine.xml --target debian-13": 0,
    "po check po:1,%": 1,
    "po check fine": 0,
    "ark verify": 0,
    "ark doctor": None,
}
"""Command lines with their exit codes; None: it depends on the machine."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    directory = tmp_path_factory.mktemp("findings")
    (directory / "my guest.xml").write_text(GUEST)
    (directory / "fine.xml").write_bytes((SAMPLES / "domain.xml").read_bytes())
    (directory / "nodes.txt").write_text(NODES)
    for name, text in (("po:1,%", CATALOGUE), ("fine", "")):
        (directory / name).mkdir()
        if text:
            (directory / name / "de.po").write_text(text)
    (directory / "fine" / "fr.po").write_text(FINE_CATALOGUE)
    (directory / "sub").mkdir()
    (directory / "sub" / "link.xml").symlink_to(directory / "my guest.xml")
    store = DumpStore(directory / "dumps")
    for version, size in (("10.0.2", 256), ("10.0.13", 1024), ("11.1.3", 256)):
        store.save(itself(version, ["pc-q35-7.2", "pc-q35-2.4"] if version < "11" else ["pc-q35-7.2"]))
        store.save(dump(version, virtio=queues(size)))
    (directory / "allow.toml").write_text(
        '[[allow]]\npath = "*/queues/0"\nreason = "known"\n'
        '[[allow]]\npath = "*/queues/9"\nreason = "old"\nuntil = 2020-01-01\n'
    )
    return directory


def run(words, place, **options):
    environment = {"VIRTSMITH_ARK": str(place / "ark"), "HOME": str(place), "XDG_STATE_HOME": str(place / "state")}
    return virtsmith(*words, cwd=place, env=environment, **options)


@pytest.mark.parametrize("output_format", JUDGES)
@pytest.mark.parametrize("line", COMMANDS)
def test_what_a_command_writes_is_right_in_each_format(line, output_format, place):
    done = run([*shlex.split(line), "--format", output_format], place)
    assert done.returncode == COMMANDS[line] or (COMMANDS[line] is None and done.returncode in (0, 1)), done.stderr
    judge(output_format, done.stdout)
    judge("text", done.stderr)


@pytest.mark.parametrize("line", [line for line, code in COMMANDS.items() if code == 1])
def test_what_fails_has_findings_in_formats_that_hold_nothing_else(line, place):
    (run_,) = json.loads(run([*shlex.split(line), "--format", "sarif"], place).stdout)["runs"]
    assert [entry for entry in run_["results"] if entry["level"] != "note" or "--min" in line]
    assert json.loads(run([*shlex.split(line), "--format", "gitlab"], place).stdout)
    assert run([*shlex.split(line), "--format", "github"], place).stdout


@pytest.mark.parametrize("line", COMMANDS)
def test_rules_of_findings_are_described(line, place):
    (run_,) = json.loads(run([*shlex.split(line), "--format", "sarif"], place).stdout)["runs"]
    described = {rule["id"]: rule["fullDescription"]["text"] for rule in run_["tool"]["driver"]["rules"]}
    assert set(described) == {result["ruleId"] for result in run_["results"]}
    assert "This rule has no description." not in described.values()


def test_places_are_relative_to_the_repository_whatever_the_directory(place, tmp_path):
    for directory in ("guests", ".git"):
        (tmp_path / directory).mkdir()
    guest = tmp_path / "guests" / "100% ü:1.xml"
    guest.write_text(GUEST)

    def uris(cwd, *files, **options):
        done = virtsmith("host", "lint", *files, "--format", "sarif", cwd=cwd, **options)
        return {
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            for result in json.loads(done.stdout)["runs"][0]["results"]
        }

    expected = {"guests/100%25%20%C3%BC%3A1.xml"}
    assert uris(tmp_path, guest.relative_to(tmp_path)) == expected
    assert uris(tmp_path, guest) == expected
    assert uris(tmp_path / "guests", guest.name) == expected
    assert uris(tmp_path / "guests", Path("..", "guests", guest.name)) == expected
    assert uris(tmp_path, place / "my guest.xml") == {f"file://{place}/my%20guest.xml"}
    assert uris(tmp_path, "-", input=GUEST) == {"stdin"}


def test_fingerprints_stay_when_lines_move_and_differ_between_findings(place, tmp_path):
    def prints(text, name):
        (tmp_path / "guest.xml").write_text(text)
        done = virtsmith("xml", "validate", "guest.xml", "--format", "sarif", cwd=tmp_path)
        results = json.loads(done.stdout)["runs"][0]["results"]
        return [(result["ruleId"], result["partialFingerprints"][name]) for result in results]

    for name in ("primaryLocationLineHash", "virtsmithFinding/v1"):
        found = prints(GUEST, name)
        assert len(found) >= 3
        assert len(set(found)) == len(found)
        assert prints(GUEST.replace("<domain", "<!-- a -->\n\n<domain"), name) == found


def test_annotations_name_files_that_their_runner_would_take_for_more(place):
    commands = list(workflow_commands(run(["po", "check", "po:1,%", "--format", "github"], place).stdout))
    assert {properties["file"] for _, properties, _ in commands} == {"po:1,%/de.po"}
    assert {level for level, _, _ in commands} >= {"error", "warning"}


def test_documents_take_the_output_and_findings_the_other_stream(place):
    done = run(["host", "export", "numa3-sriov", "--to", "kcli"], place)
    assert "warning" in done.stderr
    assert "# It lacks:" in done.stdout
    done = run(["host", "export", "numa3-sriov", "--to", "kcli", "--format", "sarif"], place)
    assert (done.returncode, done.stdout) == (2, "")
    assert "-o" in done.stderr
    fixed = run(["host", "lint", "my guest.xml", "--fix", "-n", "-o", "fixed.xml", "--json"], place)
    assert json.loads(fixed.stdout)["schema"] == "virtsmith.host-lint/1"
    assert (place / "fixed.xml").read_text().startswith("<domain")


def test_where_nothing_is_checked_there_is_nothing_for_formats_of_findings(place):
    done = run(["abi", "machines", "--machine", "pc-q35-1*", "--format", "sarif"], place)
    assert (done.returncode, done.stdout) == (2, "")
    for output_format in ("text", "json", "markdown", "html"):
        judge(output_format, run(["abi", "machines", "-m", "pc-q35-1*", "--format", output_format], place).stdout)


# Reports of commands that need QEMU or libvirt

A, B = Binary("7.2.0", "", "a" * 64), Binary("10.0.0", "", "b" * 64)
DOMAIN = CheckedDomain.parse(b"<domain type='qemu'><name>web</name></domain>", "web.xml")
STEPS = Until.SAVE.steps
OK = [Step(name, StepResult.OK, 0.1) for name in STEPS]
LEFT = [Step(name, StepResult.NOT_REACHED) for name in STEPS]


def load(result, saved_by=A, loaded_by=B, **more):
    return Load("pc-q35-7.2", "default-1", "tcg", saved_by.key, loaded_by.key, True, result, **more)


def step(result, name="start"):
    place = STEPS.index(name)
    return (*OK[:place], Step(name, result, 1.5, "no\x1b[2J such\ndisk", "log\x00"), *LEFT[place + 1 :])


LOADS = [
    load(LoadResult.OK, B, A), load(LoadResult.FAILED, device="net0", error="State\x1b[2J mismatch\nmore"),
    load(LoadResult.REFUSED), load(LoadResult.DIED, error="hung"), load(LoadResult.ABSENT),
]  # fmt: skip
CELLS = [
    CheckCell("libvirt@9.0", "qemu@7.2", tuple(OK)), CheckCell("libvirt@9.0", "qemu@10.0", step(StepResult.FAILED)),
    CheckCell("libvirt@10.0", "qemu@7.2", step(StepResult.REFUSED, "define")),
    CheckCell("libvirt@10.0", "qemu@10.0", step(StepResult.ERROR, "capabilities")),
    CheckCell("libvirt@11.3", "qemu@10.0", step(StepResult.ENVIRONMENT, "define"), ("tpm: an empty one",), ("a", "-S")),
]  # fmt: skip
MOVE = ("libvirt@9.0/qemu@7.2", "libvirt@12.8/qemu@11.1")
PASSAGES = [
    Passage(*MOVE, Way.P2P, PassageResult.OK, "look", 1.5, "7.2.22", "11.1.3"),
    Passage(*MOVE, Way.UNIX, PassageResult.FAILED, "migrate", reason="no\x1b[2J", words={"target QEMU": "a\nb"}),
    Passage(*MOVE, Way.SAVE, PassageResult.REFUSED, "define", reason="unknown"),
    Passage(*MOVE, Way.TUNNELLED, PassageResult.ERROR, "define", reason="the daemon ended"),
]
COMPARED = compare_dumps(dump("7.2.0", virtio=queues(1)), dump("10.0.0", virtio=queues(2)))
OLD, NEW = (Emulator(binary, Path("/qemu")) for binary in (A, B))
FAILED_BOOT = BootResult(HostVerdict.HUNG, "no\x1b[2J facts", phase="kernel", console="a\x9bb\n", command_line="qemu")
REPORTS = {
    "ark check": check_report(
        DomainCheck(DOMAIN, CELLS, [UntestedVersion("libvirt 11.0", "schema accepts; not run")]), "web.xml"
    ),
    "ark check of standard input": check_report(DomainCheck(DOMAIN, CELLS[1:2], []), "<stdin>"),
    "ark check, fine": check_report(DomainCheck(DOMAIN, CELLS[:1], []), "web.xml"),
    "ark migrate": ark_migration_report(DomainMigration(DOMAIN, PASSAGES, ["disk vda: an empty image"]), "web.xml"),
    "ark migrate, fine": ark_migration_report(DomainMigration(DOMAIN, PASSAGES[:1], []), "web.xml"),
    "abi migrate": migration_report(Matrix([A, B], LOADS), "qemu@10.0"),
    "abi migrate, fine": migration_report(Matrix([A, B], LOADS[:1]), "qemu@10.0"),
    "abi vm": vm_report(VmReport("pc-q35-7.2", OLD, NEW, loads=tuple(LOADS[:2]), comparison=COMPARED), "a", "web.xml"),
    "abi vm, obstacle": vm_report(VmReport("pc-q35-2.4", OLD, NEW, obstacle="it is gone", advice="wait"), "a", "-"),
    "abi vm, fine": vm_report(VmReport("pc", NEW, OLD, loads=tuple(LOADS[:1])), "a", "web.xml"),
    "host verify": verification_report(Verification("h", HostVerdict.HUNG, boot=FAILED_BOOT), "h.toml"),
}


@pytest.mark.parametrize("output_format", JUDGES)
@pytest.mark.parametrize("name", REPORTS)
def test_reports_of_real_programs_are_right_in_each_format(name, output_format):
    judge(output_format, render(REPORTS[name], output_format))


@pytest.mark.parametrize("name", REPORTS)
def test_the_exit_code_and_the_findings_say_the_same(name):
    report = REPORTS[name]
    assert (report.exit_code != 0) == report.failed == ("fine" not in name)
    (run_,) = json.loads(render(report, "sarif"))["runs"]
    assert len(run_["results"]) == len(report.findings)
    assert "This rule has no description." not in {
        rule["fullDescription"]["text"] for rule in run_["tool"]["driver"]["rules"]
    }
