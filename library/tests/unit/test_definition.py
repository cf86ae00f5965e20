"""What libvirt does not define, whatever the schema says: each rule for and against."""

import pytest
from libvirtxml import parse
from libvirtxml.definition import RULES, find_objections

HEAD = "<domain type='kvm'><name>a</name><memory>1048576</memory><vcpu>2</vcpu><os><type>hvm</type></os>{}</domain>"


def domain(devices: str = "", rest: str = "") -> str:
    return HEAD.format(f"{rest}<devices>{devices}</devices>")


def disk(target: str, more: str = "") -> str:
    return f"<disk type='file'><source file='/{target}'/><target dev='{target}' bus='virtio'/>{more}</disk>"


BOOT = "<boot order='1'/>"
USB = "<controller type='usb' index='{}' model='{}'/>"
VIDEO = "<video><model type='qxl' primary='{}'/></video>"
CELL = "<cell id='{}' cpus='{}' memory='1' unit='GiB'/>"
VIOLATIONS = {
    "DEF010": (HEAD.format("").replace("<memory>1048576</memory>", ""),
               domain(rest=f"<cpu><numa>{CELL.format(0, '0-1')}</numa></cpu>").replace("<memory>1048576</memory>", "")),
    "DEF011": (domain().replace("<vcpu>", "<vcpu current='3'>"), domain().replace("<vcpu>", "<vcpu current='2'>")),
    "DEF012": (domain(rest="<cpu mode='custom' check='full'/>"), domain(rest="<cpu mode='host-model' check='full'/>")),
    "DEF013": (domain(rest=f"<cpu><numa>{CELL.format(0, 0)}{CELL.format(0, 1)}</numa></cpu>"),
               domain(rest=f"<cpu><numa>{CELL.format(0, 0)}{CELL.format(1, 1)}</numa></cpu>")),
    "DEF020": (domain(disk("vda") * 2), domain(disk("vda") + disk("vdb"))),
    "DEF021": (domain("<controller type='scsi' index='0'/>" * 2), domain(USB.format(0, "nec-xhci") * 2)),
    "DEF022": (domain("<audio id='1' type='none'/>" * 2),
               domain("<audio id='1' type='none'/><audio id='2' type='none'/>")),
    "DEF023": (domain("<panic model='isa'/>" * 2), domain("<panic model='isa'/><panic model='hyperv'/>")),
    "DEF024": (domain(VIDEO.format("yes") * 2), domain(VIDEO.format("yes") + VIDEO.format("no"))),
    "DEF025": (domain(disk("vda", BOOT) + disk("vdb", BOOT)), domain(disk("vda", BOOT) + disk("vdb"))),
    "DEF026": (domain(disk("vda", BOOT)).replace("</type>", "</type><boot dev='hd'/>"), domain(disk("vda", BOOT))),
    "DEF027": (domain("<disk type='file'><target dev='vda'/></disk>"),
               domain("<disk type='file' device='cdrom'><target dev='vda'/></disk>")),
    "DEF028": (domain(USB.format(0, "none") + USB.format(1, "nec-xhci")), domain(USB.format(0, "none"))),
    "DEF001": (domain(disk("vda").replace("'virtio'", "'virtio '")), domain(disk("vda"))),
    "DEF002": (domain().replace("<name>a</name>", ""), domain()),
    "DEF003": (domain("<memballoon model='virtio'/>" * 2), domain("<memballoon model='virtio'/>")),
}  # fmt: skip


@pytest.mark.parametrize("rule", VIOLATIONS)
def test_a_rule_objects_to_its_violation_alone(rule: str) -> None:
    wrong, right = VIOLATIONS[rule]
    assert {found.rule for found in find_objections(wrong) or []} == {rule}
    assert find_objections(right) == []


def test_every_rule_has_an_example() -> None:
    assert set(VIOLATIONS) == set(RULES)


def test_parts_and_other_documents_are_not_judged() -> None:
    assert find_objections("<network><name>n</name></network>") is None
    assert find_objections(parse(domain(disk("vda"))).devices.disks[0]) is None
