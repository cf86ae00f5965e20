"""What programs can ask the model about its classes."""

import inspect
import pydoc

from libvirtxml import Clock, Disk, DiskFile, Metadata, OSType, find_type
from libvirtxml.introspect import FieldKind, field_kind, field_names
from libvirtxml.model import MODULES


def test_a_field_says_what_it_is_in_xml():
    assert field_kind(DiskFile, "snapshot") is FieldKind.ATTRIBUTE
    assert field_kind(Disk, "type") is FieldKind.DISCRIMINANT
    assert field_kind(OSType, "value") is FieldKind.TEXT
    assert field_kind(find_type("domain"), "name") is FieldKind.LEAF
    assert field_kind(DiskFile, "readonly") is FieldKind.FLAG
    assert field_kind(Clock, "timers") is FieldKind.OBJECT
    assert field_kind(Metadata, "nodes") is FieldKind.NODES


def test_every_field_of_the_model_is_an_attribute_or_text_or_a_child():
    found = set()
    for cls in map(find_type, MODULES):
        for name in field_names(cls):
            kind = field_kind(cls, name)
            assert kind.is_attribute + kind.is_text + kind.is_child == 1
            assert kind.is_child == (kind.has_tag or kind.is_nodes)
            found.add(kind)
    assert found == set(FieldKind)


def test_the_signature_of_a_constructor_names_its_fields():
    parameters = inspect.signature(DiskFile).parameters
    assert set(parameters) == set(field_names(DiskFile)) - {"type"} | {"extra"}
    assert parameters["target"].default is inspect.Parameter.empty
    assert parameters["source"].default is None
    assert parameters["source"].annotation == "DiskFileSource | None"
    assert "target: 'DiskTarget'" in pydoc.render_doc(DiskFile, renderer=pydoc.plaintext)
    assert set(inspect.signature(type("Image", (DiskFile,), {})).parameters) == set(parameters)


def test_everything_can_be_imported_at_once():
    names = {}
    exec("from libvirtxml import *", names)
    assert {"Domain", "AnyDisk", "parse", "MAC"} <= names.keys()
