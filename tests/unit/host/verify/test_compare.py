"""Comparing facts with a design: made from the prediction itself, then bent in one place."""

import json
from dataclasses import replace

import pytest

from virtsmith.host.facts.model import CpuFacts, DeviceFacts, Facts, FactsDamaged, LinkFacts, NodeFacts, parse_facts
from virtsmith.host.plan.predict import predict
from virtsmith.host.plan.topology import plan
from virtsmith.host.run.probe.frame import wrap
from virtsmith.host.spec.examples import example_spec
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.verify.compare import compare_facts, memory_loss_allowed
from virtsmith.host.verify.iommu import DMAR_READY
from virtsmith.host.verify.verdict import HostVerdict
from virtsmith.host.verify.verify import verify_facts

NUMA3 = plan(example_spec("numa3"))
SRIOV = plan(example_spec("numa3-sriov"))


def ideal(numbered, **changes):
    """The facts of a guest in which everything came true."""
    expected = predict(numbered)
    nodes = tuple(
        NodeFacts(n.number, n.cpus, n.memory_kib - 45272, n.distances, dict(n.hugepages)) for n in expected.nodes
    )
    devices = tuple(
        DeviceFacts(
            d.address,
            d.parent,
            d.ids,
            d.node,
            "" if d.group is None else f"g{d.group}",
            "x" if d.mac else "",
            d.mac,
            d.physical,
            vfs=d.vfs or None,
            hotplug=d.hotplug,
            translated=d.translated,
        )
        for d in expected.devices
    )
    log = (DMAR_READY, "DMAR-IR: Enabled IRQ remapping in xapic mode")
    facts = Facts("probe", nodes, devices, groups_known=True, complete=True, log=log, virtualization="svm")
    facts = replace(facts, iommu=expected.iommu or "", iommu_settings=expected.iommu_settings, machine=expected.machine)
    links = tuple(LinkFacts(e.initiator, e.target, e.latency_ns, e.bandwidth_kib) for e in expected.links)
    cpus = tuple(CpuFacts(number, *expected.topology.place(number)) for number in range(numbered.spec.cpu_count))
    facts = replace(facts, links=links or None, cpus=cpus)
    return replace(facts, **changes)


def bent(facts, at, **changes):
    devices = tuple(replace(device, **changes) if device.address == at else device for device in facts.devices)
    return replace(facts, devices=devices)


def rules(numbered, facts, **how):
    return {finding.rule for finding in verify_facts(numbered, [facts], **how).findings}


@pytest.mark.parametrize("numbered", [NUMA3, SRIOV], ids=["numa3", "sriov"])
def test_what_was_designed_is_as_designed(numbered):
    result = verify_facts(numbered, [ideal(numbered)])
    assert (result.verdict, result.findings, result.unknown) == (HostVerdict.OK, (), ("ports of the root bus",))


@pytest.mark.parametrize(
    ("address", "change", "rule"),
    [
        ("0000:c9:00.0", {"node": -1}, "verify/node"),
        ("0000:c9:00.0", {"node": 2}, "verify/node"),
        ("0000:c9:00.0", {"parent": "0000:c8:01.0"}, "verify/place"),
        ("0000:c9:00.0", {"address": "0000:ba:00.0"}, "verify/place"),
        ("0000:c9:00.0", {"group": "g0"}, "verify/groups"),
        ("0000:c9:00.0", {"group": ""}, "verify/groups"),
        ("0000:b4:00.0", {"ids": "1b36:000c"}, "verify/ids"),
        ("0000:b4:00.0", {"address": "0000:b4:1f.0"}, "verify/device"),
    ],
)
def test_one_bent_device_is_one_kind_of_finding(address, change, rule):
    assert rule in rules(NUMA3, bent(ideal(NUMA3), address, **change))


def test_group_numbers_and_interface_names_are_never_compared():
    facts = ideal(NUMA3)
    renamed = tuple(replace(d, group=f"x{d.group}", interface="eth9") for d in facts.devices)
    assert rules(NUMA3, replace(facts, devices=renamed)) == set()


def test_bus_numbers_below_pcie_root_are_not_compared():
    facts = bent(ideal(NUMA3), "0000:01:00.0", address="0000:05:00.0")
    assert rules(NUMA3, facts) == set()


def test_the_slot_of_a_bridge_below_pcie_root_is_compared():
    facts = bent(ideal(NUMA3), "0000:01:00.0", address="0000:01:01.0")
    assert rules(NUMA3, facts) == {"verify/place"}


def test_cards_that_swapped_places_are_found_by_their_mac():
    facts = bent(bent(ideal(NUMA3), "0000:b5:00.0", mac="?"), "0000:b6:00.0", mac="52:54:00:7e:6e:c6")
    facts = bent(facts, "0000:b5:00.0", mac="52:54:00:7e:6e:c7")
    found = verify_facts(NUMA3, [facts]).findings
    assert {finding.subject for finding in found if finding.rule == "verify/place"} == {
        "e1000e 52:54:00:7e:6e:c6",
        "e1000e 52:54:00:7e:6e:c7",
    }


def test_cards_without_a_driver_are_compared_by_their_place():
    facts = ideal(NUMA3)
    silent = tuple(replace(d, mac=None, driver="") for d in facts.devices)
    assert rules(NUMA3, replace(facts, devices=silent)) == set()
    assert "verify/driver" in rules(NUMA3, replace(facts, devices=silent, modules=("e1000e",)))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"cpus": (0, 1, 2, 3, 7)}, "verify/cpus"),
        ({"memory_kib": 4096001}, "verify/memory"),
        ({"memory_kib": 4096000 - memory_loss_allowed(4096000) - 1}, "verify/memory"),
        ({"distances": (10, 21, 20)}, "verify/distances"),
    ],
)
def test_one_bent_node_is_one_kind_of_finding(change, rule):
    facts = ideal(NUMA3)
    nodes = (replace(facts.nodes[0], **change), *facts.nodes[1:])
    assert rules(NUMA3, replace(facts, nodes=nodes)) == {rule}


def test_memory_may_be_less_by_what_kernels_keep():
    facts = ideal(NUMA3)
    nodes = tuple(
        replace(n, memory_kib=int(w.memory_kib * 0.98) - 65536)
        for n, w in zip(facts.nodes, predict(NUMA3).nodes, strict=True)
    )
    assert rules(NUMA3, replace(facts, nodes=nodes)) == set()


def test_missing_and_additional_nodes_are_findings():
    facts = ideal(NUMA3)
    assert "verify/nodes" in rules(NUMA3, replace(facts, nodes=facts.nodes[:2]))
    assert "verify/nodes" in rules(NUMA3, replace(facts, nodes=(*facts.nodes, NodeFacts(3))))


def test_huge_pages_are_exact():
    numbered = plan(example_spec("kubevirt-sriov"))
    facts = ideal(numbered)
    short = replace(facts.nodes[1], hugepages={2048: 63})
    found = verify_facts(numbered, [replace(facts, nodes=(facts.nodes[0], short))]).findings
    assert [(finding.rule, finding.old, finding.new) for finding in found] == [("verify/hugepages", "64", "63")]


def test_an_iommu_that_did_not_start_is_found_in_the_log_and_by_its_groups():
    seen = ("DMAR: IOMMU enabled",)
    assert rules(NUMA3, ideal(NUMA3, log=seen)) == {"verify/iommu"}
    bare = tuple(replace(d, group="") for d in ideal(NUMA3).devices)
    found = verify_facts(NUMA3, [ideal(NUMA3, devices=bare, log=seen)]).findings
    assert "there is no IOMMU device" in " ".join(item.message for item in found)


def test_interrupt_remapping_must_be_confirmed_when_it_was_asked_for():
    log = (DMAR_READY,)
    assert rules(SRIOV, ideal(SRIOV, log=log)) == {"verify/iommu"}
    assert rules(NUMA3, ideal(NUMA3, log=log)) == set()


def test_virtual_functions_that_were_not_made_are_findings():
    facts = ideal(SRIOV)
    left = tuple(d for d in facts.devices if d.address != "0000:41:10.2")
    assert rules(SRIOV, replace(facts, devices=left)) == {"verify/vfs"}


def test_functions_that_share_a_group_are_found():
    assert rules(SRIOV, bent(ideal(SRIOV), "0000:41:10.2", group="g0")) == {"verify/groups"}


def test_a_device_the_design_does_not_have_is_found_only_below_expanders():
    facts = ideal(NUMA3)
    extra = DeviceFacts("0000:b8:00.0", "0000:b4:00.0", "8086:10d3", 0, "g99")
    assert rules(NUMA3, replace(facts, devices=(*facts.devices, extra))) == {"verify/device"}
    harmless = DeviceFacts("0000:02:00.0", "0000:00:01.0", "1af4:1000", -1, "g98")
    assert rules(NUMA3, replace(facts, devices=(*facts.devices, harmless))) == set()


def test_nested_virtualisation_is_required_of_cpu_or_device():
    assert rules(NUMA3, ideal(NUMA3, virtualization="")) == {"verify/kvm"}
    assert rules(NUMA3, ideal(NUMA3, kvm=False), check_kvm=True) == {"verify/kvm"}
    assert rules(NUMA3, ideal(NUMA3, kvm=True, virtualization=None), check_kvm=True) == set()


def test_cards_without_traffic_are_findings_where_traffic_was_tried():
    facts = ideal(NUMA3)
    named = tuple(replace(d, interface=f"eth{n}") for n, d in enumerate(facts.devices))
    assert rules(NUMA3, replace(facts, devices=named, leases=())) == {"verify/traffic"}
    assert rules(NUMA3, replace(facts, devices=named, leases=tuple(d.interface for d in named))) == set()


def test_what_was_not_collected_is_unknown():
    out = compare_facts(predict(NUMA3), Facts("x", nodes=ideal(NUMA3).nodes))
    assert out.findings == []
    assert {"devices", "kernel log"} <= out.unknown


PROBE = {
    "schema": 1, "kernel": "6.1", "nodes": [{"id": 0, "cpus": "0", "distance": "10", "memtotal_kb": 1}],
    "pci": [{"addr": "0000:00:00.0", "parent": "pci0000:00", "vendor": "0x8086", "device": "0x29c0",
             "numa_node": -1, "iommu_group": ""}],
}  # fmt: skip


def test_facts_are_read_framed_and_plain():
    payload = json.dumps(PROBE).encode()
    assert parse_facts(payload) == parse_facts(b"noise\r\n" + wrap(payload))


@pytest.mark.parametrize(
    "change",
    [{"schema": 2}, {"nodes": [{"id": "x"}]}, {"pci": [{"addr": "../../etc"}]}, {"pci": None}, {"nodes": 7}],
)
def test_facts_of_another_form_are_damaged_not_different(change):
    with pytest.raises(FactsDamaged):
        parse_facts(json.dumps({**PROBE, **change}).encode())


@pytest.mark.parametrize("at", [3, 40, 80, -6, -2])
def test_a_frame_with_a_bent_byte_is_damaged(at):
    frame = bytearray(wrap(json.dumps(PROBE).encode()))
    frame[at] ^= 1
    with pytest.raises(FactsDamaged):
        parse_facts(bytes(frame))


def test_a_frame_that_broke_off_is_damaged():
    frame = wrap(json.dumps(PROBE).encode())
    for size in range(len(frame) - 1):
        with pytest.raises(FactsDamaged):
            parse_facts(b"B" + frame[1:size])


RICH = plan(
    parse_spec(
        """name = "rich"
machine = "pc-q35-7.2"
topology = { sockets = 2, threads = 2 }
hotplug = false
iommu = { intremap = true, caching-mode = true, address-width = 48 }
[[node]]
cpus = 2
memory = "512 MiB"
devices = ["virtio"]
spare-ports = 1
[[node]]
cpus = 2
memory = "512 MiB"
[[node]]
memory = "256 MiB"
[[hmat]]
initiator = 0
target = 2
latency-ns = 250
bandwidth = "20 GiB/s"
"""
    )
)
RICH_FACTS = ideal(RICH, nodes=tuple(replace(n, firmware_kib=n.memory_kib + 45272) for n in ideal(RICH).nodes))


def test_a_rich_host_is_as_designed():
    assert verify_facts(RICH, [RICH_FACTS]).findings == ()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"machine": "pc-q35-8.0"}, "machine"),
        ({"iommu": "amd"}, "iommu"),
        ({"iommu": ""}, "iommu"),
        ({"iommu_settings": {"caching_mode": False, "address_width": 48}}, "iommu"),
        ({"iommu_settings": {"caching_mode": True, "address_width": 39}}, "iommu"),
        ({"log": (DMAR_READY,)}, "iommu"),
        ({"log": (*RICH_FACTS.log, "[    0.1] WARNING: CPU: 1 PID: 0 at arch/x86/kernel/smpboot.c:437")}, "kernel"),
        ({"links": (LinkFacts(0, 2, 900, 20 << 20),)}, "latency"),
        ({"links": (LinkFacts(0, 2, 250, 21 << 20),)}, "bandwidth"),
        ({"links": (*RICH_FACTS.links, LinkFacts(0, 0, 10, None))}, "latency"),
        ({"nodes": tuple(replace(n, firmware_kib=n.firmware_kib + 1024) for n in RICH_FACTS.nodes)}, "memory"),
        ({"shared": {"cores": frozenset(frozenset({cpu}) for cpu in range(4))}}, "topology"),
    ],
)
def test_whatever_the_guest_shows_is_compared(change, rule):
    facts = replace(RICH_FACTS, cpus=tuple(CpuFacts(n, n // 2, 0, 0) for n in range(4)))
    assert rules(RICH, facts) == set()
    assert f"verify/{rule}" in rules(RICH, replace(facts, **change))


def test_ports_and_virtio_devices_are_built_as_designed():
    port = next(device.address for device in RICH_FACTS.devices if device.hotplug is False)
    card = next(device.address for device in RICH_FACTS.devices if device.translated)
    assert rules(RICH, bent(RICH_FACTS, port, hotplug=True)) == {"verify/hotplug"}
    assert rules(RICH, bent(RICH_FACTS, card, translated=False)) == {"verify/dma"}


def test_an_iommu_that_the_design_does_not_have_is_found():
    spec = replace(RICH.spec, iommu=None)
    assert "verify/iommu" in rules(plan(spec), RICH_FACTS)
