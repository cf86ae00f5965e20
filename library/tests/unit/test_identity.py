import pytest
from libvirtxml import MAC, Domain
from libvirtxml.identity import clone, new_mac

UUID = "6fbd2a5c-58a3-4f24-9fb1-4d2a4a9a4b50"
TEXT = f"""
<domain type='kvm' id='3'><name>web</name><uuid>{UUID}</uuid><genid>{UUID}</genid>
  <sysinfo type='smbios'><system><entry name='uuid'>{UUID}</entry><entry name='serial'>{UUID}</entry>
    <entry name='family'>vm</entry></system></sysinfo>
  <os><type>hvm</type>%s</os>
  <devices>
    <disk type='file'><source file='/images/web.qcow2'/><target dev='vda'/></disk>
    <disk type='block'><source dev='/dev/vg/web'/><target dev='vdb'/></disk>
    <disk type='network'><source protocol='rbd' name='pool/web'/><target dev='vdc'/></disk>
    <disk type='volume'><source pool='p' volume='web'/><target dev='vdd'/></disk>
    <disk type='file'><source file='/shared'/><target dev='vde'/><shareable/></disk>
    <disk type='file' device='cdrom'><source file='/iso'/><target dev='sda'/><readonly/></disk>
    <interface type='bridge'><mac address='fa:16:3e:00:00:01'/><source bridge='br' portid='{UUID}'/>
      <virtualport type='openvswitch'><parameters interfaceid='{UUID}' profileid='p'/></virtualport>
      <target dev='vnet3'/></interface>
    <interface type='user'><mac address='fa:16:3e:00:00:02'/></interface>
    <interface type='user'/>
    <channel type='unix'><source mode='bind' path='/run/channel/target/domain-3-web/org.qemu.guest_agent.0'/>
      <target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <channel type='unix'><source mode='bind' path='/run/own'/><target type='virtio' name='own'/></channel>
    <graphics type='vnc' port='5901' autoport='no'/>
    <graphics type='vnc' port='5902' autoport='yes'/>
    <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='1' slot='0' function='0'/></source></hostdev>
    <vsock><cid auto='no' address='7'/></vsock>
  </devices>
  <seclabel type='dynamic' model='dac'><label>+1:+1</label><imagelabel>+1:+1</imagelabel></seclabel>
</domain>"""
NVRAMS = {
    "<nvram>/nvram/web_VARS.fd</nvram>": ("/nvram/web_VARS.fd", "/nvram/db_VARS.fd"),
    "<nvram type='file'><source file='/nvram/other.fd'/></nvram>": ("/nvram/other.fd", "/nvram/db_other.fd"),
}


def domain(nvram=""):
    return Domain.parse(TEXT % nvram)


def changed(made):
    return {change.path: (change.old, change.new) for change in made.changes}


def test_the_original_is_left_as_it_is():
    original = domain()
    before = original.to_xml()
    clone(original, "db", disk=lambda _, location: location + ".db")
    assert original.to_xml() == before


def test_nothing_of_the_old_identity_is_left():
    text = clone(domain(next(iter(NVRAMS))), "db", disk=lambda _, old: old.replace("web", "db")).domain.to_xml()
    left = ["web", UUID, "fa:16:3e:00:00:0", "vnet3", " id=", "<label>", "<imagelabel>", "portid", "/channel/target"]
    assert [word for word in left if word in text] == []
    assert "profileid='p'" in text


def test_what_changed_is_reported():
    made = clone(domain(), "db", uuid="11111111-2222-4333-8444-555555555555", disk=lambda _, old: old + "2")
    found = changed(made)
    assert found["/domain/name"] == ("web", "db")
    assert found["/domain/uuid"] == (UUID, "11111111-2222-4333-8444-555555555555")
    assert found["/domain/sysinfo[1]/system/entry[2]"][1] == "11111111-2222-4333-8444-555555555555"
    assert found["/domain/devices/disk[2]/source/@dev"] == ("/dev/vg/web", "/dev/vg/web2")
    assert found["/domain/devices/interface[1]/target"] == ("vnet3", None)
    assert found["/domain/genid"][0] == UUID != found["/domain/genid"][1]
    for number, prefix in ((1, "fa:16:3e:"), (2, "fa:16:3e:")):
        assert found[f"/domain/devices/interface[{number}]/mac/@address"][1].startswith(prefix)
    assert made.domain.devices.interfaces[2].mac is None
    sources = [disk.source for disk in made.domain.devices.disks]
    assert (sources[2].name, sources[3].volume, sources[3].pool) == ("pool/web2", "web2", "p")


@pytest.mark.parametrize("nvram", NVRAMS)
def test_the_variable_store_is_new_in_both_forms(nvram):
    made = clone(domain(nvram), "db")
    assert made.files == [NVRAMS[nvram]]
    assert NVRAMS[nvram][1] in made.domain.to_xml()
    assert clone(domain(nvram), "db", nvram="/x").files == [(NVRAMS[nvram][0], "/x")]


def test_what_two_running_domains_cannot_share_is_reported():
    shared = {part.path: part.value for part in clone(domain(), "db").shared}
    assert shared == {
        "/domain/devices/disk[1]/source": "/images/web.qcow2",
        "/domain/devices/disk[2]/source": "/dev/vg/web",
        "/domain/devices/disk[3]/source": "pool/web",
        "/domain/devices/disk[4]/source": "web",
        "/domain/devices/channel[2]/source[1]/@path": "/run/own",
        "/domain/devices/graphics[1]/@port": "5901",
        "/domain/devices/hostdev[1]": "hostdev 1",
        "/domain/devices/vsock[1]/cid/@address": "7",
    }


def test_a_domain_without_a_uuid_gets_one():
    made = clone(Domain.parse("<domain type='kvm'><name>a</name></domain>"), "b")
    assert len(made.domain.uuid) == 36
    assert changed(made) == {"/domain/name": ("a", "b")}


def test_a_new_mac_is_not_one_of_the_others():
    taken = [f"52:54:00:00:00:{number:02X}" for number in range(256)]
    for _ in range(50):
        found = new_mac(taken, prefix="52:54:00")
        assert len(found) == 17
        assert MAC(found).canonical not in {MAC(address).canonical for address in taken}
