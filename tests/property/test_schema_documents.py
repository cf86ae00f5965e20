import random
import re
import xml.etree.ElementTree as ET

import pytest
from helpers.schema_documents import DocumentSource
from libvirtxml import parse
from libvirtxml._impl.problems import find_problems
from libvirtxml.acceptance import releases
from lxml import etree

from virtsmith.schema.rng import SchemaSet

SCHEMAS = [
    "capability", "cpu", "domain", "domainbackup", "domaincaps", "domaincheckpoint", "domainsnapshot", "interface",
    "network", "networkport", "nodedev", "nwfilter", "nwfilterbinding", "secret", "storagepool", "storagepoolcaps",
    "storagevol", "sysinfo",
]  # fmt: skip
DOCUMENTS = 150
FORCED = re.compile(
    r"/(console|serial|parallel|channel|redirdev|smartcard|memory|input|virtualport|address)(\[\d+\])?/"
)
"""Where the model is narrower than the schema on purpose: see FORCED_UNIONS of the overlay."""


@pytest.fixture(scope="module")
def directory(corpus):
    """The schemas that lead the model."""
    return corpus / "schemas" / releases()[-1]


@pytest.fixture(scope="module")
def newest(directory):
    return SchemaSet(directory)


@pytest.mark.slow
@pytest.mark.parametrize("schema", SCHEMAS)
def test_whatever_the_schema_allows_is_known_kept_and_written_validly(newest, directory, schema):
    """Rule: the model is complete; nothing that RELAX NG admits is unknown to it, forbidden by it or lost in it."""
    rng = etree.RelaxNG(etree.parse(str(directory / f"{schema}.rng")))
    for seed in range(DOCUMENTS):
        tree = DocumentSource(newest, random.Random(seed)).document(schema)
        text = ET.tostring(tree, encoding="unicode")
        if not rng.validate(etree.fromstring(text)):
            continue  # libxml2 is stricter than the grammar in a few data types
        document = parse(text)
        assert [item for item in document.unknown() if not FORCED.search(item.path)] == [], (seed, text)
        assert find_problems(document) == [], (seed, text)
        written = document.to_xml()
        assert rng.validate(etree.fromstring(written)), (seed, written, rng.error_log.last_error)
        again = parse(written)
        assert again == document, seed
        assert again.to_xml() == written, seed
