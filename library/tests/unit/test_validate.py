from pathlib import Path

import pytest
from libvirtxml import XMLError, parse_any, validate
from libvirtxml._impl.dates import load_table
from libvirtxml._impl.tables import find_class, info_of
from libvirtxml.errors import InputError, MissingError
from libvirtxml.model import MODULES
from xml_helpers.sample_documents import SAMPLES, sample

DISK = "<disk type='file'><target dev='vda' bus='virtio'/></disk>"


def schema_directory(tmp_path: Path, body: str, name: str = "domain.rng") -> Path:
    """A directory with a small schema of our own."""
    (tmp_path / name).write_text(
        f"<grammar xmlns='http://relaxng.org/ns/structure/1.0'><start>{body}</start></grammar>"
    )
    return tmp_path


def of_the_schema(findings):
    """Findings without those of what libvirt defines, which documents of toy schemas have plenty of."""
    return [finding for finding in findings if finding.rule.startswith("xml-")]


TOY = """<element name='domain'><attribute name='type'/><element name='name'><text/></element>
  <optional><element name='title'><text/></element></optional>
  <choice><element name='uuid'><text/></element><element name='description'><text/></element></choice></element>"""


@pytest.mark.parametrize(
    ("text", "line", "path", "message"),
    [
        ("<disk type='file'>\n<traget dev='a'/></disk>", 2, "/disk/traget", "did you mean 'target'?"),
        ("<disk type='file' devise='disk'/>", 1, "/disk/@devise", "did you mean 'device'?"),
        ("<controller type='usb' vectors='2'/>", 1, "/controller/@vectors", "only type='virtio-serial'"),
        ("<disk type='file'><target/><target/></disk>", 1, "/disk/target[2]", "may hold it once only"),
        ("<disk type='fiel'><target dev='a'/></disk>", 1, "/disk/@type", "'fiel' is not one of block,"),
        ("<disk type='file' device='dsk'/>", 1, "/disk/@device", "did you mean 'disk'"),
        ("<boot order='0'/>", 1, "/boot/@order", "'0' is not allowed"),
    ],
)
def test_findings_say_where_what_and_what_would_be_right(text, line, path, message):
    findings = [finding for finding in validate(text) if finding.severity == "error" and message in finding.message]
    assert [(finding.where.line, finding.subject) for finding in findings][:1] == [(line, path)], validate(text)


def test_without_schemas_a_note_says_what_was_not_checked():
    findings = validate(DISK)
    assert [finding.rule for finding in findings] == ["xml-unchecked"]
    assert "not for rules of combination" in findings[0].message


def test_the_schema_has_the_last_word(tmp_path):
    directory = schema_directory(tmp_path, "<element name='domain'><attribute name='new'/></element>")
    assert of_the_schema(validate("<domain new='1'/>", directory)) == []


def test_a_part_that_does_not_fit_is_found_by_leaving_it_out(tmp_path):
    directory = schema_directory(tmp_path, TOY)
    uuid = "11111111-2222-4333-8444-555555555555"
    text = f"<domain type='kvm'>\n<name>a</name>\n<uuid>{uuid}</uuid>\n<description>b</description></domain>"
    found = of_the_schema(validate(text, directory))
    assert [(finding.rule, finding.where.line) for finding in found] == [("xml-combination", 3)]
    assert "without it the document is valid" in found[0].message


def test_what_nothing_explains_is_reported_in_the_words_of_libxml2(tmp_path):
    directory = schema_directory(tmp_path, TOY.replace("<optional>", "").replace("</optional>", ""))
    found = of_the_schema(validate("<domain type='kvm'><name>a</name></domain>", directory))
    assert found
    assert all(finding.rule == "xml-schema" for finding in found)


def test_findings_name_the_file():
    findings = validate(sample("future"))
    assert {finding.where.file for finding in findings} == {str(sample("future"))}


def test_directories_without_a_schema_and_broken_schemas_are_clear_errors(tmp_path):
    with pytest.raises(MissingError, match=r"has no network\.rng"):
        validate(sample("network"), tmp_path)
    schema_directory(tmp_path, "<element/>", "network.rng")
    with pytest.raises(InputError, match="not a RELAX NG schema"):
        validate(sample("network"), tmp_path)


def test_what_is_no_document_is_an_error():
    with pytest.raises(XMLError, match="<recipe>"):
        validate("<recipe/>")


@pytest.mark.parametrize("version", ["11.3.0", "12.8.0"])
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_our_samples_are_valid(corpus, path, version):
    """All but the document from the future are what libvirt accepts."""
    errors = [finding for finding in validate(path, corpus / "schemas" / version) if finding.severity == "error"]
    assert bool(errors) == (path.stem == "future"), errors


def test_what_newer_schemas_demand_is_no_fault_of_older_documents(tmp_path):
    text = """<domainCapabilities><domain>kvm</domain><arch>x86_64</arch><cpu><mode name='custom' supported='yes'>
<model usable='no'>486</model></mode></cpu></domainCapabilities>"""
    assert [finding.rule for finding in validate(text)] == ["xml-unchecked"]
    demanding = schema_directory(
        tmp_path, "<element name='domainCapabilities'><attribute name='new'/></element>", "domaincaps.rng"
    )
    found = validate(text, demanding)
    assert any("the attribute vendor is missing" in finding.message for finding in found), found


def test_every_class_of_the_model_has_dates():
    table = load_table()
    assert [name for name in MODULES if not table.type_id(info_of(find_class(name)).path)] == []


def test_a_size_without_a_number_is_a_problem():
    text = "<pstore backend='acpi-erst'><path>/a</path><size unit='KiB'/></pstore>"
    assert [str(problem.path) for problem in parse_any(text).problems()] == ["/pstore/size"]
