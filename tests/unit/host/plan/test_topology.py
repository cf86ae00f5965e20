"""Numbering, and the refusal of impossible hosts."""

from dataclasses import replace

import pytest

from virtsmith.host.plan.topology import LIBVIRT_PORTS, plan
from virtsmith.host.spec.examples import NAMES, example_spec
from virtsmith.host.spec.model import CpuTopology, Device, HostSpec, MemoryLink, NumaNode, RootComplex, SpecError
from virtsmith.host.spec.reader import parse_spec

HEAD = 'name = "h"\n'
NODE = '[[node]]\ncpus = 1\nmemory = "512 MiB"\n'


def refuse(text, pattern):
    with pytest.raises(SpecError, match=pattern) as caught:
        plan(parse_spec(text, "x.toml"))
    assert caught.value.source == "x.toml"
    return caught.value


@pytest.mark.parametrize("name", NAMES)
def test_every_example_can_be_numbered(name):
    assert plan(example_spec(name)).controllers[0].model == "pcie-root"


def test_the_reference_host_gets_the_published_numbers():
    numbered = plan(example_spec("numa3"))
    rows = [(c.index, c.model, c.parent, c.slot, c.chassis, c.port, c.guest) for c in numbered.controllers[1:]]
    assert rows == [
        (1, "dmi-to-pci-bridge", 0, 0x1E, None, None, "0000:00:1e.0"),
        (2, "pci-bridge", 1, 0, 2, None, "0000:01:00.0"),
        (3, "pcie-expander-bus", 0, 2, None, None, "0000:00:02.0"),
        (4, "pcie-expander-bus", 0, 3, None, None, "0000:00:03.0"),
        (5, "pcie-expander-bus", 0, 4, None, None, "0000:00:04.0"),
        *(
            (
                6 + 3 * node + port,
                "pcie-root-port",
                3 + node,
                port,
                6 + 3 * node + port,
                8 * port,
                f"0000:{bus:02x}:{port:02x}.0",
            )
            for node, bus in enumerate((180, 200, 220))
            for port in range(3)
        ),
    ]
    assert [e.guest[5:7] for e in numbered.endpoints] == ["b5", "b6", "b7", "c9", "ca", "cb", "dd", "de", "df"]
    assert [e.node for e in numbered.endpoints] == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_more_ports_than_slots_share_slots_eight_by_eight():
    spec = HostSpec(
        name="h",
        nodes=(
            NumaNode(
                cpus=(0,),
                memory_kib=1 << 20,
                complexes=(RootComplex(devices=tuple(Device(model="virtio") for _ in range(40))),),
            ),
        ),
    )
    ports = [c for c in plan(spec).controllers if c.model == "pcie-root-port"]
    assert [(c.slot, c.function) for c in ports[:9]] == [*((0, f) for f in range(8)), (1, 0)]
    assert [c.multifunction for c in ports[:9]] == [True, *[False] * 7, True]
    assert ports[9].port == 9
    assert len({c.guest_bus for c in ports}) == 40


def test_devices_on_no_node_sit_on_ports_of_pcie_root():
    numbered = plan(parse_spec(HEAD + 'devices = ["virtio"]\n' + NODE))
    port = numbered.controller(numbered.endpoints[0].port)
    assert (port.parent, port.node, numbered.endpoints[0].guest) == (0, None, "0000:01:00.0")


def test_hotplug_is_what_the_spec_says_on_ports_that_hold_a_device():
    text = HEAD + "hotplug = false\n" + NODE + 'devices = ["virtio"]\nspare-ports = 1\n'
    hotplug = [c.hotplug for c in plan(parse_spec(text)).controllers if c.model == "pcie-root-port"]
    assert hotplug == [False, None]


def test_fifteen_cards_with_io_bars_are_refused_naming_the_entry():
    error = refuse(HEAD + NODE + 'devices = [{ model = "e1000e", count = 15 }]\n', "15th device with an I/O BAR")
    assert error.line == 5


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        (NODE + "bus = 100\nspare-ports = 3\n" + NODE + "bus = 102\nspare-ports = 1\n", "buses 102-103 overlap"),
        (NODE + "bus = 254\nspare-ports = 3\n", "ends at 257, past 255"),
        (NODE + "bus = 2\nspare-ports = 1\n", "among the buses of the root bus itself"),
        (NODE + "bus = 100\nspare-ports = 1\n" + NODE + "bus = 100\nspare-ports = 1\n", "overlap"),
        (NODE.replace("cpus = 1\n", ""), "no node has a CPU"),
        (NODE.replace("cpus = 1", 'cpus = "0-1"') + NODE.replace("cpus = 1", 'cpus = "1"'), "CPU 1 is already"),
        (NODE.replace("cpus = 1", 'cpus = "1"'), "CPU 0 is in no node"),
        (NODE.replace("512 MiB", "0 MiB"), "no node has memory"),
        (NODE + NODE.replace("512 MiB", "0 MiB").replace("cpus = 1\n", ""), "neither memory nor CPUs"),
        (NODE + NODE.replace("512 MiB", "0 MiB") + "hugepages = { '2M' = 1 }\n", "no memory for its huge pages"),
        (NODE.replace("512 MiB", "1000 KiB"), "not a whole number of MiB"),
        ('memory = "2 GiB"\n' + NODE, "memory is 2 GiB, but the nodes add up to 512 MiB"),
        ("vcpus = 3\n" + NODE, "vcpus is 3, but the nodes have 1 CPUs"),
        ('machine = "pc"\n' + NODE, "machine pc has no PCIe root bus"),
        ('iommu = "smmuv3"\n' + NODE, "has no smmuv3 IOMMU"),
        ('machine = "virt"\niommu = "intel"\n' + NODE, "has no intel IOMMU"),
        ("iommu = { model = 'virtio', intremap = true }\n" + NODE, "has no setting intremap"),
        (NODE + "distances = [10, 20]\n", "2 distances for 1 nodes"),
        (NODE + "distances = [11]\n", "to itself must be 10"),
        (NODE + "hugepages = { '1G' = 1 }\n", "huge pages take up all"),
        (NODE + "[[hmat]]\ninitiator=0\ntarget=1\nlatency-ns=5\n", "there is no node 1"),
        (NODE + NODE + "[[hmat]]\ninitiator=0\ntarget=1\nlatency-ns=5\n[[hmat]]\ninitiator=1\ntarget=0\nlatency-ns=5\n",
         "given twice"),
        (NODE + 'devices = [{ model="igb", mac="52:54:00:00:00:01" }, { model="igb", mac="52:54:00:00:00:01" }]\n',
         "two devices have the MAC address"),
    ],
)  # fmt: skip
def test_impossible_hosts_are_refused(text, pattern):
    refuse(HEAD + text, pattern)


def test_more_buses_than_there_are_numbers_is_refused():
    nodes = tuple(
        NumaNode(cpus=(n,), memory_kib=1 << 20, complexes=(RootComplex(devices=(Device(model="virtio"),) * 60),))
        for n in range(5)
    )
    with pytest.raises(SpecError, match="need 305 buses"):
        plan(HostSpec(name="h", nodes=nodes))


def test_automatic_buses_stay_clear_of_requested_ones_and_of_the_root_bus():
    spec = parse_spec(HEAD + NODE + "spare-ports=1\nbus=64\n" + (NODE + "spare-ports=1\n") * 3)
    buses = [c.bus_number for c in plan(spec).expanders()]
    assert buses[0] == 64
    assert len(set(buses)) == 4
    assert min(buses) > LIBVIRT_PORTS


def test_cards_without_a_mac_get_a_free_one_that_encodes_their_node():
    spec = parse_spec(HEAD + NODE + 'devices=[{model="e1000e", mac="52:54:00:7e:01:01"}, "e1000e"]\n')
    assert [e.mac for e in plan(spec).endpoints] == ["52:54:00:7e:01:01", "52:54:00:7e:01:02"]


def test_many_vcpus_need_the_extended_interrupt_mode():
    spec = HostSpec(name="h", nodes=(NumaNode(cpus=tuple(range(300)), memory_kib=1 << 20),))
    iommu = example_spec("numa3").iommu
    for given in (None, iommu):
        with pytest.raises(SpecError, match="extended interrupt mode"):
            plan(replace(spec, iommu=given))
    assert plan(replace(spec, iommu=replace(iommu, intremap=True, eim=True)))


def test_threads_of_a_core_are_on_one_node():
    halves = (NumaNode(cpus=(0, 2), memory_kib=1 << 19), NumaNode(cpus=(1, 3), memory_kib=1 << 19))
    spec = HostSpec(name="h", nodes=halves, topology=CpuTopology(sockets=1, cores=2, threads=2))
    with pytest.raises(SpecError, match="CPUs 0 and 1 are threads of one core, but on nodes 0 and 1"):
        plan(spec)
    assert plan(replace(spec, topology=CpuTopology(sockets=1, cores=4)))


def test_memory_attributes_are_what_a_table_of_16_bits_holds():
    nodes = tuple(NumaNode(cpus=(number,), memory_kib=1 << 19) for number in range(2))
    links = [MemoryLink(initiator=n, target=n, bandwidth_kib=kib) for n, kib in enumerate((1 << 10, 70000 << 10))]
    with pytest.raises(SpecError, match="differ too much"):
        plan(HostSpec(name="h", nodes=nodes, links=tuple(links)))
    with pytest.raises(SpecError, match="whole MiB/s"):
        plan(HostSpec(name="h", nodes=nodes, links=(replace(links[0], bandwidth_kib=1000),)))
    even = tuple(replace(link, bandwidth_kib=(number + 1) << 20) for number, link in enumerate(links))
    assert plan(HostSpec(name="h", nodes=nodes, links=even))


def test_there_are_no_more_nodes_than_qemu_takes():
    nodes = tuple(NumaNode(cpus=(number,) if number < 2 else (), memory_kib=1 << 10) for number in range(129))
    with pytest.raises(SpecError, match="129 nodes; QEMU takes 128"):
        plan(HostSpec(name="h", nodes=nodes))


def test_a_full_host_has_places_of_its_own_for_its_card_and_disks():
    spec = parse_spec(HEAD + NODE + "spare-ports=2\n[[disk]]\npath='/a.qcow2'\n[[disk]]\npath='/b.qcow2'\n")
    assert plan(spec).own_slots()[:3] == [0x1C, 0x1B, 0x1A]
