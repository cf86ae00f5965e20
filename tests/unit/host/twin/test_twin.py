"""Twins of physical machines: what is kept, what is replaced by another device, and what is lost and reported."""

from dataclasses import replace

import pytest

from virtsmith.errors import UsageError
from virtsmith.host.facts.model import CpuFacts, DeviceFacts, Facts, LinkFacts, NodeFacts
from virtsmith.host.plan.topology import plan
from virtsmith.host.spec.model import CpuTopology, MemoryLink
from virtsmith.host.spec.reader import parse_spec
from virtsmith.host.twin.error import TwinError
from virtsmith.host.twin.make import TwinOptions, make_twin

GIB = 1 << 20


def port(address, root, node, ids="8086:2030", group=None):
    return DeviceFacts(address, root, ids, node, group, pci_class=0x060400)


def device(address, above, node, ids, pci_class, group="", **more):  # noqa: PLR0917 - one line a device
    return DeviceFacts(address, above, ids, node, group, pci_class=pci_class, **more)


SERVER = Facts(
    "server",
    nodes=(
        NodeFacts(0, (0, 1, 4, 5), 64 * GIB - 999, (10, 21), {GIB: 8, 2048: 0}),
        NodeFacts(1, (2, 3, 6, 7), 64 * GIB, (21, 10), {GIB: 16}),
    ),
    # Linux numbers the second threads of all cores last
    cpus=tuple(CpuFacts(cpu, cpu % 4 // 2, 0, cpu % 2 * 4) for cpu in range(8)),
    devices=(
        device("0000:00:00.0", "pci0000:00", 0, "8086:2020", 0x060000, "0"),
        device("0000:00:1f.4", "pci0000:00", 0, "8086:a1a3", 0x0C0500, "1"),
        port("0000:00:1c.0", "pci0000:00", 0, "8086:a190", "2"),
        device("0000:01:00.0", "0000:00:1c.0", 0, "1a03:2000", 0x030000, "3"),
        port("0000:17:00.0", "pci0000:17", 0, group="4"),
        device("0000:18:00.0", "0000:17:00.0", 0, "8086:1572", 0x020000, "5", total_vfs=64, mac="3c:fd:fe:00:00:01"),
        device("0000:18:00.1", "0000:17:00.0", 0, "8086:1572", 0x020000, "6", total_vfs=64, mac="3c:fd:fe:00:00:02"),
        *(
            device(f"0000:18:02.{vf}", "0000:17:00.0", 0, "8086:154c", 0x020000, str(20 + vf), physical="0000:18:00.0")
            for vf in range(8)
        ),
        port("0000:17:02.0", "pci0000:17", 0, group="7"),
        port("0000:85:00.0", "pci0000:85", 1, group="8"),
        device("0000:86:00.0", "0000:85:00.0", 1, "10de:20b5", 0x030200, "9"),
        port("0000:85:01.0", "pci0000:85", 1, group="10"),
        device("0000:87:00.0", "0000:85:01.0", 1, "144d:a808", 0x010802, "11"),
        port("0000:ae:00.0", "pci0000:ae", 1, group="12"),
        device("0000:af:00.0", "0000:ae:00.0", 1, "14e4:165f", 0x020000, "13", mac="02:00:00:00:00:07"),
    ),
    groups_known=True,
    complete=True,
    architecture="x86_64",
    iommu="intel",
    virtualization="vmx",
)


def changed(**changes):
    from dataclasses import replace

    return replace(SERVER, **changes)


def messages(twin):
    return {(finding.rule, finding.severity.value): finding.message for finding in twin.findings}


def test_a_server_keeps_its_nodes_complexes_cards_and_ports():
    twin = make_twin([SERVER])
    spec = twin.spec
    assert [node.cpus for node in spec.nodes] == [(0, 1, 2, 3), (4, 5, 6, 7)]
    assert spec.topology == CpuTopology(sockets=2, cores=2, threads=2)
    assert [node.memory_kib for node in spec.nodes] == [64 * GIB, 64 * GIB]
    assert [node.hugepages for node in spec.nodes] == [{GIB: 8}, {GIB: 16}]
    assert [node.distances for node in spec.nodes] == [(10, 21), (21, 10)]
    first, second = spec.nodes
    assert [
        (root_complex.bus, [d.model for d in root_complex.devices], root_complex.spare_ports)
        for root_complex in first.complexes
    ] == [(0x17, ["igb", "igb"], 1)]
    assert [(root_complex.bus, [d.model for d in root_complex.devices]) for root_complex in second.complexes] == [
        (0x85, ["nvme"]),
        (0xAE, ["e1000e"]),
    ]
    assert (spec.iommu.model, spec.root_port, spec.nested) == ("intel", "pcie-root-port", True)
    assert plan(spec)
    assert parse_spec(twin.to_toml()) == spec


def test_what_is_lost_or_differs_is_said_and_stands_in_the_file():
    twin = make_twin([SERVER])
    found = messages(twin)
    assert "GPU 10de:20b5 on node 1 has no emulated counterpart" in found["twin/device", "warning"]
    assert found["twin/vfs", "warning"] == "of 8 virtual functions, igb has 7"
    assert "0-1,4-5 became 0-3" in found["twin/cpus", "note"]
    assert ("twin/platform", "note") in found
    places = {
        finding.message.split(":")[0]: finding.subject for finding in twin.findings if finding.rule == "twin/place"
    }
    assert places == {"a function of a card with several": "0000:18:00.0, 0000:18:00.1"}
    assert all(finding.message.split()[0] in twin.to_toml() for finding in twin.findings)


def test_addresses_burnt_into_cards_stay_with_the_real_ones():
    macs = {device.mac for device in make_twin([SERVER]).spec.iter_devices()}
    assert macs == {None, "02:00:00:00:00:07"}


def test_a_stand_in_takes_the_place_of_a_lost_device():
    twin = make_twin([SERVER], TwinOptions(stand_ins=True))
    assert [d.model for d in twin.spec.nodes[1].complexes[0].devices] == ["generic", "nvme"]
    assert ("twin/device", "warning") not in messages(twin)


def test_memory_and_cpus_shrink_in_proportion():
    nodes = (SERVER.nodes[0], NodeFacts(1, (2, 3, 6, 7), 192 * GIB, (21, 10), {GIB: 96}))
    spec = make_twin([changed(nodes=nodes)], TwinOptions(memory_kib=8 * GIB, cpus=5)).spec
    assert [node.memory_kib for node in spec.nodes] == [2 * GIB, 6 * GIB]
    assert [node.hugepages for node in spec.nodes] == [{}, {GIB: 3}]
    assert [node.cpus for node in spec.nodes] == [(0, 1), (2, 3)]
    assert spec.topology == CpuTopology(sockets=2, threads=2)


@pytest.mark.parametrize(
    ("options", "hint"),
    [(TwinOptions(memory_kib=GIB // 2), "allow 1 GiB"), (TwinOptions(cpus=3), "allow 4")],
)
def test_limits_that_are_too_low_are_refused_with_the_least_that_will_do(options, hint):
    with pytest.raises(UsageError) as caught:
        make_twin([SERVER], options)
    assert caught.value.hint == hint


def test_an_amd_machine_gets_the_iommu_that_works_unless_another_is_requested():
    assert make_twin([changed(iommu="amd")]).spec.iommu.model == "intel"
    assert make_twin([changed(iommu="amd")], TwinOptions(iommu="amd")).spec.iommu.model == "amd"
    assert make_twin([changed(iommu="")]).spec.iommu is None


def test_an_arm_server_becomes_a_virt_machine():
    spec = make_twin([changed(architecture="aarch64", iommu="smmuv3")]).spec
    assert (spec.machine, spec.iommu.model) == ("virt", "smmuv3")


def test_devices_that_share_groups_with_their_ports_get_ports_without_acs():
    from dataclasses import replace

    devices = tuple(replace(item, group="1") for item in SERVER.devices)
    assert make_twin([changed(devices=devices)]).spec.root_port == "ioh3420"


def test_numbers_of_nodes_become_those_that_qemu_takes():
    nodes = (NodeFacts(0, (0, 1, 4, 5), 64 * GIB), NodeFacts(8, (2, 3, 6, 7), 64 * GIB), NodeFacts(9, (), 0))
    devices = (port("0000:85:00.0", "pci0000:85", 8), device("0000:86:00.0", "0000:85:00.0", 8, "144d:a808", 0x010802))
    twin = make_twin([changed(nodes=nodes, devices=devices)])
    assert len(twin.spec.nodes) == 3
    assert twin.spec.nodes[1].complexes[0].devices[0].model == "nvme"
    assert twin.spec.nodes[2].memory_kib == 512 << 10
    assert {"twin/nodes", "twin/memory"} <= {finding.rule for finding in twin.findings}


def test_too_many_cards_for_the_firmware_become_virtio_those_with_functions_last():
    cards = [port(f"0000:20:{slot:02x}.0", "pci0000:20", 0) for slot in range(16)]
    cards += [
        device(
            f"0000:{33 + slot:02x}:00.0",
            f"0000:20:{slot:02x}.0",
            0,
            "8086:1572" if slot < 2 else "14e4:165f",
            0x020000,
            vfs=2 if slot < 2 else None,
        )
        for slot in range(16)
    ]
    models = [item.model for item in make_twin([changed(devices=tuple(cards))]).spec.iter_devices()]
    assert (models.count("igb"), models.count("e1000e"), models.count("virtio")) == (2, 12, 2)


def test_memory_attributes_come_from_pairs_or_from_the_nearest_cpus():
    links = (LinkFacts(0, 0, 5, 20980), LinkFacts(0, 1, 9, 800), LinkFacts(1, 0, 9, 5000))
    twin = make_twin([changed(links=links)])
    assert twin.spec.links == (
        MemoryLink(initiator=0, target=0, latency_ns=5, bandwidth_kib=20480),
        MemoryLink(initiator=0, target=1, latency_ns=9, bandwidth_kib=1024),
    )
    assert ("twin/hmat", "note") in messages(twin)
    nodes = (*SERVER.nodes, NodeFacts(2, (), 8 * GIB, (31, 17, 10), read_latency=40))
    assert make_twin([changed(nodes=nodes)]).spec.links == (MemoryLink(initiator=1, target=2, latency_ns=40),)


def test_what_sits_elsewhere_in_the_twin_is_noted():
    devices = (
        device("0000:00:05.0", "pci0000:00", 0, "8086:100e", 0x020000),
        port("0000:17:00.0", "pci0000:17", 0),
        port("0000:18:00.0", "0000:17:00.0", 0),
        port("0000:19:01.0", "0000:18:00.0", 0),
        device("0000:1a:00.0", "0000:19:01.0", 0, "144d:a808", 0x010802),
    )
    twin = make_twin([changed(devices=devices)])
    places = {
        finding.message.split(":")[0]: finding.subject for finding in twin.findings if finding.rule == "twin/place"
    }
    assert places == {"on the root bus itself": "0000:00:05.0", "behind a switch or bridge": "0000:1a:00.0"}


def test_sources_complete_each_other_and_contradictions_are_noted():
    sizes = Facts("numactl", nodes=(NodeFacts(0, (0, 1), GIB), NodeFacts(1, (2,), GIB)))
    tree = Facts("nodedev", devices=SERVER.devices, cpus=SERVER.cpus[:3])
    other = Facts("lscpu", nodes=(NodeFacts(0, (0, 1, 3)),))
    twin = make_twin([sizes, tree, other])
    assert [node.cpus for node in twin.spec.nodes] == [(0, 1), (2,)]
    assert "(0, 1) is taken, not (0, 1, 3)" in messages(twin)["twin/conflict", "warning"]


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (Facts("x", devices=SERVER.devices), "have no NUMA nodes"),
        (Facts("x", nodes=(NodeFacts(0, None, GIB),)), "do not have the CPUs"),
        (Facts("x", nodes=(NodeFacts(0, (), GIB),)), "no node has a CPU"),
        (changed(architecture="s390x"), "it is a s390x machine"),
    ],
)
def test_facts_that_say_too_little_are_refused_in_words(facts, message):
    with pytest.raises(TwinError, match=message):
        make_twin([facts])


def test_cpus_of_no_node_are_on_a_node_without_memory():
    twin = make_twin([changed(nodes=(NodeFacts(0, (0, 1, 4, 5), 64 * GIB, (10,)),), devices=())])
    assert [(node.cpus, node.memory_kib) for node in twin.spec.nodes] == [((0, 1, 2, 3), 64 * GIB), ((4, 5, 6, 7), 0)]
    assert "CPUs 2-3,6-7" in {finding.subject for finding in twin.findings if finding.rule == "twin/cpus"}
    assert plan(twin.spec)


def test_a_node_with_cpus_keeps_having_no_memory_also_when_the_rest_is_scaled():
    nodes = (replace(SERVER.nodes[0]), replace(SERVER.nodes[1], memory_kib=0, hugepages=None))
    for limit in (None, 4 * GIB):
        twin = make_twin([changed(nodes=nodes)], TwinOptions(memory_kib=limit))
        assert [node.memory_kib > 0 for node in twin.spec.nodes] == [True, False]
        assert plan(twin.spec)


@pytest.mark.parametrize(
    ("ids", "pci_class", "role"),
    [
        ("10de:1ac2", 0x068000, "device"),
        ("10ee:903f", 0x058000, "device"),
        ("8086:0b25", 0x088000, "device"),
        ("1b21:2142", 0x0C0330, "device"),
        ("1022:1456", 0x108000, "platform"),
        ("103c:3307", 0x088000, "platform"),
        ("1a03:2000", 0x030000, "platform"),
    ],
)
def test_what_is_behind_a_port_is_no_part_of_the_chipset(ids, pci_class, role):
    devices = (port("0000:17:00.0", "pci0000:17", 0), device("0000:18:00.0", "0000:17:00.0", 0, ids, pci_class))
    assert {
        finding.rule for finding in make_twin([changed(devices=devices)]).findings if "18:00" in finding.subject
    } == {f"twin/{role}"}


def test_segments_become_one_and_are_noted():
    devices = (port("0003:00:01.0", "pci0003:00", 1), device("0003:01:00.0", "0003:00:01.0", 1, "144d:a808", 0x010802))
    twin = make_twin([changed(devices=devices)])
    assert ("pci0003:00", "twin/complexes") in {(finding.subject, finding.rule) for finding in twin.findings}


def test_more_cpus_than_apics_get_the_iommu_that_they_need():
    nodes = (NodeFacts(0, tuple(range(300)), 64 * GIB),)
    twin = make_twin([changed(nodes=nodes, cpus=None, devices=(), iommu="")])
    assert twin.spec.iommu is not None
    assert twin.spec.iommu.eim


@pytest.mark.parametrize("parent", ["", "abc", "pci", "pcixyz:00", "0000:86:00.0", "0000:99:00.0", None])
def test_a_parent_that_leads_nowhere_costs_only_the_place(parent):
    lost = device("0000:86:00.0", parent, 1, "144d:a808", 0x010802)
    models = [item.model for item in make_twin([changed(devices=(lost,))]).spec.iter_devices()]
    assert models == ["nvme"]
