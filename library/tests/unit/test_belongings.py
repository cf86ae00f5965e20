"""Comments and unknown content go with the child that they come before, in the model and in a text."""

import copy
import itertools
import pickle

import libvirtxml
import pytest
from libvirtxml import DiskFile, DiskFileSource, DiskTarget, Domain, DomainCPU, Extra, RawNode, edit, from_dict

HEAD = "<domain type='kvm'>\n  <name>a</name>\n  <devices>\n"
TAIL = "    <!-- end -->\n  </devices>\n</domain>\n"
PARTS = {
    "vda": "    <!-- root -->\n    <disk type='file'>\n      <target dev='vda'/>\n    </disk>\n",
    "vdb": (
        "    <!-- about odd -->\n    <odd/>\n    <?scratch?>\n    <!-- scratch -->\n"
        "    <disk type='file'>\n      <target dev='vdb'/>\n    </disk>\n"
    ),
    "nic": "    <!-- card -->\n    <interface type='user'/>\n",
    "vdc": "    <!-- customer -->\n    <disk type='file'>\n      <target dev='vdc'/>\n    </disk>\n",
}
ODD_LEFT = "    <!-- about odd -->\n    <odd/>\n"
NEW = "    <disk type='file'>\n      <target dev='vdn'/>\n    </disk>\n"


def text(*parts):
    return HEAD + "".join(PARTS.get(part, part) for part in parts) + TAIL


ALL = text("vda", "vdb", "nic", "vdc")


def new_disk():
    return DiskFile(target=DiskTarget(dev="vdn"))


def keep(*names):
    def change(domain):
        domain.devices.disks = [disk for disk in domain.devices.disks if disk.target.dev in names]

    return change


def order(*names):
    def change(domain):
        domain.devices.disks.sort(key=lambda disk: names.index(disk.target.dev))

    return change


def put(place):
    return lambda domain: domain.devices.disks.insert(place, new_disk())


def replace_second(domain):
    domain.devices.disks[1] = domain.devices.disks[1].replace(device="cdrom")


CHANGES = {
    "nothing": (repr, ALL),
    "first": (keep("vdb", "vdc"), text("vdb", "nic", "vdc")),
    "middle": (keep("vda", "vdc"), text("vda", ODD_LEFT, "nic", "vdc")),
    "last": (keep("vda", "vdb"), text("vda", "vdb", "nic")),
    "all": (keep(), text(ODD_LEFT, "nic")),
    "another kind": (lambda domain: domain.devices.interfaces.clear(), text("vda", "vdb", "vdc")),
    "sorted": (order("vdc", "vda", "vdb"), text("vdc", "vda", "nic", "vdb")),
    "reversed": (order("vdc", "vdb", "vda"), text("vdc", "vdb", "nic", "vda")),
    "new first": (put(0), text(NEW, "vda", "vdb", "nic", "vdc")),
    "new second": (put(1), text("vda", NEW, "vdb", "nic", "vdc")),
    "new last": (put(3), text("vda", "vdb", "nic", PARTS["vdc"] + NEW)),
    "replaced": (
        replace_second,
        text("vda", PARTS["vdb"].replace("type='file'", "type='file' device='cdrom'"), "nic", "vdc"),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_in_the_model(name):
    change, expected = CHANGES[name]
    domain = Domain.parse(ALL)
    change(domain)
    assert domain.to_xml() == expected


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize(
    "duplicate",
    [
        copy.deepcopy,
        lambda domain: pickle.loads(pickle.dumps(domain)),
        lambda domain: from_dict(domain.to_dict(), Domain),
        lambda domain: domain.replace(),
    ],
)
def test_in_copies_made_before_and_after(name, duplicate):
    change, expected = CHANGES[name]
    domain = duplicate(Domain.parse(ALL))
    change(domain)
    assert domain.to_xml() == duplicate(domain).to_xml() == expected
    names = {name: getattr(libvirtxml, name) for name in dir(libvirtxml)}
    assert eval(domain.to_python(), names).to_xml() == expected


@pytest.mark.parametrize("name", CHANGES)
def test_in_a_text(name):
    change, expected = CHANGES[name]
    changed = edit(ALL, Domain)
    with changed as domain:
        change(domain)
    if name in ("sorted", "reversed"):  # which of several moves is made is the edit's choice
        assert owners(changed.text) == owners(expected)
        assert [disk.target.dev for disk in Domain.parse(changed.text).devices.disks] == [
            disk.target.dev for disk in Domain.parse(expected).devices.disks
        ]
    else:
        assert changed.text == expected


def owners(document):
    """What comes before each device: the text between the one before it and it."""
    parts = document[len(HEAD) : -len(TAIL)]
    found, waiting = {}, []
    for line in parts.splitlines():
        waiting.append(line.strip())
        if line.strip().startswith(("<target", "<interface")):
            found[line.strip()] = [item for item in waiting if item[:2] in ("<!", "<?", "<o")]
            waiting = []
    return found


@pytest.mark.parametrize("names", list(itertools.permutations(["vda", "vdb", "vdc"])))
def test_in_every_order(names):
    for start in itertools.permutations(["vda", "vdb", "vdc"]):
        document = text(*start)
        changed = edit(document, Domain)
        with changed as domain:
            order(*names)(domain)
        domain = Domain.parse(document)
        order(*names)(domain)
        assert domain.to_xml() == text(*names)
        assert changed.text == text(*names)


def test_in_a_list_of_values_with_duplicates():
    document = (
        "<domain type='kvm'><name>a</name><!-- t --><title>t</title><!-- d --><description>d</description></domain>"
    )
    domain = Domain.parse(document)
    domain.title = None
    assert domain.to_xml(indent=False) == document.replace("<!-- t --><title>t</title>", "")
    cpu = DomainCPU.parse("<cpu><!-- one --><feature name='a'/><!-- two --><feature name='a'/><!-- end --></cpu>")
    del cpu.features[0]
    assert cpu.to_xml(indent=False) == "<cpu><!-- two --><feature name='a'/><!-- end --></cpu>"


def test_in_an_element_that_a_program_made():
    domain = Domain(
        type="kvm", name="a", title="t", extra=Extra(sequence=["name", RawNode.from_string("<!--x-->"), "title"])
    )
    assert domain.to_xml(indent=False) == "<domain type='kvm'><name>a</name><!--x--><title>t</title></domain>"
    domain.title = None
    assert domain.to_xml(indent=False) == "<domain type='kvm'><name>a</name></domain>"
    domain.extra = Extra(sequence=[RawNode.from_string("<!--y-->"), "name"])
    domain.title = "t"
    assert domain.to_xml(indent=False) == "<domain type='kvm'><!--y--><name>a</name><title>t</title></domain>"


def test_in_a_sequence_that_a_program_changed():
    domain = Domain.parse(ALL)
    domain.devices.extra.sequence.remove("disks")
    domain.devices.disks.append(new_disk())
    assert domain.to_xml().count("<disk ") == 4
    disk = DiskFile(source=DiskFileSource(file="/a"), target=DiskTarget(dev="vdz"))
    domain.devices.disks[:] = [disk]
    assert domain.to_xml().count("<disk ") == 1


REMARKS = """<domain type='kvm'>
  <name>a</name>
  <devices>
    <emulator>/q</emulator>  <!-- ours -->
    <disk type='file'><target dev='vda'/></disk> <!-- the root -->
    <!-- scratch -->
    <disk type='file'><target dev='vdb'/></disk> <!-- may go --> <?now?>
    <interface type='user'/>
  </devices>
</domain>
"""


def test_a_remark_at_the_end_of_a_line_is_about_that_line():
    for gone, line in (("vda", 5), ("vdb", 7)):
        lines = REMARKS.splitlines(keepends=True)
        kept = lines[: line - 1] + lines[line:]
        if gone == "vdb":
            kept.remove("    <!-- scratch -->\n")
        changed = edit(REMARKS, Domain)
        with changed as domain:
            domain.devices.disks = [disk for disk in domain.devices.disks if disk.target.dev != gone]
        assert changed.text == "".join(kept).replace(" <?now?>" if gone == "vdb" else "\0", "")
        domain = Domain.parse(REMARKS)
        domain.devices.disks = [disk for disk in domain.devices.disks if disk.target.dev != gone]
        assert domain.to_xml() == Domain.parse(changed.text).to_xml()
    with edit(REMARKS, Domain) as domain:
        domain.devices.disks.reverse()
    changed = edit(REMARKS, Domain)
    with changed as domain:
        domain.devices.disks.reverse()
    assert "vda'/></disk> <!-- the root -->" in changed.text
    assert "<!-- scratch -->\n    <disk type='file'><target dev='vdb'/></disk> <!-- may go -->" in changed.text
