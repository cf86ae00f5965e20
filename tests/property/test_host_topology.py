"""Random hosts: numbering is disjoint, in range and unique, and libvirt's schema accepts what is made of it."""

from contextlib import suppress

import pytest
from helpers.random_hosts import hosts
from hypothesis import HealthCheck, given, settings
from libvirtxml import parse
from libvirtxml.findings import Severity
from lxml import etree

from virtsmith.host.build.domain import build_domain
from virtsmith.host.facts.parsers.lspci import parse_lspci_tree
from virtsmith.host.lint.run import lint_domain
from virtsmith.host.plan.predict import predict
from virtsmith.host.plan.topology import LAST_BUS, LIBVIRT_PORTS, plan
from virtsmith.host.spec.model import SpecError
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_facts
from virtsmith.host.views.text import lspci_tree


def numbered(spec):
    """A plan, or None where the spec is refused."""
    with suppress(SpecError):
        return plan(spec)
    return None


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(hosts())
def test_all_numbers_are_disjoint_in_range_and_unique(spec):
    host = numbered(spec)
    if host is None:
        return
    own = sum(1 for c in host.controllers if c.parent == 0 and c.model != "pcie-expander-bus")
    taken = set(range(own + LIBVIRT_PORTS + 1))
    for expander in host.expanders():
        buses = set(range(expander.guest_bus, expander.guest_bus + len(host.children(expander.index)) + 1))
        assert not buses & taken
        assert max(buses) <= LAST_BUS
        taken |= buses
    assert [c.index for c in host.controllers] == list(range(len(host.controllers)))
    chassis = [c.chassis for c in host.controllers if c.port is not None]
    assert len(set(chassis)) == len(chassis)
    assert all(0 < chassi <= 255 for chassi in chassis)
    places = [(c.parent, c.slot, c.function) for c in host.controllers if c.parent is not None]
    assert len(set(places)) == len(places)
    assert all(c.port is None or c.port == c.slot * 8 + c.function <= 255 for c in host.controllers)
    buses = [c.guest_bus for c in host.controllers]
    assert len(set(buses)) == len(buses)
    macs = [e.mac for e in host.endpoints if e.mac]
    assert len(set(macs)) == len(macs)
    first_functions = {(c.parent, c.slot) for c in host.controllers if c.multifunction}
    assert all((c.parent, c.slot) in first_functions for c in host.controllers if c.function)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(hosts())
def test_every_device_is_predicted_once_in_one_group_and_the_drawn_tree_reads_back(spec):
    host = numbered(spec)
    if host is None:
        return
    expected = predict(host)
    addresses = [device.address for device in expected.devices]
    assert len(set(addresses)) == len(addresses)
    grouped = [address for group in expected.groups for address in group]
    assert sorted(grouped) == (sorted(addresses) if spec.iommu else [])
    assert verify_facts(host, [parse_lspci_tree(lspci_tree(expected))]).verdict is HostVerdict.OK


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(hosts())
def test_the_model_and_the_linter_find_no_fault_with_what_is_built(spec):
    host = numbered(spec)
    if host is None:
        return
    domain = build_domain(host)
    assert domain.problems() == []
    assert parse(domain.to_xml()) == domain
    worse = [
        finding for finding in lint_domain(domain) if finding.severity is Severity.ERROR and finding.rule != "VH008"
    ]
    assert worse == []


@pytest.fixture(scope="module", params=["9.0.0", "11.3.0"])
def schema(request, corpus):
    return etree.RelaxNG(etree.parse(str(corpus / "schemas" / request.param / "domain.rng")))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(spec=hosts())
def test_libvirts_schema_accepts_what_is_built(schema, spec):
    host = numbered(spec)
    if host is not None:
        assert schema.validate(etree.fromstring(build_domain(host).to_xml())), schema.error_log.last_error
