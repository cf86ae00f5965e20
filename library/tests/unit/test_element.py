import copy
import pickle
import threading
import xml.etree.ElementTree as ET

import pytest
from libvirtxml import (
    OS,
    ConsolePTY,
    ConsoleUNIX,
    Devices,
    Disk,
    DiskFile,
    DiskFileSource,
    DiskNetwork,
    DiskTarget,
    Domain,
    InterfaceBridge,
    Memory,
    MemoryDeviceDIMM,
    ModelError,
    NWFilterRule,
    OSType,
    QEMUArg,
    QEMUCommandline,
    RawNode,
    parse,
)

QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"


def disk(dev: str, file: str = "/a") -> DiskFile:
    return DiskFile(source=DiskFileSource(file=file), target=DiskTarget(dev=dev))


def domain(**fields) -> Domain:
    return Domain(type="kvm", name="vm", **fields)


def test_objects_are_plain():
    first = domain(devices=Devices(disks=[disk("vda")]))
    for same in (copy.deepcopy(first), pickle.loads(pickle.dumps(first)), parse(first.to_xml()), eval(repr(first))):
        assert same == first
        assert same.to_xml() == first.to_xml()
    other = first.replace(name="other")
    assert (first.name, other.name, other.devices is first.devices) == ("vm", "other", True)
    assert first != other
    with pytest.raises(TypeError, match="unhashable"):
        hash(first)


def test_lists_come_to_be_when_they_are_looked_at_and_do_not_change_a_comparison():
    item, two = Devices(), Devices()
    assert item.disks == []
    assert item == two
    assert item.to_xml() == "<devices/>\n"
    item.disks.append(disk("vda"))
    assert item != two
    assert len(parse(domain(devices=item).to_xml()).devices.disks) == 1


def test_new_fields_go_where_libvirt_writes_them():
    item = domain()
    item.devices = Devices()
    item.os = OS(type=OSType(value="hvm"))
    item.memory = Memory(value=1024, unit="MiB")
    item.uuid = "c7a5fdbd-edaf-9455-926a-d65c16db1809"
    tags = [line.strip().split("<")[1].split(">")[0].split()[0] for line in item.to_xml().splitlines()[1:-1]]
    assert tags == ["name", "uuid", "memory", "os", "type", "/os", "devices/"]


def test_setting_none_removes_and_required_fields_stay():
    item = domain(title="t")
    item.title = None
    assert "title" not in item.to_xml()
    with pytest.raises(ModelError, match="Domain needs type"):
        item.type = None
    target = DiskTarget(dev="vda", bus="virtio")
    del target.bus
    assert target.to_xml() == "<target dev='vda'/>\n"


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: Domain(name="x"), ModelError, "Domain needs type"),
        (lambda: Domain(type="kvmm", name="x"), ModelError, "'kvmm' is not allowed"),
        (lambda: Domain(type="kvm", nam="x", name="y"), TypeError, "no field 'nam', did you mean 'name'"),
        (lambda: Disk(target=DiskTarget(dev="vda")), ModelError, "union: use one of DiskBlock"),
        (lambda: DiskNetwork(source=DiskFileSource(), target=DiskTarget(dev="vda")), ModelError, "got DiskFileSource"),
        (lambda: Devices(disks=disk("vda")), ModelError, "Devices.disks is a list"),
        (lambda: Devices(disks=["vda"]), ModelError, "got str"),
        (lambda: DiskTarget(dev="a\x00b"), ModelError, "character that XML forbids"),
        (lambda: DiskTarget(dev="a\ud800b"), ModelError, "character that XML forbids"),
        (lambda: disk("vda", "/x").replace(type="block"), ModelError, "cannot be changed"),
    ],
)
def test_impossible_objects_are_refused(build, error, message):
    with pytest.raises(error) as caught:
        build()
    assert message in str(caught.value)


def test_typos_on_assignment_are_refused():
    with pytest.raises(AttributeError, match="no field 'devcies', did you mean 'devices'"):
        domain().devcies = Devices()


def test_alternatives_exclude_each_other():
    from libvirtxml import NWFilterRuleTCP, NWFilterRuleUDP

    with pytest.raises(ModelError, match="tcp and udp exclude each other"):
        NWFilterRule(action="drop", direction="in", tcp=NWFilterRuleTCP(), udp=NWFilterRuleUDP())
    both = NWFilterRule.parse("<rule action='drop' direction='in'><tcp/><udp/></rule>")
    assert [problem.kind for problem in both.problems()] == ["combination"]


def test_variants_are_matched_by_class():
    devices = Devices.parse(
        "<devices><disk><target dev='vda'/></disk><disk type='network'><source protocol='rbd' name='p/i'/>"
        "<target dev='vdb'/></disk><disk type='holographic'><target dev='vdc'/></disk>"
        "<interface type='bridge'><source bridge='br0'/></interface>"
        "<console type='pty'><source path='/dev/pts/1'/></console><console type='unix'><source mode='bind' path='/s'/>"
        "</console><memory model='dimm'><target><size>1</size></target></memory></devices>"
    )
    names = []
    for item in devices.disks:
        match item:
            case DiskFile():
                names.append(f"file {item.type}")
            case DiskNetwork(source=source):
                names.append(f"network {source.protocol}")
            case _:
                names.append(f"other {item.type}")
    assert names == ["file file", "network rbd", "other holographic"]
    assert isinstance(devices.interfaces[0], InterfaceBridge)
    assert [type(console) for console in devices.consoles] == [ConsolePTY, ConsoleUNIX]
    assert isinstance(devices.memories[0], MemoryDeviceDIMM)
    assert "type='file'" not in devices.to_xml()  # a default that was not written stays unwritten
    assert [problem.path for problem in devices.problems()] == ["/devices/disk[3]/@type"]


def test_text_is_escaped_and_comes_back():
    odd = "<a> & 'b' \"c\" \u00fc\n\t]]> \r end"
    item = domain(description=odd, devices=Devices(disks=[disk("vda", "/a'b&<c>\"\td")]))
    again = parse(item.to_xml())
    assert again.description == odd
    assert again.devices.disks[0].source.file == "/a'b&<c>\"\td"
    assert parse(item.to_xml(indent=False)) == item


def test_namespaces_are_declared_where_they_are_needed():
    item = domain(qemu_commandline=QEMUCommandline(qemu_args=[QEMUArg(value="-s")]))
    text = item.to_xml()
    assert text.startswith(f"<domain xmlns:qemu='{QEMU}' type='kvm'>") or f"xmlns:qemu='{QEMU}'" in text
    assert "<qemu:arg value='-s'/>" in text
    assert parse(text) == item


def test_prefixes_and_their_declarations_stay_as_written():
    text = (
        f"<domain type='kvm' xmlns:q='{QEMU}' xmlns:nova='urn:nova'><name>x</name><metadata>"
        "<nova:instance a='1'><nova:name>n</nova:name></nova:instance><x xmlns='urn:x'/></metadata>"
        "<q:commandline><q:arg value='-s'/></q:commandline></domain>"
    )
    item = parse(text)
    assert item.to_xml(indent=False) == text
    assert [arg.value for arg in item.qemu_commandline.qemu_args] == ["-s"]
    assert [node.clark_name for node in item.metadata.nodes] == ["{urn:nova}instance", "{urn:x}x"]
    moved = domain(metadata=item.metadata)
    assert parse(moved.to_xml()).metadata.nodes[0].clark_name == "{urn:nova}instance"


def test_unknown_content_is_kept_in_place_and_listed():
    text = (
        "<domain type='kvm' future='1'><!-- who --><name later='x'>vm</name><teleport to='mars'><deep/></teleport>"
        "<vcpu>2</vcpu><?pi data?><name>twice</name><devices>stray<disk type='file'><target dev='vda'/></disk>"
        "<emulator>/q</emulator><disk type='file'><target dev='vdb'/></disk></devices></domain>"
    )
    item = parse(text)
    assert item.to_xml(indent=False) == text
    assert [problem.path for problem in item.unknown()] == [
        "/domain/@future",
        "/domain/teleport",
        "/domain/name[2]",
        "/domain/name/@later",
        "/domain/devices",
    ]
    assert item.name == "vm"
    item.name = "new"
    item.devices.disks.append(disk("vdc"))
    changed = item.to_xml(indent=False)
    assert "<name later='x'>new</name>" in changed
    assert "<teleport to='mars'><deep/></teleport>" in changed
    assert changed.index("'vdb'") < changed.index("'vdc'") < changed.index("</devices>")


def test_raw_nodes_are_values():
    node = RawNode.from_string("<a:b xmlns:a='urn:a' c='1'>t<d/>u</a:b>")
    assert node == RawNode.from_string(node.to_string())
    assert (node.text, node.attributes["c"], [child.name for child in node.children()]) == ("tu", "1", ["d"])
    assert copy.deepcopy(node) == node == pickle.loads(pickle.dumps(node))


def test_documents_can_be_read_by_many_threads():
    text = domain(devices=Devices(disks=[disk(f"vd{c}") for c in "abcdef"])).to_xml()
    results: list[str] = []
    threads = [
        threading.Thread(target=lambda: results.extend(parse(text).to_xml() for _ in range(50))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [text] * 400


def test_anything_with_a_document_is_read(tmp_path):
    text = domain().to_xml()
    path = tmp_path / "vm.xml"
    path.write_text(text)

    class Handle:
        def XMLDesc(self, flags=0):
            return text

    with path.open("rb") as file:
        documents = [parse(source) for source in (text, text.encode(), path, str(path), file, Handle())]
    assert all(document == documents[0] for document in documents)


def test_a_first_child_that_is_set_in_a_document_with_an_order_of_its_own_is_written_once():
    text = (
        "<devices><disk type='file'><target dev='vda'/></disk><controller type='scsi'/>"
        "<disk type='file'><target dev='vdb'/></disk></devices>"
    )
    devices = Devices.parse(text)
    devices.emulator = "/usr/bin/qemu"
    again = Devices.parse(devices.to_xml())
    assert again.to_xml() == devices.to_xml()
    assert again.emulator == "/usr/bin/qemu"
    assert [type(disk).__name__ for disk in again.disks] == ["DiskFile", "DiskFile"]


def test_names_in_braces_are_refused_and_never_written():
    domain = Domain.parse("<domain><metadata><i:host xmlns:i='urn:i'/></metadata></domain>")
    element = domain.metadata.nodes[0].element
    ET.SubElement(element, "{urn:i}owner").text = "ada"
    for write in (domain.to_xml, domain.to_dict, domain.to_python):
        with pytest.raises(ModelError, match="has a name in braces"):
            write()
    element.remove(element[0])
    element.set("{urn:i}row", "1")
    with pytest.raises(ModelError, match=r"<i:host> has a name in braces"):
        domain.to_xml()
