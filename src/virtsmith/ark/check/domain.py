"""The domain under test, prepared for a pair of versions."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from libvirtxml.containers import document_in

from virtsmith.ark.stand_ins.devices import replace_devices
from virtsmith.ark.stand_ins.needs import Lack, do_without, find_lacks
from virtsmith.ark.stand_ins.place import StandInPlace
from virtsmith.ark.stand_ins.system import emulate, replace_system
from virtsmith.errors import InputError

if TYPE_CHECKING:
    from lxml import etree

    from virtsmith.ark.layout import InstalledVersion

DEFAULT_ARCHITECTURE = "x86_64"
_EMULATORS = {
    "armv6l": "arm", "armv7b": "arm", "armv7l": "arm", "i686": "i386", "loongarch64": "loongarch64", "parisc": "hppa",
    "ppc64le": "ppc64", "ppcle": "ppc",
}  # fmt: skip
"""QEMU's names of libvirt's architectures, where they differ."""
_ALIKE = {("x86_64", "i686"), ("aarch64", "armv7l"), ("ppc64le", "ppc64")}
"""Hosts and guests between which KVM works although their names differ."""


@dataclass(frozen=True, slots=True)
class CheckedDomain:
    """A domain document, and what must be known of it in advance."""

    text: bytes
    name: str
    kind: str
    architecture: str

    @property
    def target(self) -> str:
        """QEMU's name of its architecture."""
        return _EMULATORS.get(self.architecture, self.architecture)

    @property
    def emulator(self) -> str:
        """The program that runs it."""
        return f"qemu-system-{self.target}"

    @property
    def path(self) -> str:
        """Where a daemon of the ark has the emulator, whatever its version."""
        return f"/usr/bin/{self.emulator}"

    @property
    def is_foreign(self) -> bool:
        """Whether KVM cannot run it on this machine, because it is of another architecture."""
        return self.architecture != platform.machine() and (platform.machine(), self.architecture) not in _ALIKE

    @classmethod
    def parse(cls, text: bytes, source: str) -> CheckedDomain:
        """Read a domain document, or the domain that a snapshot, an image or another file holds.

        Raises:
            InputError: it is not well-formed, holds no domain, or this has no name.
        """
        text = document_in(text, "domain")
        root = parse_xml(text, source)
        name = (root.findtext("name") or "").strip()
        if root.tag != "domain" or not name or "/" in name:
            raise InputError("not a domain document with a name", source=source)
        kind = root.get("type", "")
        os_type = root.find("os/type")
        architecture = os_type.get("arch", "") if os_type is not None else ""
        return cls(text, name, kind, architecture or DEFAULT_ARCHITECTURE)

    def files(self) -> list[str]:
        """Return every path that the document names, in attributes or texts."""
        root = parse_xml(self.text, "<domain>")
        words = (word for element in root.iter() for word in (*element.attrib.values(), element.text or ""))
        return sorted({str(word).strip() for word in words if str(word).strip().startswith("/")})

    def lacks(self, libvirt: InstalledVersion, qemu: InstalledVersion) -> dict[str, Lack]:
        """Return what it needs and a pair of versions lacks."""
        return find_lacks(parse_xml(self.text, "<domain>"), libvirt, qemu)

    def as_it_is(self, *, emulated: bool = False) -> bytes:
        """Return the document with only its emulator replaced, and with KVM replaced by emulation if requested."""
        root = parse_xml(self.text, "<domain>")
        _set_emulator(root, self.path)
        if emulated:
            root.set("type", "qemu")
        return _written(root)

    def as_defined(self, place: StandInPlace, *, emulated: bool = False, lacks: dict[str, Lack] | None = None) -> bytes:
        """Return the document that is to be defined: everything that libvirt judges without a machine is as given.

        Args:
            place: receives notes of what was replaced.
            emulated: without KVM, and what only KVM has.
            lacks: what to leave out.
        """
        root = parse_xml(self.as_it_is(), "<domain>")
        if emulated:
            emulate(root, place)
        do_without(root, lacks or {})
        return _written(root)

    def with_stand_ins(
        self, place: StandInPlace, *, emulated: bool = False, lacks: dict[str, Lack] | None = None
    ) -> bytes:
        """Return the document with stand-ins for what it names of the machine it comes from.

        Args:
            place: where they are made; receives notes of what was replaced.
            emulated: without KVM.
            lacks: what to leave out.
        """
        root = parse_xml(self.as_defined(place, emulated=emulated, lacks=lacks), "<domain>")
        replace_system(root, place)
        replace_devices(root, place)
        return _written(root)


def _set_emulator(root: etree._Element, path: str) -> None:
    devices = root.find("devices")
    if devices is None:
        devices = root.makeelement("devices", {})
        root.append(devices)
    element = devices.find("emulator")
    if element is None:
        element = root.makeelement("emulator", {})
        devices.insert(0, element)
    element.text = path


def _written(root: etree._Element) -> bytes:
    from lxml import etree  # noqa: PLC0415 - slow to import

    return etree.tostring(root)


def parse_xml(text: bytes, source: str) -> etree._Element:
    """Read a document without fetching or expanding anything.

    Raises:
        InputError: it is not well-formed.
    """
    from lxml import etree  # noqa: PLC0415 - slow to import

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise InputError(error.msg or "not well-formed", source=source, line=error.lineno) from error
    except ValueError as error:
        raise InputError(str(error), source=source) from error
