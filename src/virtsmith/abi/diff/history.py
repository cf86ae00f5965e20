"""History over many versions: when a machine type was added, deprecated and removed, and the values of a default."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from libvirtxml.versions import Version

from virtsmith.abi.diff.rules import as_text
from virtsmith.abi.dump.model import Dump, Section, natural_key

PRESENT, DEPRECATED, ABSENT, NOT_REPORTED = "present", "deprecated", "absent", "not reported"


@dataclass(frozen=True, slots=True)
class Lifetime:
    """The history of a machine type or CPU model over some versions.

    ``states`` has one state per version, in order. ``introduced``, ``deprecated`` and ``removed`` are the first
    versions with that state; empty if it was so from the first version on, or never.
    """

    name: str
    states: tuple[str, ...]
    introduced: str = ""
    deprecated: str = ""
    removed: str = ""
    reason: str = ""
    """QEMU's reason for the deprecation."""

    @property
    def changes(self) -> bool:
        """Whether it was added, deprecated or removed within these versions."""
        return bool(self.introduced or self.deprecated or self.removed)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "name": self.name,
            "states": list(self.states),
            "introduced": self.introduced,
            "deprecated": self.deprecated,
            "removed": self.removed,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class DefaultHistory:
    """The values of a default, one per version; ``not reported`` if a version does not report it."""

    name: str
    values: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether it differs among the versions that report it."""
        return len({value for value in self.values if value != NOT_REPORTED}) > 1

    def steps(self, versions: Sequence[str]) -> list[str]:
        """Return each value with the first version that reports it."""
        found: list[str] = []
        last = NOT_REPORTED
        for version, value in zip(versions, self.values, strict=True):
            if value not in (last, NOT_REPORTED):
                found.append(f"{value} ({version})")
                last = value
        return found

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {"name": self.name, "values": list(self.values)}


@dataclass(frozen=True, slots=True)
class Timeline:
    """Dumps of binaries in the order of their versions; several of the same version count as one."""

    versions: tuple[str, ...]
    _dumps: tuple[tuple[Dump, ...], ...] = field(repr=False)

    @classmethod
    def of(cls, dumps: Iterable[Dump]) -> Timeline:
        """Order the dumps of binaries by version; dumps of machine types are ignored."""
        by_version: dict[str, list[Dump]] = {}
        for dump in dumps:
            if dump.machine is None:
                by_version.setdefault(dump.binary.version, []).append(dump)
        versions = sorted(by_version, key=Version.parse)
        return cls(tuple(versions), tuple(tuple(by_version[version]) for version in versions))

    def lifetimes(self, section: str, pattern: str = "*") -> list[Lifetime]:
        """Return the histories of the members of a section, ``machines`` or ``cpus``, whose names match a pattern."""
        parts = [self._known(dumps, section) for dumps in self._dumps]
        names = {name for part in parts for facts in part for name in facts.data if fnmatchcase(name, pattern)}
        return [_lifetime(name, self.versions, parts) for name in sorted(names, key=natural_key)]

    def courses(self, pattern: str) -> list[DefaultHistory]:
        """Return the histories of defaults: ``TYPE.PROPERTY``, with patterns in both (``virtio-*.queue-size``)."""
        device, _, name = pattern.partition(".")
        found: dict[str, list[str]] = {}
        for number, dumps in enumerate(self._dumps):
            for part in self._known(dumps, "devices"):
                for key, value in _defaults(part, device, name or "*"):
                    found.setdefault(key, [NOT_REPORTED] * len(self.versions))[number] = value
        return [
            DefaultHistory(key, tuple(values))
            for key, values in sorted(found.items(), key=lambda pair: natural_key(pair[0]))
        ]

    @staticmethod
    def _known(dumps: Sequence[Dump], section: str) -> list[Section]:
        found = [dump.sections.get(section) for dump in dumps]
        return [part for part in found if part is not None and part.known]


def _lifetime(name: str, versions: Sequence[str], parts: Sequence[Sequence[Section]]) -> Lifetime:
    states = tuple(_state(name, part) for part in parts)
    reported = [number for number, state in enumerate(states) if state != NOT_REPORTED]
    there = [number for number in reported if states[number] != ABSENT]
    first, last = there[0], there[-1]
    deprecated = next((number for number in there if states[number] == DEPRECATED), None)
    after = [number for number in reported if number > last]
    reason = next((text for part in parts for facts in part if (text := _reason(facts.data.get(name)))), "")
    return Lifetime(
        name,
        states,
        introduced=versions[first] if first != reported[0] else "",
        deprecated=versions[deprecated] if deprecated is not None else "",
        removed=versions[after[0]] if after else "",
        reason=reason,
    )


def _state(name: str, parts: Sequence[Section]) -> str:
    found = [part.data[name] for part in parts if name in part.data]
    if not found:
        return ABSENT if parts else NOT_REPORTED
    return DEPRECATED if any(isinstance(text, dict) and text.get("deprecated") for text in found) else PRESENT


def _reason(facts: Any) -> str:
    return str(facts.get("deprecation-reason", "")) if isinstance(facts, dict) else ""


def _defaults(part: Section, device: str, name: str) -> Iterable[tuple[str, str]]:
    for kind, properties in part.data.items():
        if not fnmatchcase(kind, device) or not isinstance(properties, dict):
            continue
        for key, facts in properties.items():
            if fnmatchcase(key, name) and isinstance(facts, dict) and "default" in facts:
                yield f"{kind}.{key}", as_text(facts["default"])
