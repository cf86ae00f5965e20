import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from enum import Enum

import pytest
from libvirtxml import Domain, LibvirtXMLError, ModelError

NS = "urn:example:inventory"
SPELLINGS = [
    f"<i:rack xmlns:i='{NS}' row='4'><i:unit>12</i:unit></i:rack>",
    f"<rack xmlns='{NS}' row='4'><unit>12</unit></rack>",
    f"<i:rack xmlns:i='{NS}' row='4'><j:unit xmlns:j='{NS}'>12</j:unit></i:rack>",
]


def domain_with(inner, declared=""):
    return Domain.parse(f"<domain type='kvm'{declared}><name>a</name><metadata>{inner}</metadata></domain>")


def written(domain):
    return Domain.parse(domain.to_xml())


@pytest.mark.parametrize("text", SPELLINGS)
def test_one_namespace_is_found_whatever_its_prefix_is(text):
    metadata = domain_with(text).metadata
    assert metadata[NS].get("row") == "4"
    assert metadata[NS].findtext(f"{{{NS}}}unit") == "12"
    assert list(metadata) == [NS]


def test_a_prefix_may_be_declared_around_it():
    metadata = domain_with("<i:rack><i:unit>12</i:unit></i:rack>", f" xmlns:i='{NS}'").metadata
    assert metadata[NS].findtext(f"{{{NS}}}unit") == "12"


@pytest.mark.parametrize("text", SPELLINGS)
def test_plain_elementtree_calls_round_trip(text):
    domain = domain_with(f"<b:x xmlns:b='urn:b'>1</b:x>{text}")
    element = domain.metadata[NS]
    ET.SubElement(element, f"{{{NS}}}owner", {"{urn:other}id": "7"}).text = "Ada <1> & 2"
    element.find(f"{{{NS}}}unit").text = "13"
    domain.metadata[NS] = element
    again = written(domain).metadata
    assert ET.tostring(again[NS]) == ET.tostring(element)
    assert list(again) == ["urn:b", NS]
    assert again.nodes[0].text == "1"


def test_the_prefix_of_the_document_is_kept():
    domain = domain_with(SPELLINGS[0])
    domain.metadata[NS] = ET.Element(f"{{{NS}}}rack")
    assert f"<i:rack xmlns:i='{NS}'/>" in domain.to_xml()


@pytest.mark.parametrize(
    "element",
    [ET.Element("rack"), ET.Element("{urn:other}rack"), ET.Element(f"{{{NS}}}rack", {"a": "\x00"})],
)
def test_what_cannot_be_stored_is_refused_at_once(element):
    domain = domain_with(SPELLINGS[0])
    before = domain.to_xml()
    with pytest.raises(LibvirtXMLError):
        domain.metadata[NS] = element
    assert domain.to_xml() == before


def test_removing_leaves_the_others():
    domain = domain_with(f"<b:x xmlns:b='urn:b'>1</b:x>{SPELLINGS[0]}")
    del domain.metadata[NS]
    assert list(written(domain).metadata) == ["urn:b"]
    with pytest.raises(KeyError):
        del domain.metadata[NS]
    with pytest.raises(KeyError):
        domain.metadata[NS]


class Tier(Enum):
    GOLD = "gold"


@dataclass
class Contact:
    mail: str


@dataclass
class Rack:
    row: int
    tier: Tier
    hot_spare: bool
    owner: Contact | None = None
    units: list[int] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    note: str | None = None


RACKS = [
    Rack(4, Tier.GOLD, hot_spare=True),
    Rack(
        -1, Tier.GOLD, hot_spare=False, owner=Contact("a@b"), units=[1, 2], contacts=[Contact("c"), Contact("<&'\">")]
    ),
    Rack(0, Tier.GOLD, hot_spare=False, note=""),
]


@pytest.mark.parametrize("rack", RACKS)
def test_a_dataclass_comes_back_as_it_was_stored(rack):
    domain = domain_with("")
    assert domain.metadata.load(NS, Rack) is None
    domain.metadata.store(NS, rack)
    assert written(domain).metadata.load(NS, Rack) == rack


def test_values_may_be_child_elements_too():
    text = f"<r xmlns='{NS}' row='4'><tier>gold</tier><hot-spare>yes</hot-spare></r>"
    assert domain_with(text).metadata.load(NS, Rack) == Rack(4, Tier.GOLD, hot_spare=True)


def test_the_name_of_the_element_is_kept():
    domain = domain_with(SPELLINGS[0])
    domain.metadata.store(NS, Contact("a@b"))
    assert f"<i:rack xmlns:i='{NS}' mail='a@b'/>" in domain.to_xml()


@pytest.mark.parametrize(
    ("attributes", "words"),
    [("row='x' tier='gold' hot-spare='1'", "row: 'x'"), ("row='1' hot-spare='1'", "tier"), ("", "row")],
)
def test_an_element_that_does_not_fit_is_refused(attributes, words):
    with pytest.raises(ModelError, match=words):
        domain_with(f"<r xmlns='{NS}' {attributes}/>").metadata.load(NS, Rack)


def test_what_is_not_a_dataclass_is_refused():
    with pytest.raises(ModelError, match="not a dataclass"):
        domain_with(SPELLINGS[0]).metadata.load(NS, int)
    with pytest.raises(ModelError, match="not a dataclass"):
        domain_with("").metadata.store(NS, 5)
