"""Build a domain as OpenStack Nova does: pinned CPUs, an image on Ceph, a port of Open vSwitch, metadata of its own."""

from dataclasses import dataclass

import libvirtxml as lx
from libvirtxml import devices

NAMESPACE = "http://openstack.org/xmlns/libvirt/nova/1.1"
COMMON = """
<domain type='kvm'>
  <name/><memory/><vcpu/>
  <sysinfo type='smbios'><system><entry name='family'>Virtual Machine</entry></system></sysinfo>
  <os><type arch='x86_64' machine='q35'>hvm</type><smbios mode='sysinfo'/></os>
  <features><acpi/><apic/><vmcoreinfo state='on'/></features>
  <clock offset='utc'><timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/></clock>
  <devices>
    <serial type='pty'/>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <input type='tablet' bus='usb'/>
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/>
    <video><model type='virtio'/></video>
    <memballoon model='virtio'><stats period='10'/></memballoon>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices>
</domain>"""
"""What all instances have in common."""


@dataclass
class Flavor:
    """What Nova notes of a flavor: attributes of an element."""

    name: str
    memory: int
    vcpus: int


@dataclass
class Instance:
    """The element of Nova in ``<metadata>``."""

    name: str
    flavor: Flavor


def image_on_ceph(name: str, host: str) -> lx.DiskNetwork:
    """The disk of an image in Ceph."""
    return lx.DiskNetwork(
        driver=lx.DiskDriver(name="qemu", type="raw", cache="writeback", discard="unmap"),
        source=lx.DiskSourceRBD(name=name, hosts=[lx.DiskSourceHost(name=host, port=6789)]),
        target=lx.DiskTarget(dev="vda", bus="virtio"),
    )


def open_vswitch_port(port: str, mac: str) -> lx.InterfaceBridge:
    """The card on a port of Open vSwitch."""
    return lx.InterfaceBridge(
        mac=lx.InterfaceMAC(address=mac),
        source=lx.InterfaceBridgeSource(bridge="br-int"),
        virtualport=lx.VirtualPortOpenvswitch(parameters=lx.VirtualPortOpenvswitchParameters(interfaceid=port)),
        model=lx.InterfaceModel(type="virtio"),
    )


def build_domain(instance: Instance, disk: lx.Disk, card: lx.Interface, *, first_cpu: int = 0) -> lx.Domain:
    """The domain of an instance, with each of its CPUs pinned to one of the host's, from ``first_cpu`` on."""
    flavor = instance.flavor
    pins = [lx.VCPUPin(vcpu=cpu, cpuset=str(first_cpu + cpu)) for cpu in range(flavor.vcpus)]
    domain = lx.Domain.parse(COMMON).replace(
        name=instance.name,
        memory=lx.Memory(unit="MiB", value=flavor.memory),
        vcpu=lx.VCPU(placement="static", value=flavor.vcpus),
        cputune=lx.CPUTune(vcpupins=pins),
        cpu=lx.DomainCPU(mode="host-model", topology=lx.CPUTopology(sockets=flavor.vcpus, cores=1, threads=1)),
    )
    devices.add(domain, disk)
    devices.add(domain, card)
    domain.metadata.store(NAMESPACE, instance)
    return domain


def main() -> None:
    """Print the domain of an instance with two CPUs."""
    instance = Instance("instance-0000002a", Flavor("m1.small", 2048, 2))
    card = open_vswitch_port("90a6a7de-0f4c-4a2f-9c0d-3f5b8f1f6a11", "fa:16:3e:00:00:2a")
    disk = image_on_ceph("vms/6fbd2a5c_disk", "ceph1")
    print(build_domain(instance, disk, card).to_xml(), end="")


if __name__ == "__main__":
    main()
