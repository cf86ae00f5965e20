"""The schema compiler on small schemas of our own, in the style of libvirt's."""

import itertools
from pathlib import Path

import pytest
from libvirtxml.releases import follows_directly, format_ranges, parse_ranges
from libvirtxml.versions import Version

from virtsmith.errors import InputError
from virtsmith.schema import facts as facts_file
from virtsmith.schema.dates import Dates
from virtsmith.schema.facts import SchemaFacts
from virtsmith.schema.naming import Names, name_everything, plural, snake
from virtsmith.schema.pattern import counts, exclusive_groups
from virtsmith.schema.pipeline import add_release
from virtsmith.schema.rng import SchemaSet
from virtsmith.schema.summary import describe_release
from virtsmith.schema.world import World

GRAMMAR = """<grammar xmlns="http://relaxng.org/ns/structure/1.0"
  datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">{}</grammar>"""

COMMON = """
<define name="yesno"><choice><value>yes</value><value>no</value></choice></define>
<define name="label"><optional><element name="label"><attribute name="text"/></element></optional></define>
<define name="box">
  <element name="box">
    <choice>
      <group><attribute name="kind"><value>crate</value></attribute>
        <element name="lid"><attribute name="nails"><data type="unsignedInt"/></attribute></element>
        <optional><element name="handle"><empty/></element></optional>
        <optional><element name="straps"><text/></element></optional></group>
      <group><optional><attribute name="kind"><value>bag</value></attribute></optional>
        <element name="zip"><attribute name="open"><ref name="yesno"/></attribute></element>
        <optional><element name="pocket"><text/></element></optional></group>
      {more}
    </choice>
    <ref name="label"/>
  </element>
</define>
<define name="size"><choice>
  <attribute name="small"/><group><attribute name="wide"/><attribute name="high"/></group></choice></define>
"""

STORE = """
<include href="common.rng">{override}</include>
<start><element name="store" ns="{ns}">
  <interleave><ref name="size"/><zeroOrMore><ref name="box"/></zeroOrMore><ref name="label"/></interleave>
</element></start>
"""

TUBE = """<group><attribute name="kind"><value>tube</value></attribute>
  <element name="plug"><empty/></element><optional><element name="thread"><text/></element></optional></group>"""


def write_schemas(directory: Path, *, more: str = "", override: str = "", ns: str = "") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "common.rng").write_text(GRAMMAR.format(COMMON.replace("{more}", more)))
    (directory / "store.rng").write_text(GRAMMAR.format(STORE.format(override=override, ns=ns)))
    return directory


def facts_of(releases: dict[str, Path]) -> SchemaFacts:
    result = SchemaFacts()
    for version, directory in releases.items():
        result = add_release(result, version, World(directory), {})
    return result


@pytest.fixture
def two(tmp_path):
    return {"1.0.0": write_schemas(tmp_path / "1"), "1.1.0": write_schemas(tmp_path / "2", more=TUBE)}


def test_slots_and_counts_come_from_the_grammar(tmp_path):
    schemas = SchemaSet(write_schemas(tmp_path))
    store = schemas.elements[schemas.roots["store"][1]]
    slots = counts(store.contents[0])
    assert set(slots) == {"@small", "@wide", "@high", "box", "label"}
    assert {key: (slot.least, slot.most > 1) for key, slot in slots.items()}["box"] == (0, True)
    assert exclusive_groups(store.contents[0]) == [["@high", "@small"], ["@small", "@wide"]]


def test_a_discriminant_is_found_whatever_way_the_schema_spells_it(two):
    facts = facts_of(two)
    union = facts.types["/store/box"].union
    assert (union.attribute, union.default, sorted(union.variants)) == ("kind", "bag", ["bag", "crate", "tube"])
    assert set(union.variants["crate"].slots) == {"lid", "handle", "straps"}
    assert set(facts.types["/store/box"].slots) == {"@kind", "label"}


def test_the_same_element_written_twice_is_one_type(two):
    facts = facts_of(two)
    assert facts.types["/store"].slots["label"].type == facts.types["/store/box"].slots["label"].type


def test_definitions_in_an_include_replace_the_included_ones(tmp_path):
    override = '<define name="label"><element name="label"><attribute name="colour"/></element></define>'
    facts = facts_of({"1.0.0": write_schemas(tmp_path, override=override)})
    assert set(facts.types["/store/label"].slots) == {"@colour"}


def test_a_namespace_is_inherited_by_nested_elements(tmp_path):
    facts = facts_of({"1.0.0": write_schemas(tmp_path, ns="urn:x/y/z")})
    assert list(facts.roots["store"]) == ["{urn:x/y/z}store"]
    names = name_everything(facts_of({"1.0.0": write_schemas(tmp_path)}), Names())
    assert names.classes["/store/box"] == "StoreBox"


def test_facts_are_dated_and_do_not_depend_on_the_order_of_imports(two):
    forth, back = facts_of(two), facts_of(dict(reversed(two.items())))
    assert facts_file.dump(forth) == facts_file.dump(back)
    variants = forth.types["/store/box"].union.variants
    assert forth.names(variants["tube"].since) == ["1.1.0"]
    assert forth.names(variants["bag"].since) == ["1.0.0", "1.1.0"]


def test_what_left_the_schema_is_known_with_its_last_release(two):
    swapped = facts_of({"1.0.0": two["1.1.0"], "1.1.0": two["1.0.0"]})
    value = swapped.types["/store/box"].slots["@kind"].value
    assert swapped.names(value.values["tube"]) == ["1.0.0"]


def test_a_new_release_is_summarised_by_its_topmost_additions(two):
    text = describe_release(facts_of(two), "1.1.0")
    assert text == ("libvirt 1.1.0, compared with 1.0.0:\n  + /store/box/@kind=tube\n  + /store/box[@kind='tube']\n")


def test_the_facts_file_reads_back_as_it_was_written(two):
    text = facts_file.dump(facts_of(two))
    assert facts_file.dump(facts_file.load(text)) == text


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "virtsmith.schema-facts/1"}', "null", '{"schema": 3}'])
def test_what_is_no_facts_file_is_refused(text):
    with pytest.raises(InputError, match="not a facts file"):
        facts_file.load(text)


@pytest.mark.parametrize(
    ("grammar", "message"),
    [
        ("<start><ref name='nothing'/></start>", "unknown definition: nothing"),
        ("<start><list/></start>", "unsupported: <list>"),
        ("<start><element name='a'>", "store.rng:2"),
        ("<include href='../../etc/passwd'/>", "outside of the directory"),
        ("<include href='missing.rng'/>", "cannot read"),
    ],
)
def test_schemas_that_cannot_be_read_are_named_with_the_place(tmp_path, grammar, message):
    (tmp_path / "store.rng").write_text(GRAMMAR.format(grammar))
    with pytest.raises(InputError) as caught:
        SchemaSet(tmp_path)
    assert message in str(caught.value)


def test_a_directory_without_schemas_and_a_release_imported_twice_are_refused(tmp_path, two):
    with pytest.raises(InputError, match="no RELAX NG schemas"):
        SchemaSet(tmp_path / "empty")
    with pytest.raises(InputError, match=r"release 1\.0\.0 is already in the facts"):
        add_release(facts_of(two), "1.0.0", World(two["1.0.0"]), {})


def test_ranges_of_releases_are_written_and_read():
    releases = ["1.0.0", "1.1.0", "2.0.0", "2.1.0"]
    for mask in range(1, 16):
        assert parse_ranges(format_ranges(mask, releases), releases) == mask
    assert format_ranges(0b1001, releases) == "1.0.0-1.0.0 2.1.0-"


def test_dates_are_never_more_exact_than_the_releases_at_hand():
    dates = Dates(SchemaFacts(releases=["1.2.0", "1.2.1", "7.9.0", "9.0.0"]))
    assert dates.since(0b1111) == "1.2.0 or earlier"
    assert dates.since(0b1110) == "1.2.1"
    assert dates.since(0b1000) == "9.0.0 at the latest (after 7.9.0)"
    assert dates.until(0b0111) == "7.9.0"


def test_the_rule_for_neighbouring_releases_holds_for_real_history(corpus):
    """Between two neighbours no schema set may lie, and the known gaps must show."""
    names = sorted((path.name for path in (corpus / "schemas").iterdir() if path.is_dir()), key=Version.parse)
    gaps = [(a, b) for a, b in itertools.pairwise(names) if not follows_directly(a, b)]
    assert gaps == [
        ("7.9.0", "8.1.0"),
        ("8.1.0", "9.0.0"),
        ("9.0.0", "9.8.0"),
        ("9.8.0", "9.10.0"),
        ("9.10.0", "10.4.0"),
        ("10.5.0", "10.7.0"),
        ("10.7.0", "11.3.0"),
        ("11.3.0", "12.8.0"),
    ]


@pytest.mark.parametrize(
    ("xml", "python"),
    [("startupPolicy", "startup_policy"), ("busNr", "bus_nr"), ("async-teardown", "async_teardown"),
     ("class", "class_"),     ("802", "n802"), ("tlsPort", "tls_port"), ("extra", "extra_")],
)  # fmt: skip
def test_fields_are_named_in_snake_case(xml, python):
    assert snake(xml) == python


@pytest.mark.parametrize(
    ("singular", "several"),
    [("disk", "disks"), ("address", "addresses"), ("memory", "memories"), ("bank_entry", "bank_entries"),
     ("alias", "aliases"), ("class", "classes"), ("graphics", "graphics")],
)  # fmt: skip
def test_lists_are_named_in_the_plural(singular, several):
    assert plural(singular) == several
