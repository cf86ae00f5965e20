"""Twins from the facts that real guests and libvirt's own test machines report."""

from dataclasses import replace

import pytest

from virtsmith.errors import VirtsmithError
from virtsmith.host.facts.parsers.guess import parse_any
from virtsmith.host.plan.predict import predict
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.examples import example_spec
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.twin.make import TwinOptions, make_twin
from virtsmith.host.verify.verify import verify_facts


def read(path):
    return parse_any(path.read_bytes(), path.name)


def test_every_boot_has_a_twin_that_its_own_facts_agree_with(corpus):
    paths = sorted((corpus / "guest-facts" / "facts").glob("*.json"))
    assert len(paths) > 20
    for path in paths:
        facts = read(path)
        twin = make_twin([facts])
        assert parse_spec(twin.to_toml()) == twin.spec
        if path.stem in ("busnr-overlap", "busnr-too-low", "pxb-without-node"):
            continue  # what went wrong there is not repeated
        result = verify_facts(plan(twin.spec), [facts])
        differs = {"twin/model": "verify/ids", "twin/device": "verify/device"}
        played = {differs[finding.rule] for finding in twin.findings if finding.rule in differs}
        agreed = {finding.rule for finding in result.findings} - {"verify/iommu"}  # AMD's becomes Intel's
        assert agreed <= played, (path.stem, result.findings)


@pytest.mark.parametrize("name", ["reference-qemu7.2", "reference-qemu10.0", "reference-single-thread", "probe-raw"])
def test_the_twin_of_the_reference_host_is_the_reference_host(corpus, name):
    twin = make_twin([read(corpus / "guest-facts" / "facts" / f"{name}.json")])
    expected, found = (predict(plan(spec)) for spec in (example_spec("numa3"), twin.spec))
    assert found.devices == expected.devices
    assert found.groups == expected.groups
    assert found.root_buses == expected.root_buses
    assert [replace(node, memory_kib=0) for node in found.nodes] == [replace(e, memory_kib=0) for e in expected.nodes]


def test_pasted_outputs_together_make_the_same_twin(corpus):
    tools = corpus / "guest-facts" / "tools"
    names = ("numactl-hardware.txt", "nodedev-list-tree.txt", "dmesg-iommu-groups.txt", "dmesg-dmar.txt")
    facts = [read(tools / name) for name in names]
    twin = make_twin(facts)
    assert [node.cpus for node in twin.spec.nodes] == [(0, 1, 2, 3), (4, 5), (6, 7)]
    assert twin.spec.iommu.model == "intel"
    assert {finding.rule for finding in twin.findings} >= {"twin/device"}  # a tree does not contain classes


def test_every_capabilities_document_of_libvirts_tests_has_a_small_twin(corpus):
    tests = corpus / "libvirt-11.3.0" / "tests"
    paths = [*tests.glob("vircaps2xmldata/*.xml"), *tests.glob("capabilityschemadata/*.xml")]
    made, refused = [], []
    for path in sorted(paths):
        try:
            twin = make_twin([read(path)], TwinOptions(memory_kib=8 << 20, cpus=16, stand_ins=True))
        except VirtsmithError as error:
            refused.append((path.name, str(error)))
            continue
        assert plan(twin.spec)
        assert twin.spec.cpu_count <= 16
        assert twin.spec.memory_kib <= 8 << 20
        made.append(path.name)
    assert len(made) >= 17
    assert all("no NUMA cells" in reason for _, reason in refused), refused


def test_all_node_devices_of_libvirts_tests_are_played_or_accounted_for(corpus):
    tests = corpus / "libvirt-11.3.0" / "tests"
    caps = read(tests / "vircaps2xmldata" / "vircaps-x86_64-basic.xml")
    count = 0
    for path in sorted((tests / "nodedevschemadata").glob("pci*.xml")):
        try:
            device = read(path)
        except VirtsmithError:
            continue
        twin = make_twin([caps, device])
        subjects = " ".join(finding.subject for finding in twin.findings)
        for function in device.devices:
            if function.ids and function.physical is None and function.pci_class not in (None, 0x060400):
                count += 1
                assert function.address in subjects or any(twin.spec.iter_devices())
    assert count >= 5
    # these machines reserve all their memory for huge pages, so one page less is left of them
    assert {finding.rule for finding in verify_facts(plan(make_twin([caps]).spec), [caps]).findings} == {
        "verify/hugepages"
    }
