"""Comments and the like beside every value of the documents in libvirt's tests: nothing is lost or changed."""

import pytest
from libvirtxml import XMLError, diff, parse_any
from xml_helpers.beside_values import FORMS, beside_values, string_values

DIRECTORIES = (
    "qemuxmlconfdata", "networkxml2xmlin", "nwfilterxml2xmlin", "storagepoolxml2xmlin", "storagevolxml2xmlin",
    "nodedevschemadata",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("directory", DIRECTORIES)
def test_every_value_of_every_document_survives(corpus, directory, form):
    checked = 0
    for path in sorted((corpus / "libvirt-11.3.0/tests" / directory).glob("*.xml")):
        plain = path.read_text(errors="replace")
        text = beside_values(plain, FORMS[form])
        try:
            document, original = parse_any(text), parse_any(plain)
        except XMLError:
            continue
        written = document.to_xml()
        assert string_values(written) == string_values(original.to_xml()), path.name
        assert written.count("<!--") == text.count("<!--"), path.name
        assert diff(original, document) == [], path.name
        assert parse_any(written) == document, path.name
        checked += 1
    assert checked > 5
