"""Parts of a document by path, as the command line has them: read, set, add, remove.

Paths are dotted (``devices.disks[target.dev=vda].driver.cache``) or XPaths; the functions change the document that they
are given. `libvirtxml.edit` changes a text, and `libvirtxml.get` gives values with their paths.
"""

from __future__ import annotations

from typing import Any

from libvirtxml._impl.edit.change import add_value, remove_value, set_value
from libvirtxml._impl.edit.look import objects
from libvirtxml._impl.element import Element

__all__ = ["add", "get", "remove", "set"]


def get(document: Element, path: str) -> list[Any]:
    """What a path leads to, in the order of the document: the elements and values themselves, not copies.

    Raises:
        NothingThereError: the document holds none.
        PathError: no document of this kind can: the path is wrong.

    Example:
        >>> from libvirtxml import Domain
        >>> domain = Domain.parse('''
        ...   <domain type='kvm'><name>web</name><devices>
        ...     <disk type='file'><source file='/a'/><target dev='vda'/></disk>
        ...     <disk type='file'><source file='/b'/><target dev='vdb'/></disk>
        ...   </devices></domain>''')
        >>> get(domain, "devices.disks[*].target.dev")
        ['vda', 'vdb']
        >>> (disk,) = get(domain, "/domain/devices/disk[target/@dev='vdb']")
        >>> disk is domain.devices.disks[1]
        True
    """
    return objects(document, path)


def set(document: Element, path: str, value: str | int | bool | Element) -> None:  # noqa: A001 - as the command has it
    """Set what a path leads to; single elements on the way are made if they are missing.

    Args:
        document: the document, which is changed.
        path: the path.
        value: the value; text as in XML, of an element its XML or the short notation of the command line.

    Raises:
        PathError: the path leads nowhere, or to a list.
        ModelError: the schema forbids the value.

    Example:
        >>> from libvirtxml import Domain
        >>> domain = Domain.parse('''
        ...   <domain type='kvm'><name>web</name><devices>
        ...     <disk type='file'><source file='/a'/><target dev='vda'/></disk>
        ...     <disk type='file'><source file='/b'/><target dev='vdb'/></disk>
        ...   </devices></domain>''')
        >>> set(domain, "devices.disks[target.dev=vda].driver.cache", "none")
        >>> set(domain, "memory", "8GiB")
        >>> set(domain, "/domain/vcpu", 4)
        >>> domain.devices.disks[0].driver.cache, domain.memory.bytes, domain.vcpu.value
        ('none', 8589934592, 4)
    """
    set_value(document, path, _text(value))


def add(document: Element, path: str, value: str | int | bool | Element) -> None:
    """Add a member to a list, or a single part that is not there yet.

    Raises:
        PathError: the path leads nowhere, or to a part that is there already.
        ModelError: the schema forbids the value.
        XMLError: it is given as XML that is not well-formed.

    Example:
        >>> from libvirtxml import Domain
        >>> domain = Domain.parse('''
        ...   <domain type='kvm'><name>web</name><devices>
        ...     <disk type='file'><source file='/a'/><target dev='vda'/></disk>
        ...     <disk type='file'><source file='/b'/><target dev='vdb'/></disk>
        ...   </devices></domain>''')
        >>> add(domain, "devices.rngs", "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>")
        >>> domain.devices.rngs[0].model
        'virtio'
    """
    add_value(document, path, _text(value))


def remove(document: Element, path: str) -> None:
    """Take out what a path leads to.

    Raises:
        PathError: the path leads nowhere.
        ModelError: it is required.

    Example:
        >>> from libvirtxml import Domain
        >>> domain = Domain.parse('''
        ...   <domain type='kvm'><name>web</name><devices>
        ...     <disk type='file'><source file='/a'/><target dev='vda'/></disk>
        ...     <disk type='file'><source file='/b'/><target dev='vdb'/></disk>
        ...   </devices></domain>''')
        >>> remove(domain, "devices.disks[target.dev=vda]")
        >>> get(domain, "devices.disks[*].target.dev")
        ['vdb']
    """
    remove_value(document, path)


def _text(value: str | int | bool | Element) -> str:
    """A value as the command line is given it."""
    if isinstance(value, Element):
        return value.to_xml()
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
