"""Define a virtual machine: build its document, check it, print it.

Give the text to ``virsh define`` or to libvirt-python's ``connection.defineXML(text)``.
"""

from libvirtxml import (
    OS,
    VCPU,
    Devices,
    DiskDriver,
    DiskFile,
    DiskFileSource,
    DiskTarget,
    Domain,
    InterfaceModel,
    InterfaceNetwork,
    InterfaceNetworkSource,
    Memory,
    OSType,
)
from libvirtxml.acceptance import check


def build_domain(name: str, image: str, *, memory_mib: int = 2048, cpus: int = 2) -> Domain:
    """A small virtual machine with one disk and one network card."""
    disk = DiskFile(
        device="disk",
        driver=DiskDriver(name="qemu", type="qcow2"),
        source=DiskFileSource(file=image),
        target=DiskTarget(dev="vda", bus="virtio"),
    )
    card = InterfaceNetwork(
        source=InterfaceNetworkSource(network="default"),
        model=InterfaceModel(type="virtio"),
    )
    return Domain(
        type="kvm",
        name=name,
        memory=Memory(unit="MiB", value=memory_mib),
        vcpu=VCPU(value=cpus),
        os=OS(type=OSType(arch="x86_64", machine="q35", value="hvm")),
        devices=Devices(disks=[disk], interfaces=[card]),
    )


def main() -> None:
    """Print the document, and the oldest libvirt that takes it."""
    domain = build_domain("web", "/var/lib/libvirt/images/web.qcow2")
    print(domain.to_xml(), end="")
    print("oldest libvirt:", check(domain).oldest)


if __name__ == "__main__":
    main()
