"""What is beside a value - comments, instructions, character data - is not part of it, and is not lost."""

import pytest
from libvirtxml import Domain, apply, compare, diff, edit, format_xml, from_json, from_yaml, get, parse, parse_any
from libvirtxml.acceptance import check
from xml_helpers.beside_values import FORMS, beside_values, string_values
from xml_helpers.sample_documents import SAMPLES

DOMAIN = (
    "<domain type='kvm'><name>a</name><memory unit='KiB'>1048576</memory><vcpu placement='static'>8</vcpu>"
    "<iothreads>4</iothreads><blkiotune><weight>800</weight></blkiotune><os><type>hvm</type></os></domain>"
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_document_says_the_same_and_is_written_back_whole(path, form):
    plain = path.read_text()
    text = beside_values(plain, FORMS[form])
    document, original = parse_any(text), parse_any(plain)
    assert diff(original, document) == []
    assert list(map(str, document.unknown())) == list(map(str, original.unknown()))
    assert list(map(str, document.problems())) == list(map(str, original.problems()))
    written = document.to_xml()
    assert string_values(written) == string_values(original.to_xml())
    assert written.count("<!--") == text.count("<!--")
    assert written.count("<?keep") == text.count("<?keep")
    assert parse_any(written) == document
    assert from_json(document.to_json()).to_xml() == written
    assert check(text).verdicts == check(plain).verdicts


@pytest.mark.parametrize("form", FORMS)
def test_values_are_read_and_changed_and_the_rest_stays(form):
    text = beside_values(DOMAIN, FORMS[form])
    document = parse(text)
    assert (document.memory.bytes, document.vcpu.value, document.iothreads, document.blkiotune.weight) == (
        1 << 30,
        8,
        4,
        800,
    )
    assert [found.text for found in get(document, "iothreads")] == ["4"]
    change = edit(text.encode())
    changes = [("memory", "2097152"), ("vcpu", "16"), ("iothreads", "5"), ("blkiotune.weight", "500")]
    apply(change.document, set=changes)
    change.finish()
    edited = change.data.decode()
    assert [get(parse(edited), path)[0].data for path in ("iothreads", "blkiotune.weight")] == [5, 500]
    assert (parse(edited).memory.bytes, parse(edited).vcpu.value) == (2 << 30, 16)
    assert [edited.count(mark) for mark in ("<!--", "<?")] == [text.count(mark) for mark in ("<!--", "<?")]


def test_an_unknown_element_beside_a_value_is_reported_and_kept():
    text = DOMAIN.replace("<iothreads>4", "<iothreads><new/>4").replace("static'>8", "static'>8<new a='1'/>")
    document = parse(text)
    assert (document.iothreads, document.vcpu.value) == (4, 8)
    assert sorted(problem.path for problem in document.unknown()) == ["/domain/iothreads/new", "/domain/vcpu/new"]
    assert document.to_xml(indent=False) == text


@pytest.mark.parametrize("attribute", ["xml:lang='en'", "xml:space='preserve'", "xml:base='file:/x'"])
def test_the_prefix_xml_needs_no_declaration(attribute):
    text = f"<domain type='kvm' {attribute}><name>a</name><metadata><note {attribute}>b</note></metadata></domain>"
    document = parse(text)
    assert document.to_xml(indent=False) == text
    assert from_json(document.to_json()).to_xml(indent=False) == text


def test_many_comments_on_a_line_are_passed_over_in_a_moment():
    text = f"<domain type='kvm'>\n  <name>a</name>{'<!-- x -->' * 5000}<memory>1</memory>\n</domain>\n"
    change = edit(text.encode())
    apply(change.document, set=[("title", "t")])
    change.finish()
    assert change.data.decode().count("<!-- x -->") == 5000


@pytest.mark.parametrize("content", ["x<a/>", "x\n    <a/>\n", "<a/>x<b/>", "\nx\n<p:a xmlns:p='u'/>", "<a/><!--c-->x"])
def test_text_between_the_elements_of_metadata_gets_no_layout(content):
    text = f"<domain><metadata>{content}</metadata></domain>"
    document = parse(text)
    for written in (document.to_xml(), from_json(document.to_json()).to_xml(), format_xml(text)):
        assert compare(text, written) == []


@pytest.mark.parametrize("text", ["\x85", "a\x85b", "\u2028", "a\n\x9b", "a\r\nb", "\ufeff", "a\n\x7f", " \n a"])
def test_yaml_keeps_line_breaks_and_control_characters(text):
    assert from_yaml(Domain(description=text).to_yaml()).description == text
