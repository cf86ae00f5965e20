import pytest
from libvirtxml import Domain, DomainBackupServerUNIX, ModelError
from libvirtxml.backups import backup_for, checkpoint_for, data_disks, snapshot_for

DOMAIN = Domain.parse(
    """<domain type='kvm'><name>web</name><devices>
    <disk type='file'><driver name='qemu' type='qcow2'/><source file='/a'/><target dev='vda'/></disk>
    <disk type='file'><driver name='qemu' type='raw'/><source file='/b'/><target dev='vdb'/></disk>
    <disk type='network' device='disk'><driver name='qemu' type='qcow2'/>
      <source protocol='rbd' name='p/i'/><target dev='vdc'/></disk>
    <disk type='file' device='cdrom'><source file='/iso'/><target dev='sda'/><readonly/></disk>
    <disk type='file'><source file='/ro'/><target dev='vdd'/><readonly/></disk>
    <disk type='file' device='floppy'><source file='/f'/><target dev='fda'/></disk>
    <disk type='file' device='cdrom'><target dev='sdb'/></disk></devices></domain>"""
)
EMPTY = Domain.parse("<domain type='kvm'><name>a</name></domain>")


def path(disk):
    return f"/x/{disk.target.dev}"


def test_which_disks_hold_data():
    assert [disk.target.dev for disk in data_disks(DOMAIN)] == ["vda", "vdb", "vdc"]


@pytest.mark.parametrize(
    ("build", "included"),
    [
        (checkpoint_for, ["vda", "vdc"]),
        (lambda domain: checkpoint_for(domain, disks=["vda"]), ["vda"]),
        (lambda domain: backup_for(domain, path), ["vda", "vdb", "vdc"]),
        (lambda domain: backup_for(domain, path, since="monday"), ["vda", "vdc"]),
        (lambda domain: snapshot_for(domain, "s", path), ["vda", "vdb", "vdc"]),
    ],
)
def test_every_disk_is_mentioned_and_those_that_can_are_included(build, included):
    document = build(DOMAIN)
    disks = document.disks.disks
    assert [disk.name for disk in disks] == [disk.target.dev for disk in DOMAIN.devices.disks]
    assert [disk.name for disk in disks if "'no'" not in disk.to_xml()] == included
    assert document.problems() == []
    assert type(document).parse(document.to_xml()) == document


def test_what_others_pull_needs_a_scratch_file():
    pushed = backup_for(DOMAIN, path)
    pulled = backup_for(DOMAIN, path, server=DomainBackupServerUNIX(socket="/run/b"))
    assert (pushed.mode, pushed.disks.disks[0].target.file, pushed.disks.disks[0].scratch) == ("push", "/x/vda", None)
    assert (pulled.mode, pulled.disks.disks[0].target, pulled.disks.disks[0].scratch.file) == ("pull", None, "/x/vda")


def test_a_snapshot_with_memory():
    assert snapshot_for(DOMAIN, "s", path, memory="/x/memory").memory.file == "/x/memory"


def test_what_is_not_there_cannot_be_included():
    with pytest.raises(ModelError, match="no disk 'vdx'") as caught:
        checkpoint_for(DOMAIN, disks=["vda", "vdx"])
    assert "vda" in caught.value.hint
    with pytest.raises(ModelError, match="no disk"):
        checkpoint_for(EMPTY)
    with pytest.raises(ModelError, match="no disk"):
        backup_for(EMPTY, path)
    with pytest.raises(ModelError, match="no disk"):
        snapshot_for(EMPTY, "s", path)
