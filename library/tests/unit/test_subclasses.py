"""Classes that users derive from those of the model."""

import copy
import functools
import pickle

import libvirtxml
import pytest
from libvirtxml import (
    DataError,
    Devices,
    DiskFile,
    DiskFileSource,
    DiskNetwork,
    DiskTarget,
    Domain,
    Element,
    Extra,
    ModelError,
    Subclasses,
    diff,
    edit,
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


def test_deep_copies_follow_what_a_class_says_of_its_state():
    class Slotted:
        __slots__ = ("note",)

    class Locked(Slotted, DiskFile):
        def __getstate__(self):
            fields, slots = object.__getstate__(self)
            return {**fields, "serial": "copied"}, slots

    class Counted(DiskFile):
        def __deepcopy__(self, memo):
            same = super().__deepcopy__(memo)
            same.serial = "counted"
            return same

    locked = Locked(target=DiskTarget(dev="vda"))
    locked.note = ["kept"]
    domain = Domain(type="kvm", name="web", devices=Devices(disks=[locked, Counted(target=DiskTarget(dev="vdb"))]))
    first, second = copy.deepcopy(domain).devices.disks
    assert (type(first), first.serial, first.note, first.note is locked.note) == (Locked, "copied", ["kept"], False)
    assert (type(second), second.serial, second.target.dev) == (Counted, "counted", "vdb")


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
    with pytest.raises(ModelError, match="takes DomainCPU"):
        domain.cpu = disk


def test_data_of_another_variant_is_refused():
    other = DiskNetwork.parse("<disk type='network'><source protocol='nbd'/><target dev='vda'/></disk>").to_dict()
    with pytest.raises(DataError, match="this is a DiskNetwork, not a Disk"):
        Disk.from_dict(other)


def test_a_class_that_derives_from_nothing_in_the_model_is_refused():
    with pytest.raises(ModelError, match="Other is not a class of the model"):
        type("Other", (Element,), {})()


# --- a program's own classes within a document ----------------------------------------------------------------------


class Named:
    """A mixin that knows nothing of the library."""

    label: str = "none"

    @functools.cached_property
    def shout(self):
        return self.name.upper()

    def remember(self, what):
        self._memory = what


class Host(Named, Domain):
    owner: str = "nobody"

    @property
    def paths(self):
        return [disk.path for disk in self.devices.disks if isinstance(disk, Image)]


class Image(DiskFile):
    @property
    def path(self):
        return self.source.file


DISKS = (
    "<domain type='kvm'><name>web</name><!-- kept --><devices>"
    "<disk type='file'><source file='/a'/><target dev='vda'/></disk>"
    "<disk type='network'><source protocol='nbd'/><target dev='vdb'/></disk>"
    "<disk type='new'><target dev='vdc'/></disk></devices></domain>"
)
OURS = Subclasses(Host, Image)


def test_a_program_says_which_classes_a_document_is_read_as():
    host = OURS.parse(DISKS)
    assert type(host) is Host
    assert [type(disk).__name__ for disk in host.devices.disks] == ["Image", "DiskNetwork", "Disk"]
    assert host.paths == ["/a"]
    assert host.to_xml() == Domain.parse(DISKS).to_xml()
    assert type(Domain.parse(DISKS).devices.disks[0]) is DiskFile
    assert OURS.from_dict(host.to_dict()) == host
    assert type(OURS.from_dict(host.to_dict(), Host).devices.disks[0]) is Image


def test_an_element_is_equal_to_one_of_the_class_that_it_derives_from():
    assert OURS.parse(DISKS) == Domain.parse(DISKS)
    assert OURS.parse(DISKS).devices.disks[0] != Domain.parse(DISKS).devices.disks[1]
    assert list(diff(OURS.parse(DISKS), Domain.parse(DISKS))) == []


def test_own_attributes_are_kept_with_the_object_and_nowhere_else():
    host = OURS.parse(DISKS, Host)
    text, data = host.to_xml(), host.to_dict()
    assert host.shout == "WEB"
    host.remember("this")
    host.owner = host.label = "ada"
    host.devices.disks[0].__dict__["cached"] = 1
    assert host.to_xml() == text
    assert host.to_dict() == data
    assert host.problems() == Domain.parse(DISKS).problems()
    assert host.unknown() == []
    assert eval(host.to_python(), vars(libvirtxml) | {name: getattr(libvirtxml, name) for name in dir(libvirtxml)})
    assert list(diff(host, Domain.parse(DISKS))) == []
    assert host != Host.parse(DISKS)
    del host.owner, host.label
    assert host == Host.parse(DISKS)


def test_copies_keep_what_a_class_declares_and_forget_what_is_cached():
    host = Host(type="kvm", name="web", owner="ada")
    assert (host.owner, host.shout) == ("ada", "WEB")
    other = host.replace(name="mail")
    assert (other.owner, other.shout) == ("ada", "MAIL")
    for same in (copy.deepcopy(host), pickle.loads(pickle.dumps(host)), copy.copy(host)):
        assert same == host
        assert same.owner == "ada"


def test_what_nobody_declares_is_refused_as_ever():
    host = Host(type="kvm", name="web")
    with pytest.raises(AttributeError, match="has no field 'nmae'"):
        host.nmae = "a"
    with pytest.raises(TypeError, match="has no field 'nmae'"):
        Host(type="kvm", name="web", nmae="a")
    with pytest.raises(AttributeError):
        Domain(type="kvm", name="web")._memory = 1


def test_a_document_of_own_classes_is_edited():
    with edit(DISKS, Host) as host:
        OURS.apply(host).devices.disks[0].source.file = "/b"
        host.remember("this")
    change = edit(DISKS, Host)
    with change as host:
        OURS.apply(host).devices.disks[0].source.file = "/b"
    assert change.text == DISKS.replace("'/a'", "'/b'")


def test_one_class_for_one_and_only_of_the_model():
    with pytest.raises(ModelError, match="Guest and Host are both for Domain"):
        Subclasses(Host, Guest)
    with pytest.raises(ModelError, match="not a class of the model"):
        Subclasses(dict)
    slotted = type("Slotted", (Domain,), {"__slots__": ("more",)})
    with pytest.raises(ModelError, match="objects of Domain cannot become Slotted"):
        Subclasses(slotted)


def test_extra_is_given_and_assigned():
    host = Host(type="kvm", name="web", extra=Extra({"new": "1"}))
    assert "<domain type='kvm' new='1'>" in host.to_xml()
    host.extra = Extra({"other": "2"})
    host.name = "mail"
    assert "<domain type='kvm' other='2'>" in host.to_xml()
    host.extra = None
    assert host == Domain(type="kvm", name="mail")
