"""``host lint --fix`` and ``host build --onto`` on documents in odd layouts: they change what they mean to, alone."""

from dataclasses import replace

import pytest
from libvirtxml import Domain, edit
from libvirtxml.versions import Version
from xml_helpers.layouts import LAYOUTS, Edited, replacing, what_changed

from virtsmith.cli.app import run_command
from virtsmith.host.build.domain import build_domain
from virtsmith.host.build.onto import add_topology
from virtsmith.host.lint.rule import LintContext
from virtsmith.host.lint.run import RULES, fix_domain, lint_domain
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.examples import example_spec

THREE_NODES = build_domain(plan(example_spec("numa3"))).to_xml()
SRIOV = build_domain(plan(example_spec("numa3-sriov"))).to_xml()
HOSTDEV = """  <hostdev mode='subsystem' type='pci' managed='yes'>
      <source>
        <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
      </source>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x0a' function='0x0'/>
    </hostdev>
  </devices>"""

WITH_DRIVER = THREE_NODES.replace("  </devices>", HOSTDEV).replace(
    "<iommu model='intel'/>", "<iommu model='intel'>\n      <driver caching_mode='on' aw_bits='48'/>\n    </iommu>"
)

DOCUMENTS = {
    "VH001": (THREE_NODES, "busNr='200'", "busNr='182'"),
    "VH002": (THREE_NODES, "busNr='220'", "busNr='254'"),
    "VH003": (THREE_NODES, "busNr='180'", "busNr='2'"),
    "VH005": (THREE_NODES, "chassis='8'", "chassis='7'"),
    "VH006": (THREE_NODES, "busNr='220'", "busNr='200'"),
    "VH010": (THREE_NODES, "    <acpi/>\n", ""),
    "VH011": (SRIOV, "    <ioapic driver='qemu'/>\n", ""),
    "VH012": (THREE_NODES, "  </devices>", HOSTDEV),
    "VH013": (WITH_DRIVER, "aw_bits='48'", "aw_bits='39'"),
    "VH014": (THREE_NODES, "<vcpu placement='static'>8<", "<vcpu placement='static'>288<"),
    "VH016": (THREE_NODES, "<memory unit='KiB'>8192000<", "<memory unit='MiB' dumpCore='on'>9<"),
    "VH020": (THREE_NODES, "<domain type='kvm'", "<domain type='qemu'"),
}
"""For each rule with a fix a document that violates it."""

FIXES = {
    "VH001": replacing("<target busNr='182'>", "<target busNr='32'>"),
    "VH002": replacing("<target busNr='254'>", "<target busNr='32'>"),
    "VH003": replacing("<target busNr='2'>", "<target busNr='32'>"),
    "VH005": replacing("<target chassis='7' port='0x10'/>", "<target chassis='1' port='0x10'/>"),
    "VH006": replacing("<target busNr='200'>", "<target busNr='32'>"),
    "VH010": replacing("", "<acpi/>"),
    "VH011": replacing("", "<ioapic driver='qemu'/>"),
    "VH012": replacing("", "<driver caching_mode='on' aw_bits='48'/>"),
    "VH013": replacing("<driver caching_mode='on' aw_bits='39'/>", "<driver caching_mode='on' aw_bits='48'/>"),
    "VH014": replacing("", "<ioapic driver='qemu'/><driver intremap='on' eim='on'/>"),
    "VH016": replacing("9", "8000"),
    "VH020": replacing("<cpu mode='host-passthrough'>", "<cpu mode='maximum'>"),
}
"""What the fix of each document is to change, and nothing else."""


@pytest.fixture(params=LAYOUTS)
def layout(request):
    return LAYOUTS[request.param]


def test_every_rule_with_a_fix_is_tried():
    assert set(DOCUMENTS) == {rule.rule.id for rule in RULES.values() if rule.repair}


@pytest.mark.parametrize("rule", DOCUMENTS)
def test_a_fix_changes_what_it_means_to_and_nothing_else(rule, layout, tmp_path):
    text, old, new = DOCUMENTS[rule]
    assert old in text
    path = tmp_path / "vm.xml"
    path.write_bytes(layout(text.replace(old, new)))
    before = path.read_bytes()
    run_command(["host", "lint", "--fix", str(path), "--qemu", "9.0"])
    assert what_changed(before, path.read_bytes()) == FIXES[rule]


@pytest.mark.parametrize("rule", ["VH001", "VH010", "VH016"])
def test_a_document_that_a_fix_writes_anew_is_noticed(rule, layout):
    text, old, new = DOCUMENTS[rule]
    before = layout(text.replace(old, new))
    if before in {LAYOUTS[name](text.replace(old, new)) for name in ("plain", "comments in values")}:
        return  # the same as a rewritten document
    domain = Domain.parse(before)
    fix_domain(domain, LintContext(Version.parse("9.0")))
    with pytest.raises(AssertionError):
        assert what_changed(before, domain.to_xml().encode()) == FIXES[rule]


INSTALLED = """<domain type='kvm'>
  <name>web</name>
  <title>Tom &amp; Jerry</title>
  <memory unit='GiB' dumpCore='off'>4</memory>
  <currentMemory unit='GiB'>2</currentMemory>
  <vcpu placement='static' current='2'>4</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-9.0'>hvm</type>
  </os>
  <features>
    <apic/>
  </features>
  <devices>
    <disk type='file' device='disk'>
      <source file='/images/web.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <memballoon model='virtio'/>
  </devices>
</domain>
"""


def test_onto_changes_the_same_in_every_layout(layout, tmp_path):
    path, result = tmp_path / "vm.xml", tmp_path / "new.xml"
    path.write_bytes(layout(INSTALLED))
    assert run_command(["host", "build", "numa3", "--onto", str(path), "-o", str(result)]) == 0
    changed = what_changed(path.read_bytes(), result.read_bytes())
    expected = onto_in_libvirts_layout()
    assert replace(changed, comments=expected.comments) == expected
    gone_with_elements = sum(count for _, count in changed.removed - changed.added)
    assert sum(count for _, count in changed.comments ^ expected.comments) <= gone_with_elements
    gone = {"<currentMemory [('unit', 'GiB')]>", "<memory [('dumpCore', 'off'), ('unit', 'GiB')]>"}
    assert {tag for tag, _ in changed.removed} == gone
    assert changed.removed_text == "424"
    assert ("<acpi []>", 1) in changed.added


def onto_in_libvirts_layout() -> Edited:
    """What the whole document, written by the model, has more and less."""
    domain = Domain.parse(INSTALLED)
    add_topology(plan(example_spec("numa3")), domain)
    return what_changed(INSTALLED.encode(), domain.to_xml().encode())


def test_what_is_written_in_place_is_the_same_document(layout, tmp_path):
    path = tmp_path / "vm.xml"
    path.write_bytes(layout(INSTALLED))
    assert run_command(["host", "build", "numa3", "--onto", str(path), "-o", str(path)]) == 0
    domain = Domain.parse(path.read_bytes())
    assert [finding for finding in lint_domain(domain) if finding.severity != "note"] == []
    assert edit(path.read_bytes()).document == domain
