"""Hosts booted for real, without KVM: the twin of a booted host is that host again."""

from dataclasses import replace

import pytest

from virtsmith.host.facts.collect import collect_by_libvirt, collect_here
from virtsmith.host.plan.predict import predict
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.examples import example_spec
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.twin.make import TwinOptions, make_twin
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_boot, verify_facts

pytestmark = [pytest.mark.real, pytest.mark.slow]
RICH = (
    'name="rich"\niommu="intel"\ntopology={sockets=2,cores=2,threads=2}\ndevices=["virtio"]\nspare-ports=1\n'
    '[[node]]\ncpus=4\nmemory="1 GiB"\ndistances=[10,21,31]\nhugepages={"2M"=64}\n'
    'devices=["virtio","nvme",{model="generic"}]\nspare-ports=1\n[[node.complex]]\ndevices=["e1000e"]\n'
    '[[node]]\ncpus=4\nmemory="768 MiB"\ndistances=[21,10,21]\nhugepages={"2M"=32}\n'
    '[[node]]\nmemory="512 MiB"\ndistances=[31,21,10]\n'
    "[[hmat]]\ninitiator=0\ntarget=0\nlatency-ns=5\n[[hmat]]\ninitiator=1\ntarget=1\nlatency-ns=7\n"
    "[[hmat]]\ninitiator=1\ntarget=2\nlatency-ns=20\n"
)


def prediction(host):
    """What is predicted of a host, without the sizes, which machines do not report exactly."""
    expected = predict(host)
    devices = {replace(device, group=None) for device in expected.devices}
    nodes = tuple(replace(node, memory_kib=0) for node in expected.nodes)
    return nodes, devices, set(expected.groups), expected.iommu, expected.topology, expected.root_buses


def assert_its_twin_is_the_same_host(host, options):
    first = verify_boot(host, options).boot
    assert first.facts, (first.verdict, first.reason, first.phase, first.last_lines())
    facts = first.facts
    twin = make_twin([facts])
    again = plan(twin.spec)
    assert prediction(again) == prediction(host)
    chosen = replace(facts, iommu_settings=None)  # a twin's IOMMU has those that nested guests need
    assert verify_facts(again, [chosen]).findings == ()
    result = verify_boot(again, options)
    assert (result.verdict, result.findings) == (HostVerdict.OK, ())
    return twin


def test_the_twin_of_a_rich_host_boots_to_the_same_shape(options):
    twin = assert_its_twin_is_the_same_host(plan(parse_spec(RICH)), options)
    assert {finding.rule for finding in twin.findings} == {"twin/platform"}


def test_the_twin_of_the_reference_host_boots_to_the_same_shape(options):
    assert_its_twin_is_the_same_host(plan(example_spec("numa3")), options)


def test_virtual_functions_are_twinned(options, new_qemu):
    twin = assert_its_twin_is_the_same_host(plan(example_spec("numa3-sriov")), replace(options, qemu=new_qemu))
    assert [device.vfs for device in twin.spec.iter_devices() if device.model == "igb"]


def test_a_topology_that_did_not_come_true_is_found_out(options):
    host = plan(parse_spec(RICH))
    wrong = replace(host, spec=replace(host.spec, topology=None))
    found = verify_boot(host, options, booted=wrong).findings
    assert {finding.rule for finding in found} == {"verify/topology"}
    assert [item.subject for item in found] == ["sockets", "dies", "cores"]


def test_a_small_twin_of_this_machine_boots(options):
    twin = make_twin([collect_here()], TwinOptions(memory_kib=2 << 20, cpus=4, stand_ins=True))
    result = verify_boot(plan(twin.spec), options)
    assert (result.verdict, result.findings) == (HostVerdict.OK, ())


def test_a_libvirt_reports_the_shape_of_its_host(libvirtd):
    sources = collect_by_libvirt(libvirtd.uri)
    twin_spec, probed = (make_twin(item).spec for item in (sources, [collect_here()]))
    assert [node.cpus for node in twin_spec.nodes] == [node.cpus for node in probed.nodes]
    assert [node.memory_kib for node in twin_spec.nodes] == [node.memory_kib for node in probed.nodes]
    assert (twin_spec.topology, twin_spec.devices) == (probed.topology, probed.devices)
