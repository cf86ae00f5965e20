"""The machine type that a domain document requests, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from libvirtxml import Domain, parse
from libvirtxml.containers import open_container

_QEMU = ("kvm", "qemu", "hvf", "")
_X86 = ("x86_64", "i686", "")


@dataclass(frozen=True, slots=True)
class DomainMachine:
    """A domain's name, hypervisor, architecture and machine type; empty if not specified."""

    name: str
    kind: str
    architecture: str
    machine: str
    line: int | None = None
    """The line of the element with the machine type."""

    @property
    def obstacle(self) -> str:
        """Why its machine type cannot be checked; empty for x86 machines of QEMU."""
        if self.kind not in _QEMU:
            return f"it is for {self.kind}, not for QEMU"
        return "" if self.architecture in _X86 else f"it is for {self.architecture}; only x86_64 is supported"


def read_machine(text: bytes | str) -> DomainMachine | None:
    """Read the machine of a domain, which may be in another file, such as a snapshot; None if there is none.

    Raises:
        XMLError: it is not a libvirt document.
    """
    held = open_container(text, "domain")
    domain = parse(held.text if held else text)
    if not isinstance(domain, Domain):
        return None
    kind = domain.os.type if domain.os is not None else None
    return DomainMachine(
        domain.name or "",
        str(getattr(domain, "type", None) or ""),
        str(getattr(kind, "arch", None) or ""),
        str(getattr(kind, "machine", None) or ""),
        held.line_of(_line(held.text)) if held else _line(text),
    )


def _line(text: bytes | str) -> int | None:
    path: list[str] = []
    found: list[int] = []
    parser = expat.ParserCreate("utf-8" if isinstance(text, str) else None)

    def start(name: str, _attributes: Any) -> None:
        path.append(name)
        if path == ["domain", "os", "type"] and not found:
            found.append(parser.CurrentLineNumber)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: path.pop()
    try:
        parser.Parse(text.encode() if isinstance(text, str) else text, True)
    except (expat.ExpatError, UnicodeEncodeError):
        return None
    return found[0] if found else None
