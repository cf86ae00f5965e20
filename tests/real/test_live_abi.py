"""What the profile ``abi`` says is refused, judged by libvirt's own check of two domains."""

from pathlib import Path

import pytest
from libvirtxml import diff
from libvirtxml._impl.diff.stability import VOLATILE

from benchmarks.agreement._judge import JudgeMissing
from benchmarks.agreement.abi import is_refused
from benchmarks.agreement.abi.edits import Editor
from benchmarks.agreement.abi.judge import Judge

pytestmark = pytest.mark.real
DOMAIN = b"""
<domain type='kvm'>
  <name>web</name>
  <memory unit='KiB'>2097152</memory>
  <vcpu>4</vcpu>
  <os><type arch='x86_64' machine='pc-q35-9.0'>hvm</type><boot dev='hd'/></os>
  <features><acpi/><apic/><pae/></features>
  <cpu mode='custom' match='exact' check='partial'>
    <model fallback='forbid'>Nehalem</model>
    <topology sockets='1' dies='1' cores='4' threads='1'/>
    <feature policy='require' name='vmx'/>
    <numa>
      <cell id='0' cpus='0-1' memory='1048576' unit='KiB'/>
      <cell id='1' cpus='2-3' memory='1048576' unit='KiB'/>
    </numa>
  </cpu>
  <clock offset='utc'><timer name='hpet' present='no'/></clock>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file='/a'/>
      <target dev='vda' bus='virtio'/>
      <serial>one</serial>
      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
    </disk>
    <controller type='usb' index='0' model='qemu-xhci' ports='15'>
      <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>
    </controller>
    <controller type='pci' index='0' model='pcie-root'/>
    <interface type='network'>
      <mac address='52:54:00:0a:0b:0c'/>
      <source network='default'/>
      <model type='virtio'/>
      <address type='pci' domain='0x0000' bus='0x03' slot='0x00' function='0x0'/>
    </interface>
    <interface type='bridge'>
      <mac address='52:54:00:0a:0b:0d'/>
      <source bridge='br0'/>
      <model type='e1000e'/>
    </interface>
    <serial type='pty'><target type='isa-serial' port='0'><model name='isa-serial'/></target></serial>
    <console type='pty'><target type='serial' port='0'/></console>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <input type='tablet' bus='usb'/>
    <input type='keyboard' bus='ps2'/>
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/>
    <video><model type='virtio' heads='1' primary='yes'/></video>
    <watchdog model='i6300esb' action='reset'/>
    <memballoon model='virtio'/>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices>
</domain>
"""
BARE = Path(__file__).parents[2].joinpath("docs/files/small.xml")


@pytest.fixture(scope="module")
def judge():
    try:
        with Judge() as made:
            yield made
    except JudgeMissing as error:
        pytest.skip(str(error))


def test_libvirt_refuses_exactly_what_the_profile_says_it_refuses(judge):
    seen, wrong = set(), []
    for edited in Editor([DOMAIN, BARE.read_bytes()]).edits(DOMAIN):
        if edited.key in VOLATILE or (objection := judge.objection(edited.old, edited.new)) is None:
            continue
        seen.add((edited.key, edited.action, bool(objection)))
        if any(is_refused(change, judge.release) for change in diff(edited.old, edited.new, "abi")) != bool(objection):
            wrong.append((edited.key, edited.action, objection))
    assert len(seen) > 100
    assert {refused for _, _, refused in seen} == {True, False}
    assert wrong == []
