"""Definitions of a live libvirt are changed through libvirt-python: nothing is lost, and refusals are reported."""

import time

import pytest
from helpers import live_documents
from libvirtxml import Alias, Domain, Graphics, GraphicsVNC, ModelError, Network, NWFilter, StoragePool, parse
from libvirtxml.backups import backup_for, checkpoint_for, snapshot_for
from libvirtxml.chains import backing_chain
from libvirtxml.devices import add, find
from libvirtxml.identity import clone
from libvirtxml.live import load, update

from virtsmith.core.run import run

pytestmark = pytest.mark.real

PASSWORD = "sesame"  # noqa: S105 - of a domain that the tests make
TEXT = f"""
<domain type='qemu'><name>live</name><memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/images/live.qcow2'/>
      <target dev='vda' bus='virtio'/></disk>
    <interface type='user'><mac address='52:54:00:aa:bb:cc'/></interface>
    <graphics type='vnc' port='5999' autoport='no' passwd='{PASSWORD}'/>
  </devices>
</domain>"""


@pytest.fixture
def connection(bindings, libvirt):
    opened = bindings.open(libvirt)
    yield opened
    opened.close()


@pytest.fixture
def dom(connection):
    made = connection.defineXML(TEXT)
    yield made
    made.undefine()


@pytest.fixture
def test_driver(bindings):
    opened = bindings.open("test:///default")
    yield opened
    opened.close()


def vnc(domain):
    card = domain.devices.graphics[0]
    assert isinstance(card, GraphicsVNC)
    return card


def test_passwords_are_read_only_when_they_are_asked_for(dom):
    assert vnc(load(dom, Domain)).passwd is None
    assert vnc(load(dom, Domain, secure=True)).passwd == PASSWORD
    assert vnc(parse(dom)).passwd is None


def test_a_change_keeps_what_it_does_not_touch(dom):
    def grow(domain):
        domain.memory.resize(128 << 20)

    done = update(dom, grow)
    assert done.defined
    assert not done.needs_restart
    assert [change.path for change in done.changes] == ["memory"]
    assert done.not_fulfilled == []
    again = load(dom, Domain, inactive=True, secure=True)
    assert again == done.actual
    assert (again.memory.bytes, vnc(again).passwd) == (128 << 20, PASSWORD)


def test_nothing_is_defined_if_nothing_was_changed(dom):
    done = update(dom, lambda domain: domain.devices.disks)
    assert not done.defined
    assert done.changes == done.not_fulfilled == []


def test_another_identity_is_refused(dom):
    with pytest.raises(ModelError, match="the name was changed from 'live' to 'other'"):
        update(dom, lambda domain: setattr(domain, "name", "other"))
    assert dom.name() == "live"


def test_what_libvirt_dropped_is_reported(dom):
    def alias(domain):
        find(domain, mac="52:54:00:aa:bb:cc").alias = Alias(name="data")

    assert [change.path for change in update(dom, alias).not_fulfilled] != []


def test_devices_are_added_and_found_again(dom):
    done = update(
        dom, lambda domain: add(domain, "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>")
    )
    assert len(done.actual.devices.rngs) == 1
    assert done.not_fulfilled == []


def test_a_running_domain_goes_on(test_driver):
    dom = test_driver.lookupByName("test")
    done = update(dom, lambda domain: setattr(domain, "title", "t"))
    assert done.needs_restart
    assert load(dom, Domain, inactive=True).title == "t"
    assert load(dom, Domain).id == 1
    assert load(dom, Domain, inactive=True).id is None


def test_other_documents(connection, test_driver):
    net = connection.networkDefineXML(live_documents.network().to_xml())
    try:
        done = update(net, lambda network: setattr(network.bridge, "delay", 3), Network)
        assert done.not_fulfilled == []
        assert load(net, Network, inactive=True).bridge.delay == 3
        with pytest.raises(ModelError, match="no secure form"):
            load(net, Network, secure=True)
    finally:
        net.undefine()
    pool = test_driver.storagePoolLookupByName("default-pool")
    assert isinstance(load(pool, StoragePool), StoragePool)
    with pytest.raises(ModelError, match="cannot be defined"):
        update(test_driver, print, NWFilter)


def test_a_clone_can_be_defined_beside_its_original(dom, connection):
    made = clone(load(dom, Domain, inactive=True, secure=True), "twin", disk=lambda _, image: f"{image}.twin")
    twin = connection.defineXML(made.domain.to_xml())
    try:
        assert load(twin, Domain).uuid == made.domain.uuid != load(dom, Domain).uuid
        assert [part.value for part in made.shared] == ["5999"]
    finally:
        twin.undefine()


@pytest.fixture
def running(connection, bindings, tmp_path):
    """A paused guest with an image of its own, a raw disk and an empty CD drive."""
    run(["qemu-img", "create", "-f", "qcow2", tmp_path / "vda", "16M"])
    (tmp_path / "vdb").write_bytes(bytes(1 << 20))
    domain = Domain.parse(TEXT.replace("/images/live.qcow2", str(tmp_path / "vda")).replace(">live<", ">running<"))
    add(domain, f"<disk type='file'><source file='{tmp_path / 'vdb'}'/><target dev='vdb'/></disk>")
    add(domain, "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>")
    made = connection.createXML(domain.to_xml(), bindings.VIR_DOMAIN_START_PAUSED)
    yield made
    for checkpoint in made.listAllCheckpoints():
        checkpoint.delete(bindings.VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY)
    for snapshot in made.listAllSnapshots():
        snapshot.delete(bindings.VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY)
    made.destroy()


def test_checkpoints_backups_and_snapshots_are_taken(running, bindings, tmp_path):
    domain = load(running, Domain)
    checkpoint = checkpoint_for(domain, "monday")
    running.backupBegin(
        backup_for(domain, lambda disk: str(tmp_path / f"{disk.target.dev}.full")).to_xml(), checkpoint.to_xml()
    )
    while running.jobStats().get("type"):
        time.sleep(0.05)
    incremental = backup_for(domain, lambda disk: str(tmp_path / f"{disk.target.dev}.more"), since="monday")
    running.backupBegin(incremental.to_xml(), None)
    while running.jobStats().get("type"):
        time.sleep(0.05)
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["vda.full", "vda.more", "vdb.full"]
    snapshot = snapshot_for(domain, "s", lambda disk: str(tmp_path / f"{disk.target.dev}-s"), disks=["vda"])
    running.snapshotCreateXML(snapshot.to_xml(), bindings.VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY)
    images = backing_chain(load(running, Domain).devices.disks[0])
    assert [image.location for image in images] == [str(tmp_path / "vda-s"), str(tmp_path / "vda")]
    assert images.is_complete


def test_graphics_are_found_by_their_union(dom):
    assert len([item for item in load(dom, Domain).devices.graphics if isinstance(item, Graphics)]) == 1
