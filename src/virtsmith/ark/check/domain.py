"""The domain under test, prepared for one QEMU without changing what it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from virtsmith.errors import InputError

if TYPE_CHECKING:
    from lxml import etree

DEFAULT_ARCHITECTURE = "x86_64"


@dataclass(frozen=True, slots=True)
class CheckedDomain:
    """A domain document, and what must be known of it in advance."""

    text: bytes
    name: str
    kind: str
    architecture: str

    @property
    def emulator(self) -> str:
        """The program that runs it."""
        names = {"i686": "i386", "armv7l": "arm", "ppc64le": "ppc64"}
        return f"qemu-system-{names.get(self.architecture, self.architecture)}"

    @classmethod
    def parse(cls, text: bytes, source: str) -> CheckedDomain:
        """Read a domain document.

        Raises:
            InputError: it is not well-formed, not a domain, or has no name.
        """
        root = parse_xml(text, source)
        name = (root.findtext("name") or "").strip()
        if root.tag != "domain" or not name or "/" in name:
            raise InputError("not a domain document with a name", source=source)
        kind = root.get("type", "")
        os_type = root.find("os/type")
        architecture = os_type.get("arch", "") if os_type is not None else ""
        return cls(text, name, kind, architecture or DEFAULT_ARCHITECTURE)

    def made_for(self, emulator: str, *, emulated: bool) -> bytes:
        """Return the document with its emulator replaced, and with KVM replaced by emulation if requested."""
        from lxml import etree  # noqa: PLC0415 - slow to import

        root = parse_xml(self.text, "<domain>")
        devices = root.find("devices")
        if devices is None:
            devices = etree.SubElement(root, "devices")
        element = devices.find("emulator")
        if element is None:
            element = etree.Element("emulator")
            devices.insert(0, element)
        element.text = emulator
        if emulated:
            root.set("type", "qemu")
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
