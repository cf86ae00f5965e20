"""Comments before every element of libvirt's test documents go with their elements when lists are edited."""

import random
from pathlib import Path

import pytest
from libvirtxml import XMLError, parse_any
from libvirtxml._impl.base import child_items
from libvirtxml._impl.tables import info_of
from lxml import etree

DIRECTORIES = ("qemuxmlconfdata", "networkxml2xmlin", "nwfilterxml2xmlin", "storagepoolxml2xmlin", "nodedevschemadata")
STEP = {"qemuxmlconfdata": 6}
"""Of so many documents one is tried; of the other directories all."""


def annotated(text):
    """A document with a comment before each child of what holds elements alone; the elements by comment."""
    root = etree.fromstring(text, etree.XMLParser(remove_comments=True, remove_pis=True, remove_blank_text=True))
    meant = {}
    parents = [element for element in root.iter() if len(element) and not is_mixed(element)]
    for parent in parents:
        parent.text = "\n"
        for child in list(parent):
            number = f"n{len(meant)}"
            child.tail = "\n"
            comment = etree.Comment(number)
            comment.tail = "\n"
            child.addprevious(comment)
            meant[number] = child
    return etree.tostring(root, encoding="unicode"), {number: key(child) for number, child in meant.items()}


def is_mixed(element):
    """Whether text and elements are mixed in it."""
    return any((text or "").strip() for text in (element.text, *(child.tail for child in element)))


def key(element):
    """What an element says, without comments and layout."""
    children = [key(child) for child in element if isinstance(child.tag, str)]
    return element.tag, sorted(element.attrib.items()), (element.text or "").strip(), children


def edited_lists(document, rng):
    """Shuffle the lists of one element, and take out some of their members; return whether there was anything to do."""
    holders = [element for element in walk(document) if lists_of(element)]
    if not holders:
        return False
    for members in lists_of(rng.choice(holders)):
        kept = rng.sample(members, rng.randint(1, len(members)))
        members[:] = kept
    return True


def lists_of(element):
    fields = info_of(type(element)).fields
    found = [element.__dict__.get(name) for name, field in fields.items() if field.many and field.kind.is_object]
    return [members for members in found if members and len(members) > 1]


def walk(element):
    yield element
    for _, _, child in child_items(element):
        yield from walk(child)


@pytest.mark.slow
@pytest.mark.parametrize("directory", DIRECTORIES)
def test_every_comment_stays_before_its_element(corpus: Path, directory):
    rng = random.Random(15)
    edited = 0
    paths = sorted((corpus / "libvirt-11.3.0/tests" / directory).glob("*.xml"))
    for path in paths[:: STEP.get(directory, 1)]:
        try:
            text, meant = annotated(path.read_bytes())
            document = parse_any(text)
        except (XMLError, etree.XMLSyntaxError):
            continue
        assert document.to_xml().count("<!--") == len(meant), path.name
        if not edited_lists(document, rng):
            continue
        edited += 1
        root = etree.fromstring(document.to_xml())
        for element in root.iter(etree.Element):
            if element.getparent() is None or is_mixed(element.getparent()):
                continue
            before = element.getprevious()
            assert before is not None, (path.name, element.tag)
            assert before.tag is etree.Comment, (path.name, element.tag)
            assert meant[before.text][0] == element.tag, (path.name, before.text)
        for comment in root.iter(etree.Comment):
            assert isinstance(comment.getnext().tag, str), (path.name, comment.text)
        same = sum(key(comment.getnext()) == meant[comment.text] for comment in root.iter(etree.Comment))
        nested = max(len(list(element.iterancestors())) for element in root.iter())
        assert len(list(root.iter(etree.Comment))) - same <= nested, path.name  # an edited element, and those around it
    assert edited >= 5
