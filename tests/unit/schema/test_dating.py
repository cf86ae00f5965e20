"""How facts are dated where releases differ in more than what they have; see `virtsmith.schema.merge`."""

import pytest

from virtsmith.schema import facts as facts_file
from virtsmith.schema.dates_table import dates_table
from virtsmith.schema.facts import SchemaFacts
from virtsmith.schema.forced import natural_decisions
from virtsmith.schema.lock import Lock
from virtsmith.schema.overlay import FORCED_UNIONS
from virtsmith.schema.pipeline import DATA, add_release
from virtsmith.schema.world import World

GRAMMAR = """<grammar xmlns="http://relaxng.org/ns/structure/1.0"
  datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes"><start>
  <element name="store">{}</element></start></grammar>"""
BOX = """<element name="box"><choice>
  <group><attribute name="kind"><value>crate</value></attribute><element name="lid"><text/></element>
    <optional><element name="nails"><text/></element></optional></group>
  <group><attribute name="kind"><value>bag</value></attribute><element name="zip"><text/></element>
    <optional><element name="pocket"><text/></element></optional>{}</group>
</choice></element>"""
LEVEL = '<attribute name="level"><data type="string"><param name="pattern">{}</param></data></attribute>'
PLACES = """<element name="a"><element name="x"><attribute name="k"/></element></element>
  <element name="b"><element name="x">{}</element></element>"""


FLAT_SOUND = """<element name="sound">
  <attribute name="type"><choice><value>a</value><value>b</value></choice></attribute>
  <optional><attribute name="path"/></optional><optional><element name="in"><attribute name="dev"/></element></optional>
</element>"""
TIED_SOUND = """<element name="sound"><choice>
  <group><attribute name="type"><value>a</value></attribute><optional><attribute name="path"/></optional></group>
  <group><attribute name="type"><value>b</value></attribute>
    <optional><element name="in"><optional><attribute name="dev"/></optional></element></optional></group>
</choice></element>"""
NAILS = "<optional><element name='nails'><text/></element></optional>"
NEIGHBOURS = [("7.1.0", "7.2.0"), ("10.4.0", "10.7.0"), ("11.3.0", "12.8.0")]


@pytest.fixture
def dated(tmp_path):
    """Facts of release 1.0.0 and 1.1.0, whichever comes first."""

    def build(old, new, order=("1.1.0", "1.0.0"), decisions=None):
        facts = SchemaFacts()
        for version in order:
            directory = tmp_path / version
            directory.mkdir(exist_ok=True)
            text = GRAMMAR.format({"1.0.0": old, "1.1.0": new}[version])
            (directory / "store.rng").write_text(text.replace("<element", "\n<element"))  # lines distinguish elements
            facts = add_release(facts, version, World(directory), decisions or {})
        return facts

    return build


def test_what_an_older_release_allows_in_a_variant_is_kept_apart_from_the_model(dated):
    facts = dated(BOX.format(NAILS), BOX.format(""))
    bag = facts.types["/store/box"].union.variants["bag"]
    assert "nails" not in bag.slots
    assert facts.names(bag.former["nails"].since) == ["1.0.0"]
    assert facts_file.load(facts_file.dump(facts)) == facts


def test_a_pattern_that_was_widened_keeps_its_old_form_with_its_dates(dated):
    for order in (("1.1.0", "1.0.0"), ("1.0.0", "1.1.0")):
        facts = dated(LEVEL.format("[0-4]"), LEVEL.format("[0-9]"), order)
        value = facts.types["/store"].slots["@level"].value
        dates = {data.patterns: facts.names(mask) for data, mask in value.dates.items()}
        assert dates == {("[0-4]",): ["1.0.0"], ("[0-9]",): ["1.1.0"]}
        assert [data.patterns for data in value.datas] == [("[0-9]",)]


def test_a_release_demands_what_all_its_places_of_a_type_demand(dated):
    key = '<attribute name="k"/>'
    facts = dated(PLACES.format(f"<optional>{key}</optional>"), PLACES.format(key))
    slot = facts.types["/store/a/x"].slots["@k"]
    assert facts.names(slot.since) == ["1.0.0", "1.1.0"]
    assert facts.names(slot.required) == ["1.1.0"]


def test_a_document_has_the_releases_that_have_its_schema(dated):
    facts = dated("<text/>", "<text/>")
    assert facts.names(facts.documents["store"]) == ["1.0.0", "1.1.0"]


def test_the_table_of_dates_does_not_depend_on_the_order_of_imports(dated):
    old, new = LEVEL.format("[0-4]"), LEVEL.format("[0-9]")
    assert dates_table(dated(old, new)) == dates_table(dated(old, new, ("1.0.0", "1.1.0")))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(BOX.format(NAILS), BOX.format(""), id="a variant lost a child"),
        pytest.param(BOX.format(""), BOX.format(NAILS), id="a variant got a child"),
        pytest.param(FLAT_SOUND, TIED_SOUND, id="a flat element became a union"),
        pytest.param(TIED_SOUND, FLAT_SOUND, id="a union became flat"),
        pytest.param(BOX.format(""), BOX.format("").replace("kind", "sort"), id="a union goes by another attribute"),
        pytest.param(BOX.format("").replace("bag", "sack"), BOX.format(""), id="a variant has another name"),
        pytest.param(
            PLACES.format('<optional><attribute name="k"/></optional>'),
            PLACES.format('<attribute name="k"/>'),
            id="two types became one",
        ),
    ],
)
def test_a_newer_release_on_top_is_dated_as_if_all_had_been_imported_at_once(dated, old, new):
    locked = {"/store/box": "kind"} if "kind" in new else {}
    at_once, on_top = (dated(old, new, order, locked) for order in (("1.1.0", "1.0.0"), ("1.0.0", "1.1.0")))
    assert facts_file.dump(on_top) == facts_file.dump(at_once)


@pytest.mark.parametrize(("old", "new"), NEIGHBOURS)
def test_a_newer_libvirt_on_top_is_dated_as_if_all_had_been_imported_at_once(corpus, old, new):
    worlds = {version: World(corpus / "schemas" / version) for version in (old, new)}
    decisions = natural_decisions(Lock.load(DATA / "lock.json").unions)
    dumps = set()
    for order in ((old, new), (new, old)):
        facts = SchemaFacts()
        for version in order:
            facts = add_release(facts, version, worlds[version], decisions)
        dumps.add(facts_file.dump(facts))
    assert len(dumps) == 1


def test_forced_unions_are_flat_when_facts_are_built():
    path = FORCED_UNIONS[0].paths[0]
    assert natural_decisions({path: "type", "/x": "kind"})[path] == ""
    assert natural_decisions({path: "type", "/x": "kind"})["/x"] == "kind"
