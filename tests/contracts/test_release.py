"""A release has one version, and pages state the right number of libvirt releases."""

import re
from pathlib import Path

import libvirtxml
import pytest
from libvirtxml.acceptance import releases

import virtsmith

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("CHANGELOG.md", r"^## (\S+)"),
        ("packaging/debian/changelog", r"^virtsmith \((\S+)-\d+\)"),
        ("packaging/virtsmith.spec", r"^%global virtsmith_version (\S+)"),
        ("packaging/virtsmith.spec", r"(?s)^%changelog\n\*[^\n]* (\S+)-\d+\n"),
        ("docs/po.md", r"^ +rev: v(\S+)"),
    ],
)
def test_the_version_of_virtsmith_is_the_same_everywhere(file, pattern):
    assert re.findall(pattern, (ROOT / file).read_text(), re.MULTILINE)[:1] == [virtsmith.__version__]


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("pyproject.toml", r"libvirtxml\[validate\]>=([\d.]+\d)"),
        ("packaging/debian/control", r"python3-libvirtxml \(>= (\S+)\)"),
        ("packaging/virtsmith.spec", r"^%global libvirtxml_version (\S+)"),
    ],
)
def test_the_version_of_the_library_is_the_same_everywhere(file, pattern):
    assert re.findall(pattern, (ROOT / file).read_text(), re.MULTILINE) == [libvirtxml.__version__]


def test_the_library_leads_with_the_newest_libvirt_release_that_it_knows():
    assert re.fullmatch(re.escape(releases()[-1]) + r"(\.post\d+)?", libvirtxml.__version__)


@pytest.mark.parametrize("file", ["README.md", "docs/index.md", "docs/xml-check.md", "docs/concepts/model.md"])
def test_pages_say_how_many_libvirt_releases_are_known(file):
    pattern = r"\b(\d+) (?:libvirt releases|releases|nearly equal)|of (\d+)$"
    counts = re.findall(pattern, (ROOT / file).read_text(), re.MULTILINE)
    assert {number for pair in counts for number in pair if number} == {str(len(releases()))}
