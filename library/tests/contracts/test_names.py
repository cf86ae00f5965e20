"""Names of classes and fields: what several places share is not named after one of them."""

import re

import libvirtxml
from libvirtxml._impl.tables import info_of
from libvirtxml.introspect import field_names
from libvirtxml.model import MODULES

CLASSES = {name: getattr(libvirtxml, name) for name in MODULES}
REVIEWED = {
    "DiskBlockIO": "not of a block disk: the word is blockio",
    "NodeDeviceMDevTypes": "not of a mediated device: the word is mdev_types",
    "NodeDeviceMDevTypesType": "the same",
}


def owners():
    """The classes that have fields with objects of each class."""
    found = {}
    for name, cls in CLASSES.items():
        for field in info_of(cls).fields.values():
            if field.kind.is_object and field.name in vars(cls).get("__annotations__", {}):
                found.setdefault(field.reference, set()).add(name)
    return found


def kind_of(name):
    """The value that makes it a variant: ``file`` for file disks, backing files and so on."""
    info = info_of(CLASSES[name])
    while info.base is not None:
        union = info_of(CLASSES[info.base])
        if union.base is None:
            return info.fields[union.discriminant.name].reference
        info = union
    return name


def test_what_variants_share_is_not_named_after_one_of_them():
    variants = [name for name, cls in CLASSES.items() if info_of(cls).base is not None]
    misleading = {
        f"{shared}, named after {variant}: {', '.join(sorted(places))}"
        for shared, places in owners().items()
        if info_of(CLASSES[shared]).base is None and shared not in REVIEWED
        for variant in variants
        if shared.startswith(variant) and not all(place.startswith(variant) for place in places)
        if len({kind_of(place) for place in places}) > 1
    }
    assert misleading == set()


def test_digits_belong_to_the_word_before_them():
    names = {field for cls in CLASSES.values() for field in field_names(cls)}
    assert {"ipv6", "s390_pv", "pcihole64"} <= names
    assert [name for name in names if re.search(r"_[0-9]", name)] == []


def test_names_that_users_look_for_exist():
    for name in (
        "ListenAddress",
        "Teaming",
        "DeviceACPI",
        "PCIAddress",
        "DeviceROM",
        "MTU",
        "HostdevDriver",
        "Clipboard",
    ):
        assert name in CLASSES
