"""Value equality: what two spellings of one value have in common."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from libvirtxml._impl.tables import Field
from libvirtxml.values import MAC

Canonical = Callable[[Any], Any]


class Size:
    """An amount with its unit; equal to another of as many bytes."""

    __slots__ = ("bytes", "text")

    def __init__(self, count: int, text: str) -> None:
        self.bytes = count
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and self.bytes == other.bytes

    def __hash__(self) -> int:
        return hash(self.bytes)

    def __str__(self) -> str:
        return self.text


def canonical_of(field: Field) -> Canonical | None:
    """The function that maps all spellings of a value to one; None where the value itself does."""
    if field.codec.name == "mac":
        return canonical_mac
    if not field.kind.is_value or field.allowed is None:
        return None
    patterns = [pattern for data in field.allowed.datas for pattern in data[1]]
    if any(pattern == "[a-fA-F0-9]{32}" for pattern in patterns):
        return _canonical_uuid
    if any(r"\^[0-9]+" in pattern for pattern in patterns):
        return canonical_set
    if any(pattern.startswith(("(([0-9A-Fa-f]{1,4}:){7}", "([a-fA-F0-9]{0,4}:){2,7}")) for pattern in patterns):
        return _canonical_address
    return None


def canonical_mac(value: Any) -> Any:
    """The usual spelling of a MAC address; any other value as it is."""
    return value.canonical if isinstance(value, MAC) else value


def _canonical_uuid(value: Any) -> Any:
    return value.replace("-", "").lower() if isinstance(value, str) else value


def canonical_set(value: Any) -> Any:
    """CPU and node sets: ``0-3,^2`` is ``0,1,3``."""
    members: set[int] = set()
    try:
        for part in str(value).split(","):
            if part.startswith("^"):
                members.discard(int(part[1:]))
            else:
                first, _, last = part.partition("-")
                if int(last or first) - int(first) > 1 << 16:
                    return value
                members.update(range(int(first), int(last or first) + 1))
    except ValueError:
        return value
    return frozenset(members)


def _canonical_address(value: Any) -> Any:
    if not isinstance(value, str) or ":" not in value or isinstance(value, MAC):
        return value
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return value


def netmask_prefix(netmask: Any) -> int | None:
    """The length of the prefix that a netmask means; None if it is not a netmask."""
    try:
        number = int(ipaddress.IPv4Address(str(netmask)))
    except ValueError:
        return None
    inverted = number ^ 0xFFFFFFFF
    return 32 - inverted.bit_length() if inverted & (inverted + 1) == 0 else None
