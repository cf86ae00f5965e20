"""One thing over many versions: when a machine type came, was deprecated and went, what a default was when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from libvirtxml.versions import Version

from virtsmith.abi.diff.rules import as_text
from virtsmith.abi.dump.model import Dump, Section, natural_key

PRESENT, DEPRECATED, ABSENT, UNTOLD = "present", "deprecated", "absent", "not told"


@dataclass(frozen=True, slots=True)
class Lifetime:
    """What became of a machine type or CPU model over some versions.

    ``states`` has one state for each version, in their order. ``introduced``, ``deprecated`` and ``removed`` are the
    first versions with that state; empty where it was so from the first version on, or never.
    """

    name: str
    states: tuple[str, ...]
    introduced: str = ""
    deprecated: str = ""
    removed: str = ""
    reason: str = ""
    """QEMU's words on the deprecation."""

    @property
    def changes(self) -> bool:
        """Whether it came, went or was deprecated within these versions."""
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
    """The values of one default over some versions, one for each; ``not told`` where a version does not tell."""

    name: str
    values: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether it is not the same in all versions that tell."""
        return len({value for value in self.values if value != UNTOLD}) > 1

    def steps(self, versions: Sequence[str]) -> list[str]:
        """Each value with the first version that tells it."""
        found: list[str] = []
        last = UNTOLD
        for version, value in zip(versions, self.values, strict=True):
            if value not in (last, UNTOLD):
                found.append(f"{value} ({version})")
                last = value
        return found

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {"name": self.name, "values": list(self.values)}


@dataclass(frozen=True, slots=True)
class Timeline:
    """Dumps of binaries in the order of their versions; several of one version count as one."""

    versions: tuple[str, ...]
    _dumps: tuple[tuple[Dump, ...], ...] = field(repr=False)

    @classmethod
    def of(cls, dumps: Iterable[Dump]) -> Timeline:
        """Line up what binaries say of themselves; dumps of machine types are left out."""
        by_version: dict[str, list[Dump]] = {}
        for dump in dumps:
            if dump.machine is None:
                by_version.setdefault(dump.binary.version, []).append(dump)
        versions = sorted(by_version, key=Version.parse)
        return cls(tuple(versions), tuple(tuple(by_version[version]) for version in versions))

    def lifetimes(self, section: str, pattern: str = "*") -> list[Lifetime]:
        """Follow the members of a section, ``machines`` or ``cpus``, whose names fit a pattern."""
        parts = [self._known(dumps, section) for dumps in self._dumps]
        names = {name for part in parts for item in part for name in item.data if fnmatchcase(name, pattern)}
        return [_lifetime(name, self.versions, parts) for name in sorted(names, key=natural_key)]

    def courses(self, pattern: str) -> list[DefaultHistory]:
        """Follow defaults: ``TYPE.PROPERTY`` with patterns in both, such as ``virtio-*.queue-size``."""
        device, _, name = pattern.partition(".")
        found: dict[str, list[str]] = {}
        for number, dumps in enumerate(self._dumps):
            for part in self._known(dumps, "devices"):
                for key, value in _defaults(part, device, name or "*"):
                    found.setdefault(key, [UNTOLD] * len(self.versions))[number] = value
        return [
            DefaultHistory(key, tuple(values))
            for key, values in sorted(found.items(), key=lambda item: natural_key(item[0]))
        ]

    @staticmethod
    def _known(dumps: Sequence[Dump], section: str) -> list[Section]:
        found = [dump.sections.get(section) for dump in dumps]
        return [part for part in found if part is not None and part.known]


def _lifetime(name: str, versions: Sequence[str], parts: Sequence[Sequence[Section]]) -> Lifetime:
    states = tuple(_state(name, part) for part in parts)
    told = [number for number, state in enumerate(states) if state != UNTOLD]
    there = [number for number in told if states[number] != ABSENT]
    first, last = there[0], there[-1]
    deprecated = next((number for number in there if states[number] == DEPRECATED), None)
    after = [number for number in told if number > last]
    reason = next((text for part in parts for item in part if (text := _reason(item.data.get(name)))), "")
    return Lifetime(
        name,
        states,
        introduced=versions[first] if first != told[0] else "",
        deprecated=versions[deprecated] if deprecated is not None else "",
        removed=versions[after[0]] if after else "",
        reason=reason,
    )


def _state(name: str, parts: Sequence[Section]) -> str:
    found = [part.data[name] for part in parts if name in part.data]
    if not found:
        return ABSENT if parts else UNTOLD
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
