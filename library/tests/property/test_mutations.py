"""Random damage: whatever happens to a document, it is refused cleanly or survives a round trip."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from libvirtxml import DataError, XMLError, compare, from_json, from_yaml, parse, parse_any
from libvirtxml._impl.document import document_class, read_carefully
from libvirtxml._impl.plain import read_plain
from xml_helpers.exact_content import exact_content
from xml_helpers.sample_documents import SAMPLES

DOCUMENTS = [path.read_bytes() for path in SAMPLES]
PIECES = [
    b"<", b">", b"/", b"'", b"&", b"&amp;", b"&#10;", b"<x/>", b"<!--c-->", b"<?p q?>", b"<![CDATA[<]]>", b" a='1'",
    b" xmlns='u'", b" xmlns:p='u'", b"<p:x/>", b"text", b"\xc3\xa9", b"\xff", b"\0", b"\r\n", b"\t", b"]]>", b"0x1f",
    b"-1", b"<name>", b"</name>", b"&lt;", b"\xef\xbb\xbf",
]  # fmt: skip
EDIT = st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(PIECES) | st.binary(max_size=4))
relaxed = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def damaged(data, edits):
    for place, length, piece in edits:
        start = int(place * len(data))
        data = data[:start] + piece + data[start + length :]
    return data


@relaxed
@given(st.sampled_from(DOCUMENTS), st.lists(EDIT, min_size=1, max_size=5))
def test_damaged_documents_are_refused_or_survive(document, edits):
    """What parses comes back exactly, through XML and through JSON; all else is an XMLError."""
    data = damaged(document, edits)
    try:
        element = parse_any(data)
        compare(data, data)  # libxml2 refuses more: namespaces that are not URIs, for one
    except XMLError:
        return
    written = element.to_xml()
    assert compare(data, written) == []
    assert parse(written, type(element)) == element
    assert compare(data, from_json(element.to_json()).to_xml()) == []
    element.problems()
    element.unknown()


@relaxed
@given(st.sampled_from(DOCUMENTS), st.lists(EDIT, min_size=1, max_size=3))
def test_the_short_way_to_read_accepts_only_what_the_careful_one_does(document, edits):
    data = damaged(document, edits)
    if (element := read_plain(data, document_class)) is not None:
        assert exact_content(element) == exact_content(read_carefully(data, None))


@relaxed
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"<{text}"))
def test_arbitrary_input_is_refused(data):
    with pytest.raises(XMLError):
        parse_any(data)


JSON = [parse_any(path).to_json().encode() for path in SAMPLES]
JSON_PIECES = [
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"1",
    b"true",
    b"null",
    b'"$class"',
    b'"<x/>"',
    b"\\u0000",
    b"\xff",
]


@relaxed
@given(
    st.sampled_from(JSON),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(JSON_PIECES)), min_size=1, max_size=4),
    st.sampled_from([from_json, from_yaml]),
)
def test_damaged_data_is_refused_or_gives_well_formed_xml(document, edits, read):
    data = damaged(document, edits)
    try:
        element = read(data)
    except DataError:
        return
    written = element.to_xml()
    assert compare(written, parse(written, type(element)).to_xml()) == []
