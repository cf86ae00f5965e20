"""Read the MAC addresses and disk paths of many domains.

With libvirt-python: ``inventory(connection.listAllDomains())``.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from libvirtxml import MAC, Disk, DiskBlock, DiskFile, DiskNetwork, DiskVolume, Domain


class Row(NamedTuple):
    """What a domain uses."""

    name: str
    macs: list[MAC]
    disks: list[str]


def disk_path(disk: Disk) -> str | None:
    """Where a disk's data is: a file, a device, ``pool/volume`` or ``protocol:name``; None for an empty drive."""
    match disk:
        case DiskFile(source=source) if source is not None:
            return source.file
        case DiskBlock(source=source) if source is not None:
            return source.dev
        case DiskVolume(source=source) if source is not None:
            return f"{source.pool}/{source.volume}"
        case DiskNetwork(source=source) if source is not None:
            return f"{source.protocol}:{source.name}" if source.name else source.protocol
        case _:
            return None


def inventory(documents: Iterable[Any]) -> Iterator[Row]:
    """A row for each domain; a document is text, a path, or an object of libvirt-python."""
    for document in documents:
        domain = Domain.parse(document)
        macs = [card.mac.address for card in domain.devices.interfaces if card.mac]
        paths = [disk_path(disk) for disk in domain.devices.disks]
        yield Row(domain.name, macs, [path for path in paths if path])


def main() -> None:
    """Read a thousand domains."""
    documents = [
        f"<domain type='kvm'><name>vm{i}</name><devices>"
        f"<disk type='file' device='disk'><source file='/images/vm{i}.qcow2'/><target dev='vda'/></disk>"
        f"<interface type='bridge'><mac address='52:54:00:00:{i // 256:02x}:{i % 256:02x}'/><source bridge='br0'/>"
        "</interface></devices></domain>"
        for i in range(1000)
    ]
    rows = list(inventory(documents))
    print(len(rows), "domains; the last is", *rows[-1])


if __name__ == "__main__":
    main()
