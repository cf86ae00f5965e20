"""A host of Arm's machine `virt`, booted under emulation with its own firmware, kernel and busybox."""

from dataclasses import replace

import pytest

from virtsmith.core.run import find_program
from virtsmith.host.plan.topology import plan
from virtsmith.host.run.options import find_boot_options
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_boot, verify_facts

pytestmark = pytest.mark.real
SPEC = """name = "arm"
machine = "virt"
cpu = "maximum"
accel = "tcg"
iommu = "smmuv3"
[[node]]
cpus = 2
memory = "1 GiB"
distances = [10, 21]
devices = ["e1000e", "virtio"]
spare-ports = 1
[[node]]
cpus = 1
memory = "512 MiB"
devices = ["nvme"]
"""


@pytest.mark.slow
def test_an_arm_host_has_its_nodes_devices_and_groups(archive):
    if find_program("qemu-system-aarch64") is None:
        pytest.skip("qemu-system-aarch64 is not installed")
    design = plan(parse_spec(SPEC))
    options = find_boot_options(architecture=design.spec.architecture, time_limit=400)
    result = verify_boot(design, options)
    assert (result.verdict, result.findings, result.boot.reason) == (HostVerdict.OK, (), "")
    assert set(result.unproven) == {"cpu", "nested"}
    facts = result.boot.facts
    assert [node.distances for node in facts.nodes] == [(10, 21), (21, 10)]
    cards = {device.ids: device.node for device in facts.devices if device.pci_class >> 16 in (1, 2)}
    assert cards == {"8086:10d3": 0, "1af4:1041": 0, "1b36:0010": 1}
    assert sorted(len(group) for group in facts.groups().values()) == [1] * 8
    bare = plan(replace(design.spec, iommu=None))
    assert {finding.rule for finding in verify_facts(bare, [facts]).findings} == {"verify/iommu"}
