"""Pasted outputs of tools, in small samples of our own, tidy and mangled."""

from contextlib import suppress

import pytest
from helpers.tool_outputs import (
    CAPABILITIES,
    DEVICE,
    DMESG,
    HWLOC,
    LSPCI,
    LSTOPO,
    NUMACTL,
    SAMPLES,
    TREE,
    WHOLE_CAPABILITIES,
)
from hypothesis import given
from hypothesis import strategies as st

from virtsmith.host.facts.model import FactsDamaged
from virtsmith.host.facts.parsers.guess import parse_any


def mangle(data):
    """As web pages publish it: runs of blanks collapsed, ends trimmed."""
    return b"\n".join(b" ".join(line.split()) for line in data.splitlines())


@pytest.mark.parametrize("shape", [bytes, mangle], ids=["tidy", "collapsed"])
def test_numactl(shape):
    nodes = parse_any(shape(NUMACTL), "x").nodes
    assert [(n.cpus, n.memory_kib, n.distances) for n in nodes] == [
        ((0, 1), 1000 << 10, (10, 21)),
        ((), 500 << 10, (21, 10)),
    ]


def test_lspci():
    found = {device.address: device.parent for device in parse_any(LSPCI, "x").devices}
    assert found == {
        "0000:00:00.0": "pci0000:00",
        "0000:00:01.0": "pci0000:00",
        "0000:01:00.0": "0000:00:01.0",
        "0000:01:00.1": "0000:00:01.0",
        "0000:00:1e.0": "pci0000:00",
        "0000:02:00.0": "0000:00:1e.0",
        "0000:00:1f.0": "pci0000:00",
        "0000:b4:00.0": "pci0000:b4",
        "0000:b5:00.0": "0000:b4:00.0",
    }


def test_lspci_of_a_machine_with_one_root():
    data = b"-[0000:00]-+-00.0  A\n           \\-1f.0  B\n"
    assert [device.address for device in parse_any(data, "x").devices] == ["0000:00:00.0", "0000:00:1f.0"]


@pytest.mark.parametrize("shape", [bytes, mangle], ids=["tidy", "collapsed"])
def test_the_tree_of_node_devices(shape):
    found = {device.address: (device.parent, device.mac) for device in parse_any(shape(TREE), "x").devices}
    assert found == {
        "0000:00:1e.0": ("pci0000:00", None),
        "0000:02:00.0": ("0000:00:1e.0", None),
        "0000:03:01.0": ("0000:02:00.0", "52:54:00:10:26:7e"),
        "0000:00:1f.0": ("pci0000:00", None),
        "0000:b4:00.0": ("pci0000:b4", None),
        "0000:b5:00.0": ("0000:b4:00.0", "52:54:00:7e:6e:c6"),
    }


def test_a_node_device_document_lists_its_whole_group():
    card, port = parse_any(DEVICE, "x").devices
    assert (card.ids, card.node, card.driver, card.vfs, card.parent) == ("8086:10d3", 0, "vfio-pci", 1, "0000:b4:00.0")
    assert (port.address, port.group) == ("0000:b4:00.0", card.group)


def test_capabilities():
    (node,) = parse_any(CAPABILITIES, "x").nodes
    assert (node.cpus, node.memory_kib, node.distances, node.hugepages) == ((0, 1), 1000 << 10, (10, 21), {2048: 7})


def test_kernel_messages_old_and_new():
    facts = parse_any(DMESG, "x")
    assert facts.groups() == {"14": frozenset({"0000:b4:00.0", "0000:b5:00.0"})}
    assert facts.log[0].endswith("IOMMU enabled")


def test_lstopo():
    facts = parse_any(LSTOPO, "x")
    assert [(n.cpus, n.memory_kib) for n in facts.nodes] == [((0,), 1000 << 10), ((), 500 << 10)]
    assert [(d.address, d.node) for d in facts.devices] == [("0000:b5:00.0", 0), ("0000:00:1f.2", -1)]


ODD_GROUP = b"""<device><capability type='pci'><domain>0</domain><bus>1</bus><slot>0</slot><function>0</function>
<iommuGroup number='9'><address domain='0'/></iommuGroup></capability></device>"""


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"<domain/>", b"BEGIN x", b"{", b"<device><capability type='pci'/></device>", ODD_GROUP]
)
def test_anything_else_is_refused(data):
    with pytest.raises(FactsDamaged):
        parse_any(data, "x")


@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=6)), max_size=4))
def test_damaged_outputs_are_read_or_refused_and_never_crash(data, edits):
    for at, noise in edits:
        data = data[: at % (len(data) + 1)] + noise + data[at % (len(data) + 1) + len(noise) // 2 :]
    with suppress(FactsDamaged):
        assert parse_any(data, "x").source == "x"


def test_capabilities_have_places_of_cpus_attributes_and_the_iommu():
    facts = parse_any(WHOLE_CAPABILITIES, "caps")
    assert [(cpu.number, cpu.socket, cpu.die, cpu.core) for cpu in facts.cpus] == [(0, 0, 1, 4)]
    assert [(e.initiator, e.target, e.latency_ns, e.bandwidth_kib) for e in facts.links] == [(0, 1, 11, 2048)]
    assert (facts.architecture, facts.iommu) == ("x86_64", "amd")
    assert facts.nodes[1].cpus == ()


def test_hwloc_gives_each_cpu_to_one_node_and_each_device_to_its_own():
    facts = parse_any(HWLOC, "lstopo")
    assert [(n.number, n.cpus, n.memory_kib, n.distances) for n in facts.nodes] == [
        (0, (0, 1), 1 << 20, (10, 14)),
        (2, (), 2 << 20, (14, 10)),
    ]
    assert facts.nodes[1].hugepages == {2048: 4}
    assert [(cpu.socket, cpu.core) for cpu in facts.cpus] == [(1, 3), (1, 3)]
    card = facts.devices[1]
    assert (card.address, card.parent, card.ids, card.node) == ("0000:17:00.0", "0000:16:00.0", "8086:1572", 0)
    assert (card.mac, card.pci_class, facts.devices[0].parent) == ("3c:fd:fe:00:00:01", 0x020000, "pci0000:16")


def test_lscpu_shows_nodes_in_both_forms_and_cores_in_one():
    summary = parse_any(
        b'{"lscpu": [{"field": "Architecture:", "data": "x86_64", "children": [{"field": '
        b'"NUMA node1 CPU(s):", "data": "2-3"}]}, {"field": "NUMA node0 CPU(s):", "data": "0,1"}]}',
        "lscpu",
    )
    assert [(node.number, node.cpus) for node in summary.nodes] == [(0, (0, 1)), (1, (2, 3))]
    table = parse_any(
        b'{"cpus": [{"cpu": 0, "node": 0, "socket": 0, "core": 5}, {"cpu": 1, "node": 0, "socket": 0, '
        b'"core": 5}, {"cpu": 2, "node": "-", "socket": "-", "core": "-"}]}',
        "lscpu",
    )
    assert [(cpu.number, cpu.core) for cpu in table.cpus] == [(0, 5), (1, 5)]
    assert [node.cpus for node in table.nodes] == [(0, 1)]


@pytest.mark.parametrize(
    "text",
    [b'{"lscpu": 3}', b'{"cpus": [{}]}', b'{"cpus": []}', HWLOC.replace(b"0x00000003", b"0xf...f"), HWLOC[:900],
     HWLOC.replace(b"0000:17:00.0", b"nonsense"), HWLOC.replace(b'type="NUMANode"', b'type="Group"')],
)  # fmt: skip
def test_broken_topologies_are_refused_in_words(text):
    with pytest.raises(FactsDamaged):
        parse_any(text, "x")


def test_documents_of_network_devices_give_cards_their_addresses():
    net = (
        b"<device><name>net_eth0_52_54_00_00_00_05</name><parent>pci_0000_b5_00_0</parent><capability type='net'>"
        b"<interface>eth0</interface><address>52:54:00:00:00:05</address></capability></device>"
    )
    facts = parse_any(DEVICE + net, "dump")
    assert facts.device("0000:b5:00.0").mac == "52:54:00:00:00:05"


def test_multicast_address_is_not_the_address_of_a_card() -> None:
    tree = TREE.replace(b"net_enp3s1_52_54_00", b"net_tun0_01_00_5e")
    facts = parse_any(tree, "tree")
    assert [device.mac for device in facts.devices if device.mac] == ["52:54:00:7e:6e:c6"]
