"""Which class a document or part is of: what a newer libvirt adds changes nothing, and content shows what a part is."""

import random
import xml.etree.ElementTree as ET
from collections import Counter

import pytest
from libvirtxml import XMLError, parse, parse_any
from libvirtxml._impl.base import child_items, is_element
from libvirtxml._impl.data import type_of
from libvirtxml._impl.dates import load_table
from libvirtxml._impl.recognition import readings_of
from libvirtxml._impl.tables import find_class
from libvirtxml.acceptance import check
from libvirtxml.model import ROOTS

pytestmark = pytest.mark.slow


def texts(corpus, step, pattern="*.xml"):
    """Documents that are well-formed and libvirt's, with their trees."""
    for path in sorted((corpus / "libvirt-11.3.0" / "tests").rglob(pattern))[::step]:
        text = path.read_bytes()
        try:
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


@pytest.mark.parametrize("count", [1, 20, 200])
def test_unknown_content_never_changes_the_class(corpus, count):
    rng = random.Random(count)
    wrong, seen = [], 0
    for name, text, root in texts(corpus, 7 if count == 200 else 23):
        before = parse_any(text)
        after = parse_any(with_unknowns(root, count, rng))
        seen += 1
        if type(before) is not type(after):
            wrong.append(f"{name}: {type(before).__name__} -> {type(after).__name__}")
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
