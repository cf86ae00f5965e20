"""Attach a disk under the next free name.

Give `disk.to_xml()` to ``virsh attach-device`` or ``domain.attachDevice(text)``; for the stored definition, append it
to the document as here.
"""

from libvirtxml import DiskDriver, DiskFile, DiskFileSource, DiskTarget, Domain, Topology


def attach_disk(domain: Domain, image: str) -> DiskFile:
    """Add a qcow2 image as a virtio disk, and return the new disk."""
    disk = DiskFile(
        device="disk",
        driver=DiskDriver(name="qemu", type="qcow2", discard="unmap"),
        source=DiskFileSource(file=image),
        target=DiskTarget(dev=Topology(domain).next_target("virtio"), bus="virtio"),
    )
    domain.devices.disks.append(disk)
    return disk


def main() -> None:
    """Attach a second disk."""
    domain = Domain.parse(
        "<domain type='kvm'><name>web</name><devices>"
        "<disk type='file' device='disk'><source file='/images/web.qcow2'/><target dev='vda' bus='virtio'/></disk>"
        "</devices></domain>"
    )
    print(attach_disk(domain, "/images/data.qcow2").to_xml(), end="")


if __name__ == "__main__":
    main()
