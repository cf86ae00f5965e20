"""Classes that users derive from those of the model."""

import copy
import pickle

import pytest
from libvirtxml import (
    DataError,
    DiskFile,
    DiskFileSource,
    DiskNetwork,
    DiskTarget,
    Domain,
    Element,
    ModelError,
    from_dict,
    parse,
)

XML = "<domain type='kvm'>\n  <name>web</name>\n  <!-- kept -->\n</domain>\n"


class Guest(Domain):
    @property
    def title_or_name(self):
        return self.title or self.name


class Disk(DiskFile):
    """Named like another class of the model."""


def test_a_document_is_read_as_the_class_that_was_asked_for():
    guest = Guest.parse(XML)
    assert type(guest) is Guest
    assert guest.title_or_name == "web"
    assert guest.to_xml() == XML
    assert type(parse(XML, Guest)) is Guest
    assert type(parse(XML)) is Domain


def test_copies_of_it_are_of_its_class():
    guest = Guest(type="kvm", name="web", title="Web")
    for same in (copy.deepcopy(guest), pickle.loads(pickle.dumps(guest)), Guest.from_dict(guest.to_dict())):
        assert type(same) is Guest
        assert same == guest
    assert guest.replace(title=None).title_or_name == "web"
    assert Guest.from_json(guest.to_json()).to_xml() == guest.to_xml()


def test_as_data_and_as_python_it_is_the_class_that_others_know():
    guest = Guest(type="kvm", name="web")
    assert type(from_dict(guest.to_dict())) is Domain
    assert eval(guest.to_python()) == Domain(type="kvm", name="web")


def test_the_name_of_the_class_and_its_module_do_not_matter():
    disk = Disk.parse("<disk type='file'><source file='/a'/><target dev='vda'/></disk>")
    assert (type(disk), disk.type, disk.source.file) == (Disk, "file", "/a")
    local = type("Domain", (Domain,), {"__module__": "nowhere"})
    assert local.parse(XML).to_xml() == XML


def test_it_stands_where_its_base_may_stand():
    domain = parse("<domain type='kvm'><name>web</name><devices/></domain>")
    disk = Disk(source=DiskFileSource(file="/a"), target=DiskTarget(dev="vda"))
    domain.devices.disks = [disk]
    assert "<disk type='file'>" in domain.to_xml()
    with pytest.raises(ModelError, match="is a DomainCPU"):
        domain.cpu = disk


def test_data_of_another_variant_is_refused():
    other = DiskNetwork.parse("<disk type='network'><source protocol='nbd'/><target dev='vda'/></disk>").to_dict()
    with pytest.raises(DataError, match="this is a DiskNetwork, not a Disk"):
        Disk.from_dict(other)


def test_a_class_that_derives_from_nothing_in_the_model_is_refused():
    with pytest.raises(ModelError, match="Other is not a class of the model"):
        type("Other", (Element,), {})()
