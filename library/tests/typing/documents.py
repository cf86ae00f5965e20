"""What type checkers know of documents that are read without a class, of unions, and of values that are text."""

from pathlib import Path
from typing import assert_type

from libvirtxml import (
    MAC,
    AnyDocument,
    CPUSet,
    Disk,
    DiskFile,
    DiskFileSource,
    Domain,
    Edit,
    HostInterface,
    InterfaceMAC,
    Network,
    StoragePool,
    Subclasses,
    VCPU,
    edit,
    parse,
)

document = parse(Path("web.xml"))
assert_type(document, AnyDocument)
print(document.to_xml(), document.problems())
match document:
    case Domain():
        assert_type(document.devices.emulator, str | None)
    case Network() | StoragePool():
        print(document.name)
    case HostInterface():
        print(document.type)
    case _:
        print(document.unknown())

with edit(Path("web.xml")) as anything:
    assert_type(anything, AnyDocument)
with edit(Path("web.xml"), Domain) as domain:
    assert_type(domain, Domain)
assert_type(edit("<domain/>", Domain), Edit[Domain])
assert_type(Subclasses().parse("<domain/>"), AnyDocument)
assert_type(DiskFile.from_dict({}), DiskFile)


class Guest(Domain):
    """A class of one's own."""


assert_type(Guest.parse("<domain/>"), Guest)


def describe(disk: Disk) -> bool:
    """What all variants have is known of the union."""
    source = disk.source
    return isinstance(source, DiskFileSource) and source.file is not None


address = InterfaceMAC(address="52:54:00:00:00:01")
assert_type(address.address, MAC)
print(address.address.octets, address.address.upper())
address.address = "52:54:00:00:00:02"
address.address = MAC("52:54:00:00:00:02")
cpus = VCPU(value=4, cpuset="0-3")
assert_type(cpus.cpuset, CPUSet | None)
if allowed := cpus.cpuset:
    print(sorted(allowed.numbers))
cpus.cpuset = CPUSet.of([1, 2])
cpus.cpuset = "4"
cpus.cpuset = None
