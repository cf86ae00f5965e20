"""Take an external snapshot of the disks of a domain, each of which goes on in a file beside its image.

Give the document to ``domain.snapshotCreateXML(text, VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY)`` of libvirt-python.
"""

import libvirtxml as lx
from libvirtxml.backups import snapshot_for
from libvirtxml.chains import location


def snapshot(domain: lx.Domain, name: str) -> lx.DomainSnapshot:
    """The document of a snapshot of all disks with data."""
    return snapshot_for(domain, name, lambda disk: f"{location(disk)}.{name}")


def main() -> None:
    """Print a snapshot of a domain with an empty CD drive, which is left out."""
    domain = lx.Domain.parse(
        "<domain type='kvm'><name>web</name><devices>"
        "<disk type='file'><driver type='qcow2'/><source file='/images/web.qcow2'/><target dev='vda'/></disk>"
        "<disk type='file' device='cdrom'><target dev='sda'/></disk></devices></domain>"
    )
    print(snapshot(domain, "monday").to_xml(), end="")


if __name__ == "__main__":
    main()
