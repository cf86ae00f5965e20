import typing

import libvirtxml
import pytest
from libvirtxml import Disk, DiskFile, ModelError
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
