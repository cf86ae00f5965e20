"""Build a domain as OpenStack Nova does, with virtinst, which has no metadata of others: that is put in as text."""

import sys

sys.path.insert(0, "/usr/share/virt-manager")

from virtinst import (
    DeviceChannel,
    DeviceDisk,
    DeviceGraphics,
    DeviceInput,
    DeviceInterface,
    DeviceMemballoon,
    DeviceRng,
    DeviceSerial,
    DeviceVideo,
    Guest,
    cli,
)


def image_on_ceph(connection, name, host):
    disk = DeviceDisk(connection)
    disk.type = "network"
    disk.driver_name, disk.driver_type = "qemu", "raw"
    disk.driver_cache, disk.driver_discard = "writeback", "unmap"
    disk.source.protocol, disk.source.name = "rbd", name
    where = disk.source.hosts.add_new()
    where.name, where.port = host, 6789
    disk.target, disk.bus = "vda", "virtio"
    return disk


def open_vswitch_port(connection, port, mac):
    card = DeviceInterface(connection)
    card.type, card.source, card.macaddr, card.model = "bridge", "br-int", mac, "virtio"
    card.virtualport.type, card.virtualport.interfaceid = "openvswitch", port
    return card


def common_devices(connection):
    serial = DeviceSerial(connection)
    serial.type = "pty"
    channel = DeviceChannel(connection)
    channel.type, channel.target_type, channel.target_name = "unix", "virtio", "org.qemu.guest_agent.0"
    tablet = DeviceInput(connection)
    tablet.type, tablet.bus = "tablet", "usb"
    graphics = DeviceGraphics(connection)
    graphics.type, graphics.port, graphics.autoport, graphics.listen = "vnc", -1, True, "127.0.0.1"
    video = DeviceVideo(connection)
    video.model = "virtio"
    balloon = DeviceMemballoon(connection)
    balloon.model, balloon.stats_period = "virtio", 10
    rng = DeviceRng(connection)
    rng.model, rng.backend_model, rng.device = "virtio", "random", "/dev/urandom"
    return [serial, channel, tablet, graphics, video, balloon, rng]


def build_domain(connection, instance, disk, card, first_cpu=0):
    name, memory, vcpus = instance
    guest = Guest(connection)
    guest.type, guest.name = "kvm", name
    guest.memory = guest.currentMemory = memory * 1024
    guest.vcpus = vcpus
    for cpu in range(vcpus):
        pin = guest.cputune.vcpupins.add_new()
        pin.vcpu, pin.cpuset = cpu, str(first_cpu + cpu)
    sysinfo = guest.sysinfo.add_new()
    sysinfo.type, sysinfo.system_family = "smbios", "Virtual Machine"
    guest.os.arch, guest.os.machine, guest.os.os_type, guest.os.smbios_mode = "x86_64", "q35", "hvm", "sysinfo"
    guest.features.acpi = guest.features.apic = guest.features.vmcoreinfo = True
    guest.cpu.set_special_mode(guest, "host-model")
    guest.cpu.topology.sockets, guest.cpu.topology.cores, guest.cpu.topology.threads = vcpus, 1, 1
    guest.clock.offset = "utc"
    pit = guest.clock.timers.add_new()
    pit.name, pit.tickpolicy = "pit", "delay"
    hpet = guest.clock.timers.add_new()
    hpet.name, hpet.present = "hpet", False
    for device in [disk, card, *common_devices(connection)]:
        guest.add_device(device)
    flavor = f"<nova:flavor name='m1.small' memory='{memory}' vcpus='{vcpus}'/>"
    space = "http://openstack.org/xmlns/libvirt/nova/1.1"
    metadata = f"<metadata><nova:instance xmlns:nova='{space}' name='{name}'>{flavor}</nova:instance></metadata>"
    return guest.get_xml().replace("<memory>", f"{metadata}<memory>", 1)


def main():
    connection = cli.getConnection("test:///default")
    disk = image_on_ceph(connection, "vms/6fbd2a5c_disk", "ceph1")
    card = open_vswitch_port(connection, "90a6a7de-0f4c-4a2f-9c0d-3f5b8f1f6a11", "fa:16:3e:00:00:2a")
    print(build_domain(connection, ("instance-0000002a", 2048, 2), disk, card))


if __name__ == "__main__":
    main()
