"""The images that the disks of a domain depend on, down to their bases: what a backup or a move must not forget."""

import libvirtxml as lx
from libvirtxml.chains import backing_chain


def images(domain: lx.Domain) -> dict[str, list[str]]:
    """For each target its images, the one that is written to first, with their formats."""
    return {
        disk.target.dev: [f"{image.location} ({image.format})" for image in backing_chain(disk) if image.location]
        for disk in domain.devices.disks
    }


def main() -> None:
    """Print the images of a domain with a snapshot."""
    domain = lx.Domain.parse(
        "<domain type='kvm'><name>web</name><devices><disk type='file'><driver type='qcow2'/>"
        "<source file='/images/web.monday'/><target dev='vda'/><backingStore type='file'><format type='qcow2'/>"
        "<source file='/images/web.qcow2'/><backingStore/></backingStore></disk></devices></domain>"
    )
    for target, found in images(domain).items():
        print(target, *found, sep="\n  ")


if __name__ == "__main__":
    main()
