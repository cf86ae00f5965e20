"""Pasted outputs of tools, in small samples of our own, tidy and mangled."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtsmith.host.facts.model import FactsDamaged
from virtsmith.host.facts.parsers.guess import parse_any

NUMACTL = b"""available: 2 nodes (0-1)
node 0 cpus: 0 1
node 0 size: 1000 MB
node 0 free: 900 MB
node 1 cpus:
node 1 size: 500 MB
node distances:
node     0    1\x20
   0:   10   21\x20
   1:   21   10\x20
"""
LSPCI = b"""-+-[0000:00]-+-00.0  Host bridge
 |           +-01.0-[01]--+-00.0  Card
 |           |            \\-00.1  Card
 |           +-1e.0-[02-03]----00.0-[03]--
 |           \\-1f.0  Bridge
 \\-[0000:b4]---00.0-[b5]----00.0  Card
"""
TREE = b"""computer
  |
  +- net_lo_00_00_00_00_00_00
  +- pci_0000_00_1e_0
  |   |
  |   +- pci_0000_02_00_0
  |       |
  |       +- pci_0000_03_01_0
  |           |
  |           +- net_enp3s1_52_54_00_10_26_7e
  |            \x20
  +- pci_0000_00_1f_0
  +- pci_0000_b4_00_0
      |
      +- pci_0000_b5_00_0
          |
          +- net_enp181s0_52_54_00_7e_6e_c6

"""
DEVICE = b"""<device>
  <name>pci_0000_b5_00_0</name>
  <parent>pci_0000_b4_00_0</parent>
  <driver><name>vfio-pci</name></driver>
  <capability type='pci'>
    <domain>0</domain><bus>181</bus><slot>0</slot><function>0</function>
    <product id='0x10d3'>Card</product><vendor id='0x8086'>Intel</vendor>
    <capability type='virt_functions' maxCount='7'>
      <address domain='0x0000' bus='0xb5' slot='0x10' function='0x0'/>
    </capability>
    <iommuGroup number='9'>
      <address domain='0x0000' bus='0xb4' slot='0x00' function='0x0'/>
      <address domain='0x0000' bus='0xb5' slot='0x00' function='0x0'/>
    </iommuGroup>
    <numa node='0'/>
  </capability>
</device>"""
CAPABILITIES = b"""<capabilities><host><topology><cells num='1'><cell id='0'>
  <memory unit='MiB'>1000</memory><pages unit='KiB' size='4'>5</pages><pages unit='KiB' size='2048'>7</pages>
  <distances><sibling id='1' value='21'/><sibling id='0' value='10'/></distances>
  <cpus num='2'><cpu id='1'/><cpu id='0'/></cpus></cell></cells></topology></host></capabilities>"""
DMESG = b"""[ 0.1] DMAR: IOMMU enabled
[ 2.9] iommu: Adding device 0000:b4:00.0 to group 14
[    4.5] pci 0000:b5:00.0: Adding to iommu group 14
"""
LSTOPO = b"""Machine (1500MB total)
  Group0
    NUMANode P#0 (1000MB)
    Package P#0 + Core P#0 + PU P#0
    HostBridge
      PCIBridge
        PCI b5:00.0 (Ethernet)
  Group0
    NUMANode P#1 (500MB)
  HostBridge
    PCI 00:1f.2 (SATA)
"""
SAMPLES = [NUMACTL, LSPCI, TREE, DEVICE, CAPABILITIES, DMESG, LSTOPO]


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


WHOLE_CAPABILITIES = b"""<capabilities><host><cpu><arch>x86_64</arch><vendor>AMD</vendor></cpu>
<iommu support='yes'/><topology>
<cells num='2'><cell id='0'><memory unit='KiB'>1000000</memory><pages unit='KiB' size='2048'>3</pages><distances>
<sibling id='0' value='10'/><sibling id='1' value='17'/></distances><cpus num='2'>
<cpu id='0' socket_id='0' die_id='1' core_id='4' siblings='0-1'/><cpu id='1'/></cpus></cell>
<cell id='1'><memory unit='KiB'>2000000</memory><cpus num='0'/></cell></cells><interconnects>
<latency initiator='0' target='1' type='read' value='11'/><latency initiator='0' target='1' type='write' value='12'/>
<bandwidth initiator='0' target='1' type='access' value='2' unit='MiB'/></interconnects></topology></host>
</capabilities>
"""
HWLOC = b"""<?xml version="1.0"?><!DOCTYPE topology SYSTEM "hwloc2.dtd">
<topology version="2.0"><object type="Machine" os_index="0" nodeset="0x00000007">
<info name="Architecture" value="x86_64"/><object type="Package" os_index="1" cpuset="0x00000003" nodeset="0x00000005">
<object type="NUMANode" os_index="0" cpuset="0x00000003" nodeset="0x1" gp_index="7" local_memory="1073741824"/>
<object type="NUMANode" os_index="2" cpuset="0x00000003" nodeset="0x4" gp_index="8" local_memory="2147483648">
<page_type size="4096" count="9"/><page_type size="2097152" count="4"/></object>
<object type="Core" os_index="3"><object type="PU" os_index="0"/><object type="PU" os_index="1"/></object>
<object type="Bridge" bridge_type="0-1" bridge_pci="0000:[16-18]"><object type="Bridge" bridge_type="1-1"
 pci_busid="0000:16:00.0" pci_type="0604 [8086:2030] [0000:0000] 04 00"><object type="PCIDev" pci_busid="0000:17:00.0"
 pci_type="0200 [8086:1572] [0000:0000] 02 00"><object type="OSDev" name="eth0"><info name="Address"
 value="3c:fd:fe:00:00:01"/></object></object></object></object></object></object>
<distances2 type="NUMANode" nbobjs="2" kind="5" indexing="os"><indexes length="4">0 2 </indexes>
<u64values length="12">10 14 14 10 </u64values></distances2></topology>
"""


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
