"""The documents of an incremental backup.

Give both to ``domain.backupBegin(backup.to_xml(), checkpoint.to_xml())`` of libvirt-python.
"""

from libvirtxml import Disk, Domain, DomainBackup, DomainCheckpoint
from libvirtxml.backups import backup_for, checkpoint_for


def backup_since(domain: Domain, last: str | None, this: str) -> tuple[DomainBackup, DomainCheckpoint]:
    """What changed since a checkpoint (everything without one), and the checkpoint for the next time."""

    def target(disk: Disk) -> str:
        return f"/backup/{domain.name}-{disk.target.dev}-{this}.qcow2"

    return backup_for(domain, target, since=last), checkpoint_for(domain, this)


def main() -> None:
    """Back up what changed since Monday."""
    domain = Domain.parse(
        "<domain type='kvm'><name>web</name><devices>"
        "<disk type='file'><driver type='qcow2'/><source file='/images/web.qcow2'/><target dev='vda'/></disk>"
        "<disk type='file' device='cdrom'><target dev='sda'/></disk></devices></domain>"
    )
    for document in backup_since(domain, "monday", "tuesday"):
        print(document.to_xml(), end="")


if __name__ == "__main__":
    main()
