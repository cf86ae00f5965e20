"""Find, attach and detach devices with virtinst, which leaves PCI addresses to libvirt; it finds nothing by alias."""

import sys

sys.path.insert(0, "/usr/share/virt-manager")

from virtinst import DeviceDisk, DeviceInterface, Guest, cli


def attach_disk(connection, guest, image, bus="virtio"):
    disk = DeviceDisk(connection)
    disk.type, disk.bus = "file", bus
    disk.source.file = image
    disk.generate_target([other.target for other in guest.devices.disk])
    guest.add_device(disk)
    return disk.get_xml()


def attach_card(connection, guest, network):
    card = DeviceInterface(connection)
    card.type, card.source, card.model = "network", network, "virtio"
    card.macaddr = DeviceInterface.generate_mac(connection)
    guest.add_device(card)
    return card.get_xml()


def detach(guest, target=None, mac=None):
    for device in guest.devices.get_all():
        if (target and getattr(device, "target", None) == target) or (mac and getattr(device, "macaddr", None) == mac):
            guest.remove_device(device)
            return device.get_xml()
    raise SystemExit(f"{guest.name} has no such device")


def main():
    connection = cli.getConnection("test:///default")
    guest = Guest(connection, parsexml=sys.stdin.read())
    print(attach_disk(connection, guest, "/images/data.img"), detach(guest, target="vda"), sep="")
    attach_card(connection, guest, "default")


if __name__ == "__main__":
    main()
