"""Documents that declare their type: what adds nothing to them is kept as it was written, all else is refused."""

import pytest
from libvirtxml import (
    DataError,
    Extra,
    ModelError,
    RawNode,
    XMLError,
    compare,
    edit,
    format_xml,
    from_dict,
    from_json,
    from_yaml,
    parse,
    parse_any,
    to_script,
)

SUBSET = "[\n <!ELEMENT domain ANY> <!-- ]> --> <?a '>'?>\n <!ATTLIST domain type CDATA #IMPLIED>\n]"
TYPES = ["<!DOCTYPE domain>", f"<!DOCTYPE  domain {SUBSET} >", "<!DOCTYPE other [<!NOTATION a SYSTEM '>'>]>"]
INSIDE = "<domain type='kvm'><name>\u00e9</name></domain>\n<!-- after -->"


@pytest.mark.parametrize("encoding", ["", "utf-8", "utf-16", "iso-8859-1"])
@pytest.mark.parametrize("declared", TYPES)
def test_a_declaration_is_kept_byte_for_byte_in_every_form(declared, encoding):
    head = f"<?xml version='1.0' encoding='{encoding}'?>\n" if encoding else ""
    text = f"{head}<!-- before -->\n{declared}\n<?p i?>\n{INSIDE}"
    source = text.encode(encoding) if encoding else text
    document = parse(source)
    written = document.to_xml()
    assert declared in written
    assert compare(source, written) == []
    assert [node.kind for node in document.extra.before] == ["comment", "document-type", "processing-instruction"]
    for again in (parse(written), from_json(document.to_json()), from_yaml(document.to_yaml())):
        assert again.to_xml() == written
    names: dict[str, object] = {}
    exec(to_script(document), names)
    assert names["document"].to_xml() == written
    change = edit(source)
    with change as domain:
        domain.name = "b"
    assert change.text.lstrip("\ufeff") == text.replace("\u00e9", "b")
    assert declared.encode("utf-16-le" if encoding == "utf-16" else "utf-8") in format_xml(source)
    assert document.unknown() == document.problems()[:0] == []


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ("<!DOCTYPE domain SYSTEM 'x.dtd'>", "document type definitions in other files"),
        ("<!DOCTYPE domain PUBLIC 'a' 'x.dtd' []>", "document type definitions in other files"),
        ("<!DOCTYPE domain [<!ATTLIST domain type CDATA 'kvm'>]>", "values or types of attributes"),
        ("<!DOCTYPE domain [<!ATTLIST domain id NMTOKEN #IMPLIED>]>", "values or types of attributes"),
        ("<!DOCTYPE domain [<!ENTITY a 'b'>]>", "entities"),
        ("<!DOCTYPE domain [<!ENTITY % a 'b'>]>", "entities"),
        ("<!DOCTYPE domain [%a;]>", "entities"),
    ],
)
def test_what_adds_to_a_document_is_refused_with_its_place(declared, reason):
    with pytest.raises(XMLError, match=f"{reason}.* are not allowed"):
        RawNode.from_doctype(declared)
    for read in (parse, parse_any, edit, format_xml):
        for text in (f"\n{declared}{INSIDE}", f"\n{declared}{INSIDE}".encode()):
            with pytest.raises(XMLError, match=f"{reason}.* are not allowed") as caught:
                read(text)
            assert caught.value.line is not None


def test_a_declaration_is_only_before_the_root_element():
    declared = RawNode.from_doctype(" <!DOCTYPE a> ")
    assert (declared.to_string(), declared.is_element, declared.is_remark) == ("<!DOCTYPE a>", False, False)
    assert eval(repr(declared)) == declared
    for text in ("<!DOCTYPE a><a/>", "<!-- a -->", "<!DOCTYPE a> <!-- b -->", "a"):
        with pytest.raises(XMLError):
            RawNode.from_doctype(text)
    with pytest.raises(XMLError):
        RawNode.from_string("<!DOCTYPE a>")
    for special in ({"$before": ["<!DOCTYPE a>"] * 2}, {"$after": ["<!DOCTYPE a>"]}, {"$sequence": ["<!DOCTYPE a>"]}):
        with pytest.raises(DataError):
            from_dict({"$class": "Domain", **special})
    document = parse("<domain type='kvm'/>").replace(extra=Extra(sequence=[declared]))
    with pytest.raises(ModelError, match="can only be before the root element"):
        document.to_xml()


def test_documents_that_declare_other_types_differ():
    assert [str(item) for item in compare("<!DOCTYPE a><a/>", "<a/>")] == ["/: the document type declaration differs"]
    assert compare("<!DOCTYPE a [<!ELEMENT a ANY>]><a/>", "<!DOCTYPE a [<!ELEMENT a EMPTY>]><a/>") != []
