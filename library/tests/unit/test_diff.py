"""Semantic comparison: what counts as a difference, and what does not."""

import pytest
from libvirtxml import ChangeKind, ModelError, diff, parse
from libvirtxml._impl.diff.changes import REFUSED
from libvirtxml._impl.diff.report import changes_as_markdown, changes_as_text
from libvirtxml.errors import UsageError


def domain(devices: str = "", head: str = "") -> str:
    return f"<domain type='kvm'><name>web</name>{head}<devices>{devices}</devices></domain>"


def rule(attributes: str) -> str:
    return f"<filter name='f'><rule action='drop' direction='in'><tcp {attributes}/></rule></filter>"


def pool(kind: str, rest: str = "") -> str:
    return f"<pool type='{kind}'><name>p</name>{rest}</pool>"


def nvdimm(size: int) -> str:
    target = f"<size unit='KiB'>{size}</size><node>0</node><label><size unit='KiB'>128</size></label>"
    return f"<memory model='nvdimm'><source><path>/n</path></source><target>{target}</target></memory>"


def volume(target: str) -> str:
    size = "<capacity unit='bytes'>1048576</capacity>"
    return f"<volume><name>v</name>{size}<target><path>/images/v</path>{target}</target></volume>"


def serial(target: str) -> str:
    return f"<serial type='pty'><target type='{target}' port='0'/></serial>"


def virtio_console(port: int, log: str) -> str:
    return f"<console type='pty'><log file='/{log}'/><target type='virtio' port='{port}'/></console>"


def lines(old: str, new: str, profile: str = "all") -> list[str]:
    return [str(change) for change in diff(old, new, profile)]


VDA = "<disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk>"
VDB = "<disk type='file' device='disk'><source file='/b'/><target dev='vdb' bus='virtio'/></disk>"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<memory unit='GiB'>1</memory>", "<memory>1048576</memory>"),
        ("<memory unit='KB'>1024</memory>", "<memory unit='b'>1024000</memory>"),
        ("<uuid>C7A5FDBD-CDAF-9455-926A-D65C16DB1809</uuid>", "<uuid>c7a5fdbdcdaf9455926ad65c16db1809</uuid>"),
        ("<vcpu cpuset='0-3,^2'>2</vcpu>", "<vcpu placement='static' cpuset='0,1,3'>2</vcpu>"),
        ("<on_crash>destroy</on_crash>", ""),
        ("<metadata/><cputune/>", ""),
        ("<clock offset='utc'/>", "<clock/>"),
        ("<os><type>hvm</type><bios useserial='no'/></os>", "<os><type>hvm</type></os>"),
        ("<!-- a note -->", ""),
        (
            "<cputune><vcpusched vcpus='2-3' scheduler='batch'/></cputune>",
            "<cputune><vcpusched vcpus='3' scheduler='batch'/><vcpusched vcpus='2' scheduler='batch'/></cputune>",
        ),
    ],
)
def test_one_meaning_in_two_spellings_is_no_difference(old: str, new: str) -> None:
    assert diff(domain(head=old), domain(head=new)) == []
    assert diff(domain(head=new), domain(head=old)) == []


def test_numbers_and_addresses_are_compared_as_values() -> None:
    address = "<controller type='usb' index='0'><address type='pci' {}/></controller>"
    old = domain(address.format("domain='0x0000' bus='0x0a' slot='0x01' function='0x0'"))
    assert diff(old, domain(address.format("bus='10' slot='1'"))) == []
    assert lines(old, domain(address.format("bus='010' slot='1'"))) == [
        "devices.controllers[type=usb,index=0].address.bus: 0x0a -> 010"
    ]


def test_members_are_matched_by_identity_and_not_by_position() -> None:
    assert diff(domain(VDA + VDB), domain(VDB + VDA)) == []
    assert lines(domain(VDA + VDB), domain(VDB.replace("/b", "/c"))) == [
        "devices.disks[target.dev=vdb].source.file: /b -> /c",
        f"devices.disks[target.dev=vda]: removed {VDA}",
    ]


def test_a_changed_identity_of_an_otherwise_equal_member_is_one_change() -> None:
    assert lines(domain(VDA), domain(VDA.replace("vda", "vdz"))) == [
        "devices.disks[target.dev=vda].target.dev: vda -> vdz"
    ]


def test_interfaces_with_the_same_mac_are_one_whatever_its_case() -> None:
    old = domain("<interface type='bridge'><mac address='52:54:00:AA:00:01'/><source bridge='br0'/></interface>")
    new = domain("<interface type='bridge'><mac address='52:54:00:aa:00:01'/><source bridge='br1'/></interface>")
    assert lines(old, new) == ["devices.interfaces[mac.address=52:54:00:AA:00:01].source.bridge: br0 -> br1"]


def test_order_is_a_difference_where_libvirt_gives_it_a_meaning() -> None:
    boots = ["<boot dev='hd'/>", "<boot dev='cdrom'/>", "<boot dev='network'/>"]
    old, new = (domain(head=f"<os><type>hvm</type>{''.join(item)}</os>") for item in (boots, boots[1:] + boots[:1]))
    (change,) = diff(old, new)
    assert (change.kind, change.path, change.old, change.new) == (ChangeKind.MOVED, "os.boots[0]", 0, 2)
    assert "order" in change.reason


def test_rules_and_references_of_a_filter_have_one_common_order() -> None:
    rule, reference = "<rule action='drop' direction='in'/>", "<filterref filter='clean-traffic'/>"
    old, new = (f"<filter name='a'>{item}</filter>" for item in (rule + reference, reference + rule))
    assert [change.kind for change in diff(old, new)] == [ChangeKind.MOVED]
    assert diff(old, old) == []


def test_arguments_for_qemu_are_compared_in_order() -> None:
    head = "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>{}</qemu:commandline>"
    first, two = "<qemu:arg value='-a'/>", "<qemu:arg value='-b'/>"
    (change,) = diff(domain(head=head.format(first + two)), domain(head=head.format(two + first)))
    assert change.kind is ChangeKind.MOVED
    other = head.replace("qemu:", "q:").replace("xmlns:qemu", "xmlns:q")
    same = other.format((first + two).replace("qemu:", "q:"))
    assert diff(domain(head=head.format(first + two)), domain(head=same)) == []


def test_unknown_content_is_compared_too() -> None:
    old, new = domain(head="<future level='1'><x/></future>"), domain(head="<future level='2'><x/></future>")
    assert lines(old, new) == ["<future>.@level: 1 -> 2"]
    assert lines(domain(), new.replace("<future", "<!-- c --><future")) == [
        "<future>: added <future level='2'><x/></future>"
    ]


def test_metadata_is_compared_without_regard_to_prefixes_and_layout() -> None:
    old = "<metadata><a:app xmlns:a='urn:a'><a:owner>me</a:owner></a:app></metadata>"
    new = "<metadata>\n <b:app xmlns:b='urn:a'>\n  <b:owner>{}</b:owner>\n </b:app></metadata>"
    assert diff(domain(head=old), domain(head=new.format("me"))) == []
    (change,) = diff(domain(head=old), domain(head=new.format("you")))
    assert (change.old, change.new) == ("me", "you")


RUNNING = """
<domain type='kvm' id='7'><name>web</name><currentMemory unit='KiB'>524288</currentMemory><devices>
<disk type='file' device='disk'><source file='/a' index='2'/><backingStore/><target dev='vda' bus='virtio'/>
<alias name='virtio-disk0'/><address type='pci' domain='0' bus='4' slot='0' function='0'/></disk>
<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default' portid='x' bridge='virbr0'/>
<target dev='vnet7'/><alias name='net0'/></interface>
<console type='pty' tty='/dev/pts/3'><source path='/dev/pts/3'/><alias name='serial0'/></console>
<graphics type='vnc' port='5901' autoport='yes' listen='127.0.0.1'/></devices>
<seclabel type='dynamic' model='dac' relabel='yes'><label>+1:+1</label></seclabel></domain>
"""
STOPPED = """
<domain type='kvm'><name>web</name><devices>
<disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk>
<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface>
<console type='pty'/><graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/></devices></domain>
"""


def test_the_config_profile_sees_no_difference_between_a_running_and_a_stopped_domain() -> None:
    assert diff(STOPPED, RUNNING)
    assert diff(STOPPED, RUNNING, "config") == []
    assert diff(RUNNING, STOPPED, "config") == []


def test_the_config_profile_keeps_what_users_chose() -> None:
    text = "<interface type='ethernet'><mac address='52:54:00:00:00:01'/><target dev='{}'/><alias name='ua-{}'/>"
    text += "</interface>"
    old, new = domain(text.format("mytap", "one")), domain(text.format("other", "two"))
    assert {change.path for change in diff(old, new, "config")} == {
        "devices.interfaces[mac.address=52:54:00:00:00:01].target.dev",
        "devices.interfaces[mac.address=52:54:00:00:00:01].alias.name",
    }


@pytest.mark.parametrize(
    ("head", "devices"),
    [
        ("<title>a</title><memtune><hard_limit>1</hard_limit></memtune>", ""),
        ("<on_crash>preserve</on_crash><cputune><shares>4</shares></cputune>", ""),
        ("", "<emulator>/usr/bin/qemu</emulator>"),
    ],
)
def test_the_abi_profile_leaves_out_what_the_guest_cannot_see(head: str, devices: str) -> None:
    assert diff(domain(), domain(devices, head))
    assert diff(domain(), domain(devices, head), "abi") == []


def test_the_abi_profile_sees_devices_but_not_where_they_come_from() -> None:
    new = VDA.replace("file='/a'", "dev='/dev/x'").replace("type='file'", "type='block'")
    assert diff(domain(VDA), domain(new), "abi") == []
    assert lines(domain(VDA), domain(VDA.replace("virtio", "sata")), "abi") == [
        f"devices.disks[target.dev=vda].target.bus: virtio -> sata ({REFUSED})"
    ]
    vcpus = lines(domain(head="<vcpu>1</vcpu>"), domain(head="<vcpu>2</vcpu>"), "abi")
    assert vcpus == [f"vcpu: 1 -> 2 ({REFUSED})"]


def test_the_abi_profile_distinguishes_what_libvirt_checks_from_what_only_the_guest_sees() -> None:
    old = domain("<interface type='user'><model type='virtio'/><rom bar='on'/></interface>")
    new = old.replace("'on'", "'off'").replace("virtio", "e1000e")
    found = {change.path.rpartition(".")[2]: change.refused for change in diff(old, new, "abi")}
    assert found == {"type": True, "bar": False}
    assert {change.refused for change in diff(old, new)} == {None}
    assert [change.to_dict().get("refused") for change in diff(old, new, "abi")] == [True, False]


@pytest.mark.parametrize(
    ("devices", "new"),
    [
        ("<disk device='cdrom'><target dev='hda' bus='ide'/></disk>",
         "<target dev='hda' bus='ide'/><readonly/></disk>"),
        ("<disk><target dev='hdc'/></disk>", "<target dev='hdc' bus='ide'/></disk>"),
        ("<disk><target dev='hdd' bus='ide'/></disk>",
         "<target dev='hdd' bus='ide'/><address type='drive' controller='0' bus='1' unit='1'/></disk>"),
    ],
)  # fmt: skip
def test_what_libvirt_assumes_anyway_is_not_refused(devices: str, new: str) -> None:
    other = devices[: devices.index("<target")] + new
    assert [change.refused for change in diff(domain(devices), domain(other), "abi") if change.refused] == []


@pytest.mark.parametrize(("cell", "refused"), [(1024, False), (2048, True)])
def test_memory_that_is_left_to_the_cells_is_refused_if_it_is_not_theirs(cell: int, refused: bool) -> None:
    cells = f"<cpu><numa><cell id='0' cpus='0' memory='{cell}' unit='KiB'/></numa></cpu>"
    (change,) = diff(domain(head=f"<memory>1024</memory>{cells}"), domain(head=cells), "abi")
    assert (change.path, change.kind, change.refused) == ("memory", ChangeKind.REMOVED, refused)


def test_a_name_that_changes_is_refused_and_a_path_is_no_matter() -> None:
    old = domain(VDA)
    (change,) = diff(old, old.replace("<name>", "<name>x").replace("'/a'", "'/b'"), "abi")
    assert (change.path, change.refused) == ("name", True)


def test_members_that_change_places_are_refused_where_they_differ_in_what_is_checked() -> None:
    serials = "<serial type='pty'/>", "<serial type='null'/>"
    rngs = tuple(f"<rng model='{model}'><backend model='random'/></rng>" for model in ("virtio", "virtio-transitional"))
    for pair, refused in ((serials, False), (rngs, True)):
        changes = diff(domain("".join(pair)), domain("".join(pair[::-1])), "abi")
        assert {change.refused for change in changes} <= {refused}


def test_a_request_is_met_by_what_libvirt_makes_of_it() -> None:
    requested = domain(VDA, "<memory>1000000</memory><os><type machine='q35'>hvm</type></os><cpu mode='host-model'/>")
    actual = domain(
        "<emulator>/usr/bin/qemu</emulator>" + VDA + "<controller type='pci' index='0' model='pcie-root'/>"
        "<memballoon model='virtio'/><audio id='1' type='none'/>",
        "<uuid>c7a5fdbd-cdaf-9455-926a-d65c16db1809</uuid><memory unit='KiB'>1000448</memory><vcpu>1</vcpu>"
        "<os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type><boot dev='hd'/></os>"
        "<cpu mode='custom' match='exact'><model>Skylake</model></cpu>",
    )
    assert diff(requested, actual, "requested") == []


@pytest.mark.parametrize(
    ("requested", "actual"),
    [
        (rule("srcipaddr='$A[ @0 ]' srcipmask='255.255.0.0'"), rule("srcipaddr='$A' srcipmask='16'")),
        (pool("dir", "<target><path>//a//b/</path><permissions><owner>-1</owner></permissions></target>"),
         pool("dir", "<target><path>/a/b</path></target>")),
        (pool("logical"),
         pool("logical", "<source><name>p</name><format type='lvm2'/></source><target><path>/dev/p</path></target>")),
        ("<volume><name>v</name><allocation>0</allocation><capacity unit='MiB'>1</capacity></volume>",
         "<volume><name>v</name><allocation>196608</allocation><capacity unit='bytes'>1048576</capacity></volume>"),
        (domain("<interface type='user'><model type='ViRtIo'/></interface>"),
         domain("<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>")),
        (domain("<controller type='scsi' index='0' model='auto'/>"),
         domain("<controller type='scsi' index='0' model='lsilogic'/>")),
        (domain("<channel type='unix'><source mode='bind' path='/var/lib/libvirt/qemu/channel/target/domain-1-a/b'/>"
                "<target type='virtio' name='b'/></channel>"),
         domain("<channel type='unix'><target type='virtio' name='b'/></channel>")),
        (domain(head="<genid/>"), domain(head="<genid>d5003f71-7587-47f7-94d2-420fc3e90d78</genid>")),
        (domain(head="<memory>1</memory><cpu><numa><cell cpus='0' memory='2'/></numa></cpu>"),
         domain(head="<memory>2</memory><cpu><numa><cell id='0' cpus='0' memory='2'/></numa></cpu>")),
        (domain(head="<memtune><hard_limit>9007199254740991</hard_limit></memtune>"), domain()),
        (domain("<console type='pty'/>" + virtio_console(0, "a") + virtio_console(0, "b")),
         domain("<serial type='pty'><target type='system-serial' port='0'><model name='pl011'/></target></serial>"
                "<console type='pty'><target type='serial' port='0'/></console>"
                + virtio_console(1, "a") + virtio_console(2, "b"))),
        (domain(serial("isa-serial")), domain(serial("spapr-vio-serial") + "<console type='pty'/>")),
        (domain("<interface type='user'><mac address='00:00:00:00:00:00'/></interface>"),
         domain("<interface type='user'><mac address='52:54:00:00:00:01'/></interface>")),
        (domain(VDA.replace("</disk>", "<boot order='1' loadparm='system1'/></disk>")),
         domain(VDA.replace("</disk>", "<boot order='1' loadparm='SYSTEM1'/></disk>"))),
        (volume("<permissions><owner>4294967295</owner></permissions><nocow/>"), volume("")),
        (domain(nvdimm(700000)), domain(nvdimm(524416))),
    ],
)  # fmt: skip
def test_what_libvirt_writes_in_its_own_way_meets_the_request(requested: str, actual: str) -> None:
    assert diff(requested, actual, "requested") == []


@pytest.mark.parametrize(
    ("requested", "actual"),
    [
        (domain("<channel type='unix'><source path='/srv/agent'/><target type='virtio' name='b'/></channel>"),
         domain("<channel type='unix'><target type='virtio' name='b'/></channel>")),
        (domain(head="<genid>d5003f71-7587-47f7-94d2-420fc3e90d77</genid>"),
         domain(head="<genid>d5003f71-7587-47f7-94d2-420fc3e90d78</genid>")),
        (domain(head="<memory>1024</memory>"), domain(head="<memory>2048</memory>")),
        (domain(head="<memtune><hard_limit>9007199254740990</hard_limit></memtune>"), domain()),
        (domain(serial("usb-serial")), domain(serial("isa-serial"))),
        (domain(virtio_console(0, "a") + virtio_console(1, "b")), domain(virtio_console(0, "a"))),
        (domain("<interface type='user'><mac address='52:54:00:00:00:02'/></interface>"),
         domain("<interface type='user'><mac address='52:54:00:00:00:01'/></interface>")),
        (volume("<permissions><owner>107</owner></permissions>"), volume("")),
        (domain(nvdimm(700000)), domain(nvdimm(524288))),
        (domain(head="<cputune><vcpusched vcpus='2-3' scheduler='batch'/></cputune>"),
         domain(head="<cputune><vcpusched vcpus='2' scheduler='batch'/></cputune>")),
    ],
)  # fmt: skip
def test_a_lost_setting_is_reported_however_libvirt_may_write_others(requested: str, actual: str) -> None:
    assert len(diff(requested, actual, "requested")) == 1


def test_an_unknown_unit_is_reported_like_any_other_text() -> None:
    unknown = domain(nvdimm(700000).replace("KiB", "none", 1))
    assert diff(unknown, domain(nvdimm(524416)), "requested")


def test_a_request_is_not_met_by_another_disk_or_a_lost_setting() -> None:
    requested = domain(VDA.replace("<source", "<driver name='qemu' cache='none'/><source"))
    actual = domain(VDA.replace("<source", "<driver name='qemu'/><source") + VDB)
    assert [(change.kind, change.path) for change in diff(requested, actual, "requested")] == [
        (ChangeKind.REMOVED, "devices.disks[target.dev=vda].driver.cache"),
        (ChangeKind.ADDED, "devices.disks[target.dev=vdb]"),
    ]


def test_elements_and_texts_can_both_be_given() -> None:
    assert diff(parse(domain(VDA)), domain(VDA)) == []


def test_documents_of_two_kinds_are_not_compared() -> None:
    with pytest.raises(ModelError, match="cannot compare a Domain with a Network"):
        diff(domain(), "<network><name>a</name></network>")


def test_an_unknown_profile_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="'confg'"):
        diff(domain(), domain(), "confg")


def test_reports_say_the_same_in_each_form() -> None:
    changes = diff(domain(VDA), domain(VDB.replace("/b", "/x|y")))
    text = changes_as_text(changes)
    assert "- devices.disks[target.dev=vda]\n    <disk type='file' device='disk'>\n" in text
    assert "\x1b[31m" in changes_as_text(changes, colour=True)
    assert "| removed | `devices.disks[target.dev=vda]` |" in changes_as_markdown(changes)
    assert "x\\|y" in changes_as_markdown(changes)
    assert changes_as_text([]) == ""
    assert changes[0].to_dict()["kind"] == "removed"


@pytest.mark.parametrize(
    ("requested", "returned", "count"),
    [
        ("data", None, 1),
        ("data", "net0", 1),
        ("ua-data", None, 1),
        ("net0", None, 0),
        (None, "net0", 0),
        (None, "x", 0),
    ],
)
def test_an_alias_that_was_requested_and_dropped_is_a_difference(requested, returned, count):
    def text(alias):
        inner = f"<alias name='{alias}'/>" if alias else ""
        return (
            "<domain type='kvm'><name>a</name><devices><interface type='user'><mac address='52:54:00:00:00:01'/>"
            f"{inner}</interface></devices></domain>"
        )

    assert len(diff(text(requested), text(returned), "requested")) == count
