"""The tables by class and field name what the model has, and every amount with a unit is in them."""

import re
from pathlib import Path

import pytest
from libvirtxml._impl.definition import measured
from libvirtxml._impl.diff import checked, defaults, identity, order, profiles, requests, spellings, stability
from libvirtxml._impl.mixins import Sized
from libvirtxml._impl.tables import find_class, info_of
from libvirtxml.model import MODULES
from libvirtxml.values import unit_size

KEYS = {
    "defaults": defaults.DEFAULTS,
    "empty": defaults.MEANINGLESS_EMPTY,
    "order": order.ORDERED,
    "runtime": profiles.RUNTIME,
    "filled": profiles.FILLED,
    "filled by libvirt": profiles.FILLED_BY_LIBVIRT,
    "hidden": profiles.HIDDEN,
    "visible": [f"{name}.{field}" for name, fields in profiles.VISIBLE.items() for field in fields],
    "identity": [f"{name}.{part.split('.')[0].split('|')[0].rstrip('?')}"
                 for name, keys in identity.IDENTITY.items() for key in keys for part in key],
    "spellings": spellings.SPELLINGS,
    "split": spellings.SPLIT,
    "checked by libvirt": {*checked.VALUES, *checked.ALONE, *checked.LEADING, *checked.LATER,
                           *(key for pair in checked.UNCHECKED for key in pair.split())},
    "assumed by libvirt": {key for pair in {*stability.ASSUMED, *stability.OWN, *stability.VOLATILE}
                           for key in pair.split()},
    "refused by libvirt": {field.rpartition(" ")[2] for table in measured.REFUSED.values() for field in table},
}  # fmt: skip


def variants(name: str) -> list:
    info = info_of(find_class(name))
    return [info, *(variant for inner in info.variants.values() for variant in variants(inner))]


@pytest.mark.parametrize("table", KEYS)
def test_every_key_names_a_class_and_field_of_the_model(table: str) -> None:
    for key in KEYS[table]:
        name, _, field = key.partition(".")
        assert name in MODULES, key
        assert not field or any(field in info.fields for info in variants(name)), key


def test_classes_that_code_calls_by_name_exist() -> None:
    source = Path(requests.__file__).read_text(encoding="utf-8")
    names = re.findall(r'__name__ == "(\w+)"', source)
    assert names
    assert [name for name in names if name not in MODULES] == []


def test_every_default_is_a_value_that_the_schema_allows() -> None:
    for key, text in defaults.DEFAULTS.items():
        name, _, field_name = key.partition(".")
        fields = [info.fields[field_name] for info in variants(name) if field_name in info.fields]
        assert any(field.allowed is None or text in field.allowed for field in fields), key


def test_every_class_with_a_unit_of_size_is_sized() -> None:
    for name in MODULES:
        info = info_of(find_class(name))
        unit = info.fields.get("unit") or info.fields.get("units")
        if unit is not None and unit.codec.python == "str" and "hours" not in (unit.allowed or ()):
            assert issubclass(info.cls, Sized), name
            amount, of, default = info.cls.size_fields()
            assert amount in info.fields, name
            assert of == unit.name
            assert unit_size(default), name
