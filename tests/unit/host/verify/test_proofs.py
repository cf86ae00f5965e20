"""Every key of a spec has facts that prove it, or is named where they are missing."""

from dataclasses import fields

import pytest
from helpers.host_mutants import MUTATIONS, RICH, nested, rich
from helpers.predicted_facts import predicted_facts

from virtsmith.host.facts.parsers.numactl import parse_numactl
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.examples import example_spec
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.verify.proofs import PROOFS, iter_unproven
from virtsmith.host.verify.verify import verify_facts

NUMACTL = """available: 2 nodes (0-1)
node 0 cpus: 0
node 0 size: 1000 MB
node 1 cpus: 1
node 1 size: 1000 MB
node distances:
node   0   1
  0:  10  20
  1:  20  10
"""
TABLES = {"nodes", "complexes", "devices", "links", "topology", "iommu", "disks"}
"""Keys whose values are tables with keys of their own."""


@pytest.mark.parametrize("cls", PROOFS, ids=lambda cls: cls.__name__)
def test_every_key_of_a_spec_has_its_proof_and_is_tried(cls):
    keys = {field.name for field in fields(cls)} - {"at"}
    assert set(PROOFS[cls]) == keys - TABLES - ({"name"} if "nodes" in keys else set())
    assert set(MUTATIONS[cls]) == keys - ({"name"} if "nodes" in keys else set())


def test_the_rich_host_has_every_key_that_describes_a_guest():
    given = {word for line in RICH.splitlines() for word in line.replace("{", " ").replace(",", " ").split()}
    for key in ("topology", "hmat", "vfs", "iommu-platform", "options", "hugepages", "distances", "bus", "spare-ports"):
        assert any(key in word for word in given), key


def test_what_a_guest_does_not_show_is_named():
    design = plan(rich())
    found = verify_facts(design, [predicted_facts(design)])
    assert {"cpu", "devices.driver", "devices.options", "accel", "nested"} <= set(found.unproven)
    assert not {"hotplug", "devices.vfs", "topology.threads", "iommu.iotlb", "hmat.latency-ns"} & set(found.unproven)


def test_few_facts_prove_few_keys():
    design = plan(example_spec("minimal"))
    result = verify_facts(design, [parse_numactl(NUMACTL, "numactl")])
    assert {"machine", "devices.model", "nested"} - set(result.unproven) <= {"nested"}
    assert "node.cpus" not in result.unproven
    assert "node.memory" not in result.unproven


def test_a_key_that_is_proven_of_some_devices_names_the_others():
    design = plan(parse_spec(
        'name = "x"\n[[node]]\ncpus = 1\nmemory = "1 GiB"\ndevices = [{ model = "virtio", vfs = 0 }, '
        '{ model = "generic", driver = "edu" }]\n'
    ))  # fmt: skip
    result = verify_facts(design, [predicted_facts(design)])
    assert "devices.model (generic 0000:22:00.0)" in result.unproven


def test_nothing_is_proven_without_facts():
    named = set(iter_unproven(nested(), []))
    assert {"node.cpus", "devices.model", "root-port", "mac-base", "machine"} <= named
