"""`check`, `validate`, with and without schemas, and `problems()` never contradict each other.

What that means is in docs/xml-check.md, and each of its sentences is an assertion here. The documents are libvirt's own
and mutants of them.
"""

import copy
import random

import pytest
from libvirtxml import XMLError, parse_any, validate
from libvirtxml._impl.parse import parse_tree
from libvirtxml._impl.schema_validation import SCHEMA_FILES, fits_document
from libvirtxml.acceptance import RefusalKind, check
from libvirtxml.containers import open_container
from libvirtxml.definition import find_objections
from libvirtxml.findings import Severity
from lxml import etree

pytestmark = pytest.mark.slow
BLANK = " virtio"
VALUES = ["bogus", "-1", "", BLANK, "99999999999", "0x1F"]


def mutant(text, rng):
    """A document with one thing removed, repeated, added or given another value."""
    root = etree.fromstring(text)
    node = rng.choice([node for node in root.iter() if isinstance(node.tag, str)])
    ways = ["add", "name"]
    ways += ["drop", "set", "set"] if node.attrib else []
    ways += ["remove", "repeat"] if node is not root else []
    ways += ["text"] if node.text and node.text.strip() else []
    match rng.choice(ways):
        case "add":
            etree.SubElement(node, "novelty")
        case "name":
            node.set("fresh", "1")
        case "drop":
            node.attrib.pop(rng.choice(sorted(node.attrib)))
        case "set":
            node.set(rng.choice(sorted(node.attrib)), rng.choice(VALUES))
        case "remove":
            node.getparent().remove(node)
        case "repeat":
            node.addnext(copy.deepcopy(node))
        case "text":
            node.text = rng.choice(VALUES)
    return etree.tostring(root)


def documents(corpus, step):
    """Documents of the corpus, each with two mutants."""
    rng = random.Random(step)
    for path in sorted((corpus / "libvirt-11.3.0" / "tests").rglob("*.xml"))[::step]:
        text = path.read_bytes()
        try:
            parse_any(text)
            texts = [text, mutant(text, rng), mutant(text, rng)]
        except (XMLError, etree.XMLSyntaxError):
            continue
        if open_container(text) is None:
            yield from ((path.name, item) for item in texts)


def plain(path):
    return path.replace("[1]", "")


def minded(text, schemas=None):
    """What validation minds for the schema's sake, and for what libvirt defines: paths."""
    found = [item for item in validate(text, schemas) if item.severity is not Severity.NOTE]
    return {item.subject for item in found if item.rule.startswith("xml-")}, {
        item.subject for item in found if not item.rule.startswith("xml-")
    }


def contradictions(text, schemas):
    """Where two answers about a document cannot both be right."""
    element, accepted = parse_any(text), check(text)
    by_schema, by_rules = minded(text)
    problems = {problem.path for problem in element.problems()}
    if problems - by_schema - by_rules or by_schema - problems - {item.path for item in element.unknown()}:
        yield "problems() and validation mind other places"
    if not by_rules <= {item.path for item in find_objections(text) or ()}:
        yield "validation has objections that the second verdict has not"
    own_judgement = {item.path for item in element.problems() if item.kind == "combination" or BLANK in item.message}
    if "schema accepts" in accepted.verdicts.values() and by_schema - own_judgement:
        yield f"some release's schema accepts {sorted(by_schema)}"
    for refusal in accepted.refusals:
        is_absent = refusal.kind is RefusalKind.MISSING or (refusal.kind, refusal.value) == (RefusalKind.VALUE, "")
        place = plain(refusal.path)
        found = any(plain(path).startswith(place) or place.startswith(plain(path)) for path in by_schema)
        if not refusal.accepted.releases and not found and not is_absent:
            yield f"no release's schema accepts {refusal.path}"
    root = parse_tree(text)
    if root.tag in SCHEMA_FILES and fits_document(root):
        by_schema, _ = minded(text, schemas)
        is_accepted = check(text, "12.8.0", schemas=schemas).accepted
        if is_accepted is bool(by_schema):
            yield "the schemas and validation with them differ"
        if is_accepted and accepted.verdicts["12.8.0"] != "schema accepts":
            yield "the facts refuse what the schema accepts"


def test_no_two_answers_about_a_document_contradict_each_other(corpus):
    found, seen = [], 0
    for name, text in documents(corpus, 12):
        seen += 1
        found += [f"{name}: {item}" for item in contradictions(text, corpus / "schemas" / "12.8.0")]
    assert found == []
    assert seen > 800
