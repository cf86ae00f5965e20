"""What libvirt made of its own test documents, on all architectures, meets what they ask for."""

from pathlib import Path

import pytest
from libvirtxml import Element, XMLError, diff, parse
from xml_helpers.overruled import is_overruled

RESULTS = {
    "qemuxmlconfdata": ("qemuxmlconfdata", "{}.*-latest.xml", 800),
    "networkxml2xmlin": ("networkxml2xmlout", "{}.xml", 35),
    "storagepoolxml2xmlin": ("storagepoolxml2xmlout", "{}.xml", 35),
    "storagevolxml2xmlin": ("storagevolxml2xmlout", "{}.xml", 20),
    "nwfilterxml2xmlin": ("nwfilterxml2xmlout", "{}.xml", 20),
    "genericxml2xmlindata": ("genericxml2xmloutdata", "{}.xml", 15),
}
"""For a directory of requests: that of the results, their names, and how many there are at least."""


def parsed(path: Path) -> Element | None:
    """A document; None for what is not one, such as the links that a copy of the corpus wrote as text."""
    try:
        return parse(path)
    except XMLError:
        return None


@pytest.mark.slow
@pytest.mark.parametrize("directory", RESULTS)
def test_what_libvirt_made_of_a_document_meets_it(corpus: Path, directory: str) -> None:
    tests = corpus / "libvirt-11.3.0" / "tests"
    made, pattern, least = RESULTS[directory]
    pairs = [
        (requested, actual, result.name)
        for path in sorted((tests / directory).glob("*.xml"))
        if not is_overruled(path.stem) and (requested := parsed(path))
        for result in sorted((tests / made).glob(pattern.format(path.stem)))
        if (actual := parsed(result))
    ]
    unmet = {name: changes for requested, actual, name in pairs if (changes := diff(requested, actual, "requested"))}
    assert unmet == {}
    assert len(pairs) >= least
