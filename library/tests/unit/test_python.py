import copy
import pickle

import libvirtxml as model
import pytest
from libvirtxml import Disk, DiskFile, Extra, ModelError, RawNode, compare, parse, parse_any, to_script
from xml_helpers.sample_documents import SAMPLES, sample


def build(element):
    return eval(element.to_python(), {name: getattr(model, name) for name in dir(model)})


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_expression_builds_the_same_document(path):
    element = parse_any(path)
    again = build(element)
    assert again == element
    assert compare(path.read_bytes(), again.to_xml()) == []


def test_a_plain_document_gives_plain_keywords():
    text = "<disk type='file' device='disk'><target dev='vda' bus='virtio'/></disk>"
    assert Disk.parse(text).to_python() == ("DiskFile(device='disk', target=DiskTarget(dev='vda', bus='virtio'))")


@pytest.mark.parametrize(
    "text",
    [
        "<disk/>",
        "<disk type='hologram'/>",
        "<disk type='file'><target bus='warp'/></disk>",
        "<disk type='file'><address type='pci' bus='31' slot='007' function='x'/></disk>",
        "<disk type='file'><iotune><total_bytes_sec>0x10</total_bytes_sec></iotune></disk>",
        "<disk type='file' a='1'>x<b/>y</disk>",
        "<disk type='file'><!--a--><readonly/><?p q?></disk>",
        "<disk type='file'><serial odd='1'>S<x/></serial></disk>",
        "<disk type='file'><iotune/><throttlefilters/></disk>",
        "<!--before--><disk type='file'/><?after x?>",
    ],
)
def test_what_the_schema_forbids_is_built_through_extra(text):
    disk = Disk.parse(text)
    assert compare(text, build(disk).to_xml()) == []


def test_a_script_imports_what_it_uses():
    names: dict = {}
    exec(to_script(parse_any(sample("future"))), names)
    assert compare(sample("future").read_bytes(), names["document"].to_xml()) == []


def test_unchecked_values_are_taken_as_text_and_reported():
    disk = DiskFile(target=model.DiskTarget(dev="vda", extra=Extra(unchecked={"bus": "warp"})))
    assert disk.target.bus == "warp"
    assert [problem.path for problem in disk.problems()] == ["/disk/target/@bus"]
    assert disk.target.extra is None


def test_unchecked_leaves_out_what_a_constructor_demands():
    assert model.OSBoot(extra=Extra(unchecked={"dev": None})).to_xml() == "<boot/>\n"
    with pytest.raises(ModelError, match="OSBoot needs dev"):
        model.OSBoot()


def test_unchecked_names_must_be_fields():
    with pytest.raises(TypeError, match="no field 'colour'"):
        model.OSBoot(dev="hd", extra=Extra(unchecked={"colour": "red"}))


def test_comments_around_the_root_are_kept_copied_and_pickled():
    text = "<!-- made by hand --><domain type='kvm'/><?end now?>"
    domain = parse(text)
    for item in (domain, copy.deepcopy(domain), pickle.loads(pickle.dumps(domain)), domain.replace(name="a")):
        assert item.to_xml().startswith("<!-- made by hand -->\n<domain")
        assert item.to_xml().endswith("<?end now?>\n")


def test_raw_nodes_print_as_what_builds_them():
    for node in (
        RawNode.from_string("<a b='1'>x</a>"),
        RawNode.from_string("<p:a/>", {"p": "urn:x", "q": "urn:y"}),
        RawNode.from_string("<!-- c -->"),
        RawNode.from_text("a < b"),
    ):
        assert eval(repr(node)) == node
