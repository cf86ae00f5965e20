"""What is said not to be definable, or not to be kept, judged by libvirt: its test driver defines mutants."""

import pytest
from libvirtxml import Domain, parse
from libvirtxml.definition import find_objections

from benchmarks.agreement._judge import JudgeMissing
from benchmarks.agreement.defines.learn import Judge
from benchmarks.agreement.defines.mutants import mutants
from benchmarks.agreement.kept import Definer, lost_places, named_places

pytestmark = pytest.mark.real
DOMAIN = b"""
<domain type='kvm'>
  <name>web</name>
  <memory unit='KiB'>2097152</memory>
  <vcpu current='2'>4</vcpu>
  <os><type arch='x86_64' machine='pc-q35-9.0'>hvm</type></os>
  <features><acpi/><apic/></features>
  <cpu mode='custom' match='exact' check='partial'><model fallback='forbid'>Nehalem</model></cpu>
  <on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file='/a'/>
      <target dev='vda' bus='virtio'/>
      <boot order='1'/>
    </disk>
    <controller type='usb' index='0' model='qemu-xhci' ports='15'/>
    <interface type='bridge'>
      <mac address='52:54:00:0a:0b:0c'/>
      <source bridge='br0'/>
      <model type='virtio'/>
      <boot order='2'/>
    </interface>
    <input type='tablet' bus='usb'/>
    <video><model type='virtio' heads='1' primary='yes'/></video>
    <memballoon model='virtio'/>
  </devices>
</domain>
"""


@pytest.fixture(scope="module")
def judge():
    try:
        with Judge() as made:
            yield made
    except JudgeMissing as error:
        pytest.skip(str(error))


def test_what_libvirt_is_said_not_to_define_it_does_not_define(judge):
    assert judge.ask(DOMAIN.decode().replace("'kvm'", "'test'")) == ""
    alarms, missed, refused = [], [], 0
    for key, action, text in mutants(DOMAIN, lambda *_: True):
        answer, found = judge.ask(text), find_objections(parse(text, Domain))
        refused += bool(answer)
        if found and not answer:
            alarms.append((key, action, str(found[0])))
        elif answer and not found:
            missed.append((key, action, answer))
    assert refused > 100
    assert alarms == []
    assert len(missed) < refused // 10, missed


def test_what_libvirt_does_not_keep_is_named_before():
    text = DOMAIN.decode().replace("'kvm'", "'test'")
    lost, missed, alarms = 0, [], []
    try:
        with Definer() as definer:
            for key, action, mutant in mutants(text.encode(), lambda *_: True):
                if definer.ask(mutant) == "" and definer.kept and not find_objections(parse(mutant, Domain)):
                    theirs, ours = lost_places(mutant, definer.kept), named_places(mutant, definer.release)
                    lost += bool(theirs)
                    missed += [(key, action, theirs)] if theirs and not ours else []
                    alarms += [(key, action, ours)] if ours and not theirs else []
    except JudgeMissing as error:
        pytest.skip(str(error))
    assert lost > 20
    assert len(missed) <= lost // 10, missed
    assert len(alarms) <= lost // 10, alarms
