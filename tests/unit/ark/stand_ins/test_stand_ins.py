"""Stand-ins replace what belongs to a machine, and leave what the guest sees."""

from dataclasses import replace as changed
from pathlib import Path

import pytest
from lxml import etree

from virtsmith.ark.check.domain import CheckedDomain
from virtsmith.ark.layout import InstalledVersion
from virtsmith.ark.stand_ins.place import StandInPlace

DOMAIN = """<domain type='{kind}'><name>a</name><memory unit='GiB'>{memory}</memory>
<os>{system}<type arch='{arch}' machine='q35'>hvm</type></os>{more}<devices>{devices}</devices></domain>"""


def document(devices="", *, system="", more="", kind="qemu", arch="x86_64", memory=1):
    text = DOMAIN.format(kind=kind, memory=memory, system=system, arch=arch, more=more, devices=devices)
    return CheckedDomain.parse(text.encode(), "a.xml")


@pytest.fixture
def place(tmp_path):
    return StandInPlace(tmp_path / "stand-ins")


def tried(domain, place, **options):
    return etree.fromstring(domain.with_stand_ins(place, **options))


def version(app, tmp_path):
    directory = tmp_path / app
    (directory / "root/usr").mkdir(parents=True)
    return InstalledVersion(app, "1", directory, "1.0", "debian:sid", "x", "")


DISKS = [
    "<disk type='file'><source file='/a.img'/>{}</disk>", "<disk type='block'><source dev='/dev/vg/a'/>{}</disk>",
    "<disk type='volume'><source pool='p' volume='v'/>{}</disk>",
    "<disk type='network'><auth username='u'/><source protocol='rbd' name='p/i'><host name='h'/></source>{}</disk>",
    "<disk type='file'><source file='/a'><encryption format='luks'/></source>{}</disk>",
]  # fmt: skip


@pytest.mark.parametrize("disk", DISKS)
def test_a_disk_is_an_empty_image_on_the_same_bus(disk, place):
    seen = "<target dev='vda' bus='virtio'/><serial>s</serial><boot order='1'/>"
    root = tried(document(disk.format(seen)), place)
    (found,) = root.findall("devices/disk")
    assert found.get("type") == "file"
    assert Path(found.find("source").get("file")).stat().st_size > 0
    assert [found.find(tag) is not None for tag in ("target", "serial", "boot")] == [True] * 3
    assert list(found.iter("auth", "encryption", "host")) == []
    assert place.notes[-1].startswith("disk vda: an empty raw image instead of ")


def test_a_drive_without_a_medium_stays_empty(place):
    root = tried(document("<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>"), place)
    assert root.find("devices/disk/source") is None
    assert place.notes == []


@pytest.mark.parametrize("kind", ["network", "bridge", "direct", "ethernet", "vhostuser", "hostdev"])
def test_an_interface_is_on_the_users_network_with_its_card(kind, place):
    inner = (
        "<mac address='52:54:00:00:00:01'/><source network='n'/><model type='virtio'/><target dev='t'/>"
        "<driver name='vhost' queues='4' rx_queue_size='512'/><mtu size='1450'/><virtualport type='openvswitch'/>"
    )
    root = tried(document(f"<interface type='{kind}'>{inner}</interface>"), place)
    (found,) = root.findall("devices/interface")
    assert found.get("type") == "user"
    assert [child.tag for child in found] == ["mac", "model", "driver"]
    assert dict(found.find("driver").attrib) == {"rx_queue_size": "512"}
    assert place.notes == [f"interface 0: user networking instead of {kind}"]


@pytest.mark.parametrize(
    ("hostdev", "tag"), [("pci", "interface"), ("mdev", "interface"), ("usb", "input"), ("scsi", "disk")]
)
def test_something_sits_at_the_address_of_an_assigned_device(hostdev, tag, place):
    address = "<source/><address type='pci' bus='6' slot='0'/>"
    root = tried(document(f"<hostdev mode='subsystem' type='{hostdev}'>{address}</hostdev>"), place)
    assert root.find("devices/hostdev") is None
    assert root.find(f"devices/{tag}/address").get("bus") == "6"
    assert place.notes == [note for note in place.notes if note.startswith(f"hostdev 0 ({hostdev}): ")]


def test_large_guests_get_less_memory_in_the_same_proportions(place):
    cell = "<cell id='{0}' cpus='{0}' memory='{1}' unit='GiB'/>"
    cells = cell.format(0, 48) + cell.format(1, 16)
    root = tried(document(memory=64, more=f"<cpu><numa>{cells}</numa></cpu>"), place)
    sizes = [int(cell.get("memory")) for cell in root.findall("cpu/numa/cell")]
    assert sizes == [768 << 10, 256 << 10]
    assert int(root.findtext("memory")) == sum(sizes)
    assert "memory: 1024 MiB instead of 65536 MiB" in place.notes


def test_what_tunes_the_host_is_left_out_and_listed(place):
    tuning = "<vcpu cpuset='1-3'>2</vcpu><cputune/><numatune/><seclabel type='none'/>"
    root = tried(document(more=f"{tuning}<memoryBacking><hugepages/></memoryBacking>"), place)
    assert [root.find(tag) for tag in ("cputune", "numatune", "seclabel", "memoryBacking/hugepages")] == [None] * 4
    assert root.find("vcpu").attrib == {}
    assert len(place.notes) == 5


def test_named_firmware_is_left_to_libvirt_with_its_features(place):
    named = "<loader readonly='yes' secure='yes' type='pflash'>/usr/share/edk2/a.fd</loader><nvram>/n.fd</nvram>"
    system = tried(document(system=named), place).find("os")
    assert system.get("firmware") == "efi"
    assert [dict(loader.attrib) for loader in system.findall("loader")] == [{"secure": "yes"}]
    assert system.find("nvram") is None


def test_a_domain_without_kvm_loses_only_what_kvm_has(place):
    cpu = "<cpu mode='host-passthrough'><topology sockets='1' cores='2' threads='1'/></cpu>"
    more = f"{cpu}<features><acpi/><hyperv/></features>"
    root = tried(document(more=more, kind="kvm"), place, emulated=True)
    assert root.get("type") == "qemu"
    assert root.find("cpu").get("mode") is None
    assert root.find("cpu/topology") is not None
    assert [child.tag for child in root.find("features")] == ["acpi"]


def test_what_is_defined_is_the_document_as_it_is(place):
    devices = "<disk type='block'><source dev='/dev/vg/a'/><target dev='vda'/></disk>"
    root = etree.fromstring(document(devices, kind="kvm").as_defined(place))
    assert root.get("type") == "kvm"
    assert root.find("devices/disk/source").get("dev") == "/dev/vg/a"
    assert root.findtext("devices/emulator") == "/usr/bin/qemu-system-x86_64"
    assert place.notes == []


NEEDS = [
    ("<tpm><backend type='emulator' version='2.0'/></tpm>", "libvirt", "bin/swtpm", "--with tpm"),
    ("<filesystem><driver type='virtiofs'/></filesystem>", "libvirt", "libexec/virtiofsd", "--with virtiofs"),
    ("<video><model type='qxl'/></video>", "qemu", "lib/x/qemu/ui-spice-core.so", "--with modules"),
]  # fmt: skip


@pytest.mark.parametrize("need", NEEDS)
def test_what_a_version_lacks_is_named_with_its_remedy(need, tmp_path, place):
    devices, app, file, remedy = need
    domain = document(devices)
    pair = {name: version(name, tmp_path) for name in ("libvirt", "qemu")}
    (lack,) = domain.lacks(pair["libvirt"], pair["qemu"]).values()
    assert str(lack).endswith(f"(fix it with: virtsmith ark install {app}@1.0 {remedy})")
    without = etree.fromstring(domain.with_stand_ins(place, lacks=domain.lacks(pair["libvirt"], pair["qemu"])))
    again = CheckedDomain.parse(etree.tostring(without), "b.xml")
    assert again.lacks(pair["libvirt"], pair["qemu"]) == {}
    path = pair[app].path / "root/usr" / file
    path.parent.mkdir(parents=True)
    path.touch()
    assert domain.lacks(pair["libvirt"], pair["qemu"]) == {}


def test_firmware_must_be_in_both_trees(tmp_path):
    domain = document(system="<loader type='pflash'>/a</loader>")
    libvirt, qemu = version("libvirt", tmp_path), version("qemu", tmp_path)
    (lack,) = domain.lacks(libvirt, changed(qemu, version="2.0")).values()
    assert lack.remedy == "virtsmith ark install libvirt@1.0 qemu@2.0 --with firmware"


def test_without_kvm_an_iommu_loses_the_interrupt_remapping_that_needs_its_io_apic(place):
    iommu = "<iommu model='intel'><driver intremap='on' eim='on' iotlb='on'/></iommu>"
    features = "<features><acpi/><ioapic driver='qemu'/></features>"
    root = tried(document(iommu, more=features, kind="kvm"), place, emulated=True)
    assert dict(root.find("devices/iommu/driver").attrib) == {"iotlb": "on"}
    assert "iommu: without interrupt remapping, since it needs KVM" in place.notes
    assert root.find("features/ioapic") is None
    kept = tried(document(iommu, more=features, kind="kvm"), place)
    assert kept.find("devices/iommu/driver").get("intremap") == "on"
