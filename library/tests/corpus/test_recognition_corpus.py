"""Which class a document or part is of: what a newer libvirt adds changes nothing, and content shows what a part is."""

import random
import xml.etree.ElementTree as ET
from collections import Counter

import pytest
from libvirtxml import XMLError, acceptance, parse, parse_any, validate
from libvirtxml._impl.base import child_items, is_element
from libvirtxml._impl.data import type_of
from libvirtxml._impl.dates import load_table
from libvirtxml._impl.parse import parse_tree
from libvirtxml._impl.recognition import fits_document, readings_of
from libvirtxml._impl.schema_validation import SCHEMA_FILES
from libvirtxml._impl.tables import find_class, info_of
from libvirtxml.acceptance import check
from libvirtxml.containers import open_container
from libvirtxml.findings import Severity
from libvirtxml.model import ROOTS
from libvirtxml.rules import VALIDATION_RULES
from lxml import etree

pytestmark = pytest.mark.slow
SCHEMA_RULES = {rule.id for rule in VALIDATION_RULES if rule.severity is Severity.ERROR}
"""What the newest schema forbids; what libvirt defines is another question."""


def texts(corpus, step, pattern="*.xml"):
    """Documents that are well-formed and libvirt's own, with their trees."""
    for path in sorted((corpus / "libvirt-11.3.0" / "tests").rglob(pattern))[::step]:
        text = path.read_bytes()
        try:
            if open_container(text) is not None:
                continue
            parse_any(text)
            yield path.name, text, ET.fromstring(text)
        except (XMLError, ET.ParseError):
            continue


def with_unknowns(root, count, rng):
    """The document with as many attributes and elements that no libvirt knows, anywhere in it."""
    nodes = list(root.iter())
    for number in range(count):
        node = rng.choice(nodes)
        if rng.random() < 0.5:
            node.set(f"fresh{number}", "on")
        else:
            novelty = ET.SubElement(node, f"novelty{number}", {"kind": "x"})
            ET.SubElement(novelty, "detail").text = "y"
    return ET.tostring(root, encoding="unicode")


def readings(text, element):
    """What each function takes a text for: `parse_any`, `parse`, `check`, and validation with schemas."""
    tree = parse_tree(text)
    try:
        parsed = type(parse(text)).__name__
    except XMLError:
        parsed = "a part"
    _, kinds = acceptance._read(text, None, load_table())
    return type(element).__name__, parsed, kinds[0][0], tree.tag in SCHEMA_FILES and fits_document(tree)


@pytest.mark.parametrize("count", [1, 20, 200])
def test_unknown_content_never_changes_the_class(corpus, count):
    rng = random.Random(count)
    wrong, seen = [], 0
    for name, text, root in texts(corpus, 7 if count == 200 else 23):
        before = readings(text, parse_any(text))
        changed = with_unknowns(root, count, rng)
        after = readings(changed, parse_any(changed))
        seen += 1
        if before != after:
            wrong.append(f"{name}: {before} -> {after}")
    assert wrong == []
    assert seen > 100


def test_documents_are_read_alike_by_every_function(corpus):
    documents = [(name, text) for name, text, root in texts(corpus, 11) if root.tag in ROOTS]
    assert [name for name, text in documents if type(parse(text)) is not type(parse_any(text))] == []
    assert len(documents) > 100


def test_what_the_table_of_dates_takes_for_a_document_is_one_by_the_rule(corpus):
    """`check` asks the table first, since loading the model takes longer than the rest of its work."""
    table, plain = load_table(), 0
    for name, _, root in texts(corpus, 5):
        names = [*(f"@{key}" for key in root.attrib), *(child.tag for child in root)]
        if table.is_document(root.tag, names):
            plain += 1
            assert readings_of(root)[0] is find_class(ROOTS[root.tag]), name
    assert plain > 300


def parts_of(domain):
    """The parts directly in a domain and in its devices."""
    for owner in (domain, domain.devices) if domain.devices else (domain,):
        for field, _, child in child_items(owner):
            if is_element(child) and field.name != "devices":
                yield child


def test_parts_of_domains_are_judged_as_the_parts_they_are(corpus):
    """A part alone is of its class in the domain, or of a document that it can be, and refused nowhere else."""
    seen: Counter[str] = Counter()
    wrong = []
    for name, text, root in texts(corpus, 9):
        if root.tag != "domain" or not (domain := parse(text)).name:
            continue
        accepted = {release for release, verdict in check(text).verdicts.items() if verdict == "accepted"}
        for part in parts_of(domain):
            alone = part.to_xml()
            seen[type_of(part).__name__] += 1
            read = parse_any(alone)
            if type(read) is not type(part) and type_of(part) not in readings_of(ET.fromstring(alone)):
                wrong.append(f"{name}: {type(part).__name__} is read as {type(read).__name__}: {alone}")
            elif accepted - {r for r, verdict in check(alone).verdicts.items() if verdict == "accepted"}:
                wrong.append(f"{name}: refused alone: {alone}")
    assert wrong == []
    assert len(seen) > 40
    assert seen.total() > 2000


def in_a_domain(part):
    """The smallest valid domain with a part in its place."""
    text, path = part.to_xml(), info_of(type(part)).path
    os = "" if path.startswith("/domain/os") else "<os><type>hvm</type></os>"
    inside = f"<devices>{text}</devices>" if path.startswith("/domain/devices/") else text
    return etree.fromstring(f"<domain type='kvm'><name>a</name>{os}{inside}</domain>")


def test_schemas_refuse_no_part_in_a_domain_less_than_alone(corpus):
    """The judge is RELAX NG: what the schemas of a release accept in a domain, `check` and `validate` accept alone."""
    schemas = {
        release: etree.RelaxNG(etree.parse(str(corpus / "schemas" / release / "domain.rng")))
        for release in ("3.0.0", "7.0.0", "12.8.0")
    }
    wrong, judged, missed = [], 0, 0
    domains = [parse(text) for _, text, root in texts(corpus, 5) if root.tag == "domain"]
    parts = {part.to_xml(): part for domain in domains if domain.name for part in parts_of(domain)}
    for text, part in parts.items():
        whole, verdicts = in_a_domain(part), check(text).verdicts
        for release, schema in schemas.items():
            accepts, ours = schema.validate(whole), verdicts[release] == "schema accepts"
            judged, missed = judged + 1, missed + (ours and not accepts)
            if accepts and not ours:
                wrong.append(f"{release}: {text}")
        if accepts and [item for item in validate(text) if item.rule in SCHEMA_RULES]:
            wrong.append(f"validate: {text}")
    assert wrong == []
    assert judged > 3000
    assert missed < judged / 200
