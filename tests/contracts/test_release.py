"""A release has one version, and pages tell the right number of libvirt releases."""

import re
from pathlib import Path

import pytest
from libvirtxml.acceptance import releases

import virtsmith

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("CHANGELOG.md", r"^## (\S+)"),
        ("packaging/debian/changelog", r"^virtsmith \((\S+)-\d+\)"),
        ("packaging/virtsmith.spec", r"^Version:\s+(\S+)"),
        ("packaging/virtsmith.spec", r"(?s)^%changelog\n\*[^\n]* (\S+)-\d+\n"),
        ("docs/po.md", r"^ +rev: v(\S+)"),
    ],
)
def test_the_version_is_the_same_everywhere(file, pattern):
    assert re.findall(pattern, (ROOT / file).read_text(), re.MULTILINE)[:1] == [virtsmith.__version__]


@pytest.mark.parametrize("file", ["README.md", "docs/index.md", "docs/xml-check.md", "docs/concepts/model.md"])
def test_pages_tell_how_many_libvirt_releases_are_known(file):
    pattern = r"\b(\d+) (?:libvirt releases|releases|almost equal)|of (\d+)$"
    told = re.findall(pattern, (ROOT / file).read_text(), re.MULTILINE)
    assert {number for pair in told for number in pair if number} == {str(len(releases()))}
