"""How facts are dated where releases differ in more than what they have; see `virtsmith.schema.merge`."""

import pytest

from virtsmith.schema import facts as facts_file
from virtsmith.schema.dates_table import dates_table
from virtsmith.schema.facts import Facts
from virtsmith.schema.forced import natural_decisions
from virtsmith.schema.overlay import FORCED_UNIONS
from virtsmith.schema.pipeline import add_release
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


@pytest.fixture
def dated(tmp_path):
    """Facts of release 1.0.0 and 1.1.0, whichever comes first."""

    def build(old, new, order=("1.1.0", "1.0.0")):
        facts = Facts()
        for version in order:
            folder = tmp_path / version
            folder.mkdir(exist_ok=True)
            text = GRAMMAR.format({"1.0.0": old, "1.1.0": new}[version])
            (folder / "store.rng").write_text(text.replace("<element", "\n<element"))  # a line tells elements apart
            facts = add_release(facts, version, World(folder), {})
        return facts

    return build


def test_what_an_older_release_allows_in_a_variant_is_kept_apart_from_the_model(dated):
    facts = dated(BOX.format("<optional><element name='nails'><text/></element></optional>"), BOX.format(""))
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


def test_forced_unions_are_flat_when_facts_are_built():
    path = FORCED_UNIONS[0].paths[0]
    assert natural_decisions({path: "type", "/x": "kind"})[path] == ""
    assert natural_decisions({path: "type", "/x": "kind"})["/x"] == "kind"
