"""Which lists' order matters, judged by libvirt: each list is defined both ways, and checked for a stable guest ABI."""

import pytest
from libvirtxml import ChangeKind, Domain, diff, parse
from libvirtxml._impl.diff.order import ORDERED

pytestmark = pytest.mark.real

DISK = "<disk type='file'><source file='/{0}'/><target dev='{0}' bus='{1}'/></disk>"
NIC = "<interface type='user'><mac address='52:54:00:00:00:0{}'/><model type='{}'/></interface>"
CHANNEL = "<channel type='unix'><target type='virtio' name='org.example.{}'/></channel>"
DIMM = "<memory model='dimm'><target><size unit='MiB'>{}</size><node>0</node></target></memory>"
SHARE = "<filesystem type='mount'><source dir='/{0}'/><target dir='{0}'/></filesystem>"
HOSTDEV = "<hostdev mode='subsystem' type='usb'><source><vendor id='0x{0}'/><product id='0x{0}'/></source></hostdev>"
LISTS = {
    "interfaces": (NIC.format(1, "virtio"), NIC.format(2, "e1000e")),
    "serials": ("<serial type='pty'/>", "<serial type='null'/>"),
    "channels": (CHANNEL.format(1), CHANNEL.format(2)),
    "hostdevs": (HOSTDEV.format(1111), HOSTDEV.format(2222)),
    "filesystems": (SHARE.format("a"), SHARE.format("b")),
    "memories": (DIMM.format(256), DIMM.format(512)),
    "inputs": ("<input type='tablet' bus='usb'/>", "<input type='keyboard' bus='usb'/>"),
    "sounds": ("<sound model='ich9'/>", "<sound model='usb'/>"),
    "videos": ("<video><model type='virtio'/></video>", "<video><model type='qxl'/></video>"),
    "rngs": tuple(f"<rng model='virtio'><rate bytes='{n}'/><backend model='random'>/dev/urandom</backend></rng>"
                  for n in (1000, 2000)),
    "redirdevs": tuple(
        f"<redirdev bus='usb' type='tcp'><source mode='connect' host='localhost' service='{n}'/></redirdev>"
        for n in (4000, 4001)
    ),
    "shmems": tuple(f"<shmem name='{n}'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>" for n in "ab"),
    "parallels": ("<parallel type='pty'/>", "<parallel type='null'/>"),
    "consoles": tuple(f"<console type='{kind}'><target type='virtio'/></console>" for kind in ("pty", "null")),
    "panics": tuple(f"<panic model='{model}'/>" for model in ("isa", "hyperv")),
    "hubs": ("<hub type='usb'/>", "<hub type='usb'><alias name='ua-second'/></hub>"),
    "controllers": ("<controller type='scsi' model='virtio-scsi'/>", "<controller type='scsi' model='lsilogic'/>"),
    "disks": (DISK.format("vda", "virtio"), DISK.format("sda", "scsi")),
}  # fmt: skip
"""Two members of each list, which differ in more than their place."""
FREE = {
    "disks of one bus": (DISK.format("vda", "virtio"), DISK.format("vdb", "virtio")),
    "disks beyond z": (DISK.format("sdz", "scsi"), DISK.format("sdaa", "scsi")),
    "controllers with an index": ("<controller type='scsi' index='0' model='virtio-scsi'/>",
                                  "<controller type='scsi' index='1' model='lsilogic'/>"),
}  # fmt: skip
"""Members whose order libvirt does not care for."""
CHECKED = [
    "interfaces", "channels", "filesystems", "memories", "inputs", "sounds", "videos", "panics", "controllers", "disks",
]  # fmt: skip
"""Lists whose members differ in what the check looks at while they have no addresses."""


def domain(kind, devices):
    memory = "<maxMemory slots='4' unit='MiB'>4096</maxMemory><memory unit='MiB'>2048</memory>"
    cpu = "<cpu><numa><cell id='0' cpus='0' memory='2048' unit='MiB'/></numa></cpu>"
    machine = " machine='q35'" if kind == "qemu" else ""
    return (
        f"<domain type='{kind}'><name>order</name><uuid>0f3d4a1e-5c0b-4a6e-9d44-1f2d8f6c7b02</uuid>{memory}"
        f"<vcpu>1</vcpu><os><type arch='x86_64'{machine}>hvm</type></os>{cpu}"
        f"<devices>{''.join(devices)}</devices></domain>"
    )


def moved(first, second, profile):
    """Whether only the order of two documents differs, by the comparison."""
    changes = diff(first, second, profile)
    assert {change.kind for change in changes} <= {ChangeKind.MOVED}, changes
    return bool(changes)


@pytest.fixture(scope="module")
def made(libvirtd, bindings):
    """What libvirt makes of a domain: its inactive document."""
    connection = bindings.open(libvirtd.uri)

    def define(text):
        found = connection.defineXML(text)
        try:
            return parse(found.XMLDesc(bindings.VIR_DOMAIN_XML_INACTIVE), Domain)
        finally:
            found.undefineFlags(bindings.VIR_DOMAIN_UNDEFINE_NVRAM)

    return define


@pytest.fixture(scope="module")
def objection(bindings):
    """What libvirt's own check of a stable guest ABI says of two documents; its test driver does it for snapshots."""
    connection = bindings.open("test:///default")
    subject = connection.defineXML(domain("test", []))
    redefine = bindings.VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE

    def judge(first, second):
        texts = [f"<domainsnapshot><name>s</name><creationTime>1</creationTime><state>shutoff</state>{text}"
                 "</domainsnapshot>" for text in (first, second)]  # fmt: skip
        subject.snapshotCreateXML(texts[0], redefine)
        try:
            subject.snapshotCreateXML(texts[1], redefine)
        except bindings.libvirtError as error:
            return str(error)
        finally:
            for snapshot in subject.listAllSnapshots():
                snapshot.delete()
        return ""

    yield judge
    subject.undefine()


@pytest.mark.parametrize("name", [*LISTS, *FREE])
def test_order_matters_where_libvirt_makes_another_guest_of_it(made, name):
    pair = (LISTS | FREE)[name]
    first, second = domain("qemu", pair), domain("qemu", pair[::-1])
    different = bool(diff(made(first), made(second), "config"))
    assert moved(first, second, "config") == different
    assert different == (name in LISTS)


@pytest.mark.parametrize("name", [*CHECKED, *FREE])
def test_moves_under_the_abi_profile_are_what_libvirt_objects_to(objection, name):
    pair = (LISTS | FREE)[name]
    first, second = domain("test", pair), domain("test", pair[::-1])
    assert moved(first, second, "abi") == bool(objection(first, second))


def test_every_row_about_devices_is_proven():
    assert {key.partition(".")[2] for key in ORDERED if key.startswith("Devices.")} == set(LISTS)
