import random
import xml.etree.ElementTree as ET

import pytest
from libvirtxml import parse_any
from libvirtxml.model import ROOTS

pytestmark = pytest.mark.slow


def documents(corpus):
    for path in sorted((corpus / "libvirt-11.3.0" / "tests").rglob("*.xml")):
        try:
            root = ET.parse(path).getroot()
        except ET.ParseError:
            continue
        if root.tag in ROOTS:
            yield path, root


def content(element):
    """All that counts in an element: names, attributes, text, children in order."""
    text = element.text or ""
    tail = element.tail or ""
    own = text if text.strip() else ""
    return element.tag, dict(element.attrib), own, tail.strip(), [content(child) for child in element]


def test_unknown_attributes_and_elements_survive_at_every_node(corpus):
    """Every element of every document gets an attribute and a child that no schema knows; all of them come back."""
    injected = 0
    for path, root in documents(corpus):
        for index, element in enumerate(list(root.iter())):
            element.set("virtsmith-odd", str(index))
            odd = ET.Element("virtsmith-odd", {"place": str(index)})
            odd.text = "kept"
            if len(element) or not (element.text or "").strip():
                element.insert(index % (len(element) + 1), odd)
                injected += 1
        text = ET.tostring(root, encoding="unicode")
        written = parse_any(text).to_xml()
        assert content(ET.fromstring(written)) == content(root), path
    assert injected > 100_000


def test_unknown_content_is_listed_where_it_is(corpus):
    """One element a document gets unknown content; the report names exactly that element."""
    choose = random.Random(7)
    for path, root in documents(corpus):
        if parse_any(path).unknown():
            continue
        candidates = [node for node in root.iter() if node.tag not in ("metadata", "cookie")]
        inside = {id(node) for free in root.iter() if free.tag in ("metadata", "cookie") for node in free.iter()}
        element = choose.choice([candidate for candidate in candidates if id(candidate) not in inside])
        element.set("virtsmith-odd", "1")
        found = parse_any(ET.tostring(root, encoding="unicode")).unknown()
        assert [problem.kind for problem in found] == ["unknown-attribute"], path
        assert found[0].path.endswith(f"{element.tag.rpartition('}')[2]}/@virtsmith-odd") or "[" in found[0].path, path
