"""What libvirt drops or changes without a word in a domain that it defines.

Its parser reads what it knows and passes over the rest: unknown names, what is there a second time, values that mean
"not set". What it stores has none of these, so they are lost before anyone could notice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from libvirtxml._impl.definition.guest import address_type, each, every, is_of_qemu, look, members, number, size_of
from libvirtxml._impl.definition.lost import LOST
from libvirtxml._impl.definition.traits import MALFORMED, MISSING, Trait, by_class, traits_of, worth_mentioning
from libvirtxml._impl.definition.unread import unread
from libvirtxml._impl.diff.profiles import GENERATED_ALIAS, RUNTIME
from libvirtxml._impl.element import Element
from libvirtxml._impl.mixins import Sized
from libvirtxml._impl.problem import ProblemKind
from libvirtxml._impl.problems import unknown_content, walk
from libvirtxml._impl.tables import info_of
from libvirtxml._impl.trees import shown

_ALIAS = re.compile(r"ua-[a-zA-Z0-9_\-]+")
"""Aliases that users choose; libvirt keeps no others, and gives its own again."""
_NOT_SET = frozenset({
    "Domain.iothreads", "DiskSourceHost.port", "HostdevSCSISourceISCSIHost.port", "ShmemMsi.vectors",
    "VideoModel.heads", "VideoModel.ram", "VideoModel.vgamem", "VideoModel.vram",
})  # fmt: skip
"""Numbers of which 0 means that they are not set, by the class or the union of its variants."""
_EMPTY = frozenset({
    "ControllerPCIModel", "ControllerPCITarget", "DiskSourceSnapshot", "InterfaceScript", "Reconnect",
})  # fmt: skip
"""Classes of elements that are not kept without content."""
_KEPT_EMPTY = ("path", "dir", "host", "service", "master", "slave", "socket", "dev")
"""Texts that libvirt takes as they are."""
_POWERS = ("ram", "vram", "vram64", "vgamem")
"""Memory of QXL devices that is rounded up to a power of two; others have ``vram`` alone."""
_OF_A_RUN = "/mirror"
"""Elements about what happens in a running guest; no definition has them, and nobody asks for them."""
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that libvirt does not keep.

    Attributes:
        path: the place as an XPath.
        message: why it is lost.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def find_lost(domain: Element, release: str) -> Iterator[Loss]:
    """What is lost of a domain, if libvirt defines it; ``release`` is empty for what all releases lose."""
    for problem in unknown_content(domain):
        if problem.kind is not ProblemKind.UNKNOWN_TEXT and _OF_A_RUN not in problem.path:
            yield Loss(problem.path, "libvirt does not read it here")
    yield from _by_field(domain)
    for path, element in walk(domain):
        yield from _texts(path, element)
    for path, reason in unread(domain):
        yield Loss(path, reason)
    yield from _devices(domain)
    yield from _consoles(domain)
    if release:
        yield from _later(domain, release)


def _by_field(domain: Element) -> Iterator[Loss]:
    """Single values that are not kept, and elements that are not kept without a part."""
    words, needed = _index()
    for trait in traits_of(domain, partial(worth_mentioning, needed)):
        if _OF_A_RUN in trait.path or not RUNTIME.keys().isdisjoint(_keys(trait)):
            continue
        is_lost = any(name in words.get(trait.kind, ()) for name in trait.names)
        if trait.kind == MISSING and is_lost:
            yield Loss(trait.owner, f"it says nothing without {trait.field.partition('.')[2]}")
        elif trait.value is not None and (is_lost or (trait.kind in MALFORMED and trait.form)):
            yield Loss(trait.path, f"{trait.value!r} means that it is not set")


@cache
def _index() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """What was measured: for each word the fields, and the fields without which elements of a class are lost."""
    words: dict[str, set[str]] = {}
    for field, ways in LOST.items():
        for word in ways.split():
            words.setdefault(word, set()).add(field)
    return {word: frozenset(fields) for word, fields in words.items()}, by_class(words.get(MISSING, ()))


def _keys(trait: Trait) -> tuple[str, str]:
    """Its field by class and by union."""
    return trait.field, f"{trait.union}.{trait.field.partition('.')[2]}"


def _later(domain: Element, release: str) -> Iterator[Loss]:
    """What came with a later release."""
    from libvirtxml.acceptance import RefusalKind, check  # noqa: PLC0415 - only with a release

    for refusal in check(domain, release).refusals:
        if refusal.kind in (RefusalKind.ELEMENT, RefusalKind.ATTRIBUTE) and refusal.accepted.first:
            yield Loss(refusal.path, f"libvirt {release} does not read it: {refusal.reason}")


def _texts(path: str, element: Element) -> Iterator[Loss]:
    """Elements without content, empty texts, and zeros that mean nothing."""
    info, values = info_of(type(element)), element.__dict__
    if not values and element.extra is None and info.model.__name__ in _EMPTY:
        yield Loss(path, "it says nothing")
    for name, value in values.items():
        field = info.fields.get(name)
        if field is None or not field.kind.is_value or field.many:
            continue
        place = path if field.kind.is_text else f"{path}/{'@' if field.kind.is_attribute else ''}{shown(field.key)}"
        if (
            value == ""
            and name not in _KEPT_EMPTY
            and not (isinstance(element, Sized) and name == element.size_fields()[1])
        ):
            yield Loss(place, "an empty text means that it is not set")
        elif value == 0 and value is not False and f"{info.base or info.model.__name__}.{name}" in _NOT_SET:
            yield Loss(place, "0 means that it is not set")
        elif name == "labelskip" and value in (True, "yes"):
            yield Loss(path, "it is kept of running guests only")


def _devices(domain: Any) -> Iterator[Loss]:
    for path, device in every(domain):
        alias = look(device, "alias.name")
        if alias is not None and not _ALIAS.fullmatch(str(alias)) and not GENERATED_ALIAS.fullmatch(str(alias)):
            yield Loss(f"{path}/alias/@name", "libvirt makes up aliases that do not begin with 'ua-'")
        if address_type(device) == "pci" and _is_nowhere(device.address):
            yield Loss(f"{path}/address", "without a slot it is not an address, and libvirt chooses one")
        if "/panic" in path and look(device, "model") is None and not is_of_qemu(domain):
            yield Loss(path, "only QEMU's driver has a model for it")
    for path, disk in each(domain, "disks"):
        if look(disk, "source") is None and look(disk, "type") not in (None, "file"):
            yield Loss(f"{path}/@type", "a drive without a medium is of the type file")
    for path, video in each(domain, "videos"):
        for name in _POWERS if look(video, "model.type") == "qxl" else ("vram",):
            size = number(video, f"model.{name}")
            if size and size & (size - 1):
                yield Loss(f"{path}/model/@{name}", "it is rounded up to a power of two")
    for path, shmem in each(domain, "shmems"):
        if (size := size_of(look(shmem, "size"))) and size % _MEBIBYTE:
            yield Loss(f"{path}/size", "it is rounded down to MiB")


def _is_nowhere(address: Any) -> bool:
    """Whether a PCI address has parts, and no place."""
    is_given = any(look(address, name) is not None for name in ("domain", "bus", "slot", "function"))
    return is_given and not any(number(address, name) for name in ("domain", "bus", "slot"))


def _consoles(domain: Any) -> Iterator[Loss]:
    """The first console of a full virtual machine is its first serial port."""
    serials, consoles = members(domain, "devices.serials"), members(domain, "devices.consoles")
    if not serials or not consoles or look(domain, "os.type.value") != "hvm":
        return
    if look(consoles[0], "target.type") not in (None, "serial"):
        return
    for name in ("type", "sources", "protocol", "log", "address"):
        mine, ports = look(consoles[0], name), look(serials[0], name)
        if mine is not None and ports is not None and mine != ports:
            field = info_of(type(consoles[0])).fields[name]
            place = f"/domain/devices/console[1]/{'@' if field.kind.is_attribute or name == 'type' else ''}{field.key}"
            yield Loss(place, "the first console is the first serial port, which has another")
