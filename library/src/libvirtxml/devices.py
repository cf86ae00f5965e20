"""The devices of a domain: find, add, replace and remove them; make one another variant.

`Topology` has what can be said of devices without changing any: all in their order, what sits where, what is free.
"""

from __future__ import annotations

from typing import Any, TypeVar, overload

from libvirtxml._impl.document import parse
from libvirtxml._impl.element import Element
from libvirtxml._impl.fragments import root_tag
from libvirtxml._impl.tables import Field, find_class, info_of
from libvirtxml._impl.variants import as_variant as _as_variant
from libvirtxml.errors import ModelError
from libvirtxml.model.domain import Domain
from libvirtxml.model.domain.devices import Devices
from libvirtxml.model.domain.devices_shared import Address
from libvirtxml.topology import Topology

__all__ = ["add", "as_variant", "find", "of_class", "remove", "replace"]

AnyElement = TypeVar("AnyElement", bound=Element)


def of_class(domain: Domain, cls: type[AnyElement]) -> list[AnyElement]:
    """All devices of a class, its variants included, in the order of the document.

    Example:
        >>> from libvirtxml import Disk, Domain
        >>> domain = Domain.parse('''
        ...   <domain type='kvm'><name>web</name><devices>
        ...     <disk type='file'><target dev='vda'/></disk>
        ...     <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
        ...     <disk type='block'><target dev='vdb'/></disk>
        ...   </devices></domain>''')
        >>> [disk.target.dev for disk in of_class(domain, Disk)]
        ['vda', 'vdb']
    """
    return [device.element for device in Topology(domain).devices if isinstance(device.element, cls)]


@overload
def find(
    domain: Domain,
    cls: type[AnyElement],
    *,
    alias: str | None = None,
    mac: str | None = None,
    target: str | None = None,
    address: Address | None = None,
) -> AnyElement | None: ...
@overload
def find(
    domain: Domain,
    *,
    alias: str | None = None,
    mac: str | None = None,
    target: str | None = None,
    address: Address | None = None,
) -> Element | None: ...
def find(
    domain: Domain,
    cls: type[Element] = Element,
    *,
    alias: str | None = None,
    mac: str | None = None,
    target: str | None = None,
    address: Address | None = None,
) -> Element | None:
    """The first device to which all that is given applies; None if there is none.

    Args:
        domain: the domain.
        cls: its class, or the union that it belongs to: the result has this type.
        alias: its alias, such as ``net0``.
        mac: its MAC address, in any case.
        target: the ``dev`` of its target, such as ``vda``.
        address: its address, in any spelling.

    Example:
        >>> from libvirtxml import Disk, Domain
        >>> domain = Domain.parse('''
        ...   <domain type='kvm'><name>web</name><devices>
        ...     <disk type='file'><source file='/web.img'/><target dev='vda'/><alias name='ua-root'/></disk>
        ...   </devices></domain>''')
        >>> find(domain, Disk, alias="ua-root").target.dev
        'vda'
        >>> find(domain, target="vdb") is None
        True
    """
    for device in Topology(domain).devices:
        if isinstance(device.element, cls) and device.matches(alias=alias, mac=mac, target=target, address=address):
            return device.element
    return None


@overload
def add(domain: Domain, device: AnyElement) -> AnyElement: ...
@overload
def add(domain: Domain, device: str) -> Element: ...
def add(domain: Domain, device: Element | str) -> Element:
    """Put a device behind the others of its kind, and return it.

    Args:
        domain: the domain.
        device: the device, or the XML of one of any kind.

    Raises:
        ModelError: a domain has no such devices, or can have only one of the kind and has it.
        XMLError: the XML is not well-formed.

    Example:
        >>> from libvirtxml import Domain
        >>> domain = Domain.parse("<domain type='kvm'><name>web</name></domain>")
        >>> type(add(domain, "<interface type='network'><source network='default'/></interface>")).__name__
        'InterfaceNetwork'
        >>> len(domain.devices.interfaces)
        1
    """
    element = _parsed(device) if isinstance(device, str) else device
    field = _field_of(element)
    if field.many:
        getattr(domain.devices, field.name).append(element)
    elif getattr(domain.devices, field.name) is not None:
        raise ModelError(f"the domain has a <{field.key}> already", hint="replace it instead")
    else:
        setattr(domain.devices, field.name, element)
    return element


def replace(domain: Domain, old: Element, new: Element) -> None:
    """Put a device in the place of another; it may be another variant, not another kind of device.

    Raises:
        ModelError: the old one is not among the devices of the domain, or the new one is of another kind.

    Example:
        >>> from libvirtxml import Disk, DiskBlock, DiskBlockSource, Domain
        >>> domain = Domain.parse('''
        ...   <domain type='kvm'><name>web</name><devices>
        ...     <disk type='file'><source file='/web.img'/><target dev='vda'/></disk>
        ...   </devices></domain>''')
        >>> disk = find(domain, Disk, target="vda")
        >>> replace(domain, disk, as_variant(disk, DiskBlock, source=DiskBlockSource(dev="/dev/vg/web")))
        >>> find(domain, DiskBlock, target="vda").source.dev
        '/dev/vg/web'
    """
    field = _field_of(old)
    if _field_of(new) is not field:
        raise ModelError(f"a {type(old).__name__} cannot be replaced by a {type(new).__name__}", hint="remove and add")
    place = _index(domain, field, old)
    if place is None:
        setattr(domain.devices, field.name, new)
    else:
        getattr(domain.devices, field.name)[place] = new


def remove(domain: Domain, device: Element) -> None:
    """Take a device out: this very object, not one that equals it.

    Raises:
        ModelError: it is not among the devices of the domain.

    Example:
        >>> from libvirtxml import Domain
        >>> domain = Domain.parse('''
        ...   <domain type='kvm'><name>web</name><devices>
        ...     <interface type='user'><mac address='52:54:00:00:00:01'/></interface>
        ...   </devices></domain>''')
        >>> remove(domain, find(domain, mac="52:54:00:00:00:01"))
        >>> domain.devices.interfaces
        []
    """
    field = _field_of(device)
    place = _index(domain, field, device)
    if place is None:
        setattr(domain.devices, field.name, None)
    else:
        del getattr(domain.devices, field.name)[place]


def as_variant(element: Element, cls: type[AnyElement], **changes: Any) -> AnyElement:
    """A copy of an element as another variant of its union; all that both can have is kept, unknown content too.

    Like ``replace``, the copy is shallow: the two share their children.

    Args:
        element: a disk, an interface, a console: an element that has variants.
        cls: the class of the other variant.
        changes: fields of the new variant. What only the old one can have must be among them, if only as None, so that
            nothing is lost unnoticed.

    Raises:
        ModelError: they are not variants of one element, something would be lost, or something required is missing.

    Example:
        >>> from libvirtxml import Disk, DiskBlock, DiskBlockSource
        >>> disk = Disk.parse('''
        ...   <disk type='file' device='disk'>
        ...     <driver name='qemu' type='raw' cache='none'/><source file='/web.img'/><target dev='vda' bus='virtio'/>
        ...   </disk>''')
        >>> print(as_variant(disk, DiskBlock, source=DiskBlockSource(dev="/dev/vg/web")).to_xml(), end="")
        <disk type='block' device='disk'>
          <driver name='qemu' type='raw' cache='none'/>
          <source dev='/dev/vg/web'/>
          <target dev='vda' bus='virtio'/>
        </disk>
    """
    return _as_variant(element, cls, changes)


def _parsed(text: str) -> Element:
    tag = root_tag(text)
    field = info_of(Devices).by_key.get(tag)
    if field is None or not field.kind.is_object:
        raise ModelError(f"a domain has no devices <{tag}>")
    return parse(text, find_class(field.reference))


def _field_of(element: Element) -> Field:
    """The field of ``<devices>`` that holds elements of a class."""
    for field in info_of(Devices).fields.values():
        if field.kind.is_object and isinstance(element, find_class(field.reference)):
            return field
    raise ModelError(f"a {type(element).__name__} is not a device of a domain")


def _index(domain: Domain, field: Field, element: Element) -> int | None:
    """The place of an element in the list of its field; None if the field is not a list."""
    found = domain.devices.__dict__.get(field.name)
    members = found if isinstance(found, list) else [found]
    for place, member in enumerate(members):
        if member is element:
            return place if field.many else None
    raise ModelError(f"the domain does not have this {type(element).__name__}", hint="find it in the same document")
