"""What type checkers must accept; run through mypy and pyright by test_typing.py."""

from typing import assert_never, assert_type

from libvirtxml import (
    AnyDisk,
    Devices,
    DiskBlock,
    DiskFile,
    DiskFileSource,
    DiskNetwork,
    DiskTarget,
    Domain,
    Extra,
    InterfaceBridge,
    InterfaceBridgeSource,
    InterfaceUser,
    parse,
)

domain = Domain(type="kvm", name="vm", devices=Devices(disks=[DiskFile(target=DiskTarget(dev="vda"))]))
assert_type(domain.name, str)
assert_type(domain.devices.disks, list[AnyDisk])
domain.devices.disks.append(DiskFile(source=DiskFileSource(file="/a"), target=DiskTarget(dev="vdb", bus="virtio")))
domain.devices.interfaces.append(InterfaceBridge(source=InterfaceBridgeSource(bridge="br0")))

for disk in domain.devices.disks:
    match disk:
        case DiskFile(source=source):
            assert_type(source, DiskFileSource | None)
        case DiskNetwork():
            print(disk.source)
        case _:
            print(disk.target.dev)


def describe(disk: DiskFile | DiskBlock) -> str:
    if isinstance(disk, DiskFile):
        return "file"
    if isinstance(disk, DiskBlock):
        return "block"
    assert_never(disk)


assert_type(Domain.parse("<domain/>"), Domain)
assert_type(parse("<domain/>", Domain), Domain)
assert_type(domain.replace(name="x"), Domain)
extended = InterfaceUser(extra=Extra({"new": "1"}))
assert_type(extended.extra, Extra | None)
