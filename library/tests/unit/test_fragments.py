import pytest
from libvirtxml import Disk, DomainSnapshotDisk, XMLError, parse_any
from libvirtxml._impl.fragments import find_type, split_private
from libvirtxml._impl.roundtrip import PRIVATE_FORMATS, find_documents, round_trip, type_name
from libvirtxml.errors import UsageError


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<interface type='network'><source network='a'/></interface>", "InterfaceNetwork"),
        ("<interface type='bridge' name='br0'><start mode='onboot'/></interface>", "HostInterfaceBridge"),
        ("<interface type='network'/>", "InterfaceNetwork"),
        ("<interface type='bridge'/>", "InterfaceBridge"),
        ("<disk type='file' device='cdrom'/>", "DiskFile"),
        ("<domain type='kvm'/>", "Domain"),
        ("<range start='10.0.0.1' end='10.0.0.9'/>", "NetworkIPDHCPRange"),
    ],
)
def test_the_content_decides_what_an_ambiguous_element_is(text, name):
    assert type(parse_any(text)).__name__ == name


def test_an_element_that_nothing_knows_is_refused():
    with pytest.raises(XMLError, match="no libvirt document or part of one has the root element <x>"):
        parse_any("<x/>")


def test_types_are_found_by_class_and_by_element():
    assert find_type("Disk") is find_type("disk") is Disk
    assert find_type("DomainSnapshotDisk") is DomainSnapshotDisk
    assert find_type("domaincapabilities") is find_type("DomainCapabilities")
    with pytest.raises(UsageError, match="'diks'") as caught:
        find_type("diks")
    assert "disk" in caught.value.hint.lower()


def test_private_data_is_distinguished_from_unknown_content():
    disk = parse_any(
        "<disk type='file' a='1'><source file='/a'><privateData><nodenames/></privateData></source></disk>"
    )
    public, private = split_private(disk.unknown())
    assert [item.path for item in public] == ["/disk/@a"]
    assert [item.path for item in private] == ["/disk/source/privateData/nodenames"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"../elsewhere/file.xml", "not XML"),
        (b"", "not XML"),
        (b"<domain>", "not well-formed XML"),
        (b"<domain/><domain/>", "not well-formed XML"),
        (
            b"<!DOCTYPE domain [<!ENTITY a 'b'>]><domain/>",
            "has a document type declaration that adds to it, which is not read",
        ),
        (b"<recipe/>", "<recipe>: no public libvirt document"),
        (b"<domstatus/>", f"<domstatus>: {PRIVATE_FORMATS['domstatus']}"),
    ],
)
def test_skipped_files_have_a_reason(tmp_path, data, reason):
    path = tmp_path / "a.xml"
    path.write_bytes(data)
    assert round_trip(path).skipped == reason


def test_a_document_that_only_we_refuse_is_a_difference_not_skipped(tmp_path):
    path = tmp_path / "deep.xml"
    path.write_text("<domain>" + "<a>" * 300 + "</a>" * 300 + "</domain>")
    result = round_trip(path)
    assert not result.skipped
    assert "nest too deeply" in str(result.differences[0])


def test_documents_below_a_directory_are_found_in_order(tmp_path):
    for name in ("b/2.xml", "a.XML", "b/1.xml", "c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("<domain/>")
    names = [str(path.relative_to(tmp_path)) for path in find_documents([tmp_path, tmp_path / "c.txt"])]
    assert names == ["a.XML", "b/1.xml", "b/2.xml", "c.txt"]


def test_variants_count_as_their_union():
    assert type_name(parse_any("<disk type='file'/>")) == "Disk fragment"
    assert type_name(parse_any("<pool type='dir'/>")) == "StoragePool"
