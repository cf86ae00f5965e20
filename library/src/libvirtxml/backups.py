"""Checkpoints, backups and snapshots of a domain: the documents, with a line for each of its disks.

A disk that is not mentioned in such a document is included by libvirt, and one that cannot be makes it fail. So all are
mentioned here, and those that are left out say ``no``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from libvirtxml.chains import location
from libvirtxml.errors import ModelError
from libvirtxml.model.domain import Domain
from libvirtxml.model.domain.disk import Disk
from libvirtxml.model.domainbackup import (
    AnyDomainBackupServer,
    DomainBackup,
    DomainBackupDisk,
    DomainBackupDiskDriver,
    DomainBackupDisks,
    DomainBackupDiskScratch,
    DomainBackupDiskTarget,
)
from libvirtxml.model.domaincheckpoint import DomainCheckpoint, DomainCheckpointDisk, DomainCheckpointDisks
from libvirtxml.model.domainsnapshot import (
    AnyDomainSnapshotDisk,
    DomainSnapshot,
    DomainSnapshotDiskDriver,
    DomainSnapshotDiskFile,
    DomainSnapshotDiskFileSource,
    DomainSnapshotDisks,
    DomainSnapshotMemory,
)

__all__ = ["backup_for", "checkpoint_for", "data_disks", "has_bitmaps", "snapshot_for"]

Chosen = Collection[str] | None


def data_disks(domain: Domain) -> list[Disk]:
    """The disks that hold data of the guest: not CDs, floppies, empty drives or what it cannot write.

    Example:
        >>> from libvirtxml import Domain
        >>> domain = Domain.parse('''
        ...   <domain type='kvm'><name>web</name><devices>
        ...     <disk type='file'>
        ...       <driver name='qemu' type='qcow2'/><source file='/images/web.qcow2'/><target dev='vda'/>
        ...     </disk>
        ...     <disk type='block'><source dev='/dev/vg/data'/><target dev='vdb'/></disk>
        ...     <disk type='file' device='cdrom'><target dev='sda'/></disk>
        ...   </devices></domain>''')
        >>> [disk.target.dev for disk in data_disks(domain)]
        ['vda', 'vdb']
    """
    return [
        disk
        for disk in domain.devices.disks
        if disk.device in (None, "disk") and not disk.readonly and location(disk) is not None
    ]


def has_bitmaps(disk: Disk) -> bool:
    """Whether the format of a disk can keep the bitmaps of checkpoints: only qcow2 can."""
    return disk.driver is not None and disk.driver.type == "qcow2"


def checkpoint_for(
    domain: Domain, name: str | None = None, *, disks: Chosen = None, description: str | None = None
) -> DomainCheckpoint:
    """The checkpoint of a domain.

    Args:
        domain: the domain.
        name: the name of the checkpoint; by default libvirt chooses.
        disks: targets of the disks to include; by default all with data that can keep bitmaps.
        description: what people read.

    Raises:
        ModelError: the domain does not have a disk, or no disk can be included.

    Example:
        >>> from libvirtxml import Domain
        >>> domain = Domain.parse('''
        ...   <domain type='kvm'><name>web</name><devices>
        ...     <disk type='file'>
        ...       <driver name='qemu' type='qcow2'/><source file='/images/web.qcow2'/><target dev='vda'/>
        ...     </disk>
        ...     <disk type='block'><source dev='/dev/vg/data'/><target dev='vdb'/></disk>
        ...     <disk type='file' device='cdrom'><target dev='sda'/></disk>
        ...   </devices></domain>''')
        >>> print(checkpoint_for(domain, "monday").to_xml(), end="")
        <domaincheckpoint>
          <name>monday</name>
          <disks>
            <disk name='vda' checkpoint='bitmap'/>
            <disk name='vdb' checkpoint='no'/>
            <disk name='sda' checkpoint='no'/>
          </disks>
        </domaincheckpoint>
    """
    usual = [disk for disk in data_disks(domain) if has_bitmaps(disk)]
    included = _included(domain, disks, usual, "checkpoint")
    listed = [
        DomainCheckpointDisk(name=disk.target.dev, checkpoint="bitmap" if disk.target.dev in included else "no")
        for disk in domain.devices.disks
    ]
    return DomainCheckpoint(name=name, description=description, disks=DomainCheckpointDisks(disks=listed))


def backup_for(
    domain: Domain,
    target: Callable[[Disk], str],
    *,
    server: AnyDomainBackupServer | None = None,
    since: str | None = None,
    disks: Chosen = None,
) -> DomainBackup:
    """The backup of a domain: pushed into files, or with a server for programs that pull it.

    Args:
        domain: the domain.
        target: gives the file for a disk: what is pushed, else the scratch file that is needed while others pull.
        server: where programs pull from; None to push.
        since: the checkpoint from which on changes are backed up; None for everything.
        disks: targets of the disks to include; by default all with data, and of an incremental backup those that
            can keep bitmaps.

    Raises:
        ModelError: the domain does not have a disk, or no disk can be included.

    Example:
        >>> from libvirtxml import Domain
        >>> domain = Domain.parse('''
        ...   <domain type='kvm'><name>web</name><devices>
        ...     <disk type='file'>
        ...       <driver name='qemu' type='qcow2'/><source file='/images/web.qcow2'/><target dev='vda'/>
        ...     </disk>
        ...     <disk type='block'><source dev='/dev/vg/data'/><target dev='vdb'/></disk>
        ...     <disk type='file' device='cdrom'><target dev='sda'/></disk>
        ...   </devices></domain>''')
        >>> print(backup_for(domain, lambda disk: f"/backup/{disk.target.dev}", since="monday").to_xml(), end="")
        <domainbackup mode='push'>
          <incremental>monday</incremental>
          <disks>
            <disk name='vda' backup='yes' type='file'>
              <driver type='qcow2'/>
              <target file='/backup/vda'/>
            </disk>
            <disk name='vdb' backup='no'/>
            <disk name='sda' backup='no'/>
          </disks>
        </domainbackup>
    """
    usual = [disk for disk in data_disks(domain) if since is None or has_bitmaps(disk)]
    included = _included(domain, disks, usual, "backup")
    listed = [
        _backup_disk(disk, target(disk), pushed=server is None)
        if disk.target.dev in included
        else DomainBackupDisk(name=disk.target.dev, backup=False)
        for disk in domain.devices.disks
    ]
    return DomainBackup(
        mode="push" if server is None else "pull",
        incremental=since,
        server=server,
        disks=DomainBackupDisks(disks=listed),
    )


def _backup_disk(disk: Disk, path: str, *, pushed: bool) -> DomainBackupDisk:
    return DomainBackupDisk(
        name=disk.target.dev,
        backup=True,
        type="file",
        driver=DomainBackupDiskDriver(type="qcow2"),
        target=DomainBackupDiskTarget(file=path) if pushed else None,
        scratch=None if pushed else DomainBackupDiskScratch(file=path),
    )


def snapshot_for(
    domain: Domain,
    name: str,
    overlay: Callable[[Disk], str],
    *,
    disks: Chosen = None,
    memory: str | None = None,
    description: str | None = None,
) -> DomainSnapshot:
    """The external snapshot of a domain: each disk goes on in a new qcow2 file.

    Args:
        domain: the domain.
        name: the name of the snapshot.
        overlay: gives the file in which a disk goes on.
        disks: targets of the disks to include; by default all with data.
        memory: the file for the memory of a running domain; None for the disks alone.
        description: what people read.

    Raises:
        ModelError: the domain does not have a disk, or no disk can be included.

    Example:
        >>> from libvirtxml import Domain
        >>> domain = Domain.parse('''
        ...   <domain type='kvm'><name>web</name><devices>
        ...     <disk type='file'>
        ...       <driver name='qemu' type='qcow2'/><source file='/images/web.qcow2'/><target dev='vda'/>
        ...     </disk>
        ...     <disk type='block'><source dev='/dev/vg/data'/><target dev='vdb'/></disk>
        ...     <disk type='file' device='cdrom'><target dev='sda'/></disk>
        ...   </devices></domain>''')
        >>> overlay = lambda disk: f"/images/{disk.target.dev}.monday"
        >>> print(snapshot_for(domain, "monday", overlay, disks=["vda"]).to_xml(), end="")
        <domainsnapshot>
          <name>monday</name>
          <memory snapshot='no'/>
          <disks>
            <disk name='vda' snapshot='external' type='file'>
              <driver type='qcow2'/>
              <source file='/images/vda.monday'/>
            </disk>
            <disk name='vdb' snapshot='no' type='file'/>
            <disk name='sda' snapshot='no' type='file'/>
          </disks>
        </domainsnapshot>
    """
    included = _included(domain, disks, data_disks(domain), "snapshot")
    listed: list[AnyDomainSnapshotDisk] = [
        _snapshot_disk(disk, overlay(disk)) if disk.target.dev in included else _left_out(disk)
        for disk in domain.devices.disks
    ]
    kept = DomainSnapshotMemory(snapshot="external", file=memory) if memory else DomainSnapshotMemory(snapshot="no")
    return DomainSnapshot(name=name, description=description, memory=kept, disks=DomainSnapshotDisks(disks=listed))


def _snapshot_disk(disk: Disk, path: str) -> DomainSnapshotDiskFile:
    return DomainSnapshotDiskFile(
        name=disk.target.dev,
        snapshot="external",
        driver=DomainSnapshotDiskDriver(type="qcow2"),
        source=DomainSnapshotDiskFileSource(file=path),
    )


def _left_out(disk: Disk) -> DomainSnapshotDiskFile:
    return DomainSnapshotDiskFile(name=disk.target.dev, snapshot="no")


def _included(domain: Domain, chosen: Chosen, usual: list[Disk], what: str) -> set[str]:
    """The targets of the disks that are included."""
    if any(disk.__dict__.get("target") is None for disk in domain.devices.disks):
        raise ModelError("the domain has a disk without a target", hint="libvirt refuses such a domain")
    known = {disk.target.dev for disk in domain.devices.disks}
    included = {disk.target.dev for disk in usual} if chosen is None else set(chosen)
    if missing := sorted(included - known):
        raise ModelError(f"the domain has no disk {missing[0]!r}", hint=f"it has {', '.join(sorted(known)) or 'none'}")
    if not included:
        raise ModelError(f"no disk of the domain can be part of a {what}")
    return included
