"""What type checkers must refuse: each line with the mark below is an error, and no other line is."""

from libvirtxml import (
    AddressPCI,
    Disk,
    DiskFile,
    DiskFileSource,
    DiskNetwork,
    DiskNetworkSource,
    DiskTarget,
    Domain,
    InterfaceBridge,
    InterfaceBridgeSource,
    InterfaceMAC,
    InterfaceUser,
    VCPU,
    edit,
    parse,
)

from libvirtxml import DiskFlie  # WRONG: no such class

target = DiskTarget(dev="vda")
Domain(type="kvm")  # WRONG: no name
Domain(type="kvmm", name="vm")  # WRONG: no such hypervisor
Domain("kvm", "vm")  # WRONG: by keyword only
Domain(type="kvm", name="vm", nmae="x")  # WRONG: no such field
DiskTarget(dev="vda", bus="virtoi")  # WRONG: no such bus
DiskFile()  # WRONG: no target
DiskFile(target=target, source=DiskNetworkSource())  # WRONG: a network source in a file disk
DiskNetwork(target=target, source=DiskFileSource(file="/a"))  # WRONG: a file source in a network disk
InterfaceUser(source=InterfaceBridgeSource(bridge="br0"))  # WRONG: a bridge in a user interface
AddressPCI(bus="4")  # WRONG: text for a number
InterfaceBridge(managed=True)  # WRONG: a field of another variant
disk = DiskFile(target=target)
disk.type = "block"  # WRONG: the variant cannot be changed
disk.soruce = None  # WRONG: no such field


def first(disks: list[Disk]) -> str | None:
    return disks[0].source  # WRONG: a source is an object, and which depends on the variant


def set_first(disks: list[Disk]) -> None:
    disks[0].source = None  # WRONG: to be set on a variant


VCPU(value=4, cpuset=4)  # WRONG: a number for a set of CPUs
VCPU(value=4).cpuset = 4  # WRONG: the same, assigned
InterfaceMAC()  # WRONG: no address
InterfaceMAC(address="52:54:00:00:00:01").address = None  # WRONG: an address is needed
Domain.parse("<domain/>").devices.disks.append(InterfaceUser())  # WRONG: an interface among disks
parse("<domain/>").devices  # WRONG: not all documents have devices
with edit("<domain/>", Domain) as edited:
    edited.nmae = "x"  # WRONG: no such field
