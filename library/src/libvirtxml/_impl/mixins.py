"""What some generated classes can do beyond holding fields: sizes in bytes, PCI locations as text."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self

from libvirtxml.errors import ModelError, SizeError
from libvirtxml.values import split_size, to_kib, unit_size

_LOCATION = re.compile(r"(?:([0-9a-fA-F]{1,8}):)?([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\.([0-7])", re.ASCII)


class Sized:
    """An element that holds a size: an amount, and a unit that may be left out."""

    _amount: ClassVar[str] = "value"
    """The field that holds the amount."""

    _unit: ClassVar[str] = "unit"
    """The field that holds the unit."""

    _default_unit: ClassVar[str] = "KiB"
    """What libvirt assumes where no unit is written."""

    @classmethod
    def size_fields(cls) -> tuple[str, str, str]:
        """The field of the amount, the field of the unit, and the unit that is assumed where none is written."""
        return cls._amount, cls._unit, cls._default_unit

    @property
    def bytes(self) -> int | None:
        """The size in bytes; None if the amount is missing or not a number.

        Raises:
            SizeError: libvirt does not know the unit.
        """
        amount = self.__dict__.get(self._amount)
        unit = self.__dict__.get(self._unit) or self._default_unit
        return int(amount) * unit_size(unit) if isinstance(amount, int) else None

    @property
    def kib(self) -> int | None:
        """The size in KiB, rounded up as libvirt does; None if the amount is missing or not a number.

        Raises:
            SizeError: libvirt does not know the unit.
        """
        size = self.bytes
        return None if size is None else to_kib(size)

    def resize(self, size: int) -> None:
        """Set the size to a number of bytes: in the unit that is used now if it is whole in that, else in KiB or bytes.

        Example:
            >>> from libvirtxml import Memory
            >>> memory = Memory.of("8GiB")
            >>> memory.resize(1536 << 20)
            >>> print(memory.to_xml(), end="")
            <memory unit='KiB'>1572864</memory>
        """
        unit = self.__dict__.get(self._unit) or self._default_unit
        fitting = next(name for name in (unit, "KiB", "bytes") if size % unit_size(name) == 0)
        setattr(self, self._amount, size // unit_size(fitting))
        if fitting != unit:
            setattr(self, self._unit, fitting)

    @classmethod
    def of(cls, text: str, **fields: Any) -> Self:
        """Build from a size with a unit, as people write it: ``8GiB``, ``512 M``; without a unit it is in bytes.

        Args:
            text: the size.
            fields: the other fields.

        Raises:
            ModelError: it is not a size.

        Example:
            >>> from libvirtxml import HugepagesPage, Memory
            >>> print(Memory.of("8GiB").to_xml(), end="")
            <memory unit='GiB'>8</memory>
            >>> print(HugepagesPage.of("2 MiB", nodeset="0").to_xml(), end="")
            <page size='2' unit='MiB' nodeset='0'/>
        """
        try:
            amount, unit = split_size(text)
        except SizeError as error:
            raise ModelError(error.message, hint=error.hint) from error
        build: Any = cls
        result: Self = build(**{cls._amount: amount, cls._unit: unit or "bytes"}, **fields)
        return result


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
