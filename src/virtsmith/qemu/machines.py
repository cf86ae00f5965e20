"""Machine types: what one QEMU has, what short names mean there, and how names are made up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from libvirtxml.versions import Version

from virtsmith.errors import UsageError

_UPSTREAM = re.compile(r"(?:pc|pc-i440fx|pc-q35)-(\d+\.\d+(?:\.\d+)?)")
_VERSIONED = re.compile(r"(.+?)(?:-|(?<=-rhel))(\d[\d.]*)")
SHORT = {"q35": "pc-q35", "ubuntu-q35": "pc-q35", "pc": "pc-i440fx", "ubuntu": "pc-i440fx"}
"""Short names, and the families whose newest type they mean."""


class MachineTypeState(StrEnum):
    """What a QEMU makes of a machine type."""

    PRESENT = "present"
    DEPRECATED = "deprecated"
    """It exists and will be removed."""
    ABSENT = "absent"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class MachineTypes:
    """The machine types of one QEMU: names with whether each is deprecated, and short names with what they mean.

    ``unsure`` are types that it may have or not. A QEMU with types of its own (``own``) may have any whose name is
    not one of upstream's. Where only types of PCs are told (``partial``), nothing is known of others.
    """

    version: str
    names: Mapping[str, bool]
    aliases: Mapping[str, str]
    unsure: frozenset[str] = frozenset()
    own: bool = False
    partial: bool = False

    def resolve(self, name: str) -> str:
        """The full name; the name itself where it is no short one."""
        return self.aliases.get(name, name)

    def state(self, name: str) -> MachineTypeState:
        """What this QEMU makes of a machine type, by its full or short name."""
        full = self.resolve(name)
        if full in self.names:
            return MachineTypeState.DEPRECATED if self.names[full] else MachineTypeState.PRESENT
        untold = (self.own and upstream_version(full) is None) or (self.partial and not full.startswith("pc"))
        return MachineTypeState.UNKNOWN if untold or full in self.unsure else MachineTypeState.ABSENT


def parse_types(version: str, answer: Iterable[Mapping[str, Any]]) -> MachineTypes:
    """Make machine types of QEMU's answer to ``query-machines``."""
    items = list(answer)
    names = {str(item["name"]): bool(item.get("deprecated")) for item in items}
    aliases = {str(item["alias"]): str(item["name"]) for item in items if item.get("alias")}
    return MachineTypes(version, names, aliases)


def family(name: str) -> str:
    """The name of a machine type without its version: ``pc-q35``, ``pc-q35-rhel``.

    Example:
        >>> [family(name) for name in ("pc-q35-7.2", "pc-1.3", "q35", "pc-q35-rhel9.4.0", "isapc")]
        ['pc-q35', 'pc-i440fx', 'pc-q35', 'pc-q35-rhel', 'isapc']
    """
    match = _VERSIONED.fullmatch(name)
    base = match[1].removesuffix("-") if match else name
    return SHORT.get(base, base)


def upstream_family(name: str) -> str:
    """The family of upstream's types with the same chipset; empty if there is none.

    Example:
        >>> [upstream_family(name) for name in ("ubuntu-q35", "pc-i440fx-noble-v2", "isapc", "virt-7.2")]
        ['pc-q35', 'pc-i440fx', '', 'virt']
    """
    own = family(name)
    for known in SHORT.values():
        if own.startswith(known):
            return known
    return own if own != name else ""


def is_versioned(name: str) -> bool:
    """Whether a name stands for one state of a machine type for ever, rather than for the newest one."""
    return _VERSIONED.fullmatch(name) is not None


def upstream_version(name: str) -> Version | None:
    """The QEMU that brought one of upstream's PC types, as its name says; None for other names."""
    match = _UPSTREAM.fullmatch(name)
    return Version.parse(match[1]) if match else None


def series(version: str) -> tuple[int, int]:
    """The release series of a QEMU; machine types do not change within one.

    Raises:
        UsageError: it is not a version number.
    """
    numbers = Version.parse(version).numbers
    if not numbers or len(numbers) < 2:
        raise UsageError(f"not a QEMU release: {version!r}", hint="write it like 7.2")
    return numbers[0], numbers[1]
