"""Nothing is lost: libvirt's own test documents, through XML, JSON, YAML and Python."""

import json
from pathlib import Path

import libvirtxml as model
import pytest
from jsonschema import Draft202012Validator
from libvirtxml import XMLError, compare, from_json, from_yaml, json_schema, parse_any
from libvirtxml._impl.data import type_of
from libvirtxml._impl.roundtrip import find_documents, round_trip
from libvirtxml.containers import document_in

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tests(corpus) -> Path:
    return corpus / "libvirt-11.3.0" / "tests"


def elements(directory, step=1):
    """Documents and fragments with their text; every nth of them."""
    found = []
    for path in list(find_documents([directory]))[::step]:
        data = path.read_bytes()
        try:
            data = document_in(data)
            found.append((path, data, parse_any(data)))
        except XMLError:
            continue
    return found


def test_every_document_is_written_as_it_was_read(tests):
    results = [round_trip(path) for path in find_documents([tests])]
    read = [result for result in results if not result.skipped]
    assert [f"{item.file}: {difference}" for item in read for difference in item.differences] == []
    assert len(read) > 3800


def test_content_is_unknown_only_in_documents_that_are_wrong_on_purpose(tests):
    """Those are named so; ``unparsable`` is libvirt's word for one that it must refuse to read."""
    unknown = {
        item.file.name
        for path in find_documents([tests])
        for item in [round_trip(path)]
        if item.unknown and document_in(data := path.read_bytes()) == data  # what a container holds has private data
    }
    assert [name for name in unknown if "-invalid" not in name and "unparsable" not in name] == []


def test_every_document_survives_json(tests):
    for path, data, element in elements(tests):
        again = from_json(element.to_json())
        assert again == element, path
        assert compare(data, again.to_xml()) == [], path


def test_documents_survive_yaml(tests):
    for path, data, element in elements(tests, 10):
        assert compare(data, from_yaml(element.to_yaml()).to_xml()) == [], path


def test_every_document_is_built_again_by_its_python_expression(tests):
    names = {name: getattr(model, name) for name in dir(model)}
    for path, data, element in elements(tests):
        again = eval(element.to_python(), names)
        assert again == element, path
        assert compare(data, again.to_xml()) == [], path


def test_data_of_documents_fits_the_json_schemas(tests):
    """Always the lenient one; the strict one if the model finds no problem."""
    validators = {}
    for path, _, element in elements(tests, 12):
        cls = type_of(element)
        for strict in (False, True) if not element.problems() else (False,):
            if (cls, strict) not in validators:
                validators[cls, strict] = Draft202012Validator(json_schema(cls, strict=strict))
            error = next(validators[cls, strict].iter_errors(json.loads(element.to_json())), None)
            assert error is None, (path, strict, error)
