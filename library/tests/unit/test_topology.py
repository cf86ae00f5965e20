"""A domain as a topology: order, names, places, lookups, and what is free."""

import pytest
from libvirtxml import (
    AddressDrive,
    AddressPCI,
    AddressUnassigned,
    AddressUSB,
    DiskFile,
    DiskTarget,
    Domain,
    ModelError,
    NothingFreeError,
    Topology,
)
from libvirtxml.topology import DrivePlace, PCIPlace, address_key

MIXED = """<domain type='kvm'><name>a</name><devices>
  <emulator>/usr/bin/qemu</emulator>
  <controller type='scsi' index='1' model='virtio-scsi'/>
  <disk type='file'><target dev='sda' bus='scsi'/><alias name='scsi1-0-0-4'/>
    <address type='drive' controller='1' bus='0' target='0' unit='4'/></disk>
  <!-- a comment, an element of the future, and tags that alternate -->
  <controller type='virtio-serial' index='0'/>
  <quantum/>
  <disk type='file'><target dev='sdb' bus='sata'/></disk>
  <interface type='user'><mac address='52:54:00:AA:BB:0C'/><target dev='vnet0'/><alias name='net0'/>
    <address type='pci' domain='0x0000' bus='0x00' slot='0x04' function='0x1'/></interface>
  <controller type='sata' index='0'/>
  <channel type='pty'><target type='virtio' name='a'/><address type='virtio-serial' controller='0' bus='0' port='3'/></channel>
  <input type='tablet' bus='usb'><address type='usb' bus='2' port='1.4'/></input>
  <controller type='usb' index='2' model='qemu-xhci'/>
  <memballoon model='virtio'/>
</devices></domain>"""  # noqa: E501

Q35 = """<domain type='kvm'><name>a</name><os><type arch='x86_64' machine='pc-q35-9.0'>hvm</type></os><devices>
  <controller type='pci' index='0' model='pcie-root'/>
  <controller type='pci' index='1' model='pcie-expander-bus'><target busNr='180'><node>1</node></target>
    <address type='pci' bus='0' slot='2'/></controller>
  <controller type='pci' index='2' model='pcie-root-port'><target chassis='2' port='0'/>
    <address type='pci' bus='1' slot='0'/></controller>
  <controller type='pci' index='3' model='pcie-root-port'><target chassis='3' port='8' hotplug='off'/>
    <address type='pci' bus='1' slot='1'/></controller>
  <controller type='pci' index='4' model='pcie-root-port'/>
  <rng model='virtio'><address type='pci' bus='2' slot='0'/></rng>
</devices></domain>"""

NOTHING = "<domain type='kvm'><name>a</name></domain>"


def topology(text):
    return Topology(Domain.parse(text))


def local(device):
    return device.path.removeprefix("/domain/devices/")


def with_disks(*targets):
    disks = "".join(f"<disk type='file'><target dev='{dev}' bus='{bus}'/></disk>" for dev, bus in targets)
    return topology(f"<domain type='kvm'><name>a</name><devices>{disks}</devices></domain>")


def test_devices_come_in_the_order_of_the_document_with_their_paths():
    view = topology(MIXED)
    assert [local(device) for device in view.devices] == [
        "controller[1]",
        "disk[1]",
        "controller[2]",
        "disk[2]",
        "interface[1]",
        "controller[3]",
        "channel[1]",
        "input[1]",
        "controller[4]",
        "memballoon[1]",
    ]
    assert [local(device) for device in view.controllers] == [f"controller[{number}]" for number in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"alias": "net0"}, "interface[1]"),
        ({"mac": "52:54:0:aa:bb:c"}, "interface[1]"),
        ({"target": "sdb"}, "disk[2]"),
        ({"target": "vnet0"}, "interface[1]"),
        ({"address": AddressPCI.at("00:04.1")}, "interface[1]"),
        ({"address": AddressDrive(controller=1, bus=0, target=0, unit=4)}, "disk[1]"),
        ({"address": AddressUSB(bus=2, port="1.4")}, "input[1]"),
        ({"tag": "controller"}, "controller[1]"),
        ({"tag": "disk", "target": "vnet0"}, None),
        ({"alias": "net1"}, None),
        ({"address": AddressPCI.at("00:04.0")}, None),
        ({"address": AddressUnassigned()}, None),
    ],
)
def test_a_device_is_found_by_all_that_is_said_of_it(query, path):
    found = topology(MIXED).find(**query)
    assert (local(found) if found else None) == path


def test_what_sits_on_what_is_known_for_all_kinds_of_controllers():
    view = topology(MIXED)
    above = {local(device): view.controller_of(device) for device in view.devices}
    assert {path: local(found) for path, found in above.items() if found} == {
        "disk[1]": "controller[1]",
        "disk[2]": "controller[3]",
        "channel[1]": "controller[2]",
        "input[1]": "controller[4]",
    }
    for controller in view.controllers:
        assert [view.controller_of(device) for device in view.devices_on(controller)] == [controller]
    assert view.devices_on(view.find(tag="disk")) == ()


def test_the_pci_tree_knows_ports_nodes_and_what_is_behind():
    tree = topology(Q35).pci
    rng = tree.devices[0]
    assert [port.index for port in tree.ports] == [2, 3, 4]
    assert [port.index for port in tree.free_ports] == [3, 4]
    assert [controller.index for controller in tree.children(1)] == [2, 3]
    assert (tree.bus_range(tree.expanders[0]), tree.buses_below(0)) == ((180, 182), 1)
    assert (tree.root_above(2).index, tree.root_above(4).index, tree.node_of(rng)) == (1, 0, 1)
    assert tree.behind(2) == [rng]
    assert tree.places[PCIPlace(2, 0)] == [rng]
    assert (tree.controllers[3].takes_hotplug, tree.controllers[4].takes_hotplug) == (False, True)


def test_further_host_bridges_are_roots():
    text = "<controller type='pci' index='{}' model='pci-root'><target index='{}'/></controller>"
    tree = topology(
        "<domain type='kvm'><name>a</name><os><type machine='pseries'>hvm</type></os><devices>"
        + text.format(0, 0)
        + text.format(1, 1)
        + "<rng model='virtio'><address type='pci' bus='1' slot='1'/></rng>"
        "</devices></domain>"
    ).pci
    assert tree.root_above(1).index == 1
    assert tree.children(0) == []


@pytest.mark.parametrize(
    ("name", "bus", "place"),
    [
        ("hdd", "ide", ("ide", 0, 1, 0, 1)),
        ("sdh", "scsi", ("scsi", 1, 0, 0, 0)),
        ("sdg", "sata", ("sata", 1, 0, 0, 0)),
        ("fdb", "fdc", ("fdc", 0, 0, 0, 1)),
        ("hdc", None, ("ide", 0, 1, 0, 0)),
        ("vda", "virtio", None),
        ("sda", "usb", None),
    ],
)
def test_a_disk_without_an_address_sits_where_its_name_says(name, bus, place):
    disk = DiskFile(target=DiskTarget(dev=name, bus=bus))
    assert DrivePlace.of(disk) == (place and DrivePlace(*place))


def test_addresses_are_the_same_however_they_are_spelled():
    assert address_key(AddressPCI(bus=3, slot=1)) == address_key(AddressPCI.at("0000:03:01.0"))
    assert address_key(AddressPCI(bus=3, slot=1)) != address_key(AddressPCI(bus=1, slot=3))
    assert address_key(Domain.parse(Q35).devices.rngs[0].address) == ("pci", 0, 2, 0, 0)
    assert [address_key(address) for address in (None, AddressUnassigned(), AddressUSB(bus=0))] == [None] * 3


def test_names_of_disks_go_on_after_z():
    view = with_disks(*((f"vd{chr(97 + number)}", "virtio") for number in range(26)))
    assert view.next_target() == "vdaa"
    view.domain.devices.disks.append(DiskFile(target=DiskTarget(dev="vdaa")))
    assert view.next_target() == "vdab"


def test_names_are_taken_whatever_bus_their_disks_are_on():
    view = with_disks(("sda", "sata"), ("sdb", "scsi"), ("sdd", "usb"), ("vda", "virtio"), ("hda", "ide"))
    assert [view.next_target(bus) for bus in ("sata", "scsi", "usb", "virtio", "ide", "fdc", "xen")] == [
        "sdc",
        "sdc",
        "sdc",
        "vdb",
        "hdb",
        "fda",
        "xvda",
    ]
    with pytest.raises(ModelError, match="disks on bus 'nvme' have no letters"):
        view.next_target("nvme")


def test_drive_addresses_are_free_of_what_names_imply():
    view = with_disks(("sda", "scsi"), ("sdb", "scsi"), ("sda", "sata"), ("hda", "ide"), ("hdb", "ide"))
    found = {bus: view.next_drive_address(bus) for bus in ("scsi", "sata", "ide", "fdc")}
    parts = {bus: (address.controller, address.bus, address.target, address.unit) for bus, address in found.items()}
    assert parts == {"scsi": (0, 0, 0, 2), "sata": (0, 0, 0, 1), "ide": (0, 1, 0, 0), "fdc": (0, 0, 0, 0)}
    with pytest.raises(ModelError, match="no drive address"):
        view.next_drive_address("virtio")


def test_a_pci_address_is_behind_a_port_that_takes_hot_plug():
    view = topology(Q35)
    assert view.next_pci_address().location == "0000:04:00.0"
    view.domain.devices.rngs[0].address = AddressPCI(bus=4, slot=0)
    assert view.next_pci_address().location == "0000:02:00.0"


def test_without_pcie_an_address_is_in_a_slot_of_a_bus():
    used = "".join(f"<rng model='virtio'><address type='pci' bus='0' slot='{n}'/></rng>" for n in range(3, 32))
    bridge = "<controller type='pci' index='1' model='pci-bridge'/>"
    pc = "<domain type='kvm'><name>a</name><os><type machine='pc'>hvm</type></os><devices>{}</devices></domain>"
    assert topology(pc.format("")).next_pci_address().location == "0000:00:03.0"
    assert topology(pc.format(bridge + used)).next_pci_address().location == "0000:01:01.0"
    with pytest.raises(NothingFreeError, match="no PCI port or slot is free"):
        topology(pc.format(used)).next_pci_address()


def test_slots_for_memory_end_where_the_document_says():
    dimm = "<memory model='dimm'><target><size>1</size></target><address type='dimm' slot='{}'/></memory>"
    text = "<domain type='kvm'><name>a</name>{}<devices>{}</devices></domain>"
    room = "<maxMemory slots='2'>4096</maxMemory>"
    assert topology(text.format(room, dimm.format(0))).next_memory_slot() == 1
    assert topology(text.format(room, dimm.format(1))).next_memory_slot() == 0
    with pytest.raises(NothingFreeError, match="all 2 slots"):
        topology(text.format(room, dimm.format(0) + dimm.format(1))).next_memory_slot()
    with pytest.raises(NothingFreeError, match="no slots"):
        topology(NOTHING).next_memory_slot()


def test_cells_memory_and_cpus():
    view = topology(
        "<domain type='kvm'><name>a</name><memory unit='GiB'>3</memory><vcpu>4</vcpu><cpu><numa>"
        "<cell cpus='0-2,^1' memory='2' unit='GiB'/><cell id='7' memory='1048576'/></numa></cpu></domain>"
    )
    cells = [(cell.id, sorted(cell.cpus), cell.memory) for cell in view.cells]
    assert cells == [(0, [0, 2], 2 << 30), (7, [], 1 << 30)]
    assert (view.memory, view.vcpus) == (3 << 30, 4)


@pytest.mark.parametrize("text", [NOTHING, "<domain/>", "<domain type='kvm'><name>x</name><devices/></domain>"])
def test_a_domain_with_nothing_has_an_empty_topology(text):
    view = topology(text)
    assert (view.devices, view.controllers, view.cells, view.assigned) == ((), (), (), ())
    assert (view.memory, view.vcpus, view.machine, view.architecture, view.has_pcie) == (None, 1, "", "", False)
    assert (view.pci.controllers, view.pci.free_ports, view.pci.root_above(0)) == ({}, [], None)
    assert (view.next_target(), view.next_pci_address().location) == ("vda", "0000:00:03.0")


def test_text_where_numbers_belong_is_as_good_as_missing():
    text = Q35.replace("index='3'", "index='x'").replace("busNr='180'", "busNr='y'").replace("bus='2'", "bus='z'")
    view = topology(text)
    assert sorted(view.pci.controllers) == [0, 1, 2, 4]
    assert (view.pci.expanders, view.pci.devices) == ([], [])


def test_controllers_in_a_circle_have_no_root():
    tree = topology(
        "<domain type='kvm'><name>a</name><devices>"
        "<controller type='pci' index='1' model='pci-bridge'><address type='pci' bus='2' slot='1'/></controller>"
        "<controller type='pci' index='2' model='pci-bridge'><address type='pci' bus='1' slot='1'/></controller>"
        "</devices></domain>"
    ).pci
    assert tree.root_above(1) is None
    assert (tree.buses_below(0), tree.buses_below(1)) == (0, 1)


def test_looking_changes_nothing():
    view = topology(MIXED)
    before = view.domain.to_xml()
    vars_before = list(vars(view.domain.devices))
    for device in view.devices:
        view.controller_of(device)
        view.find(alias=device.alias, mac=device.mac, target=device.target, address=device.address)
    assert (view.next_target(), view.pci.free_ports) == ("vda", [])
    assert view.domain.to_xml() == before
    assert list(vars(view.domain.devices)) == vars_before
