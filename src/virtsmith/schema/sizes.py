"""Which classes have a size, in which fields, and the unit that libvirt assumes if none is given."""

from __future__ import annotations

import re
from collections.abc import Mapping

from libvirtxml.errors import SizeError
from libvirtxml.values import unit_size

_AMOUNTS = ("size", "memory", "usage", "granularity", "value")
"""The fields that a unit can belong to, by priority: the text of ``<pages size= unit=>`` is a number of pages."""
_UNITS = ("unit", "units")
_LISTED = re.compile(r"'([^']*)'")
_IN_BYTES = ("/pool", "/volume", "/domain/devices/shmem", "/domain/devices/filesystem", "/domain/devices/disk")


def size_fields(annotations: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the fields with an amount and its unit of size, given the annotations of a class's fields."""
    amount = next((name for name in _AMOUNTS if annotations.get(name) == "int"), None)
    unit = next((name for name in _UNITS if _is_of_size(annotations.get(name, "int"))), None)
    return (amount, unit) if amount and unit else None


def _is_of_size(annotation: str) -> bool:
    """Whether the values of a field can be units of size: any text, or a list without, say, ``hours``."""
    try:
        return annotation != "int" and all(map(unit_size, _LISTED.findall(annotation)))
    except SizeError:
        return False


def default_unit(path: str) -> str:
    """Return the unit that libvirt assumes for a size without one, according to its parser (``src/conf``)."""
    if path.endswith("/tseg"):
        return "MiB"
    if path == "/domain/devices/filesystem[@type='ram']/source":
        return "KiB"
    return "bytes" if path.startswith(_IN_BYTES) or path.endswith("/cache/line") else "KiB"


def size_attributes(path: str, fields: tuple[str, str]) -> dict[str, str]:
    """Return the class attributes for a size that differs from what ``Sized`` assumes."""
    own = {"_amount": fields[0], "_unit": fields[1], "_default_unit": default_unit(path)}
    usual = {"_amount": "value", "_unit": "unit", "_default_unit": "KiB"}
    return {name: value for name, value in own.items() if value != usual[name]}
