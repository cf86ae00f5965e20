"""Which classes have a size, in which fields, and the unit that libvirt assumes if none is given."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from copy import deepcopy

from libvirtxml.errors import SizeError
from libvirtxml.values import unit_size

from virtsmith.schema.facts import SchemaFacts, Slot
from virtsmith.schema.naming import bodies

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


def split_sizes(facts: SchemaFacts) -> None:
    """Give sizes a type for each unit that is assumed, where places with different ones share a type, in place.

    The schema has one pattern for ``<size unit=>`` of all devices, but without the unit it is in bytes for shared
    memory and in KiB for memory devices. The facts file is not affected.
    """
    places: defaultdict[str, defaultdict[str, list[tuple[str, Slot]]]] = defaultdict(lambda: defaultdict(list))
    for kind in facts.types.values():
        for path, body in bodies(kind, kind.id):
            for key, slot in body.slots.items():
                if slot.type and "@unit" in facts.types[slot.type].slots:
                    place = f"{path}/{key}"
                    places[slot.type][default_unit(place)].append((place, slot))
    for identity, by_unit in places.items():
        for unit, found in by_unit.items():
            if len(by_unit) > 1 and unit != default_unit(identity):
                own = deepcopy(facts.types[identity])
                own.id = min((place for place, _ in found), key=lambda place: (len(place), place))
                facts.types[own.id] = own
                for _, slot in found:
                    slot.type = own.id
