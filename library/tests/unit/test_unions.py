import typing

import libvirtxml
import pytest
from libvirtxml import (
    DataError,
    Disk,
    DiskBlock,
    DiskFile,
    HostdevPCI,
    InterfaceBridge,
    ModelError,
    XMLError,
    edit,
    parse,
)
from libvirtxml.introspect import field_names
from libvirtxml.model import MODULES, UNIONS


@pytest.mark.parametrize("name", sorted(UNIONS))
def test_the_type_of_a_union_lists_what_can_be_built(name):
    union = getattr(libvirtxml, name.removeprefix("Any"))
    members = typing.get_args(getattr(libvirtxml, name)) or (getattr(libvirtxml, name),)
    assert all(issubclass(member, union) for member in members)
    known = [getattr(libvirtxml, other) for other in MODULES]
    below = {cls for cls in known if issubclass(cls, union) and cls is not union and not abstract(cls)}
    assert set(members) == below
    with pytest.raises(ModelError, match="is a union"):
        union()


def abstract(cls):
    return f"Any{cls.__name__}" in UNIONS


def test_the_fields_of_variants_do_not_depend_on_the_type():
    assert "source" in field_names(DiskFile)
    assert "source" not in field_names(Disk)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DiskFIle", "DiskFile"),
        ("HostdevPci", "HostdevPCI"),
        ("Tpm", "TPM"),
        ("InterfaceVhostuser", "InterfaceVHostUser"),
    ],
)
def test_a_misspelt_class_gets_a_suggestion(name, meant):
    with pytest.raises(AttributeError, match=f"did you mean '{meant}'"):
        getattr(libvirtxml, name)


def test_what_resembles_nothing_gets_none():
    with pytest.raises(AttributeError) as caught:
        getattr(libvirtxml, "Xyzzy" + "plugh")
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    ("cls", "text", "message"),
    [
        (DiskFile, "<disk type='block'><source dev='/dev/sda'/></disk>", "this is a DiskBlock, not a DiskFile"),
        (DiskFile, "<disk type='newer'/>", "this is not a DiskFile: its type is 'newer'"),
        (DiskBlock, "<disk/>", "this is a DiskFile, not a DiskBlock"),
        (InterfaceBridge, "<interface type='network'/>", "this is an InterfaceNetwork, not an InterfaceBridge"),
        (InterfaceBridge, "<interface/>", "this is not an InterfaceBridge: it has no type"),
        (HostdevPCI, "<hostdev mode='subsystem' type='usb'/>", "this is a HostdevUSB, not a HostdevPCI"),
        (HostdevPCI, "<hostdev mode='capabilities' type='misc'/>", "this is a HostdevMisc, not a HostdevPCI"),
    ],
)
def test_another_variant_is_refused_by_name(cls, text, message):
    for read in (cls.parse, lambda text: parse(text, cls), lambda text: edit(text, cls)):
        with pytest.raises(XMLError) as caught:
            read(text)
        assert str(caught.value) == message
    data = libvirtxml.parse_any(text).to_dict()
    for given in (data, {key: value for key, value in data.items() if key != "$class"}):
        with pytest.raises(DataError, match="this is "):
            cls.from_dict(given)
    with pytest.raises(XMLError, match="an Own"):
        type("Own", (cls,), {}).parse(text)


def test_a_variant_that_is_the_default_need_not_be_named():
    text = "<disk>\n  <target dev='vda'/>\n</disk>\n"
    assert DiskFile.parse(text).to_xml() == text
    assert DiskFile.from_dict(DiskFile.parse(text).to_dict()).to_xml() == text
