"""Find devices by what people know of them, attach one under names that are free, and detach one.

The functions change a document and return the XML for libvirt-python's ``attachDevice`` or ``detachDevice``.
"""

import libvirtxml as lx
from libvirtxml import devices
from libvirtxml.identity import new_mac


def attach_disk(domain: lx.Domain, image: str, *, bus: str = "virtio") -> str:
    """Attach an image under the next free target, however many disks there are."""
    target = lx.Topology(domain).next_target(bus)
    disk = f"<disk type='file'><source file='{image}'/><target dev='{target}' bus='{bus}'/></disk>"
    return devices.add(domain, disk).to_xml()


def attach_card(domain: lx.Domain, network: str) -> str:
    """Attach a network card with a MAC address that no other has, at a PCI address that is free.

    The document must be as libvirt shows it: it gives addresses to all that has none.
    """
    topology = lx.Topology(domain)
    card = lx.InterfaceNetwork(
        mac=lx.InterfaceMAC(address=new_mac(device.mac for device in topology.devices if device.mac)),
        source=lx.InterfaceNetworkSource(network=network),
        model=lx.InterfaceModel(type="virtio"),
        address=topology.next_pci_address(),
    )
    return devices.add(domain, card).to_xml()


def detach(domain: lx.Domain, *, target: str | None = None, mac: str | None = None, alias: str | None = None) -> str:
    """Detach the device with a target, MAC address or alias."""
    device = devices.find(domain, target=target, mac=mac, alias=alias)
    if device is None:
        raise SystemExit(f"{domain.name} has no such device")
    devices.remove(domain, device)
    return device.to_xml()


def main() -> None:
    """Attach a disk, and detach the one that was there."""
    domain = lx.Domain.parse(
        "<domain type='kvm'><name>web</name><devices>"
        "<disk type='file'><source file='/images/web.qcow2'/><target dev='vda' bus='virtio'/></disk>"
        "</devices></domain>"
    )
    print(attach_disk(domain, "/images/data.img"), detach(domain, target="vda"), sep="", end="")


if __name__ == "__main__":
    main()
