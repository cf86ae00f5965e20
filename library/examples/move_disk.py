"""Move a disk from a file to a block device, and keep its settings."""

from libvirtxml import Disk, DiskBlock, DiskBlockSource, Domain, devices


def move_to_device(domain: Domain, target: str, device: str) -> DiskBlock:
    """Give the disk with a target another image; its driver, address, serial and unknown content stay."""
    disk = devices.find(domain, Disk, target=target)
    if disk is None:
        raise SystemExit(f"{domain.name} has no disk {target}")
    moved = devices.as_variant(disk, DiskBlock, source=DiskBlockSource(dev=device))
    devices.replace(domain, disk, moved)
    return moved


def main() -> None:
    """Move the first disk."""
    domain = Domain.parse(
        "<domain type='kvm'><name>web</name><devices><disk type='file' device='disk'>"
        "<driver name='qemu' type='raw' cache='none' io='native'/><source file='/images/web.raw'/>"
        "<target dev='vda' bus='virtio'/><iotune><total_iops_sec>500</total_iops_sec></iotune></disk>"
        "</devices></domain>"
    )
    print(move_to_device(domain, "vda", "/dev/vg/web").to_xml(), end="")


if __name__ == "__main__":
    main()
