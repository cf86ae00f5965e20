"""Machine types: those of one QEMU, its aliases, and the structure of their names."""

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
"""Aliases, and the families whose newest type they refer to."""


class MachineTypeState(StrEnum):
    """Whether a QEMU has a machine type."""

    PRESENT = "present"
    DEPRECATED = "deprecated"
    """It exists, but will be removed."""
    ABSENT = "absent"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class MachineTypes:
    """The machine types of one QEMU: names with whether each is deprecated, and aliases with their types.

    ``unsure`` are types that it may or may not have. A QEMU with types of its own (``own``) may have any whose name is
    not one of upstream's. If only PC types are listed (``partial``), other types are unknown.
    """

    version: str
    names: Mapping[str, bool]
    aliases: Mapping[str, str]
    unsure: frozenset[str] = frozenset()
    own: bool = False
    partial: bool = False

    def resolve(self, name: str) -> str:
        """Return the type of an alias; other names are returned unchanged."""
        return self.aliases.get(name, name)

    def state(self, name: str) -> MachineTypeState:
        """Return whether this QEMU has a machine type, by name or alias."""
        full = self.resolve(name)
        if full in self.names:
            return MachineTypeState.DEPRECATED if self.names[full] else MachineTypeState.PRESENT
        unlisted = (self.own and upstream_version(full) is None) or (self.partial and not full.startswith("pc"))
        return MachineTypeState.UNKNOWN if unlisted or full in self.unsure else MachineTypeState.ABSENT


def parse_types(version: str, answer: Iterable[Mapping[str, Any]]) -> MachineTypes:
    """Return the machine types in QEMU's answer to ``query-machines``."""
    machines = list(answer)
    names = {str(machine["name"]): bool(machine.get("deprecated")) for machine in machines}
    aliases = {str(machine["alias"]): str(machine["name"]) for machine in machines if machine.get("alias")}
    return MachineTypes(version, names, aliases)


def family(name: str) -> str:
    """Return the name of a machine type without its version: ``pc-q35``, ``pc-q35-rhel``.

    Example:
        >>> [family(name) for name in ("pc-q35-7.2", "pc-1.3", "q35", "pc-q35-rhel9.4.0", "isapc")]
        ['pc-q35', 'pc-i440fx', 'pc-q35', 'pc-q35-rhel', 'isapc']
    """
    match = _VERSIONED.fullmatch(name)
    base = match[1].removesuffix("-") if match else name
    return SHORT.get(base, base)


def upstream_family(name: str) -> str:
    """Return the upstream family with the same chipset; empty if there is none.

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
    """Whether a name refers to one fixed version of a machine type, rather than to the newest one."""
    return _VERSIONED.fullmatch(name) is not None


def upstream_version(name: str) -> Version | None:
    """Return the QEMU version in the name of an upstream PC type; None for other names."""
    match = _UPSTREAM.fullmatch(name)
    return Version.parse(match[1]) if match else None


def series(version: str) -> tuple[int, int]:
    """Return the release series of a QEMU; machine types do not change within a series.

    Raises:
        UsageError: it is not a version number.
    """
    numbers = Version.parse(version).numbers
    if not numbers or len(numbers) < 2:
        raise UsageError(f"not a QEMU release: {version!r}", hint="write it like 7.2")
    return numbers[0], numbers[1]
