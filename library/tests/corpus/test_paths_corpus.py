"""Paths over foreign documents: both languages agree, and what reports print leads back to what they mean."""

from itertools import pairwise

import pytest
from libvirtxml import NothingThereError, XMLError, diff, get, parse, parse_any, to_dotted, to_xpath
from libvirtxml.acceptance import check
from libvirtxml.model import ROOTS
from lxml import etree
from xml_helpers.paths import NAMESPACES, every_place

pytestmark = pytest.mark.slow


def documents(corpus, step):
    found = []
    for path in sorted((corpus / "libvirt-11.3.0" / "tests").rglob("*.xml"))[::step]:
        try:
            found.append((path, parse_any(path)))
        except XMLError:
            continue
    return found


def test_every_place_has_one_path_in_each_language(corpus):
    wrong, count = [], 0
    for path, document in documents(corpus, 30):
        tree = etree.fromstring(document.to_xml().encode(errors="surrogatepass"))
        for place in every_place(document):
            count += 1
            same = to_dotted(document, place.xpath) == place.dotted and to_xpath(document, place.dotted) == place.xpath
            found = get(document, place.dotted)
            if not same or get(document, place.xpath) != found or [item.xpath for item in found] != [place.xpath]:
                wrong.append(f"{path.name}: {place}")
            if not tree.xpath(place.xpath, namespaces=NAMESPACES):
                wrong.append(f"{path.name}: {place.xpath} is nothing to libxml2")
    assert wrong == []
    assert count > 10_000


def printed(document, path, other):
    """What reports about a document print, and what differs from another one."""
    yield from ((document, problem.path) for problem in (*document.unknown(), *document.problems()))
    if etree.parse(path).getroot().tag in ROOTS:
        known = parse(path)  # as `check` reads it: by its root alone
        yield from ((known, refusal.path) for refusal in check(path).refusals)
    if type(other) is type(document):
        for change in diff(document, other):
            yield (other if change.kind == "added" else document), change.path


def test_what_reports_print_is_a_path_to_something_or_to_nothing_but_never_a_wrong_one(corpus):
    here = absent = 0
    every = documents(corpus, 25)
    for (path, document), (_, other) in pairwise(every):
        for owner, text in printed(document, path, other):
            try:
                places = get(owner, text)
            except NothingThereError:  # a part that is missing, or that only the other document may have
                absent += 1
                continue
            here += 1
            for place in places:
                assert to_dotted(owner, place.xpath) == place.dotted
                assert to_xpath(owner, place.dotted) == place.xpath
    assert here > 3000
    assert absent < here / 20
