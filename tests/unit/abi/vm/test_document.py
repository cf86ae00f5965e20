"""A domain document as hardware: what becomes of each part, and that nothing is left out in silence."""

import pytest
from libvirtxml import Devices, Domain
from libvirtxml.introspect import field_names, walk

from virtsmith.abi.vm.account import account
from virtsmith.abi.vm.document import check_domain, read_domain, to_hardware
from virtsmith.abi.vm.hardware import Hardware
from virtsmith.errors import InputError

Q35 = "pc-q35-7.2"


def hardware(devices="", *, machine=Q35, more="<features><acpi/></features>", balloon="none") -> Hardware:
    text = f"""<domain type='kvm'><name>vm</name><memory unit='MiB'>512</memory><vcpu>2</vcpu>
    <os><type arch='x86_64' machine='{machine}'>hvm</type></os>{more}
    <devices><controller type='usb' model='none'/>{devices}<memballoon model='{balloon}'/></devices></domain>"""
    return read_domain(Domain.parse(text.encode()), "vm.xml")


def types(made):
    return [device.type for device in made.devices]


def test_a_bare_vm_is_a_machine_with_processors_and_memory():
    assert hardware().command_line("qemu", "tcg") == [
        "qemu",
        "-machine",
        "pc-q35-7.2,accel=tcg",
        "-S",
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-smp",
        "2,maxcpus=2",
        "-m",
        "size=524288k",
    ]


def test_devices_come_after_the_buses_they_sit_on_whatever_the_order_of_the_document():
    made = hardware(
        """<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/>
        <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/></interface>
        <controller type='pci' index='2' model='pcie-root-port'><target chassis='2' port='0x11'/>
        <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x1'/></controller>"""
    )
    assert types(made) == ["pcie-root-port", "virtio-net-pci"]
    port, net = made.devices
    assert (port.id, port.on) == ("pci.2", "")
    assert "bus=pcie.0,addr=0x2.0x1" in port.options
    assert (net.on, "bus=pci.2,addr=0x0.0x0" in net.options) == ("pci.2", True)
    assert made.place("net0") == "interface 52:54:00:00:00:01 (virtio)"


@pytest.mark.parametrize(
    ("xml", "kind", "option"),
    [
        ("<disk type='file'><target dev='vda' bus='virtio'/><driver queue_size='128' queues='4'/></disk>",
         "virtio-blk-pci", "num-queues=4,queue-size=128"),
        ("<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>", "ide-cd", "bus=ide.0"),
        ("<disk type='file'><source file='/a'/><target dev='sdb' bus='sata'/></disk>", "ide-hd", "bus=ide.1"),
        ("<interface type='user'><model type='virtio'/><driver rx_queue_size='512' tx_queue_size='256'/></interface>",
         "virtio-net-pci", "rx_queue_size=512,tx_queue_size=256"),
        ("<interface type='user'><model type='e1000e'/></interface>", "e1000e", "netdev=hostnet0"),
        ("<interface type='user'><model type='virtio-non-transitional'/></interface>",
         "virtio-net-pci-non-transitional", ""),
        ("<video><model type='virtio' heads='2'/></video>", "virtio-vga", "max_outputs=2"),
        ("<video><model type='vga' vram='16384'/></video>", "VGA", "vgamem_mb=16"),
        ("<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>", "virtio-rng-pci",
         "rng=source-rng0"),
        ("<watchdog model='i6300esb'/>", "i6300esb", ""),
        ("<panic model='isa'><address type='isa' iobase='0x505'/></panic>", "pvpanic", "ioport="),
        ("<input type='tablet' bus='virtio'/>", "virtio-tablet-pci", ""),
        ("<sound model='ich9'/>", "ich9-intel-hda", ""),
        ("<serial type='pty'/>", "isa-serial", "chardev=charserial0"),
        ("<controller type='scsi' model='virtio-scsi'><driver queues='3'/></controller>", "virtio-scsi-pci",
         "num_queues=3"),
    ],
)  # fmt: skip
def test_each_device_becomes_qemus_own(xml, kind, option):
    made = hardware(xml)
    device = next(item for item in made.devices if item.type == kind)
    assert option in device.options
    assert made.place(device.id) != device.id


def test_what_is_behind_devices_is_empty_so_that_no_host_file_is_opened():
    made = hardware(
        """<disk type='file'><source file='/secret/disk.img'/><target dev='vda' bus='virtio'/></disk>
        <interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface>
        <serial type='unix'><source mode='bind' path='/secret/socket'/></serial>
        <channel type='unix'><source mode='bind' path='/secret/agent'/>
        <target type='virtio' name='org.qemu.guest_agent.0'/></channel>"""
    )
    line = " ".join(made.command_line("qemu", "tcg"))
    assert "secret" not in line
    assert "br0" not in line
    assert line.count("driver=null-co") == 1
    assert line.count("-chardev null") == 2


def test_values_of_the_document_cannot_add_options():
    made = hardware("<disk type='file'><target dev='vda' bus='virtio'/><serial>a,drive=/etc/passwd</serial></disk>")
    assert "serial=a,,drive=/etc/passwd" in made.devices[0].options


@pytest.mark.parametrize(
    ("xml", "path"),
    [
        ("<hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/></source></hostdev>", "hostdev[1]"),
        ("<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>", "tpm[1]"),
        ("<filesystem type='mount'><driver type='virtiofs'/><source dir='/a'/><target dir='b'/></filesystem>",
         "filesystem[1]"),
        ("<sound model='sb16'/>", "sound[1]"),
        ("<disk type='file' device='cdrom'><target dev='sda' bus='sata' tray='open'/></disk>", "disk[1]/target/@tray"),
        ("<iommu model='smmuv3'/>", "iommu[1]"), ("<input type='evdev'><source dev='/dev/a'/></input>", "input[1]"),
        ("<interface type='user'><model type='virtio'/><driver queues='4'/></interface>",
         "interface[1]/driver"),
    ],
)  # fmt: skip
def test_what_is_left_out_is_listed_with_its_path(xml, path):
    assert [part.path for part in hardware(xml).left_out] == [f"/domain/devices/{path}"]


@pytest.mark.parametrize(
    ("xml", "word"),
    [
        ("<disk type='file'><target dev='sda' bus='scsi'/><serial>0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f</serial></disk>",
         "device_id=0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"),
        ("<interface type='user'><model type='virtio'/><rom enabled='no'/></interface>", "romfile="),
        ("<interface type='user'><model type='virtio'/><driver><host csum='off'/></driver></interface>", "csum=off"),
        ("<disk type='file'><blockio logical_block_size='4096'/><target dev='vda' bus='virtio'/></disk>",
         "logical_block_size=4096"),
        ("<iommu model='intel'><driver intremap='on'/></iommu>", "intremap=on"),
    ],
)  # fmt: skip
def test_what_a_guest_sees_of_a_device_is_set(xml, word):
    made = hardware(xml)
    assert any(word in device.options.split(",") for device in made.devices)
    assert made.left_out == ()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("<features><acpi/><pmu state='off'/></features>", "pmu=off"),
        ("<cpu><cache mode='passthrough'/></cpu>", "host-cache-info=on"),
        ("<clock offset='utc'><timer name='kvmclock' present='no'/></clock>", "kvmclock=off"),
        ("<genid>e9392370-2917-565e-692b-d057f46512d6</genid>", "vmgenid"),
        ("<sysinfo type='smbios'><system><entry name='serial'>a1</entry></system></sysinfo>", "type=1,serial=a1"),
        ("<cpu><topology sockets='1' dies='1' clusters='2' cores='1' threads='1'/></cpu>", "clusters=2"),
    ],
)
def test_what_a_guest_sees_of_the_machine_is_set(more, words):
    made = hardware(more=more)
    assert words in " ".join(made.command_line("qemu", "tcg"))


def test_a_part_that_only_names_the_default_is_not_left_out():
    assert hardware("<video><model type='vga'/></video>").left_out == ()


def test_what_only_kvm_offers_is_listed_under_emulation_and_set():
    more = "<features><hyperv><relaxed state='on'/></hyperv></features>"
    made = hardware(more=more)
    assert [part.path for part in made.left_out] == ["/domain/features/hyperv"]
    assert "hv-relaxed=on" in " ".join(made.options)


def test_memory_that_is_plugged_is_there_with_its_place():
    made = hardware(
        """<memory model='dimm'><target><size unit='MiB'>512</size><node>0</node></target></memory>
        <memory model='virtio-mem'><target><size unit='MiB'>256</size><node>0</node><block unit='MiB'>2</block>
        <requested unit='MiB'>4</requested></target></memory>""",
        more="<maxMemory slots='4' unit='GiB'>4</maxMemory>"
        "<cpu><numa><cell id='0' cpus='0-1' memory='512' unit='MiB'/></numa></cpu>",
    )
    assert types(made) == ["pc-dimm", "virtio-mem-pci"]
    assert "requested-size=4194304" in made.devices[1].options
    assert made.left_out == ()


def test_a_guest_with_encrypted_memory_is_known_not_to_migrate():
    security = "<launchSecurity type='sev'><cbitpos>47</cbitpos><policy>0x0003</policy></launchSecurity>"
    made = hardware(more=security)
    assert any("SEV" in blocker for blocker in made.blockers)


NOT_HARDWARE = {"audios", "emulator", "graphics", "leases", "redirfilters"}
"""What configures the host's side only."""

ONE_OF_EACH = {
    "channels": "<channel type='unix'><target type='virtio' name='a'/></channel>",
    "consoles": "<console type='pty'><target type='virtio'/></console>",
    "controllers": "<controller type='scsi' index='0' model='virtio-scsi'/>",
    "cryptos": "<crypto model='virtio' type='qemu'><backend model='builtin'/></crypto>",
    "disks": "<disk type='file'><target dev='vda' bus='virtio'/></disk>",
    "filesystems": "<filesystem type='mount'><source dir='/a'/><target dir='b'/></filesystem>",
    "hostdevs": "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/></source></hostdev>",
    "hubs": "<hub type='usb'/>", "inputs": "<input type='tablet' bus='virtio'/>",
    "interfaces": "<interface type='user'><model type='virtio'/></interface>", "iommus": "<iommu model='intel'/>",
    "memballoon": "<memballoon model='virtio'/>",
    "memories": "<memory model='dimm'><target><size unit='MiB'>512</size><node>0</node></target></memory>",
    "nvram": "<nvram><address type='spapr-vio'/></nvram>", "panics": "<panic model='isa'/>",
    "parallels": "<parallel type='pty'/>",
    "pstore": "<pstore backend='acpi-erst'><path>/a</path><size unit='KiB'>8</size></pstore>",
    "redirdevs": "<redirdev bus='usb' type='spicevmc'/>", "rngs": "<rng model='virtio'><backend model='random'/></rng>",
    "serials": "<serial type='pty'/>", "shmems": "<shmem name='a'/>", "smartcards": "<smartcard mode='host'/>",
    "sounds": "<sound model='ich9'/>", "tpms": "<tpm model='tpm-crb'><backend type='emulator'/></tpm>",
    "videos": "<video><model type='vga'/></video>", "vsock": "<vsock model='virtio'><cid auto='yes'/></vsock>",
    "watchdogs": "<watchdog model='i6300esb'/>",
}  # fmt: skip


def test_every_list_of_devices_is_known():
    assert {*ONE_OF_EACH, *NOT_HARDWARE} == set(field_names(Devices))


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_each_kind_of_device_is_tried_or_noted(name):
    without, made = hardware(), hardware(ONE_OF_EACH[name])
    assert types(made) != types(without) or made.left_out != without.left_out


def test_processors_that_depend_on_the_host_are_replaced_and_named_ones_kept():
    assert not any("-cpu" in word for word in hardware(more="<cpu mode='host-passthrough'/>").options)
    assert any("host-passthrough" in note for note in hardware(more="<cpu mode='host-passthrough'/>").notes)
    named = hardware(
        more="<cpu mode='custom'><model>EPYC</model><feature policy='disable' name='svm'/>"
        "<feature policy='require' name='x2apic'/><topology sockets='1' cores='2' threads='1'/></cpu>"
    )
    assert "EPYC,svm=off,x2apic=on" in named.options
    assert "2,maxcpus=2,sockets=1,cores=2,threads=1" in named.options


def test_much_memory_is_scaled_with_its_nodes_and_noted():
    made = read_domain(
        Domain.parse(
            f"""<domain type='kvm'><name>big</name><memory unit='GiB'>64</memory><vcpu>4</vcpu>
            <os><type machine='{Q35}'>hvm</type></os><cpu><numa>
            <cell id='0' cpus='0-2,^1' memory='48' unit='GiB'/><cell id='1' cpus='1,3' memory='16' unit='GiB'/>
            </numa></cpu><devices><memballoon model='none'/></devices></domain>""".encode()
        ),
        "big.xml",
    )
    line = " ".join(made.options)
    assert "-m size=4194304k" in line
    assert "id=ram-node0,size=3145728k" in line
    assert "node,nodeid=0,cpus=0,cpus=2,memdev=ram-node0" in line
    assert "node,nodeid=1,cpus=1,cpus=3,memdev=ram-node1" in line
    assert any("65536 MiB" in note for note in made.notes)


def test_room_for_more_memory_than_emulated_processors_can_address_is_reduced_and_noted():
    made = hardware(more="<maxMemory slots='4' unit='TiB'>8</maxMemory>")
    assert any(f"slots=4,maxmem={256 << 20}k" in word for word in made.options)
    assert any("256 GiB instead of 8192 GiB" in note for note in made.notes)


def test_a_document_without_balloon_gets_libvirts_and_says_so():
    text = f"""<domain type='kvm'><name>vm</name><memory>65536</memory>
    <os><type machine='{Q35}'>hvm</type></os><devices/></domain>"""
    made = read_domain(Domain.parse(text.encode()), "vm.xml")
    assert types(made) == ["qemu-xhci", "virtio-balloon-pci"]
    assert any("libvirt adds one" in note for note in made.notes)
    assert any("qemu-xhci is assumed" in note for note in made.notes)


def test_settings_of_virtio_drivers_reach_every_kind_of_device():
    made = hardware(
        """<disk type='file'><driver iommu='on' packed='on'/><target dev='vda' bus='virtio'/></disk>
        <interface type='user'><model type='virtio'/><driver ats='on'/></interface>
        <input type='tablet' bus='virtio'><driver packed='on'/></input>
        <controller type='scsi' model='virtio-scsi'><driver iommu='on'/></controller>
        <rng model='virtio'><driver packed='off'/><backend model='random'>/dev/urandom</backend></rng>"""
    )
    found = {device.type: device.options for device in made.devices}
    assert "iommu_platform=on,packed=on" in found["virtio-blk-pci"]
    assert "ats=on" in found["virtio-net-pci"]
    assert "packed=on" in found["virtio-tablet-pci"]
    assert "iommu_platform=on" in found["virtio-scsi-pci"]
    assert "packed=off" in found["virtio-rng-pci"]


@pytest.mark.parametrize(
    ("os", "message"),
    [
        ("<os><type>hvm</type></os>", "names no machine type"),
        ("", "names no machine type"),
        ("<os><type arch='aarch64' machine='virt'>hvm</type></os>", "aarch64"),
    ],
)
def test_documents_that_cannot_be_tried_are_refused_by_name(os, message):
    text = f"<domain type='kvm'><name>vm</name><memory>65536</memory>{os}<devices/></domain>"
    with pytest.raises(InputError, match=f"vm.xml: .*{message}"):
        read_domain(Domain.parse(text.encode()), "vm.xml")


def test_leaving_a_device_out_takes_along_what_sits_on_it():
    made = hardware(
        """<controller type='scsi' model='virtio-scsi'/>
        <disk type='file'><target dev='sda' bus='scsi'/></disk>
        <disk type='file'><target dev='vda' bus='virtio'/></disk>"""
    )
    assert types(made) == ["virtio-scsi-pci", "virtio-blk-pci", "scsi-hd"]
    assert types(made.without(["scsi0"])) == ["virtio-blk-pci"]
    assert types(made.only("scsi0", ["scsi0", "disk1"])) == ["virtio-scsi-pci", "scsi-hd"]


def test_every_domain_of_the_corpus_for_x86_becomes_hardware_or_is_refused(corpus):
    directory = corpus / "libvirt-11.3.0/tests/qemuxmlconfdata"
    counts = {"read": 0, "refused": 0}
    for path in sorted(directory.glob("*.xml"))[::5]:
        text = path.read_bytes()
        if not text.lstrip().startswith(b"<"):
            continue
        domain = Domain.parse(text)
        try:
            check_domain(domain, path.name)
        except InputError:
            counts["refused"] += 1
            continue
        made = to_hardware(domain)
        assert made.command_line("qemu", "tcg")[0] == "qemu"
        assert len({device.id for device in made.devices}) == len(made.devices), path.name
        counts["read"] += 1
    assert counts["read"] > 100, counts


def test_every_element_and_attribute_of_a_domain_of_the_corpus_is_accounted_for(corpus):
    directory = corpus / "libvirt-11.3.0/tests/qemuxmlconfdata"
    read = 0
    for path in sorted(directory.glob("*.xml"))[::60]:
        text = path.read_bytes()
        if not text.lstrip().startswith(b"<"):
            continue
        domain = Domain.parse(text)
        try:
            check_domain(domain, path.name)
        except InputError:
            continue
        found = account(domain, lambda changed: to_hardware(changed).trial)
        covered = {*found.consumed, *found.unseen, *(part.path for part in found.left_out)}
        for place, element in walk(domain):
            above = {place[:end] for end in range(len(place) + 1) if place[end : end + 1] in ("/", "")}
            inside = any(known == place or known.startswith(f"{place}/") for known in covered)
            assert inside or above & covered or not vars(element), (path.name, place)
        read += 1
    assert read > 15


@pytest.mark.parametrize(
    ("disk", "machine", "added", "place"),
    [
        ("<target dev='sda' bus='scsi'/>", Q35, ["lsi"], "bus=scsi0.0,scsi-id=0"),
        ("<target dev='sdh' bus='scsi'/>", Q35, ["lsi"], "bus=scsi1.0,scsi-id=0"),
        ("<target dev='sdg' bus='sata'/>", Q35, ["ahci"], "bus=sata1.0"),
        ("<target dev='sdb' bus='sata'/>", "pc-i440fx-7.2", ["ahci"], "bus=sata0.1"),
        ("<target dev='hdc'/>", "pc-i440fx-7.2", [], "bus=ide.1,unit=0"),
    ],
)
def test_a_disk_without_an_address_sits_where_libvirt_puts_it_on_a_controller_that_libvirt_adds(
    disk, machine, added, place
):
    made = hardware(f"<disk type='file'>{disk}</disk>", machine=machine)
    *controllers, drive = made.devices
    assert [device.type for device in controllers] == added
    assert drive.options.endswith(place)
    assert drive.on == (controllers[0].id if controllers else "")
