"""Documents made at random from the schemas of old releases, as no test of libvirt holds them."""

import random
import xml.etree.ElementTree as ET

import pytest
from helpers.schema_documents import DocumentSource
from libvirtxml.acceptance import ReleaseVerdict, check
from libvirtxml.model import ROOTS
from lxml import etree

from virtsmith.schema.rng import SchemaSet

NOT_DOCUMENTS = "inactiveDomain"
DOCUMENTS = 40


@pytest.mark.slow
@pytest.mark.parametrize("release", ["1.2.0", "1.2.20", "3.4.0", "5.3.0", "7.1.0", "9.8.0", "12.8.0"])
def test_no_release_is_said_to_refuse_what_its_schema_allows(corpus, release):
    directory = corpus / "schemas" / release
    schemas = SchemaSet(directory)
    source = DocumentSource(schemas, random.Random(release))
    checked = 0
    for name in sorted(schemas.roots.keys() - {NOT_DOCUMENTS}):
        rng = etree.RelaxNG(etree.parse(directory / f"{name}.rng"))
        for _ in range(DOCUMENTS):
            text = ET.tostring(source.document(name), encoding="unicode")
            root = etree.fromstring(text)
            if root.tag not in ROOTS or not rng.validate(root):
                continue  # libxml2 is stricter than the grammar in a few data types
            checked += 1
            found = check(text, release)
            assert found.verdicts[release] is ReleaseVerdict.ACCEPTED, (
                [str(refusal) for refusal in found.refusals],
                text,
            )
    assert checked > DOCUMENTS * 5
