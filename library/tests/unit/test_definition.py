"""What libvirt does not define, whatever the schema says: each rule for and against."""

import pytest
from libvirtxml import parse
from libvirtxml.definition import RULES, find_objections

HEAD = "<domain type='kvm'><name>a</name><memory>1048576</memory><vcpu>2</vcpu><os><type>hvm</type></os>{}</domain>"


def domain(devices: str = "", rest: str = "") -> str:
    return HEAD.format(f"{rest}<devices>{devices}</devices>")


def disk(target: str, more: str = "") -> str:
    return f"<disk type='file'><source file='/{target}'/><target dev='{target}' bus='virtio'/>{more}</disk>"


BOOT = "<boot order='1'/>"
USB = "<controller type='usb' index='{}' model='{}'/>"
VIDEO = "<video><model type='qxl' primary='{}'/></video>"
CELL = "<cell id='{}' cpus='{}' memory='1' unit='GiB'/>"


def network(protocol: str) -> str:
    source = f"<source protocol='{protocol}' name='a'><host name='h' port='1'/></source>"
    return f"<disk type='network'>{source}<target dev='vda' bus='virtio'/></disk>"


def throttled(group: str) -> str:
    return disk("vda", f"<throttlefilters><throttlefilter group='{group}'/></throttlefilters>")


def drive(target: str, unit: int) -> str:
    address = f"<address type='drive' controller='0' bus='0' target='0' unit='{unit}'/>"
    return disk(target, address).replace("'virtio'", "'scsi'")


def q35(devices: str = "", rest: str = "") -> str:
    return domain(devices, rest).replace("<type>", "<type arch='x86_64' machine='q35'>")


def i440fx(devices: str = "") -> str:
    return domain(devices).replace("<type>", "<type arch='x86_64' machine='pc'>")


def os_type(os: str) -> str:
    return domain().replace("</type>", f"</type>{os}")


def pci(model: str, index: int, more: str = "") -> str:
    return f"<controller type='pci' index='{index}' model='{model}'>{more}</controller>"


def at(bus: int, slot: int) -> str:
    return f"<address type='pci' domain='0' bus='{bus}' slot='{slot}' function='0'/>"


def hostdev(slot: int) -> str:
    source = f"<source><address domain='0' bus='1' slot='{slot}' function='0'/></source>"
    return f"<hostdev mode='subsystem' type='pci' managed='yes'>{source}</hostdev>"


def channel(source: str) -> str:
    return f"<channel type='tcp'>{source}<target type='virtio' name='a'/></channel>"


def memory(node: int) -> str:
    return f"<memory model='dimm'><target><size unit='GiB'>1</size><node>{node}</node></target></memory>"


def io_threads(*numbers: int) -> str:
    listed = "".join(f"<iothread id='{number}'/>" for number in numbers)
    return f"<iothreadids>{listed}</iothreadids>"


THROTTLE = (
    "<throttlegroups><throttlegroup><group_name>b</group_name>"
    "<total_bytes_sec>10</total_bytes_sec></throttlegroup></throttlegroups>"
)
CONNECT = "<source mode='connect' host='h' service='1'/>"
NUMA = f"<cpu><numa>{CELL.format(0, 0)}{CELL.format(1, 1)}</numa></cpu>"
ROOM = "<maxMemory slots='2' unit='GiB'>8</maxMemory>"
PLUGGABLE = ROOM + NUMA
TUNED = (
    "<cputune><memorytune vcpus='{}'><node id='0' bandwidth='50'/></memorytune>"
    "<memorytune vcpus='{}'><node id='0' bandwidth='50'/></memorytune></cputune>"
)
LATENCY = "<interconnects><latency initiator='0' target='{}' type='access' value='5'/></interconnects></numa>"
LISTED = "<vcpus><vcpu id='0' enabled='yes' hotpluggable='no'/><vcpu {}/></vcpus>"
EXPANDER = "<target busNr='200'/>"
VHOST = "<disk type='vhostuser' snapshot='no'><source type='unix' path='/a'/><target dev='vda' bus='virtio'/></disk>"
RING = "<features><kvm><dirty-ring state='on' size='{}'/></kvm></features>"
QUEUED = "<interface type='bridge'><source bridge='b'/><model type='virtio'/><driver rx_queue_size='{}'/></interface>"
CCW = "<address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0001'/>"
PLUGGED = "<input type='tablet' bus='usb'><address type='usb' bus='0' port='{}'/></input>"
VIOLATIONS = {
    "DEF010": (
        HEAD.format("").replace("<memory>1048576</memory>", ""),
        domain(rest=f"<cpu><numa>{CELL.format(0, '0-1')}</numa></cpu>").replace("<memory>1048576</memory>", ""),
    ),
    "DEF011": (domain().replace("<vcpu>", "<vcpu current='3'>"), domain().replace("<vcpu>", "<vcpu current='2'>")),
    "DEF012": (domain(rest="<cpu mode='custom' check='full'/>"), domain(rest="<cpu mode='host-model' check='full'/>")),
    "DEF013": (
        domain(rest=f"<cpu><numa>{CELL.format(0, 0)}{CELL.format(0, 1)}</numa></cpu>"),
        domain(rest=f"<cpu><numa>{CELL.format(0, 0)}{CELL.format(1, 1)}</numa></cpu>"),
    ),
    "DEF020": (domain(disk("vda") * 2), domain(disk("vda") + disk("vdb"))),
    "DEF021": (
        domain("<controller type='scsi' index='0'/>" * 2),
        domain(USB.format(0, "ich9-ehci1") + USB.format(0, "ich9-uhci1")),
    ),
    "DEF022": (
        domain("<audio id='1' type='none'/>" * 2),
        domain("<audio id='1' type='none'/><audio id='2' type='none'/>"),
    ),
    "DEF023": (domain("<panic model='isa'/>" * 2), domain("<panic model='isa'/><panic model='hyperv'/>")),
    "DEF024": (domain(VIDEO.format("yes") * 2), domain(VIDEO.format("yes") + VIDEO.format("no"))),
    "DEF025": (domain(disk("vda", BOOT) + disk("vdb", BOOT)), domain(disk("vda", BOOT) + disk("vdb"))),
    "DEF026": (domain(disk("vda", BOOT)).replace("</type>", "</type><boot dev='hd'/>"), domain(disk("vda", BOOT))),
    "DEF027": (
        domain("<disk type='file'><target dev='vda'/></disk>"),
        domain("<disk type='file' device='cdrom'><target dev='sda'/></disk>"),
    ),
    "DEF028": (domain(USB.format(0, "none") + USB.format(1, "nec-xhci")), domain(USB.format(0, "none"))),
    "DEF014": (
        domain(rest="<cputune><period>10</period></cputune>"),
        domain(rest="<cputune><period>1000</period></cputune>"),
    ),
    "DEF015": (
        domain(
            rest="<cputune><vcpusched vcpus='0' scheduler='batch'/><vcpusched vcpus='0-1' scheduler='idle'/></cputune>"
        ),
        domain(
            rest="<cputune><vcpusched vcpus='0' scheduler='batch'/><vcpusched vcpus='1' scheduler='idle'/></cputune>"
        ),
    ),
    "DEF016": (domain(rest=f"<cpu><numa>{CELL.format(0, '0-1')}{CELL.format(1, 1)}</numa></cpu>"), domain(rest=NUMA)),
    "DEF017": (
        domain(rest=f"{NUMA}<numatune><memnode cellid='2' mode='strict' nodeset='0'/></numatune>"),
        domain(rest=f"{NUMA}<numatune><memnode cellid='1' mode='strict' nodeset='0'/></numatune>"),
    ),
    "DEF018": (
        domain(
            rest=f"{NUMA}<memoryBacking><hugepages><page size='2' unit='MiB' nodeset='2'/></hugepages></memoryBacking>"
        ),
        domain(
            rest=f"{NUMA}<memoryBacking><hugepages><page size='2' unit='MiB' nodeset='1'/></hugepages></memoryBacking>"
        ),
    ),
    "DEF019": (
        os_type("<loader type='rom' readonly='no'>/x</loader>"),
        os_type("<loader type='rom' readonly='yes'>/x</loader>"),
    ),
    "DEF029": (domain(disk("xda")), domain(disk("xvda"))),
    "DEF030": (domain(network("sheepdog")), domain(network("nbd"))),
    "DEF031": (
        domain(disk("vda", "<iotune><total_iops_sec>9</total_iops_sec><read_iops_sec>9</read_iops_sec></iotune>")),
        domain(disk("vda", "<iotune><write_iops_sec>9</write_iops_sec><read_iops_sec>9</read_iops_sec></iotune>")),
    ),
    "DEF032": (domain(drive("sda", 0) + drive("sdb", 0)), domain(drive("sda", 0) + drive("sdb", 1))),
    "DEF033": (domain(throttled("a"), THROTTLE), domain(throttled("b"), THROTTLE)),
    "DEF034": (domain(pci("pci-root", 0, at(0, 5))), domain(pci("pci-root", 0))),
    "DEF035": (
        domain("<controller type='scsi' model='lsilogic'><driver iothread='1'/></controller>", io_threads(1)),
        domain("<controller type='scsi' model='virtio-scsi'><driver iothread='1'/></controller>", io_threads(1)),
    ),
    "DEF036": (
        domain("<memballoon model='virtio'>" + at(0, 32) + "</memballoon>"),
        domain("<memballoon model='virtio'>" + at(0, 31) + "</memballoon>"),
    ),
    "DEF037": (domain(channel("<source mode='connect' service='1'/>")), domain(channel(CONNECT))),
    "DEF038": (
        domain("<serial type='pty'><target type='isa-serial' port='0'/></serial>" * 2),
        domain("<serial type='pty'><target port='0'/></serial>" * 2),
    ),
    "DEF040": (domain(hostdev(1) * 2), domain(hostdev(1) + hostdev(2))),
    "DEF041": (
        domain("<interface type='direct'><source dev='e'/><port isolated='yes'/></interface>"),
        domain("<interface type='bridge'><source bridge='b'/><port isolated='yes'/></interface>"),
    ),
    "DEF042": (domain(memory(2), PLUGGABLE), domain(memory(1), PLUGGABLE)),
    "DEF043": (
        domain("<video><model type='none'/></video><video><model type='qxl'/></video>"),
        domain("<video><model type='none'/></video>"),
    ),
    "DEF044": (
        domain("<graphics type='vnc' listen='::1'><listen type='address' address='::2'/></graphics>"),
        domain("<graphics type='vnc' listen='::1'><listen type='address' address='::1'/></graphics>"),
    ),
    "DEF045": (
        domain("<input type='mouse' bus='ps2'/>", "<features><ps2 state='off'/></features>"),
        domain("<input type='mouse' bus='ps2'/>", "<features><ps2 state='on'/></features>"),
    ),
    "DEF046": (
        domain(USB.format(0, "none") + "<input type='tablet' bus='usb'/>"),
        domain(USB.format(0, "nec-xhci") + "<input type='tablet' bus='usb'/>"),
    ),
    "DEF047": (
        domain("<vsock model='virtio'><cid auto='no' address='2'/></vsock>"),
        domain("<vsock model='virtio'><cid auto='no' address='3'/></vsock>"),
    ),
    "DEF048": (
        domain(disk("vda", "<alias name='ua-a'/>") + disk("vdb", "<alias name='ua-a'/>")),
        domain(disk("vda", "<alias name='ua-a'/>") + disk("vdb", "<alias name='ua-b'/>")),
    ),
    "DEF039": (
        domain(channel(CONNECT + "<address type='virtio-serial' controller='0' bus='0' port='1'/>") * 2),
        domain(channel(CONNECT + "<address type='virtio-serial' controller='0' bus='0' port='1'/>")),
    ),
    "DEF050": (domain(rest=io_threads(1, 1)), domain(rest=io_threads(1, 2))),
    "DEF051": (
        domain(rest="<sysinfo type='smbios'><bios><entry name='date'>2020-01-01</entry></bios></sysinfo>"),
        domain(rest="<sysinfo type='smbios'><bios><entry name='date'>01/31/2020</entry></bios></sysinfo>"),
    ),
    "DEF052": (
        domain(rest="<seclabel type='none' model='dac'/>" * 2),
        domain(rest="<seclabel type='none' model='dac'/><seclabel type='none' model='selinux'/>"),
    ),
    "DEF053": (
        domain(rest="<idmap><uid start='1' target='1' count='1'/><gid start='0' target='1' count='1'/></idmap>"),
        domain(rest="<idmap><uid start='0' target='1' count='1'/><gid start='0' target='1' count='1'/></idmap>"),
    ),
    "DEF054": (
        domain(rest="<cpu><model>a</model>" + "<feature name='f' policy='require'/>" * 2 + "</cpu>"),
        domain(rest="<cpu><model>a</model><feature name='f' policy='require'/></cpu>"),
    ),
    "DEF055": (
        domain(rest="<blkiotune>" + "<device><path>/a</path><weight>500</weight></device>" * 2 + "</blkiotune>"),
        domain(rest="<blkiotune><device><path>/a</path><weight>500</weight></device></blkiotune>"),
    ),
    "DEF004": (
        domain(rest="<memtune><hard_limit unit='EiB'>99</hard_limit></memtune>"),
        domain(rest="<memtune><hard_limit unit='GiB'>99</hard_limit></memtune>"),
    ),
    "DEF056": (
        domain("<memballoon model='virtio'><address type='ccw' cssid='0xfe' devno='0x0001'/></memballoon>"),
        domain("<memballoon model='virtio'><address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0001'/></memballoon>"),
    ),
    "DEF060": (
        domain(rest=NUMA.replace("</numa>", LATENCY.format(2))),
        domain(rest=NUMA.replace("</numa>", LATENCY.format(1))),
    ),
    "DEF061": (domain(rest=LISTED.format("id='2' enabled='yes'")), domain(rest=LISTED.format("id='1' enabled='yes'"))),
    "DEF062": (
        domain(rest="<cputune>" + "<vcpupin vcpu='0' cpuset='1'/>" * 2 + "</cputune>"),
        domain(rest="<cputune><vcpupin vcpu='0' cpuset='1'/></cputune>"),
    ),
    "DEF063": (domain(rest=TUNED.format("0-1", "1")), domain(rest=TUNED.format("0", "1"))),
    "DEF064": (
        domain(USB.format(0, "ich9-uhci1")),
        domain(USB.format(0, "ich9-ehci1") + USB.format(0, "ich9-uhci1")),
    ),
    "DEF115": (domain(memory(1), NUMA), domain(memory(1), PLUGGABLE)),
    "DEF116": (
        domain(rest=LISTED.format("id='1' enabled='yes' order='1'")),
        domain(rest=LISTED.format("id='1' enabled='yes'")),
    ),
    "DEF117": (i440fx().replace(">2</vcpu>", ">256</vcpu>"), i440fx().replace(">2</vcpu>", ">255</vcpu>")),
    "DEF118": (domain(USB.format(0, "qemu-xhci") * 2), domain(USB.format(0, "qemu-xhci") + USB.format(1, "qemu-xhci"))),
    "DEF119": (domain(rest=TUNED.format("0", "1")).replace("'kvm'", "'qemu'"), domain(rest=TUNED.format("0", "1"))),
    "DEF057": (
        os_type("<bootmenu enable='yes' timeout='70000'/>"),
        os_type("<bootmenu enable='no' timeout='70000'/>"),
    ),
    "DEF058": (
        domain(rest="<seclabel type='static' model='dac'/>"),
        domain(rest="<seclabel type='static' model='dac'><label>+1:+1</label></seclabel>"),
    ),
    "DEF059": (
        domain("<tpm model='tpm-tis'><backend type='emulator'/></tpm>" * 3).replace("'kvm'", "'test'"),
        domain("<tpm model='tpm-tis'><backend type='emulator'/></tpm>" * 2).replace("'kvm'", "'test'"),
    ),
    "DEF065": (domain(rest="<features><acip/></features>"), domain(rest="<features><acpi/></features>")),
    "DEF066": (domain(rest=RING.format(1000)), domain(rest=RING.format(1024))),
    "DEF100": (domain(disk("vda1")), domain(disk("vda"))),
    "DEF101": (
        domain(
            "<controller type='scsi' index='0' model='lsilogic'/>" + drive("sda", 0).replace("target='0'", "target='1'")
        ),
        domain(
            "<controller type='scsi' index='0' model='virtio-scsi'/>"
            + drive("sda", 0).replace("target='0'", "target='1'")
        ),
    ),
    "DEF102": (
        domain(VHOST),
        domain(
            VHOST,
            "<memoryBacking><access mode='shared'/></memoryBacking>",
        ),
    ),
    "DEF103": (q35(pci("pcie-root", 1)), q35(pci("pcie-root", 0))),
    "DEF104": (
        q35(pci("pcie-root-port", 1) + "<memballoon model='virtio'>" + at(1, 5) + "</memballoon>"),
        q35(pci("pcie-root-port", 1) + "<memballoon model='virtio'>" + at(1, 0) + "</memballoon>"),
    ),
    "DEF105": (domain(disk("vda", CCW) + disk("vdb", CCW)), domain(disk("vda", CCW) + disk("vdb"))),
    "DEF106": (
        domain("<controller type='usb' index='0' model='qemu-xhci' ports='16'/>"),
        domain("<controller type='usb' index='0' model='qemu-xhci' ports='15'/>"),
    ),
    "DEF107": (
        domain(USB.format(0, "piix3-uhci") + PLUGGED.format(3)),
        domain(USB.format(0, "piix3-uhci") + PLUGGED.format(2)),
    ),
    "DEF108": (
        domain(channel(CONNECT + "<protocol type='tls'/>")),
        domain(channel(CONNECT + "<protocol type='raw'/>")),
    ),
    "DEF110": (q35(rest="<features><gic version='2'/></features>"), q35(rest="<features><pvspinlock/></features>")),
    "DEF111": (domain(rest="<on_poweroff>preserve</on_poweroff>"), domain(rest="<on_poweroff>destroy</on_poweroff>")),
    "DEF112": (
        domain(QUEUED.format(300)),
        domain(QUEUED.format(256)),
    ),
    "DEF113": (
        domain("<video><model type='qxl' vgamem='3000'/></video>"),
        domain("<video><model type='qxl' vgamem='4096'/></video>"),
    ),
    "DEF114": (i440fx("<watchdog model='itco'/>"), q35("<watchdog model='itco'/>")),
    "DEF001": (domain(disk("vda").replace("'virtio'", "'virtio '")), domain(disk("vda"))),
    "DEF002": (domain().replace("<name>a</name>", ""), domain()),
    "DEF003": (domain("<memballoon model='virtio'/>" * 2), domain("<memballoon model='virtio'/>")),
}


@pytest.mark.parametrize("rule", VIOLATIONS)
def test_a_rule_objects_to_its_violation_alone(rule: str) -> None:
    wrong, right = VIOLATIONS[rule]
    assert {found.rule for found in find_objections(wrong, "12.8.0") or []} == {rule}
    assert find_objections(right, "12.8.0") == []


def test_every_rule_has_an_example() -> None:
    assert set(VIOLATIONS) == {name for name, declared in RULES.items() if declared.root in ("domain", "")}


def test_what_only_one_driver_refuses_is_said_of_its_domains_alone() -> None:
    wrong = domain(disk("vda1"))
    assert [found.rule for found in find_objections(wrong) or []] == ["DEF100"]
    assert find_objections(wrong, driver="") == []
    assert find_objections(wrong.replace("type='kvm'", "type='xen'", 1)) == []
    assert [found.rule for found in find_objections(wrong, driver="qemu") or []] == ["DEF100"]


def test_what_only_some_releases_refuse_is_said_where_they_are_asked_about() -> None:
    wrong = VIOLATIONS["DEF033"][0]
    assert find_objections(wrong) == []
    assert find_objections(wrong, "9.0") == []
    found = find_objections(wrong, "12.0") or []
    assert [(item.rule, item.releases) for item in found] == [("DEF033", ("11.3.0", "12.8.0"))]
    assert "by libvirt 11.3.0, 12.8.0" in str(found[0])


def test_fields_that_no_one_asked_about_take_what_a_strict_parser_takes() -> None:
    found = find_objections(domain("<graphics type='sdl'><gl enable='maybe'/></graphics>"), "12.8") or []
    assert {item.rule for item in found} == {"DEF001"}


def test_numbers_that_are_not_counted_one_by_one_end_at_once() -> None:
    assert find_objections(domain(rest="<iothreads>4294967295</iothreads>")) is not None


def test_parts_are_judged_by_single_fields_and_documents_that_are_only_read_are_not() -> None:
    part = parse(domain(disk("vda"))).devices.disks[0]
    assert find_objections(part) == []
    assert [found.path for found in find_objections(disk("vda").replace("virtio'", "virtio '")) or []] == [
        "/disk/target/@bus"
    ]
    assert find_objections("<domainCapabilities/>") is None


NETWORK_DISK = "<disk type='network'><source protocol='{}' name='{}'>{}</source><target dev='vda'/></disk>"
AUTH = "<auth username='u'><secret type='ceph'{}/></auth>"
PARTS = {
    "a disk of another type than its source": ("<disk type='block'><source file='/a'/><target dev='vda'/></disk>",
                                               "/domain/devices/disk[1]/source/@dev"),
    "an image without a pool": (NETWORK_DISK.format("rbd", "image", "<host name='h'/>"),
                                "/domain/devices/disk[1]/source/@name"),
    "a host without a name": (NETWORK_DISK.format("rbd", "p/i", "<host port='1'/>"),
                              "/domain/devices/disk[1]/source/host[1]/@name"),
    "a secret that is not named": (NETWORK_DISK.format("rbd", "p/i", "<host name='h'/>" + AUTH.format("")),
                                   "/domain/devices/disk[1]/source/auth/secret"),
    "a controller without a type": ("<controller index='0' model='virtio-scsi'/>",
                                    "/domain/devices/controller[1]/@type"),
    "a filesystem of nothing": ("<filesystem type='mount'><source/><target dir='t'/></filesystem>",
                                "/domain/devices/filesystem[1]/source/@dir"),
    "an input of nothing": ("<input type='passthrough' bus='virtio'><source/></input>",
                            "/domain/devices/input[1]/source/@evdev"),
    "more memory devices than memory": ("<memory model='dimm'><target><size unit='TiB'>1</size></target></memory>",
                                        "/domain/memory"),
}  # fmt: skip


@pytest.mark.parametrize("kind", PARTS)
def test_what_a_part_lacks_is_named(kind: str) -> None:
    device, path = PARTS[kind]
    assert path in [found.path for found in find_objections(domain(device), driver="")]


def test_a_hexadecimal_number_may_have_a_capital_x() -> None:
    document = domain("<memballoon model='virtio'><address type='pci' bus='0X00' slot='0X1F'/></memballoon>")
    assert find_objections(document, driver="") == []


ITCO = domain("<watchdog model='itco'/>").replace("'kvm'", "'test'")
UNREAD = "<interface type='user'><model type='{}'/><driver queues='many'/></interface>"


def test_a_value_that_came_later_is_refused_by_the_releases_before_it() -> None:
    assert [(found.rule, found.releases) for found in find_objections(ITCO, "9.0") or []] == [("DEF001", ("9.0.0",))]
    assert find_objections(ITCO, "11.3") == []
    assert find_objections(ITCO) == []


def test_what_libvirt_does_not_read_is_not_objected_to() -> None:
    assert [found.rule for found in find_objections(domain(UNREAD.format("virtio")), driver="") or []] == ["DEF001"]
    assert find_objections(domain(UNREAD.format("e1000")), driver="") == []


def test_a_release_overlooks_what_it_does_not_know() -> None:
    erst = "<pstore backend='acpi-erst'><path>/a</path><size unit='KiB'>{}</size></pstore>"
    found = find_objections(domain(erst.format("many")), "11.3", driver="")
    assert found
    assert find_objections(domain(erst.format("many")), "9.0", driver="") == []
