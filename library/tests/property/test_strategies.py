import subprocess
import sys

import pytest
from hypothesis import HealthCheck, find, given, settings
from libvirtxml import Disk, DiskFile, Domain, Element, parse
from libvirtxml._impl.problems import find_problems
from libvirtxml._impl.tables import find_class, info_of
from libvirtxml.model import MODULES, ROOTS
from libvirtxml.strategies import documents, elements

QUIET = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    database=None,
    derandomize=True,
)


def root_class(cls):
    """The class that a reader starts from: a variant is chosen by what the document says."""
    base = info_of(cls).base
    return root_class(find_class(base)) if base else cls


def assert_sound(element: Element):
    assert find_problems(element) == []
    assert element.unknown() == []
    text = element.to_xml()
    again = root_class(type(element)).parse(text)
    assert again == element, text
    assert again.to_xml() == text


@settings(QUIET, max_examples=60)
@given(documents())
def test_documents_are_allowed_and_round_trip(document):
    assert_sound(document)
    assert type(parse(document.to_xml())) is type(document)


@pytest.mark.slow
@pytest.mark.parametrize("module", sorted(set(MODULES.values())))
def test_every_class_has_elements_that_are_allowed_and_round_trip(module):
    for name in sorted(name for name, where in MODULES.items() if where == module):

        @settings(QUIET, max_examples=4)
        @given(elements(find_class(name), depth=1))
        def check(element):
            assert_sound(element)

        check()


def test_a_union_gives_all_its_variants():
    seen = set()

    @settings(QUIET, max_examples=600)
    @given(elements(Disk, depth=0))
    def collect(disk):
        seen.add(type(disk).__name__)

    collect()
    assert seen == set(info_of(Disk).variants.values())


@settings(QUIET, max_examples=30)
@given(elements(DiskFile))
def test_a_class_gives_its_own_elements_alone(disk):
    assert type(disk) is DiskFile


@settings(QUIET, max_examples=30)
@given(elements(Domain, depth=0))
def test_depth_0_gives_what_is_required_and_plain_values(domain):
    assert domain.name
    assert "<devices" not in domain.to_xml()


@pytest.mark.parametrize("tag", ROOTS)
def test_every_kind_of_document_comes_up(tag):
    enough = settings(QUIET, max_examples=2000)
    assert find(documents(depth=0), lambda document: info_of(type(document)).tag == tag, settings=enough)


def test_without_hypothesis_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from libvirtxml.errors import MissingError\n"
        "try:\n    import libvirtxml.strategies\n"
        "except MissingError as error:\n    print(error, '|', error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "hypothesis is not installed | pip install 'libvirtxml[test]'\n"
