"""What libvirt takes can be built: constructors demand what its parser demands, not all that it writes."""

import shutil
import subprocess

import pytest
from libvirtxml import (
    AddressVirtioSerial,
    BackingStore,
    BackingStoreBlock,
    BackingStoreFile,
    ControllerPCI,
    DiskDriver,
    DiskFileSource,
    DiskFormat,
    Domain,
    DomainCPUFeature,
    DomainSnapshot,
    InterfaceTarget,
    ModelError,
    NetworkDNSHost,
    NetworkIPDHCPHost,
    NodeDevice,
    NodeDeviceMDev,
    NodeDeviceMDevType,
    NodeDeviceParent,
    NodeDeviceSCSIHost,
    NodeDeviceSCSIHostCapabilityFCHost,
    RedirDevSpiceVMC,
    StorageCapacity,
    StoragePoolLogical,
    StorageVolume,
    parse,
)

UUID = "8c8d8c8d-0000-0000-0000-000000000000"
PORT = NodeDeviceSCSIHostCapabilityFCHost(wwnn="2000000012341234", wwpn="1000000012341235")
VIRTUAL_PORT = (
    "<device><parent>scsi_host1</parent><capability type='scsi_host'><capability type='fc_host'>"
    "<wwnn>2000000012341234</wwnn><wwpn>1000000012341235</wwpn></capability></capability></device>"
)
INPUTS = {
    "the end of a backing chain": (BackingStoreFile(), "<backingStore/>"),
    "a device to create": (
        NodeDevice(
            parent=NodeDeviceParent(value="pci_0000_06_00_0"),
            capabilities=[NodeDeviceMDev(mdev_type=NodeDeviceMDevType(id="nvidia-11"))],
        ),
        "<device><parent>pci_0000_06_00_0</parent><capability type='mdev'><type id='nvidia-11'/></capability></device>",
    ),
    "a virtual port": (
        NodeDevice(parent=NodeDeviceParent(value="scsi_host1"), capabilities=[NodeDeviceSCSIHost(capabilities=[PORT])]),
        VIRTUAL_PORT,
    ),
    "a volume": (
        StorageVolume(name="v", capacity=StorageCapacity.of("1GiB")),
        "<volume><name>v</name><capacity unit='GiB'>1</capacity></volume>",
    ),
    "a feature of a CPU": (DomainCPUFeature(name="pcid"), "<feature name='pcid'/>"),
    "a volume group": (StoragePoolLogical(name="vg0"), "<pool type='logical'><name>vg0</name></pool>"),
    "a lease to delete": (NetworkIPDHCPHost(mac="52:54:00:00:00:01"), "<host mac='52:54:00:00:00:01'/>"),
    "a host to delete": (NetworkDNSHost(hostnames=["a"]), "<host><hostname>a</hostname></host>"),
    "a tap device of somebody else": (InterfaceTarget(managed=False), "<target managed='no'/>"),
    "the domain of a snapshot": (
        DomainSnapshot(name="s", domain=Domain(uuid=UUID)),
        f"<domainsnapshot><name>s</name><domain><uuid>{UUID}</uuid></domain></domainsnapshot>",
    ),
    "a redirected device": (RedirDevSpiceVMC(), "<redirdev type='spicevmc'/>"),
    "a port of the first controller": (AddressVirtioSerial(port=1), "<address type='virtio-serial' port='1'/>"),
    "a controller whose model libvirt chooses": (ControllerPCI(index=1), "<controller type='pci' index='1'/>"),
}


@pytest.mark.parametrize("name", INPUTS)
def test_what_libvirt_takes_is_built(name):
    element, text = INPUTS[name]
    assert element.to_xml(indent=False) == text
    assert type(element).parse(text) == element
    assert element.problems() == []
    assert "unchecked" not in element.to_python()


def test_the_end_of_a_chain_is_what_a_running_domain_has():
    end = BackingStore.parse("<backingStore/>")
    assert end == BackingStoreFile()
    assert end.format is None
    chain = BackingStoreBlock.parse(
        "<backingStore type='block'><format type='raw'/><source dev='/dev/sda'/><backingStore/></backingStore>"
    )
    assert chain.backing_store == end


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: BackingStoreFile(source=DiskFileSource(file="/a")), "BackingStoreFile needs format"),
        (lambda: Domain(uuid=UUID, title="a"), "Domain needs type"),
        (lambda: Domain(type="kvm"), "Domain needs name"),
        (lambda: Domain(name="a"), "Domain needs type"),
        (StorageVolume, "StorageVolume needs name"),
        (lambda: DiskDriver(cache="writebak"), "'writebak' is not allowed (did you mean 'writeback'?)"),
        (DiskFormat, "DiskFormat needs type"),
    ],
)
def test_what_is_really_needed_is_demanded_with_a_hint(build, message):
    with pytest.raises(ModelError) as caught:
        build()
    assert message in str(caught.value)


def test_what_is_filled_in_can_be_taken_away():
    feature = DomainCPUFeature(name="pcid", policy="require")
    feature.policy = None
    assert feature == DomainCPUFeature(name="pcid")
    with pytest.raises(ModelError, match="needs name"):
        feature.name = None


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("virsh"), reason="libvirt's virsh is not installed")
def test_libvirt_takes_it(tmp_path):
    def virsh(element, command, show):
        path = tmp_path / "input.xml"
        path.write_text(element.to_xml())
        script = f"{command} {path}; {show}"
        done = subprocess.run(
            ["virsh", "-q", "-c", "test:///default", script], capture_output=True, text=True, check=False, timeout=60
        )
        return parse(done.stdout[done.stdout.index("<") :].encode())

    pool = virsh(INPUTS["a volume group"][0], "pool-define", "pool-dumpxml vg0")
    assert pool.target.path == "/dev/vg0"
    volume = virsh(INPUTS["a volume"][0], "vol-create default-pool", "vol-dumpxml v --pool default-pool")
    assert volume.target.path
    port = virsh(INPUTS["a virtual port"][0], "nodedev-create", "nodedev-dumpxml scsi_host12")
    assert port.name == "scsi_host12"
