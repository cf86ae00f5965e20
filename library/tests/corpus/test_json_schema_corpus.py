"""The strict JSON Schemas against libvirt's own schemas, on documents with one wrong value."""

import json
import random
from functools import cache

import pytest
from jsonschema import Draft202012Validator
from libvirtxml import XMLError, json_schema, parse_any
from libvirtxml._impl.data import type_of
from libvirtxml._impl.schema_validation import SCHEMA_FILES
from lxml import etree

pytestmark = pytest.mark.slow
WRONG = ["bogus!", "-1", "x y", "99999999999"]


@cache
def validator(cls):
    return Draft202012Validator(json_schema(cls))


def is_valid(tree):
    element = parse_any(etree.tostring(tree))
    return validator(type_of(element)).is_valid(json.loads(element.to_json()))


def trees(corpus, step):
    """Documents that libvirt 12.8's schemas accept, with the schema."""
    schemas = {}
    for path in sorted((corpus / "libvirt-11.3.0" / "tests").rglob("*.xml"))[::step]:
        try:
            parse_any(path)
            tree = etree.parse(str(path)).getroot()
        except (XMLError, etree.XMLSyntaxError):
            continue
        if (file := SCHEMA_FILES.get(tree.tag)) is not None:
            if file not in schemas:
                schemas[file] = etree.RelaxNG(etree.parse(str(corpus / "schemas" / "12.8.0" / file)))
            if schemas[file].validate(tree):
                yield path.name, tree, schemas[file]


def test_values_that_libvirts_schemas_refuse_are_refused(corpus):
    rng = random.Random(7)
    refused = missed = 0
    alarms = []
    for name, tree, schema in trees(corpus, 40):
        assert is_valid(tree), name
        with_attributes = [node for node in tree.iter() if isinstance(node.tag, str) and node.attrib] or [tree]
        for node in rng.choices(with_attributes, k=3):
            key = rng.choice(sorted(node.attrib) or ["type"])
            kept = node.get(key, "")
            node.set(key, rng.choice(WRONG))
            if schema.validate(tree):
                alarms += [] if is_valid(tree) else [f"{name}: <{node.tag} {key}={node.get(key)!r}>"]
            else:
                refused += 1
                missed += is_valid(tree)
            node.set(key, kept)
    assert alarms == []
    assert refused > 100
    assert missed <= refused / 20
