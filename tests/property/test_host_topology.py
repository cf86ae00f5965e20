"""Random hosts: numbering is disjoint, in range and unique, and libvirt's schema accepts what is made of it."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from virtsmith.core.findings import Severity
from virtsmith.host.build import build_domain
from virtsmith.host.lint.run import lint_domain
from virtsmith.host.parsers.lspci import parse_lspci_tree
from virtsmith.host.predict import predict
from virtsmith.host.spec import Complex, Device, HostSpec, Iommu, Node, SpecError
from virtsmith.host.topology import LAST_BUS, LIBVIRT_PORTS, plan
from virtsmith.host.verdict import Verdict
from virtsmith.host.verify import verify_facts
from virtsmith.host.views.text import lspci_tree
from virtsmith.libvirtxml import parse

DEVICES = st.one_of(
    st.just(Device(model="virtio")),
    st.just(Device(model="nvme")),
    st.builds(Device, model=st.sampled_from(["virtio", "virtio", "virtio", "nvme", "generic", "e1000e"])),
    st.builds(Device, model=st.just("igb"), vfs=st.integers(0, 7)),
)
COMPLEXES = st.builds(
    Complex,
    devices=st.lists(DEVICES, max_size=12).map(tuple),
    spare_ports=st.sampled_from([0, 0, 0, 1]),
    bus=st.one_of(*[st.none()] * 7, st.integers(20, 250)),
)


@st.composite
def hosts(draw):
    count = draw(st.integers(1, 8))
    nodes, cpu = [], 0
    for number in range(count):
        cpus = draw(st.integers(1 if number == 0 else 0, 4))
        nodes.append(
            Node(
                cpus=tuple(range(cpu, cpu + cpus)),
                memory_kib=draw(st.integers(512, 4096)) << 10,
                complexes=draw(st.lists(COMPLEXES, max_size=3).map(tuple)),
            )
        )
        cpu += cpus
    return HostSpec(
        name="random",
        nodes=tuple(nodes),
        root_port=draw(st.sampled_from(["pcie-root-port", "ioh3420"])),
        pci_bridge=draw(st.booleans()),
        devices=tuple(draw(st.lists(DEVICES, max_size=3))),
        spare_ports=draw(st.integers(0, 2)),
        iommu=draw(st.sampled_from([None, Iommu(), Iommu(intremap=True, caching_mode=True, address_width=48)])),
    )


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
    assert all(0 < each <= 255 for each in chassis)
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
    addresses = [each.address for each in expected.devices]
    assert len(set(addresses)) == len(addresses)
    grouped = [address for group in expected.groups for address in group]
    assert sorted(grouped) == (sorted(addresses) if spec.iommu else [])
    assert verify_facts(host, [parse_lspci_tree(lspci_tree(expected))]).verdict is Verdict.OK


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(hosts())
def test_the_model_and_the_linter_find_no_fault_with_what_is_built(spec):
    host = numbered(spec)
    if host is None:
        return
    domain = build_domain(host)
    assert domain.problems() == []
    assert parse(domain.to_xml()) == domain
    worse = [each for each in lint_domain(domain) if each.severity is Severity.ERROR and each.rule != "VH008"]
    assert worse == []


@pytest.fixture(scope="module", params=["9.0.0", "11.3.0"])
def schema(request, corpus):
    return etree.RelaxNG(etree.parse(str(corpus / "schemas" / request.param / "domain.rng")))


@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(spec=hosts())
def test_libvirts_schema_accepts_what_is_built(schema, spec):
    host = numbered(spec)
    if host is not None:
        assert schema.validate(etree.fromstring(build_domain(host).to_xml())), schema.error_log.last_error
