"""One VM's own hardware, saved and loaded by the QEMUs of the ark."""

import json
import subprocess
import sys

import pytest
from helpers.abi_qemus import require
from helpers.suite_ark import provide
from libvirtxml import Domain

from virtsmith.abi.dump.model import Impact
from virtsmith.abi.dump.store import DumpStore
from virtsmith.abi.vm.check import TrialOptions, Verdict
from virtsmith.abi.vm.document import read_domain
from virtsmith.abi.vm.report import headline
from virtsmith.core.parallel.processes import ProcessExecutor

pytestmark = pytest.mark.real

HEAD = """<domain type='kvm'><name>{name}</name><memory unit='MiB'>256</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='{machine}'>hvm</type></os><features><acpi/></features><devices>"""
VIRTIO = """<disk type='file'><source file='/nowhere/disk.qcow2'/><target dev='vda' bus='virtio'/></disk>
<interface type="network"><source network="default"/><mac address="52:54:00:11:22:33"/><model type="virtio"/>
</interface>
<memballoon model='virtio'/>"""
PLAIN = """<disk type='file'><source file='/nowhere/disk.qcow2'/><target dev='sda' bus='sata'/></disk>
<interface type='user'><mac address='52:54:00:11:22:33'/><model type='e1000e'/></interface>
<serial type='pty'/><video><model type='vga'/></video><memballoon model='none'/>"""


def document(devices, machine="pc-q35-7.2", name="web"):
    return HEAD.format(name=name, machine=machine) + devices + "</devices></domain>"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return DumpStore(tmp_path_factory.mktemp("dumps"))


def check(store, text, source, target, states=(False, True)):
    hardware = read_domain(Domain.parse(text.encode()), "vm.xml")
    with ProcessExecutor(2) as pool:
        return TrialOptions(pool, store, states).run(hardware, source, target)


def test_a_vm_with_virtio_devices_gets_the_break_and_what_really_avoids_it(store):
    report = check(store, document(VIRTIO), *require("10.0.13", "11.1"))
    assert not report.loads_there
    assert [load.result.value for load in report.loads] == ["failed", "failed", "ok", "ok"]
    assert {item.device for item in report.culprits} == {"disk0", "net0", "balloon0"}
    assert not report.unexplained
    for culprit in report.culprits:
        assert "vring.num 1024 exceeds allocated max" in culprit.error
        assert report.rules_for(culprit.device) == ["ABI-QUEUE-SIZE"]
    helping = {(remedy.device, remedy.change, remedy.live) for remedy in report.remedies if remedy.works}
    assert ("disk0", "<disk> <driver queue_size='1024'/>", True) in helping
    assert ("net0", "<interface> <model type='e1000e'/>", False) in helping
    assert not any(device == "balloon0" for device, _, _ in helping)
    assert "does NOT load" in headline(report, "web")


def test_the_same_pair_reports_no_break_for_a_vm_without_virtio_devices(store):
    report = check(store, document(PLAIN), *require("10.0.13", "11.1"))
    assert report.loads_there
    assert report.culprits == ()
    assert report.comparison is not None
    assert not any(difference.impact is Impact.BREAK for difference in report.comparison.differences)
    assert not any(difference.section == "virtio" for difference in report.comparison.differences)
    assert "loads" in headline(report, "web")


def test_findings_are_of_devices_that_the_vm_has(store):
    source, target = require("7.2", "10.0")
    with_panic = check(store, document(PLAIN + "<panic model='isa'/>"), source, target, (False,))
    without = check(store, document(PLAIN), source, target, (False,))
    places = [
        {difference.place for difference in r.comparison.differences if difference.impact.matters}
        for r in (with_panic, without)
    ]
    assert any("panic0" in place for place in places[0])
    assert not any("panic" in place for place in places[1])


def test_the_same_qemu_finds_nothing_in_a_vm(store):
    (qemu,) = require("10.0.13")
    report = check(store, document(VIRTIO), qemu, qemu, (False,))
    assert report.loads_there
    assert list(report.comparison.differences) == []


def test_a_device_that_the_target_does_not_have_keeps_the_vm_from_going_there(store):
    old, new = require("5.2", "7.2")
    text = document(PLAIN + "<panic model='pvpanic'/>", "pc-q35-5.2")
    report = check(store, text, new, old, (False,))
    assert report.verdict is Verdict.CANNOT_GO
    assert [(refusal.what, refusal.emulator) for refusal in report.refusals] == [("panic pvpanic", old)]
    assert "cannot go from QEMU 7.2" in headline(report, "web")
    assert not report.is_fine
    back = check(store, text, old, new, (False,))
    assert back.verdict is Verdict.NOT_SUCH_A_VM
    assert "is not a VM of QEMU 5.2" in headline(back, "web")


def test_a_vm_loads_without_what_was_not_tried_and_is_never_said_to_load(store):
    source, target = require("7.2", "10.0")
    report = check(store, document(PLAIN + "<tpm model='tpm-crb'><backend type='emulator'/></tpm>"), source, target)
    assert report.loads_there
    assert report.verdict is Verdict.LOADS_WITHOUT
    assert "loads without devices/tpm[1]" in headline(report, "web")
    assert not report.is_fine


def virtsmith(*words, text=""):
    command = [sys.executable, "-m", "virtsmith", "abi", "vm", *words]
    return subprocess.run(command, input=text, check=False, capture_output=True, text=True)


def test_the_command_answers_in_words_and_as_data_with_exit_codes(store):
    require("10.0.13", "11.1")
    pair = ["--from", "qemu@10.0.13", "--to", "qemu@11.1", "--untouched", "--dumps", str(store.path)]
    bad = virtsmith("-", *pair, "--json", text=document(VIRTIO))
    assert bad.returncode == 1, bad.stderr
    data = json.loads(bad.stdout)
    assert data["schema"] == "virtsmith.abi-vm/1"
    assert data["loads_there"] is False
    assert {entry["rules"][0] for entry in data["culprits"]} == {"ABI-QUEUE-SIZE"}
    words = virtsmith("-", *pair, text=document(PLAIN))
    assert "web (pc-q35-7.2) loads" in words.stdout
    assert "ABI-QUEUE-SIZE" not in words.stdout


def test_an_expired_machine_type_is_reported_with_what_to_do(store):
    require("5.2", "11.1")
    pair = ["--from", "qemu@5.2", "--to", "qemu@11.1", "--dumps", str(store.path)]
    done = virtsmith("-", *pair, text=document(PLAIN, "pc-q35-2.12"))
    assert done.returncode == 1, done.stderr
    assert "QEMU 11.1" in done.stdout
    assert "has no machine type pc-q35-2.12" in done.stdout
    assert "what to do: shut the VM down, set <type machine='pc-q35-5.2'>" in done.stdout


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", 3, "<stdin>"),
        ("<domain", 3, "<stdin>"),
        ("<network/>", 3, "not a domain but a Network"),
        ("<domain type='kvm'><name>a</name><memory>1</memory><os><type>hvm</type></os></domain>", 3, "machine type"),
        ("\x00\x01", 3, "<stdin>"),
    ],
)
def test_bad_documents_are_refused(text, code, message):
    require("10.0")
    done = virtsmith("-", "--from", "qemu@10.0", "--to", "qemu@11", text=text)
    assert done.returncode == code, done.stderr
    assert message in done.stderr


def test_allowed_differences_do_not_fail_a_vm_and_a_load_that_failed_does(store, tmp_path):
    require("10.0.13", "11.1")
    allow = tmp_path / "allow.toml"
    allow.write_text('[[allow]]\nsection = "**"\nreason = "all of it was looked at"\n')
    pair = ["--from", "qemu@10.0.13", "--to", "qemu@11.1", "--untouched", "--dumps", str(store.path)]
    for devices, code in ((PLAIN, 0), (VIRTIO, 1)):
        done = virtsmith("-", *pair, "--allow", str(allow), text=document(devices))
        assert done.returncode == code, done.stderr
        assert "all of it was looked at" in done.stdout


TWO_CORES = """<domain type='kvm'><name>two</name><memory unit='MiB'>128</memory><vcpu>2</vcpu>
<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><features><acpi/></features>
<cpu mode='custom' match='exact'><model fallback='forbid'>Nehalem</model>
<topology sockets='1' dies='1' cores='2' threads='1'/></cpu>
<devices><controller type='usb' model='none'/><memballoon model='none'/></devices></domain>"""


def test_between_distributions_each_layer_has_its_verdict_and_the_version_that_helps_is_tried(store):
    require("7.2", "10.0.13")
    provide("libvirt@9.0", "libvirt@11.3", "libvirt@12.8")
    sides = ["--from", "debian-12", "--to", "debian-13", "--untouched", "--dumps", str(store.path), "--json"]
    done = virtsmith("-", *sides, text=TWO_CORES)
    assert done.returncode == 1, done.stderr
    data = json.loads(done.stdout)
    assert data["loads_there"] is True  # QEMU alone has nothing against it
    assert data["verdict"] == "fails"
    assert "extra features: ht" in data["answer"]
    answers = {(item["way"], item["layer"]): item["answer"] for item in data["stack"]["layers"]}
    for way in ("save", "p2p"):
        assert answers[way, "start in the source"] == "fine"
        assert answers[way, "libvirt's CPU check"] == "refuses"
        assert answers[way, "QEMU's load"] == "not reached"
    working = [remedy["change"] for remedy in data["stack"]["remedies"] if remedy["works"]]
    assert working[0].startswith("libvirt@12.8")
