import copy
import pickle

import pytest
from libvirtxml import (
    AddressPCI,
    Devices,
    Disk,
    DiskBlock,
    DiskBlockSource,
    DiskFile,
    DiskNetwork,
    DiskTarget,
    Domain,
    InterfaceBridge,
    InterfaceBridgeSource,
    InterfaceNetwork,
    ModelError,
    Network,
    XMLError,
    devices,
)

TEXT = """
<domain type='kvm'><name>web</name><devices>
  <disk type='file' new='1'>
    <!-- the root disk -->
    <driver name='qemu' type='qcow2' cache='none'/>
    <source file='/web.qcow2'/>
    <future/>
    <target dev='vda' bus='virtio'/>
    <alias name='ua-root'/>
    <address type='pci' bus='0x3' slot='0x0'/>
  </disk>
  <disk type='file'><source file='/data.qcow2'/><target dev='vdb'/></disk>
  <interface type='network'><mac address='52:54:00:AA:00:01'/><source network='default'/></interface>
  <memballoon model='virtio'/>
</devices></domain>"""


@pytest.fixture
def domain():
    return Domain.parse(TEXT)


@pytest.mark.parametrize(
    "key",
    [{"alias": "ua-root"}, {"target": "vda"}, {"address": AddressPCI(domain=0, bus=3, slot=0, function=0)}],
)
def test_a_device_is_found_by_what_names_it(domain, key):
    assert devices.find(domain, **key) is domain.devices.disks[0]
    assert devices.find(domain, Disk, **key) is domain.devices.disks[0]
    assert devices.find(domain, DiskBlock, **key) is None


def test_a_mac_is_found_in_any_case(domain):
    assert devices.find(domain, mac="52:54:0:aa:0:1") is domain.devices.interfaces[0]


@pytest.mark.parametrize(
    ("text", "name", "count"),
    [
        ("<disk type='block'><target dev='vdc'/></disk>", "disks", 3),
        ("<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>", "rngs", 1),
        ("<hostdev mode='subsystem' type='usb'/>", "hostdevs", 1),
        ("<tpm model='tpm-crb'><backend type='emulator'/></tpm>", "tpms", 1),
    ],
)
def test_a_fragment_of_any_kind_goes_to_its_list(domain, text, name, count):
    element = devices.add(domain, text)
    found = getattr(domain.devices, name)
    assert found[-1] is element
    assert len(found) == count
    assert Domain.parse(domain.to_xml()) == domain


def test_what_there_can_be_only_one_of_is_not_replaced_by_adding(domain):
    with pytest.raises(ModelError, match="memballoon"):
        devices.add(domain, "<memballoon model='none'/>")
    devices.remove(domain, domain.devices.memballoon)
    devices.add(domain, "<memballoon model='none'/>")
    assert domain.devices.memballoon.model == "none"


@pytest.mark.parametrize("text", ["<vcpu>2</vcpu>", "<network/>", "<emulator>/bin/q</emulator>"])
def test_what_is_not_a_device_is_refused(domain, text):
    with pytest.raises(ModelError, match="no devices"):
        devices.add(domain, text)


def test_what_is_not_xml_is_refused(domain):
    with pytest.raises(XMLError):
        devices.add(domain, "<disk")
    with pytest.raises(ModelError, match="not a device"):
        devices.add(domain, DiskTarget(dev="vda"))


def test_the_object_is_removed_and_not_its_like():
    domain = Domain.parse(
        "<domain type='kvm'><name>a</name><devices><hub type='usb'/><hub type='usb'/></devices></domain>"
    )
    first, second = domain.devices.hubs
    devices.remove(domain, second)
    assert domain.devices.hubs[0] is first
    with pytest.raises(ModelError, match="does not have this Hub"):
        devices.remove(domain, second)


def test_a_device_is_replaced_in_its_place(domain):
    old = devices.find(domain, Disk, target="vda")
    new = devices.as_variant(old, DiskBlock, source=DiskBlockSource(dev="/dev/vg/web"))
    devices.replace(domain, old, new)
    assert [disk.type for disk in domain.devices.disks] == ["block", "file"]
    with pytest.raises(ModelError, match="cannot be replaced"):
        devices.replace(domain, new, domain.devices.interfaces[0])


def test_another_variant_keeps_all_that_both_can_have(domain):
    old = domain.devices.disks[0]
    before = old.to_xml()
    new = devices.as_variant(old, DiskBlock, source=DiskBlockSource(dev="/dev/vg/web"))
    expected = before.replace("type='file'", "type='block'").replace("file='/web.qcow2'", "dev='/dev/vg/web'")
    assert new.to_xml() == expected
    assert old.to_xml() == before


def test_another_variant_loses_nothing_unnoticed(domain):
    with pytest.raises(ModelError, match="cannot have the source"):
        devices.as_variant(domain.devices.disks[0], DiskNetwork)
    assert devices.as_variant(domain.devices.disks[0], DiskBlock, source=None).source is None


def test_another_variant_has_what_it_requires():
    card = InterfaceNetwork.parse("<interface type='network'><source network='default'/></interface>")
    bridge = devices.as_variant(card, InterfaceBridge, source=InterfaceBridgeSource(bridge="br0"))
    assert bridge.to_xml() == "<interface type='bridge'>\n  <source bridge='br0'/>\n</interface>\n"
    with pytest.raises(ModelError, match="cannot become"):
        devices.as_variant(card, DiskFile)
    with pytest.raises(ModelError, match="cannot become"):
        devices.as_variant(DiskFile(target=DiskTarget(dev="vda")), Disk)


def test_devices_are_there_when_they_are_read_and_not_written_before_they_have_content():
    domain = Domain.parse("<domain type='kvm'><name>a</name></domain>")
    before = domain.to_xml()
    assert domain.devices.disks == []
    assert domain.devices is domain.devices
    assert list(domain.metadata) == []
    assert domain.to_xml() == before
    assert domain == Domain.parse(before)
    assert copy.deepcopy(domain).to_xml() == pickle.loads(pickle.dumps(domain)).to_xml() == before
    part = domain.devices
    part.emulator = "/bin/qemu"
    assert domain.devices is part
    assert "<emulator>/bin/qemu</emulator>" in domain.to_xml()


def test_an_absent_part_does_not_displace_one_that_was_set_meanwhile():
    domain = Domain.parse("<domain type='kvm'><name>a</name></domain>")
    old = domain.devices
    domain.devices = Devices(emulator="/bin/new")
    old.emulator = "/bin/old"
    assert domain.devices.emulator == "/bin/new"
    del domain.devices
    assert domain.to_xml() == "<domain type='kvm'>\n  <name>a</name>\n</domain>\n"


def test_parts_of_a_copy_are_its_own():
    domain = Domain.parse("<domain type='kvm'><name>a</name></domain>")
    part = domain.devices
    other = domain.replace(name="b")
    part.emulator = "/bin/a"
    assert other.devices.emulator is None


def test_a_network_has_metadata_too():
    network = Network.parse("<network><name>a</name></network>")
    assert "urn:x" not in network.metadata
