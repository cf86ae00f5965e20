"""What makes a domain itself and not its twin: name, UUID, MAC addresses, its files; and domains with a new one.

Example:
    >>> from libvirtxml import Domain
    >>> web = Domain.parse('''
    ...   <domain type='kvm'><name>web</name><uuid>6fbd2a5c-58a3-4f24-9fb1-4d2a4a9a4b50</uuid>
    ...     <os><type>hvm</type><nvram>/nvram/web_VARS.fd</nvram></os>
    ...     <devices><disk type='file'><source file='/images/web.qcow2'/><target dev='vda'/></disk></devices>
    ...   </domain>''')
    >>> made = clone(web, "db", disk=lambda disk, image: image.replace("web", "db"))
    >>> made.domain.name
    'db'
    >>> made.files
    [('/nvram/web_VARS.fd', '/nvram/db_VARS.fd'), ('/images/web.qcow2', '/images/db.qcow2')]
    >>> made.shared
    []
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from random import SystemRandom
from typing import Any
from uuid import uuid4

from libvirtxml.chains import location
from libvirtxml.model.domain import Domain, DomainSysinfoSMBIOS
from libvirtxml.model.domain.channel import ChannelUNIX
from libvirtxml.model.domain.devices import Vsock
from libvirtxml.model.domain.disk import Disk
from libvirtxml.model.domain.graphics import GraphicsRDP, GraphicsSPICE, GraphicsVNC
from libvirtxml.model.domain.hostdev import Hostdev
from libvirtxml.model.domain.interface import Interface, InterfaceHostdev
from libvirtxml.model.shared import VirtualPortMidonet
from libvirtxml.topology import DomainDevice, Topology
from libvirtxml.values import MAC

__all__ = ["Clone", "IdentityChange", "SharedPart", "clone", "new_mac"]

_IMAGES = ("file", "dev", "dir", "path", "volume", "name")
"""The fields of a source that say which image it is; each source has one of them at most."""

_GENERATED_SOCKETS = "/channel/target/"
"""In the path of each agent socket that libvirt names itself."""


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """Something that a clone has and the original has not."""

    path: str
    """Its XPath."""
    old: str
    new: str | None
    """None for what was left out, so that libvirt makes another."""
    is_file: bool = False
    """Whether the two are images or variable stores, of which somebody must copy the content."""


@dataclass(frozen=True, slots=True)
class SharedPart:
    """Something that only one of two running domains can use, and that a clone has still in common."""

    path: str
    value: str


@dataclass(slots=True)
class Clone:
    """A domain with a new identity, with a report."""

    domain: Domain
    changes: list[IdentityChange] = field(default_factory=list)
    shared: list[SharedPart] = field(default_factory=list)

    @property
    def files(self) -> list[tuple[str, str]]:
        """The images and variable stores to be copied: old and new location."""
        return [(change.old, change.new) for change in self.changes if change.is_file and change.new is not None]


def clone(
    domain: Domain,
    name: str,
    *,
    uuid: str | None = None,
    disk: Callable[[Disk, str], str | None] | None = None,
    nvram: str | None = None,
) -> Clone:
    """A copy of a domain with a new identity; the domain itself is left as it is.

    New are the name, the UUID (in ``<sysinfo>`` too), a fixed generation ID, MAC addresses and the UEFI variable store.
    What libvirt names itself is left out: taps, ports of switches, agent sockets, dynamic labels.

    Args:
        domain: the original; load it with ``inactive`` if it is running.
        name: the name of the clone.
        uuid: its UUID; by default a random one.
        disk: gives the new image of a disk that is not read-only, from the disk and its old image: the file, device,
            volume, or name of a network image. None where the two share it; by default they share all.
        nvram: the new variable store; by default beside the old one, named for the clone.
    """
    made = Clone(deepcopy(domain))
    new_uuid = uuid or str(uuid4())
    _rename(made, name, new_uuid)
    _new_nvram(made, domain.name, name, nvram)
    topology = Topology(made.domain)
    taken = {device.mac.canonical for device in topology.devices if device.mac}
    for device in topology.devices:
        if isinstance(device.element, Interface):
            _new_card(made, device, device.element, taken)
        elif isinstance(device.element, Disk):
            _new_disk(made, device, device.element, disk)
        else:
            _other_device(made, device)
    return made


def new_mac(taken: Iterable[str] = (), *, prefix: str = "52:54:00") -> MAC:
    """A random MAC address that is not among some others.

    Args:
        taken: addresses in any spelling.
        prefix: its first three octets; by default those of QEMU and KVM.

    Example:
        >>> new_mac()[:9]
        '52:54:00:'
    """
    known = {MAC(address).canonical for address in taken}
    random = SystemRandom()
    while True:
        found = MAC(":".join([prefix, *(f"{random.randrange(256):02x}" for _ in range(3))]))
        if found.canonical not in known:
            return found


def _rename(made: Clone, name: str, uuid: str) -> None:
    domain = made.domain
    _set(made, "/domain/name", domain, "name", name)
    old = domain.uuid
    if old is None:
        domain.uuid = uuid
    else:
        _set(made, "/domain/uuid", domain, "uuid", uuid)
    domain.id = None
    if domain.genid:
        _set(made, "/domain/genid", domain, "genid", str(uuid4()))
    for number, sysinfo in enumerate(domain.sysinfos, 1):
        if isinstance(sysinfo, DomainSysinfoSMBIOS) and sysinfo.system is not None:
            for place, entry in enumerate(sysinfo.system.entries, 1):
                if old is not None and entry.value.lower() == old.lower():
                    _set(made, f"/domain/sysinfo[{number}]/system/entry[{place}]", entry, "value", uuid)
    for label in domain.seclabels:
        if label.type == "dynamic":
            label.label = label.imagelabel = None


def _new_nvram(made: Clone, old_name: str, name: str, given: str | None) -> None:
    """Another variable store, in both forms in which it is written."""
    store = made.domain.os.nvram if made.domain.os is not None else None
    if store is None:
        return
    source: Any = store.source
    key = next((key for key in ("file", "dev") if getattr(source, key, None)), None)
    holder, key, path = (
        (source, key, f"/domain/os/nvram/source/@{key}") if key else (store, "value", "/domain/os/nvram")
    )
    if old := getattr(holder, key):
        if key == "dev" and given is None:
            made.shared.append(SharedPart(path, old))
        else:
            _set(made, path, holder, key, given or _renamed(old, old_name, name), is_file=True)


def _renamed(path: str, old_name: str, name: str) -> str:
    """A file beside another, named for the clone."""
    old = PurePosixPath(path)
    stem = old.name.replace(old_name, name, 1) if old_name in old.name else f"{name}_{old.name}"
    return str(old.with_name(stem))


def _new_card(made: Clone, device: DomainDevice, card: Interface, taken: set[str]) -> None:
    if device.mac is not None and card.mac is not None:
        octets = device.mac.canonical.split(":")
        address = new_mac(taken, prefix=":".join(octets[:3]) if len(octets) == 6 else "52:54:00")
        taken.add(address.canonical)
        _set(made, f"{device.path}/mac/@address", card.mac, "address", address)
    _set(made, f"{device.path}/target", card, "target", None, shown=device.target)
    _set(made, f"{device.path}/source/@portid", getattr(card, "source", None), "portid", None)
    port: Any = getattr(card, "virtualport", None)
    where = f"{device.path}/virtualport/parameters/@interfaceid"
    parameters = getattr(port, "parameters", None)
    if isinstance(port, VirtualPortMidonet):  # which libvirt does not make
        made.shared.append(SharedPart(where, str(getattr(parameters, "interfaceid", None))))
    else:
        _set(made, where, parameters, "interfaceid", None)
    if isinstance(card, InterfaceHostdev):
        made.shared.append(SharedPart(device.path, device.name))


def _new_disk(made: Clone, device: DomainDevice, disk: Disk, choose: Callable[[Disk, str], str | None] | None) -> None:
    source: Any = getattr(disk, "source", None)
    key = next((key for key in _IMAGES if getattr(source, key, None) is not None), None)
    if location(disk) is None or disk.readonly or disk.device == "cdrom":
        return
    old = "" if key is None else str(getattr(source, key))
    new = choose(disk, old) if choose is not None and key is not None else None
    if key is not None and new is not None and new != old:
        _set(made, f"{device.path}/source/@{key}", source, key, new, is_file=True)
    elif not disk.shareable:
        made.shared.append(SharedPart(f"{device.path}/source", old or device.name))


def _other_device(made: Clone, device: DomainDevice) -> None:
    element = device.element
    if isinstance(element, ChannelUNIX):
        for number, source in enumerate(element.sources, 1):
            if source.path and _GENERATED_SOCKETS in source.path:
                _set(made, f"{device.path}/source[{number}]/@path", source, "path", None)
            elif source.path and source.mode == "bind":
                made.shared.append(SharedPart(f"{device.path}/source[{number}]/@path", source.path))
    elif isinstance(element, Vsock) and element.cid is not None:
        if element.cid.auto:
            element.cid.address = None
        elif element.cid.address is not None:
            made.shared.append(SharedPart(f"{device.path}/cid/@address", str(element.cid.address)))
    elif isinstance(element, (GraphicsVNC, GraphicsSPICE, GraphicsRDP)):
        if not element.autoport and element.port is not None and element.port > 0:
            made.shared.append(SharedPart(f"{device.path}/@port", str(element.port)))
    elif isinstance(element, Hostdev):
        made.shared.append(SharedPart(device.path, device.name))


def _set(
    made: Clone, path: str, holder: Any, name: str, value: Any, *, is_file: bool = False, shown: str | None = None
) -> None:
    """Set a field of the clone, and report it; what is not there is left so."""
    old = getattr(holder, name, None)
    if old is not None:
        setattr(holder, name, value)
        made.changes.append(IdentityChange(path, shown or str(old), value, is_file))
