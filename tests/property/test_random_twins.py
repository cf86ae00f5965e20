"""Twins of random hosts: what is predicted of a host is predicted of its twin; specs survive being written."""

from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

from helpers.predicted_facts import predicted_facts
from helpers.random_hosts import hosts
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from virtsmith.errors import UsageError, VirtsmithError
from virtsmith.host.facts.parsers.guess import parse_any
from virtsmith.host.plan.predict import predict
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.check import LOCAL, NEAREST
from virtsmith.host.spec.model import CpuTopology, DiskImage, MemoryLink, SpecError
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.spec.writer import format_spec
from virtsmith.host.twin.make import TwinOptions, make_twin
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_facts

relaxed = settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)


@st.composite
def rich_hosts(draw):
    """Hosts with distances, huge pages, memory attributes, a topology, and root complexes that have ports."""
    spec = draw(hosts())
    count = len(spec.nodes)
    far = draw(st.booleans())
    nodes = []
    for number, node in enumerate(spec.nodes):
        row = [LOCAL if other == number else draw(st.integers(NEAREST, 60)) for other in range(count)]
        pages = draw(st.dictionaries(st.just(2048), st.integers(1, 60), max_size=1))
        complexes = tuple(root_complex for root_complex in node.complexes if root_complex.ports)
        nodes.append(replace(node, distances=tuple(row) if far else None, hugepages=pages, complexes=complexes))
    links = tuple(
        MemoryLink(initiator=number, target=number, latency_ns=draw(st.integers(1, 400)))
        for number, node in enumerate(nodes)
        if node.cpus
    )
    total = spec.cpu_count
    threads = draw(st.sampled_from([item for item in (1, 2, 3, 4) if total % item == 0]))
    cores = draw(st.sampled_from([item for item in (1, 2, 3) if total // threads % item == 0]))
    topology = CpuTopology(sockets=total // threads // cores, cores=cores, threads=threads)
    return replace(
        spec,
        nodes=tuple(nodes),
        links=draw(st.sampled_from([(), links])),
        nested=draw(st.booleans()),
        topology=draw(st.sampled_from([None, topology])),
    )


def numbered(spec):
    try:
        return plan(spec)
    except SpecError:
        assume(False)


@relaxed
@given(rich_hosts())
def test_the_twin_of_a_host_has_the_same_prediction(spec):
    host = numbered(spec)
    facts = predicted_facts(host)
    twin = make_twin([facts])
    expected, found = predict(host), predict(plan(twin.spec))
    assert found.nodes == expected.nodes
    assert {replace(e, group=None) for e in found.devices} == {replace(e, group=None) for e in expected.devices}
    assert set(found.groups) == set(expected.groups)
    assert (found.iommu, found.root_buses) == (expected.iommu, expected.root_buses)
    assert verify_facts(plan(twin.spec), [facts]).verdict is HostVerdict.OK
    assert {finding.rule for finding in twin.findings} <= {"twin/platform"}
    flat = CpuTopology(sockets=spec.cpu_count)
    assert twin.spec.topology == (None if spec.topology == flat else spec.topology)


@relaxed
@given(rich_hosts())
def test_a_spec_that_is_written_reads_back_equal(spec):
    spec = replace(spec, disks=(DiskImage(path="/a/ü.qcow2", size_gib=3),), hotplug=True, vcpus=spec.cpu_count)
    text = format_spec(spec, ["A comment that is too long for one line. " * 5, "- and a list"])
    assert parse_spec(text) == spec


@relaxed
@given(rich_hosts(), st.integers(1, 40), st.integers(512, 20000))
def test_a_smaller_twin_keeps_to_its_limits_and_has_the_same_nodes(spec, cpus, mib):
    facts = predicted_facts(numbered(spec))
    twin = None
    with suppress(UsageError):
        twin = make_twin([facts], TwinOptions(cpus=cpus, memory_kib=mib << 10)).spec
    cores = CpuTopology(sockets=1) if spec.topology is None else spec.topology
    if cpus >= spec.cpu_count and mib >= 512 * len(spec.nodes):
        assert twin is not None
    if twin is None:
        return
    assert all(len(node.cpus) % cores.threads == 0 or cpus >= spec.cpu_count for node in twin.nodes)
    assert len(twin.nodes) == len(spec.nodes)
    assert twin.cpu_count <= max(cpus, 1)
    assert twin.memory_kib <= mib << 10
    assert [bool(node.cpus) for node in twin.nodes] == [bool(node.cpus) for node in spec.nodes]
    order = sorted(range(len(spec.nodes)), key=lambda number: spec.nodes[number].memory_kib)
    sizes = [twin.nodes[number].memory_kib for number in order]
    assert all(b - a > -(2 << 10) for a, b in pairwise(sizes))
    assert all(sum(k * n for k, n in node.hugepages.items()) < node.memory_kib for node in twin.nodes)


STARTS = [
    b"", b"{", b'{"lscpu": ', b'{"cpus": [{"cpu": 1', b'{"schema": 1, "cpus": [{"id": ', b"<capabilities><host>",
    b"<topology><object type='Machine'>", b"<topology version='2.0'><object type=\"NUMANode\" cpuset=\"",
    b"<device><name>pci_0000_00_00_0</name>", b"available: 2 nodes (0-1)\nnode 0 size: ",
]  # fmt: skip


@relaxed
@given(st.sampled_from(STARTS), st.binary(max_size=200))
def test_junk_in_place_of_facts_is_refused_in_words(start, junk):
    with suppress(VirtsmithError):
        make_twin([parse_any(start + junk, "junk")])
