"""What Python's own tools ask works: of each class of the model, and of all that is public besides."""

import importlib
import inspect
import pkgutil
import pydoc
import typing
from types import FunctionType, ModuleType

import libvirtxml
import pytest
from libvirtxml.introspect import field_names
from libvirtxml.model import MODULES, UNIONS

PUBLIC = [
    "libvirtxml",
    *(
        module.name
        for module in pkgutil.walk_packages(libvirtxml.__path__, "libvirtxml.")
        if not any(part.startswith("_") or part == "model" for part in module.name.split("."))
    ),
]


def public_objects():
    """The functions, and the classes with their methods, that public modules have."""
    for name in PUBLIC:
        module = importlib.import_module(name)
        own = [key for key, value in vars(module).items() if getattr(value, "__module__", "") == name]
        for key in libvirtxml._OWN if module is libvirtxml else getattr(module, "__all__", own):
            found = getattr(module, key)
            if not key.startswith("_") and isinstance(found, (type, FunctionType)) and key not in MODULES:
                yield f"{name}.{key}", found
                for method, value in vars(found).items() if isinstance(found, type) else ():
                    if isinstance(value, (FunctionType, classmethod, staticmethod)):
                        yield f"{name}.{key}.{method}", getattr(value, "__func__", value)


@pytest.mark.parametrize("module", sorted({module.partition(".")[0] for module in MODULES.values()}))
def test_each_class_of_the_model_can_be_inspected(module):
    names = [name for name, where in MODULES.items() if where.partition(".")[0] == module]
    for name in names:
        cls = getattr(libvirtxml, name)
        own = set(inspect.signature(cls).parameters) - {"extra"}
        properties = {key for key in dir(cls) if isinstance(inspect.getattr_static(cls, key), property)}
        assert own == set(field_names(cls)) - properties, name
        assert own == {key for key in typing.get_type_hints(cls) if not key.startswith("_")}, name
        text = pydoc.render_doc(cls)
        assert all(field in text for field in own), name


def test_hints_are_what_the_fields_hold():
    hints = typing.get_type_hints(libvirtxml.DiskFile)
    assert hints["source"] == libvirtxml.DiskFileSource | None
    assert hints["address"] == libvirtxml.AnyAddress | None
    assert hints["target"] is libvirtxml.DiskTarget
    assert typing.get_type_hints(libvirtxml.Devices)["disks"] == list[libvirtxml.AnyDisk]


def test_public_functions_and_classes_can_be_inspected():
    found = dict(public_objects())
    assert len(found) > 200
    for thing in found.values():
        typing.get_type_hints(thing)
        inspect.signature(thing)
        pydoc.render_doc(thing)


@pytest.mark.parametrize("name", PUBLIC)
def test_all_of_a_module_can_be_imported(name):
    names: dict[str, object] = {}
    exec(f"from {name} import *", names)
    module = importlib.import_module(name)
    public = set(getattr(module, "__all__", ()))
    assert names.keys() >= public
    if name == "libvirtxml":
        assert names.keys() >= MODULES.keys() | UNIONS.keys()
    assert not [key for key, value in names.items() if isinstance(value, ModuleType) and key in public]
