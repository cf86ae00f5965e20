"""The images of a disk, from the one that is written to down to the base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from libvirtxml.model.domain.disk import BackingStore, Disk

__all__ = ["BackingChain", "ChainImage", "backing_chain", "location"]


@dataclass(frozen=True, slots=True)
class ChainImage:
    """One image of a chain."""

    element: Disk | BackingStore
    """The disk itself for the image that is written to, else the ``<backingStore>``."""

    @property
    def location(self) -> str | None:
        """Where it is; see `location`."""
        return location(self.element)

    @property
    def format(self) -> str | None:
        """Its format, such as ``qcow2``; None where the document does not say."""
        part: Any = self.element.driver if isinstance(self.element, Disk) else self.element.format
        return None if part is None else part.type

    @property
    def index(self) -> int | None:
        """The number that libvirt gives to it in ``vda[1]``; None where it has not done so."""
        holder: Any = getattr(self.element, "source", None) if isinstance(self.element, Disk) else self.element
        found = getattr(holder, "index", None)
        return int(found) if isinstance(found, int) else None


@dataclass(frozen=True, slots=True)
class BackingChain:
    """The images of a disk, the one that is written to first."""

    images: tuple[ChainImage, ...]
    is_complete: bool
    """Whether the document says where the chain ends; else libvirt looks into the last image."""

    def __iter__(self) -> Iterator[ChainImage]:
        return iter(self.images)

    def __len__(self) -> int:
        return len(self.images)


def backing_chain(disk: Disk) -> BackingChain:
    """The images of a disk: that of the disk itself, then those that it is based on.

    The empty ``<backingStore/>`` that libvirt writes at the end of a chain is not an image.

    Example:
        >>> from libvirtxml import Disk
        >>> disk = Disk.parse('''
        ...   <disk type='file'>
        ...     <driver name='qemu' type='qcow2'/><source file='/web.qcow2'/><target dev='vda'/>
        ...     <backingStore type='block'>
        ...       <format type='raw'/><source dev='/dev/vg/base'/><backingStore/>
        ...     </backingStore>
        ...   </disk>''')
        >>> [(image.location, image.format) for image in backing_chain(disk)]
        [('/web.qcow2', 'qcow2'), ('/dev/vg/base', 'raw')]
        >>> backing_chain(disk).is_complete
        True
    """
    images = [ChainImage(disk)]
    store = disk.backing_store
    while store is not None and not _is_end(store):
        images.append(ChainImage(store))
        store = store.backing_store
    return BackingChain(tuple(images), store is not None)


def _is_end(store: BackingStore) -> bool:
    """Whether this is the empty element that ends a chain."""
    return getattr(store, "source", None) is None and store.__dict__.get("format") is None


def location(image: Disk | BackingStore) -> str | None:
    """Where an image is, in one line: a path, ``pool/volume``, or a URL of a network disk; None for an empty drive.

    Example:
        >>> from libvirtxml import Disk
        >>> location(Disk.parse('''
        ...   <disk type='network'><target dev='vda'/>
        ...     <source protocol='rbd' name='images/web'><host name='ceph1' port='6789'/></source></disk>'''))
        'rbd://ceph1:6789/images/web'
        >>> location(Disk.parse("<disk type='volume'><source pool='ssd' volume='web'/><target dev='vda'/></disk>"))
        'ssd/web'
        >>> location(Disk.parse("<disk type='file' device='cdrom'><target dev='sda'/></disk>")) is None
        True
    """
    source: Any = getattr(image, "source", None)
    if source is None:
        return None
    for name in ("file", "dev", "dir", "path"):
        if (found := getattr(source, name, None)) is not None:
            return str(found)
    if getattr(source, "volume", None) is not None:
        return f"{source.pool}/{source.volume}"
    if getattr(source, "protocol", None) is not None:
        return _url(source)
    address = getattr(source, "address", None)  # of an NVMe disk
    return None if address is None else f"nvme://{address.location}/{source.namespace}"


def _url(source: Any) -> str:
    """The URL of a network source, at its first host."""
    host = next(iter(source.hosts), None)
    where = "" if host is None else host.name or host.socket or ""
    port = f":{host.port}" if host is not None and host.port is not None else ""
    return f"{source.protocol}://{where}{port}/{source.name or ''}"
