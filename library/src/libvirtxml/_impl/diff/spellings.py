"""Values that libvirt writes in its own way whatever was given, and single fields with a meaning of their own.

Keys are ``Class.field``; each function maps all spellings of a value to one. All are what libvirt's parsers do
(``src/conf``), seen in what it returns of documents that were defined.
"""

from __future__ import annotations

import re
from typing import Any

from libvirtxml._impl.diff.values import Canonical, canonical_mac, canonical_set, netmask_prefix
from libvirtxml._impl.element import Element

_SPLIT_AT_MOST = 4096
_FIRST_ITERATOR = "[@0]"


def _clean_path(value: Any) -> Any:
    """As virFileSanitizePath: no repeated slashes, none at the end."""
    if not isinstance(value, str) or not value.startswith("/"):
        return value
    return re.sub("//+", "/", value).rstrip("/") or "/"


def _with_unit(value: Any) -> Any:
    """An iSCSI target without a logical unit means the first."""
    return value if "/" in str(value) else f"{value}/0"


def _lower(value: Any) -> Any:
    return str(value).lower()


def _usb_version(value: Any) -> Any:
    """Of a device's two places after the point libvirt writes both."""
    number, point, places = str(value).partition(".")
    return f"{number}.{places:0<2}" if point else value


SPELLINGS: dict[str, Canonical] = {
    "StoragePoolTarget.path": _clean_path,
    "StoragePoolLogicalTarget.path": _clean_path,
    "StoragePoolNetFSSourceDir.path": _clean_path,
    "InterfaceModel.type": _lower,
    "RedirFilterUSBDev.version": _usb_version,
    "DiskSourceISCSI.name": _with_unit,
    "HostdevSCSISourceISCSI.name": _with_unit,
}


def filter_spelling(class_name: str, field: str) -> Canonical | None:
    """For the fields of a filter's rules: variables may be spaced, masks be netmasks or lengths of prefixes."""
    if not class_name.startswith("NWFilterRule"):
        return None
    if field == "ipsetflags":
        return _lower
    return _mask_or_variable if field.endswith("ipmask") else _variable


def _variable(value: Any) -> Any:
    """``$A[ @1 ]`` is ``$A[@1]``, and ``$A`` is ``$A[@0]``; any other value is compared as elsewhere."""
    if not isinstance(value, str) or not value.startswith("$"):
        return canonical_mac(value)
    return value.replace(" ", "").removesuffix(_FIRST_ITERATOR)


def _mask_or_variable(value: Any) -> Any:
    if isinstance(value, int):
        return int(value)  # whatever it was spelled like
    prefix = netmask_prefix(value) if "." in str(value) else None
    return _variable(value) if prefix is None else prefix


SPLIT = {"CPUTune.vcpuscheds": "vcpus", "CPUTune.iothreadscheds": "iothreads"}
"""Lists whose members may represent several: one member for each number in this field means the same."""


def split_members(members: list[Element], field: str) -> list[Element]:
    """The members with one number each, in the order of the numbers."""
    found: list[tuple[int, Element]] = []
    for member in members:
        numbers = canonical_set(member.__dict__.get(field))
        if not isinstance(numbers, frozenset) or len(numbers) > _SPLIT_AT_MOST:
            return members
        found += [(number, member.replace(**{field: str(number)})) for number in numbers]
    return [member for _, member in sorted(found, key=lambda pair: pair[0])]
