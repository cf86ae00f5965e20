"""Every element of the corpus can be built by its constructor, unless libvirt's schema forbids just that element."""

import pytest
from libvirtxml import LibvirtXMLError, parse_any
from libvirtxml._impl.base import values_of
from libvirtxml._impl.problems import find_problems, walk
from libvirtxml._impl.read import EXTRA
from libvirtxml._impl.tables import info_of

pytestmark = [pytest.mark.slow]


def own_problems(element):
    """What the newest schema forbids in an element itself, not in what is in it."""
    below = {path for path, item in walk(element) if item is not element}
    found = find_problems(element, newest=True)
    return [problem for problem in found if not any(problem.path.startswith(path) for path in below)]


def rebuilt(element):
    """The element as a constructor builds it from its fields, with what is beyond them."""
    values = {name: value for name, value in values_of(element).items() if name != EXTRA}
    return type(element)(**values, extra=element.extra)


def with_default(element):
    """The element, with the attribute that selects its variant written out, as constructors do."""
    info = info_of(type(element))
    if info.implied and info.implied not in vars(element) and not info.is_smaller_form(vars(element)):
        return element.replace(**{info.implied: info.fields[info.implied].reference})
    return element


def test_every_element_is_rebuilt_by_its_constructor(corpus):
    elements, failures = 0, []
    for path in sorted(corpus.rglob("*.xml")):
        try:
            document = parse_any(path.read_bytes())
        except LibvirtXMLError:
            continue
        for place, element in walk(document):
            elements += 1
            try:
                same = rebuilt(element) == with_default(element)
            except LibvirtXMLError as error:
                same = bool(own_problems(element)) or info_of(type(element)).abstract
                reason = str(error)
            else:
                reason = "it differs"
            if not same:
                failures.append(f"{path.name}: {place}: {reason}")
    assert elements > 100_000
    assert failures == []
