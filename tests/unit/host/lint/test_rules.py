"""Every lint rule: a document that violates it, one that does not, and its repair."""

import pytest
from helpers.in_process import virtsmith
from libvirtxml import Domain, parse
from libvirtxml.findings import Severity
from libvirtxml.versions import Version

from virtsmith.host.build.domain import build_domain
from virtsmith.host.lint.rule import LintContext, Violation, repeated, rule
from virtsmith.host.lint.run import RULES, fix_domain, lint_domain
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.examples import NAMES, example_spec
from virtsmith.host.spec.reader import parse_spec

REFERENCE = build_domain(plan(example_spec("numa3"))).to_xml()
SRIOV = build_domain(plan(example_spec("numa3-sriov"))).to_xml()
HOSTDEV = """<hostdev mode='subsystem' type='pci' managed='yes'>
      <source><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x0a' function='0x0'/>
    </hostdev>
  </devices>"""
HMAT = """<interconnects>
        <latency initiator='0' target='1' type='access' value='5'/>
        <latency initiator='1' target='0' type='access' value='5'/>
      </interconnects>
    </numa>"""


def replaced(text, *pairs):
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def cards_of(count):
    """The reference host with so many cards."""
    ports = "".join(
        f"<controller type='pci' index='{40 + n}' model='pcie-root-port'><target chassis='{40 + n}' port='{n}'/>"
        f"<address type='pci' bus='0x00' slot='{10 + n}' function='0x0'/></controller>"
        f"<interface type='user'><mac address='52:54:00:00:00:{n:02x}'/><model type='e1000e'/>"
        f"<address type='pci' bus='{40 + n}' slot='0' function='0x0'/></interface>"
        for n in range(count - 9)
    )
    return REFERENCE.replace("<interface", ports + "<interface", 1)


MINIMAL = build_domain(plan(parse_spec(
    'name = "raw"\n[[node]]\ncpus = 1\nmemory = "1 GiB"\ndevices = [{ model = "generic", driver = "edu" }]\n'
))).to_xml()  # fmt: skip
PAGES = "<memoryBacking><hugepages><page size='1' unit='G'/></hugepages></memoryBacking>"
ON_ROOT = """<interface type='user'><mac address='52:54:00:00:00:77'/><model type='igb'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x10' function='0x0'/></interface>
  </devices>"""


VIOLATIONS = {
    "VH001": (REFERENCE, ("busNr='200'", "busNr='182'")),
    "VH002": (REFERENCE, ("busNr='220'", "busNr='254'")),
    "VH003": (REFERENCE, ("busNr='180'", "busNr='2'")),
    "VH004": (REFERENCE, ("<node>1</node>", "")),
    "VH005": (REFERENCE, ("chassis='8'", "chassis='7'")),
    "VH006": (REFERENCE, ("busNr='220'", "busNr='200'")),
    "VH007": (cards_of(15), ("<name>", "<name>")),
    "VH008": (SRIOV, ("<model name='pcie-root-port'/>", "<model name='ioh3420'/>")),
    "VH009": (REFERENCE, ("bus='0x0e' slot='0x00'", "bus='0x00' slot='0x10'")),
    "VH010": (REFERENCE, ("<acpi/>", "")),
    "VH011": (SRIOV, ("<ioapic driver='qemu'/>", "")),
    "VH012": (REFERENCE, ("</devices>", HOSTDEV)),
    "VH013": (REFERENCE, ("</devices>", HOSTDEV)),
    "VH014": (REFERENCE, ("<vcpu placement='static'>8<", "<vcpu placement='static'>288<")),
    "VH015": (REFERENCE, ("cpus='6-7'", "cpus='6'")),
    "VH016": (REFERENCE, ("<memory unit='KiB'>8192000<", "<memory unit='GiB'>9<")),
    "VH017": (REFERENCE, ("machine='q35'", "machine='pc-i440fx-7.2'")),
    "VH018": (REFERENCE, ("</numa>", HMAT)),
    "VH019": (SRIOV, ("<name>", "<name>")),
    "VH020": (REFERENCE, ("<domain type='kvm'", "<domain type='qemu'")),
    "VH021": (REFERENCE, ("<name>", "<name>")),
    "VH022": (REFERENCE, ("bus='0x0e' slot='0x00'", "bus='0x0d' slot='0x00'")),
    "VH023": (REFERENCE, ("bus='0x0e' slot='0x00'", "bus='0x05' slot='0x09'")),
    "VH024": (REFERENCE, ("<iommu model='intel'/>", "<iommu model='amd'/>")),
    "VH025": (REFERENCE, ("<os>", "<os firmware='efi'>")),
    "VH026": (REFERENCE, ("6e:c7", "6e:c6")),
    "VH027": (REFERENCE, ("bus='0x0e' slot='0x00' function='0x0'", "bus='0x0e' slot='0x00' function='0x1'")),
    "VH028": (REFERENCE, ("<model type='e1000e'/>", "<model type='virtio'/>")),
    "VH029": (REFERENCE, ("<numa>", "<topology sockets='1' cores='1' threads='8'/><numa>")),
    "VH030": (REFERENCE, ("<vcpu ", PAGES + "<vcpu ")),
    "VH031": (REFERENCE, ("</devices>", ON_ROOT)),
    "VH032": (MINIMAL, ("<memballoon model='none'/>", "")),
    "VH033": (REFERENCE, ("<os>", "<numatune><memnode cellid='9' mode='strict' nodeset='0'/></numatune><os>")),
}
CONTEXT = LintContext(Version.parse("7.2"))


def test_every_rule_is_broken_by_a_document_here():
    assert set(VIOLATIONS) == {finding.rule.id for finding in RULES.values()}


@pytest.mark.parametrize("rule", VIOLATIONS)
def test_a_rule_finds_its_violation_and_says_where(rule):
    text = replaced(VIOLATIONS[rule][0], *VIOLATIONS[rule][1:])
    found = [
        finding for finding in lint_domain(parse(text), CONTEXT, text=text, source="d.xml") if finding.rule == rule
    ]
    assert found
    assert found[0].where.file == "d.xml"
    assert found[0].where.line >= 1


@pytest.mark.parametrize(("rule", "release"), [("VH011", "11.3"), ("VH014", "10.10")])
def test_what_a_libvirt_does_by_itself_is_no_finding(rule, release):
    domain = parse(replaced(VIOLATIONS[rule][0], *VIOLATIONS[rule][1:]))
    for libvirt, found in ((None, True), ("9.0", True), (release, False), ("12.8", False)):
        context = LintContext(libvirt=Version.parse(libvirt) if libvirt else None)
        assert (rule in {finding.rule for finding in lint_domain(domain, context)}) is found


def test_a_card_that_fails_over_shares_the_address_of_the_other():
    same = replaced(REFERENCE, ("6e:c7", "6e:c6"))
    first, second = "<teaming type='persistent'/>", "<teaming type='transient' persistent='ua-first'/>"
    head, *cards = same.split("<model type='e1000e'/>")
    both = f"{head}{first}<model type='e1000e'/>{cards[0]}{second}<model type='e1000e'/>"
    text = both + "<model type='e1000e'/>".join(cards[1:])
    assert "VH026" not in {finding.rule for finding in lint_domain(parse(text))}


def test_arm_guests_have_their_nodes_from_the_device_tree():
    text = (
        "<domain type='qemu'><name>a</name><memory unit='GiB'>1</memory><vcpu>1</vcpu>"
        "<os><type arch='{}'>hvm</type></os>"
        "<cpu><numa><cell id='0' cpus='0' memory='1' unit='GiB'/></numa></cpu></domain>"
    )
    found = [{finding.rule for finding in lint_domain(parse(text.format(name)))} for name in ("aarch64", "x86_64")]
    assert ["VH010" in rules for rules in found] == [False, True]


@pytest.mark.parametrize(
    ("sockets", "threads", "cells", "found"),
    [(2, 2, ("0-1", "2-3"), False), (2, 2, ("0,2", "1,3"), True), (2, 1, ("0", "1", "2-3"), False),
     (2, 1, ("0,2", "1,3"), True), (4, 1, ("0,2", "1,3"), False)],
)  # fmt: skip
def test_cells_may_divide_sockets_but_neither_cores_nor_several_sockets(sockets, threads, cells, found):
    rows = "".join(f"<cell id='{n}' cpus='{cpus}' memory='1' unit='GiB'/>" for n, cpus in enumerate(cells))
    topology = f"<topology sockets='{sockets}' cores='{4 // sockets // threads}' threads='{threads}'/>"
    text = (
        f"<domain type='kvm'><name>a</name><memory unit='GiB'>{len(cells)}</memory><vcpu>4</vcpu>"
        f"<os><type>hvm</type></os><cpu>{topology}<numa>{rows}</numa></cpu></domain>"
    )
    assert ("VH029" in {finding.rule for finding in lint_domain(parse(text))}) is found


@pytest.mark.parametrize("name", NAMES)
def test_what_build_makes_has_neither_errors_nor_warnings(name):
    found = lint_domain(build_domain(plan(example_spec(name))), LintContext(Version.parse("8.0")))
    assert [finding for finding in found if finding.severity is not Severity.NOTE] == []


@pytest.mark.parametrize("rule", [finding.rule.id for finding in RULES.values() if finding.repair])
def test_mending_removes_the_violation_and_brings_no_other(rule):
    text = replaced(VIOLATIONS[rule][0], *VIOLATIONS[rule][1:])
    domain = parse(text, Domain)
    before = {finding.rule for finding in lint_domain(domain, CONTEXT)}
    applied = fix_domain(domain, CONTEXT)
    after = {finding.rule for finding in lint_domain(domain, CONTEXT)}
    assert rule in applied
    assert rule not in after
    assert after <= before
    assert domain.problems() == []


def test_mending_leaves_expanders_that_are_right_alone():
    domain = parse(replaced(REFERENCE, ("busNr='200'", "busNr='182'")), Domain)
    fix_domain(domain)
    numbers = [
        controller.target.bus_nr for controller in domain.devices.controllers if controller.model == "pcie-expander-bus"
    ]
    assert (numbers[0], numbers[2]) == (180, 220)


def test_twelve_io_ports_are_a_warning_and_fifteen_an_error():
    severities = {
        count: [finding.severity for finding in lint_domain(parse(cards_of(count))) if finding.rule == "VH007"]
        for count in (11, 12, 14, 15)
    }
    assert severities == {11: [], 12: [Severity.WARNING], 14: [Severity.WARNING], 15: [Severity.ERROR]}


def test_a_range_that_just_fits_is_fine():
    text = replaced(REFERENCE, ("busNr='220'", "busNr='252'"))
    assert "VH002" not in {finding.rule for finding in lint_domain(parse(text))}


FUNCTION_1 = """<domain type='kvm'><name>a</name><os><type machine='{machine}'>hvm</type></os><devices>
  <controller type='usb' index='0' model='ich9-ehci1'>
    <address type='pci' domain='0' bus='0' slot='0x1d' function='0x7'/></controller>
  <controller type='sata' index='0'><address type='pci' domain='0' bus='0' slot='{own}' function='0x2'/></controller>
  <sound model='ich9'><address type='pci' domain='0' bus='0' slot='0x1b' function='0x1'/></sound>
  </devices>{more}</domain>"""
ARGUMENTS = "<commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'><arg value='-device'/></commandline>"


@pytest.mark.parametrize(
    ("machine", "own", "more", "subjects"),
    [
        ("pc-q35-9.0", "0x1f", "", ["sound 1"]),
        ("pc-i440fx-9.0", "0x01", "", ["sound 1"]),
        ("pc-q35-9.0", "0x1f", ARGUMENTS, []),
        ("pseries", "0x1f", "", []),
    ],
)
def test_functions_of_slots_that_others_may_fill_are_not_blamed(machine, own, more, subjects):
    found = lint_domain(parse(FUNCTION_1.format(machine=machine, own=own, more=more)))
    assert [finding.subject for finding in found if finding.rule == "VH027"] == subjects


def test_devices_without_numbers_are_no_crash():
    text = replaced(REFERENCE, ("busNr='200'", "busNr='zz'"), ("index='9'", "index='q'"), ("bus='0x0a'", "bus='x'"))
    assert isinstance(lint_domain(parse(text)), list)


def test_controllers_in_a_circle_are_no_endless_loop():
    text = replaced(
        REFERENCE,
        ("bus='0x03' slot='0x00'", "bus='0x07' slot='0x00'"),
        ("bus='0x03' slot='0x01'", "bus='0x06' slot='0x01'"),
    )
    assert isinstance(lint_domain(parse(text)), list)


@pytest.mark.parametrize("text", ["<domain/>", "<domain type='kvm'><name>x</name><devices/></domain>"])
def test_an_almost_empty_domain_is_fine(text):
    assert [finding for finding in lint_domain(parse(text)) if finding.severity is Severity.ERROR] == []


def test_a_card_that_libvirt_has_yet_to_give_an_address_is_seen_as_well():
    card = "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='igb'/></interface>"
    domain = parse(f"<domain type='kvm'><name>a</name><devices>{card}</devices></domain>")
    found = [finding for finding in lint_domain(domain, CONTEXT) if finding.rule == "VH019"]
    assert [item.subject for item in found] == ["interface 52:54:00:00:00:01"]


@pytest.fixture
def own_rules(monkeypatch):
    """A book in which a test may declare rules; it ends with the test."""
    monkeypatch.setattr(RULES, "_items", dict(RULES))


@pytest.mark.usefixtures("own_rules")
def test_a_rule_that_is_declared_runs_repairs_and_is_listed(tmp_path):
    def describe(domain):
        domain.description = "a host"

    @rule("VH000", "Hosts are described", why="People forget.", fix="Write it down.", repair=describe)
    def undescribed(view):
        if view.domain.description is None:
            yield Violation("domain", "it has no description")

    path = tmp_path / "d.xml"
    path.write_text(REFERENCE)
    assert "it has no description (domain) [VH000]" in virtsmith("host", "lint", path).stdout
    explained = virtsmith("host", "rules", "vh000").stdout
    assert explained.startswith("VH000 (error, --fix): Hosts are described\n  why: People forget.")
    assert virtsmith("host", "rules").stdout.startswith("VH000")
    domain = parse(REFERENCE, Domain)
    assert fix_domain(domain) == ["VH000"]
    assert domain.description == "a host"


@pytest.mark.usefixtures("own_rules")
def test_an_id_is_never_used_twice():
    with pytest.raises(ValueError, match="VH001 is declared twice"):
        rule("VH001", "again", why="", fix="")(lambda _view: ())


def test_rules_come_in_the_order_of_their_ids_and_none_is_missing():
    ids = [finding.rule.id for finding in RULES.values()]
    assert ids == [f"VH{number:03}" for number in range(1, len(RULES) + 1)]


def test_an_item_is_repeated_if_an_earlier_one_has_its_key():
    assert list(repeated("abcABd-", lambda letter: letter.lower() if letter.isalpha() else None)) == [
        ("A", "a"),
        ("B", "b"),
    ]


def test_a_device_of_which_only_the_bus_is_known_counts_as_being_there():
    text = replaced(REFERENCE, ("bus='0x0e' slot='0x00' function='0x0'", "bus='0x05'"))
    found = {
        (finding.rule, finding.subject) for finding in lint_domain(parse(text)) if finding.severity is Severity.ERROR
    }
    assert ("VH023", "interface 52:54:00:7e:6e:e8") in found
