"""What some generated classes can do beyond holding fields: sizes in bytes, PCI locations as text."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self

from libvirtxml._impl.values import unit_size
from libvirtxml.errors import ModelError

_UNIT = re.compile(r"\s*([0-9]+)\s*([a-zA-Z]*)\s*", re.ASCII)
_LOCATION = re.compile(r"(?:([0-9a-fA-F]{1,8}):)?([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\.([0-7])", re.ASCII)


class Sized:
    """An element whose text is a size and whose ``unit`` says in what."""

    _default_unit: ClassVar[str] = "KiB"
    """What libvirt assumes where no unit is written."""

    @property
    def bytes(self) -> int | None:
        """The size in bytes; None if the text is no number.

        Raises:
            ModelError: the unit is unknown.
        """
        value = self.__dict__.get("value")
        unit = self.__dict__.get("unit") or self._default_unit
        return int(value) * _known_size(unit) if isinstance(value, int) else None

    @classmethod
    def of(cls, text: str) -> Self:
        """Build from a size with a unit, as people write it: ``8GiB``, ``512 M``.

        Raises:
            ModelError: it is not a size.

        Example:
            >>> from libvirtxml import Memory
            >>> print(Memory.of("8GiB").to_xml(), end="")
            <memory unit='GiB'>8</memory>
        """
        match = _UNIT.fullmatch(text)
        if match is None:
            raise ModelError(f"not a size: {text!r}", hint="write it like 8GiB")
        unit = match[2] or "bytes"
        _known_size(unit)
        build: Any = cls
        result: Self = build(value=int(match[1]), unit=unit)
        return result


def _known_size(unit: str) -> int:
    size = unit_size(unit)
    if size is None:
        raise ModelError(f"no such unit of size: {unit!r}", hint="use bytes, KiB, MiB, GiB ... or KB, MB, GB ...")
    return size


class PCILocation:
    """An element that names a PCI device by domain, bus, slot and function."""

    @property
    def location(self) -> str | None:
        """The device as ``lspci -D`` writes it, ``0000:00:1f.2``; None if a part is missing or no number."""
        parts = [self.__dict__.get(name, 0) for name in ("domain", "bus", "slot", "function")]
        if "bus" not in self.__dict__ or not all(isinstance(part, int) for part in parts):
            return None
        return "{:04x}:{:02x}:{:02x}.{:x}".format(*map(int, parts))

    @classmethod
    def at(cls, location: str) -> Self:
        """Build from ``0000:00:1f.2`` or ``00:1f.2``.

        Raises:
            ModelError: it is not a PCI location.

        Example:
            >>> from libvirtxml import AddressPCI
            >>> print(AddressPCI.at("0000:65:00.1").to_xml(), end="")
            <address type='pci' domain='0x0000' bus='0x65' slot='0x00' function='0x1'/>
        """
        match = _LOCATION.fullmatch(location)
        if match is None:
            raise ModelError(f"not a PCI location: {location!r}", hint="write it like 0000:00:1f.2")
        domain, bus, slot, function = (int(part or "0", 16) for part in match.groups())
        build: Any = cls
        result: Self = build(domain=domain, bus=bus, slot=slot, function=function)
        return result
