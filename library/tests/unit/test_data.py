import json

import pytest
from libvirtxml import (
    DataError,
    Disk,
    DiskFile,
    Domain,
    compare,
    from_dict,
    from_json,
    from_yaml,
    parse,
    parse_any,
)
from xml_helpers.sample_documents import SAMPLES, sample


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize(("write", "read"), [("to_json", from_json), ("to_yaml", from_yaml)])
def test_xml_survives_json_and_yaml_exactly(path, write, read):
    element = parse_any(path)
    again = read(getattr(element, write)())
    assert again == element
    assert compare(path.read_bytes(), again.to_xml()) == []


def test_a_plain_document_gives_plain_data():
    xml = """<domain type='kvm'><name>a</name><memory unit='KiB'>1024</memory><features><acpi/></features><devices>
      <disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x1f' slot='0x00' function='0x0' multifunction='on'/></disk>
      </devices></domain>"""
    assert parse(xml).to_dict() == {
        "$class": "Domain",
        "type": "kvm",
        "name": "a",
        "memory": {"unit": "KiB", "value": 1024},
        "features": {"acpi": True},
        "devices": {
            "disks": [
                {
                    "type": "file",
                    "source": {"file": "/a"},
                    "target": {"dev": "vda", "bus": "virtio"},
                    "address": {
                        "type": "pci",
                        "domain": 0,
                        "bus": 31,
                        "slot": 0,
                        "function": 0,
                        "multifunction": True,
                    },
                }
            ]
        },
    }


def test_odd_spellings_are_strings_and_mean_the_same_numbers():
    disk = Disk.parse("<disk type='file'><address type='pci' bus='31' slot='0x00'/></disk>")
    data = disk.to_dict()
    assert data["address"] == {"type": "pci", "bus": "31", "slot": 0}
    assert from_dict(data).address.bus == 31


def test_unknown_content_and_forbidden_values_survive():
    xml = "<disk type='file' new='1'>x<future a='b'>y</future><target dev='vda' bus='warp'/><!-- c --></disk>"
    disk = Disk.parse(xml)
    data = json.loads(disk.to_json())
    assert data["$attributes"] == {"new": "1"}
    assert data["$sequence"] == [{"text": "x"}, "<future a='b'>y</future>", "target", "<!-- c -->"]
    assert data["target"]["bus"] == "warp"
    again = Disk.from_dict(data)
    assert isinstance(again, DiskFile)
    assert compare(xml, again.to_xml()) == []
    assert [problem.path for problem in again.problems()] == ["/disk/target/@bus"]


def test_numbers_that_other_readers_of_json_would_round_are_strings():
    domain = parse("<domain type='kvm'><memory unit='b'>9007199254740993</memory></domain>")
    assert domain.to_dict()["memory"]["value"] == "9007199254740993"
    assert from_dict(domain.to_dict()).memory.value == 9007199254740993


def test_prefixes_declared_on_the_root_are_not_declared_again():
    data = parse_any(sample("domain")).to_dict()
    assert data["$xmlns"].keys() == {"qemu", "inv"}
    assert data["metadata"]["nodes"][0].startswith("<inv:host rack='7'>")


def test_a_part_taken_out_of_its_document_carries_its_namespaces():
    metadata = parse_any(sample("domain")).metadata
    data = metadata.to_dict()
    assert data["$xmlns"] == {"inv": "urn:example:inventory"}
    assert from_dict(data) == metadata


def test_the_order_of_keys_does_not_matter_for_attributes():
    data = {"$class": "DiskFile", "target": {"dev": "vda"}, "device": "disk", "type": "file"}
    assert from_dict(data).to_xml(indent=False) == "<disk device='disk' type='file'><target dev='vda'/></disk>"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "a document is an object with fields, got a list"),
        ({}, "does not name its class"),
        ({"$class": "Nothing"}, "no class of the model is called 'Nothing'"),
        ({"$class": ["Domain"]}, "no class of the model is called"),
        ({"$class": "Domain", "naem": "x"}, "Domain has no field 'naem'"),
        ({"$class": "Domain", "name": 1.5}, "$.name: expected str, got a number"),
        ({"$class": "Domain", "name": None}, "$.name: expected str, got null"),
        ({"$class": "Domain", "name": "\0"}, "holds a character that XML forbids"),
        ({"$class": "Domain", "name": "\ud800"}, "holds a character that XML forbids"),
        ({"$class": "Domain", "devices": []}, "$.devices: expected an object with fields, got a list"),
        ({"$class": "Domain", "devices": {"disks": {}}}, "$.devices.disks: expected a list, got an object"),
        ({"$class": "Domain", "devices": {"disks": [{"x": 1}]}}, "$.devices.disks[0]: Disk"),
        ({"$class": "Domain", "vcpu": {"value": True}}, "$.vcpu.value: expected int, got true or false"),
        ({"$class": "Domain", "metadata": {"nodes": ["<a>"]}}, "$.metadata.nodes[0]: not well-formed XML"),
        ({"$class": "Domain", "metadata": {"nodes": ["<a/><b/>"]}}, "not one XML node"),
        ({"$class": "Domain", "metadata": {"nodes": ["</x><x>"]}}, "$.metadata.nodes[0]"),
        ({"$class": "Domain", "metadata": {"nodes": ["<p:a/>"]}}, "unbound prefix: p"),
        ({"$class": "Domain", "metadata": {"nodes": ["<!DOCTYPE a><a/>"]}}, "$.metadata.nodes[0]"),
        ({"$class": "Domain", "metadata": {"nodes": ["<a>" * 300 + "</a>" * 300]}}, "nest too deeply"),
        ({"$class": "Domain", "$attributes": {"a b": "1"}}, "not a name: 'a b'"),
        ({"$class": "Domain", "$attributes": {"a": 1}}, "the value of 'a' is not text"),
        ({"$class": "Domain", "$attributes": {"type": "kvm"}}, "'type' is a field"),
        ({"$class": "Domain", "$attributes": {"p:a": "1"}}, "unbound prefix: p"),
        ({"$class": "Domain", "$sequence": ["nothing"]}, "Domain has no child field 'nothing'"),
        ({"$class": "Domain", "$sequence": ["type"]}, "Domain has no child field 'type'"),
        ({"$class": "Domain", "$tag": "x><y"}, "$.$tag"),
        ({"$class": "Domain", "$tag": "p:domain"}, "the prefix 'p' does not mean the namespace"),
        ({"$class": "Domain", "$odd": 1}, "unknown key '$odd'"),
    ],
)
def test_wrong_data_is_refused_with_its_path(data, message):
    with pytest.raises(DataError) as caught:
        from_dict(data)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"a": 1, "a": 2}', b"\xff\xfe\xff", "1" * 5000, "NaN"])
def test_what_is_not_json_is_refused(text):
    with pytest.raises(DataError):
        from_json(text)


@pytest.mark.parametrize(
    "text",
    ["", "a: [", "!!python/object:os.system {}", "a: 1\na: 2", "[" * 1000, "? [{a: 1}]\n: b", "\0", b"\xff\xfe\xff"],
)
def test_what_is_not_yaml_is_refused(text):
    with pytest.raises(DataError):
        from_yaml(text)


def test_json_errors_have_a_place():
    with pytest.raises(DataError) as caught:
        from_json('{\n  "a": }')
    assert (caught.value.line, caught.value.column) == (2, 8)


def test_reading_as_a_class_checks_the_class():
    with pytest.raises(DataError, match="this is a Domain, not a Disk"):
        Disk.from_dict({"$class": "Domain"})
    assert isinstance(Domain.from_dict({"name": "a"}), Domain)
    assert isinstance(Disk.from_json('{"type": "file"}'), DiskFile)


def test_parts_carry_the_prefixes_of_their_attributes():
    domain = parse("<domain type='kvm' xmlns:p='urn:p'><os p:x='1'><type>hvm</type></os></domain>")
    expected = "<os xmlns:p='urn:p' p:x='1'><type>hvm</type></os>"
    assert compare(expected, domain.os.to_xml()) == []
    assert compare(expected, from_dict(domain.os.to_dict()).to_xml()) == []


@pytest.mark.parametrize(
    "text",
    [
        "<domain type='kvm' xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><q:commandline/></domain>",
        "<domain><commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'><arg/></commandline></domain>",
        "<domain type='kvm'><qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'/></domain>",
    ],
)
def test_elements_of_a_namespace_keep_their_prefix(text):
    domain = parse(text)
    assert compare(text, domain.to_xml()) == []
    assert compare(text, from_json(domain.to_json()).to_xml()) == []
