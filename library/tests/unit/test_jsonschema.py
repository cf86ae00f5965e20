import json
import time

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from libvirtxml import Disk, Domain, StoragePool, json_schema, parse_any
from libvirtxml._impl.data import type_of
from libvirtxml._impl.fragments import find_type
from libvirtxml.model import ROOTS
from xml_helpers.sample_documents import SAMPLES


def validator(cls, **options):
    return Draft202012Validator(json_schema(cls, **options))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ROOTS.values()))
def test_every_document_has_a_valid_schema(name):
    Draft202012Validator.check_schema(json_schema(find_type(name)))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_data_of_documents_fits_the_lenient_schema_and_valid_data_the_strict_one(path):
    element = parse_any(path)
    data = json.loads(element.to_json())
    assert list(validator(type_of(element), strict=False).iter_errors(data)) == []
    assert validator(type_of(element)).is_valid(data) == (not element.problems())


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"type": "hologram"},
        {"device": "toaster"},
        {"source": {"dev": "/dev/sda"}},
        {"target": []},
        {"readonly": "yes"},
        {"$class": "Domain"},
        {"$attributes": {"a": 1}},
    ],
)
def test_the_strict_schema_refuses_what_libvirt_would(change):
    data = {"$class": "Disk", "type": "file", "source": {"file": "/a"}, "target": {"dev": "vda", "bus": "virtio"}}
    strict = validator(Disk)
    assert strict.is_valid(data)
    assert not strict.is_valid({**data, **change})


def test_values_have_their_types_and_limits():
    vcpu = validator(Domain.__annotations__ and find_type("vcpu"))
    assert vcpu.is_valid({"$class": "VCPU", "value": 4})
    assert not vcpu.is_valid({"$class": "VCPU", "value": -1})
    assert not vcpu.is_valid({"$class": "VCPU", "value": "four"})


def test_unions_go_by_a_constant():
    schema = json_schema(StoragePool)
    assert {"dir", "rbd", "iscsi"} <= set(schema["properties"]["type"]["enum"])
    message = next(validator(StoragePool).iter_errors({"": "StoragePool", "type": "dir", "name": 1})).message
    assert message == "1 is not of type 'string'"
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_unions_in_each_other_are_validated_in_linear_time():
    chain = "<backingStore type='file'><format type='qcow2'/>" * 20 + "</backingStore>" * 20
    disk = parse_any(f"<disk type='file'><source file='/a'/>{chain}<target dev='vda'/></disk>")
    data = json.loads(disk.to_json())
    strict = validator(Disk)
    started = time.process_time()
    assert strict.is_valid(data)
    assert time.process_time() - started < 1
    inner = data
    while "backing_store" in inner:
        inner = inner["backing_store"]
    inner["colour"] = "red"
    assert "colour" in best_match(strict.iter_errors(data)).message


@pytest.mark.parametrize(
    ("of", "field", "good", "bad"),
    [("AddressPCI", "slot", [0, 31], [-1, 32, 256]), ("AddressPCI", "function", [0, 7], [-1, 8])],
)
def test_numbers_that_patterns_limit_have_limits(of, field, good, bad):
    schema = validator(find_type(of))
    data = {"$class": of, "type": "pci"}
    assert [number for number in (*good, *bad) if schema.is_valid({**data, field: number})] == good
