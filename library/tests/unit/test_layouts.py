"""Edits of documents in odd layouts: what was meant to change changes, and every other byte stays."""

import random
import re
from dataclasses import replace
from functools import cache, partial

import pytest
from libvirtxml import EditError, XMLError, check_same_content, diff, edit, format_xml, parse_any
from libvirtxml._impl.edit.change import apply
from libvirtxml.files import write_atomic
from xml_helpers.field_edits import field_edits
from xml_helpers.layouts import LAYOUTS, Edited, text_of, what_changed
from xml_helpers.sample_documents import SAMPLES, sample

COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@cache
def in_layout(path, layout: str) -> bytes:
    """A sample in libvirt's layout, and then in another one."""
    return LAYOUTS[layout](format_xml(path.read_bytes()).decode())


@pytest.fixture(params=LAYOUTS)
def layout(request):
    return request.param


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_layout_says_the_same(path, layout):
    plain, other = parse_any(in_layout(path, "plain")), parse_any(in_layout(path, layout))
    assert list(diff(plain, other)) == []
    assert [str(problem) for problem in plain.problems()] == [str(problem) for problem in other.problems()]
    assert [str(problem) for problem in plain.unknown()] == [str(problem) for problem in other.unknown()]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_what_is_read_is_written_again_in_every_form(path, layout):
    document = parse_any(in_layout(path, layout))
    assert parse_any(document.to_xml()) == document
    again = type(document).from_json(document.to_json())
    assert again == document
    assert again.to_xml() == document.to_xml()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_an_edit_of_any_field_changes_the_same_in_every_layout(path, layout):
    data, plain = in_layout(path, layout), in_layout(path, "plain")
    count = len(list(field_edits(parse_any(plain), random.Random(3))))
    for number in random.Random(path.stem).sample(range(count), min(count, 2)):
        found, expected = edited(data, number), edited(plain, number)
        assert replace(found, comments=expected.comments) == expected, number
        gone_with_elements = sum(count for _, count in found.removed - found.added)
        assert sum(count for _, count in found.comments ^ expected.comments) <= gone_with_elements, number


def edited(data: bytes, number: int) -> Edited:
    """Do the edit of a number, and say what it changed."""
    change = edit(data)
    list(field_edits(change.document, random.Random(3)))[number].apply()
    change.finish()
    assert change.data != data
    return what_changed(data, change.data)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_formatting_undoes_a_layout(path, layout):
    data = in_layout(path, layout)
    formatted = format_xml(data)
    assert format_xml(formatted) == formatted
    assert parse_any(formatted) == parse_any(data)
    text, before = text_of(formatted), text_of(data)
    assert text.startswith("\ufeff") == before.startswith("\ufeff")
    assert re.findall(r"<\?xml.*?\?>", text) == re.findall(r"<\?xml.*?\?>", before)
    assert COMMENT.findall(text) == COMMENT.findall(before)


# --- the judge itself -------------------------------------------------------------------------------------------------


def test_a_document_that_is_written_anew_is_noticed(layout):
    if layout in ("plain", "comments in values"):
        return  # which is how it is written again
    data = in_layout(sample("domain"), layout)
    document = parse_any(data)
    apply(document, set=[("name", "other")])
    anew = document.to_xml().encode()
    with pytest.raises(AssertionError):
        assert what_changed(data, anew) == what_changed_by_name(data)


def what_changed_by_name(data: bytes) -> Edited:
    change = edit(data)
    apply(change.document, set=[("name", "other")])
    change.finish()
    return what_changed(data, change.data)


def test_a_file_is_written_in_its_own_layout_by_the_context_manager(tmp_path, layout):
    path = tmp_path / "domain.xml"
    path.write_bytes(in_layout(sample("domain"), layout))
    before = path.read_bytes()
    with edit(path) as domain:
        domain.vcpu.value = 77
    assert what_changed(before, path.read_bytes()).added_text == "77"


def test_a_document_in_another_encoding_than_it_says_is_refused():
    with pytest.raises(XMLError):
        edit("<?xml version='1.0' encoding='UTF-8'?><domain><name>caf\xe9</name></domain>".encode("iso-8859-1"))


@pytest.mark.parametrize(
    "written", [b"", b"<domain", b"<network><name>a</name></network>", b"<domain><name>b</name></domain>"]
)
def test_what_does_not_say_the_same_must_not_take_the_place_of_a_document(tmp_path, written):
    path = tmp_path / "a.xml"
    path.write_text("<domain><name>a</name></domain>")
    before = path.read_bytes()
    change = edit(path)
    with pytest.raises(EditError, match="the change cannot be written into the text"):
        write_atomic(path, written, check=change.check)
    with pytest.raises(EditError, match="laid out again"):
        write_atomic(path, written, check=partial(check_same_content, before))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<a><b/></a>", "<a><c/></a>"), ("<a b='1'/>", "<a b='2'/>"), ("<a>x</a>", "<a> x</a>"),
        ("<a><!-- c --></a>", "<a/>"), ("<a/><!-- c -->", "<a/>"), ("<a>x<b/></a>", "<a><b/>x</a>"),
        ("<a><b/><c/></a>", "<a><c/><b/></a>"), ("<a xmlns:n='u'><n:b/></a>", "<a xmlns:n='v'><n:b/></a>"),
    ],
)  # fmt: skip
def test_a_change_that_is_not_layout_is_seen(old, new):
    with pytest.raises(EditError):
        check_same_content(old.encode(), new.encode())
    check_same_content(old.encode(), old.encode())
