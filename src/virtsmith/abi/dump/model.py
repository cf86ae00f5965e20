"""The data that all parts of ``abi`` share: dumps with sections, differences, comparisons, migration results.

A *dump* is what one QEMU binary shows of one machine type with one device set under one accelerator, or, with
``machine`` None, what it reports about itself. A *section* is one kind of fact, a tree of mappings down to plain
values: keys are stable names (ids of devices, addresses, property names), never positions in an order that may vary,
so that any two trees can be compared leaf by leaf and two runs of one binary give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

DUMP_SCHEMA = "virtsmith.abi-dump/1"

Leaf: TypeAlias = str | int | bool | None
Tree: TypeAlias = Mapping[str, "Tree | Leaf | Sequence[Leaf]"]
TreePath: TypeAlias = tuple[str, ...]


class SectionStatus(StrEnum):
    """Whether the facts of a section could be collected."""

    OK = "ok"
    UNSUPPORTED = "unsupported"
    """This QEMU cannot report it."""
    NOT_RECORDED = "not-recorded"
    """The recording does not contain it."""
    CRASHED = "crashed"
    """QEMU ended when queried; ``detail`` has its last message. ``data`` has what was collected before, if anything."""
    ABSENT = "absent"
    """The machine has nothing of this kind, such as ACPI tables in isapc."""


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of fact."""

    status: SectionStatus
    data: Tree = field(default_factory=dict)
    detail: str = ""

    @property
    def known(self) -> bool:
        """Whether a comparison can use it: there are facts, or it is a fact that there are none."""
        return self.status in (SectionStatus.OK, SectionStatus.ABSENT)


@dataclass(frozen=True, slots=True)
class Binary:
    """The QEMU of a dump. ``source`` is ``live`` or ``replies`` (libvirt's recordings)."""

    version: str
    package: str
    sha256: str
    """The digest of the program, or of the recording if there is no program."""
    source: str = "live"

    @property
    def key(self) -> str:
        """A short, unique and stable name: version and first digits of the digest."""
        return f"{self.version}-{self.sha256[:12]}"


@dataclass(frozen=True, slots=True)
class Dump:
    """What one binary shows of one machine type, or, with ``machine`` None, reports about itself."""

    binary: Binary
    machine: str | None
    devices: str
    """The name of the device set, with a digest of its arguments: ``probe-1a2b3c4d``. Empty without a machine."""
    accel: str
    sections: Mapping[str, Section]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data, without times, paths or anything else that differs between two runs."""
        return {
            "schema": DUMP_SCHEMA,
            "binary": {name: getattr(self.binary, name) for name in ("version", "package", "sha256", "source")},
            "machine": self.machine,
            "devices": self.devices,
            "accel": self.accel,
            "sections": {
                name: {
                    "status": section.status.value,
                    **({"detail": section.detail} if section.detail else {}),
                    "data": section.data,
                }
                for name, section in self.sections.items()
            },
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Dump:
        """Return the dump from JSON data.

        Raises:
            KeyError, TypeError, ValueError: it is not a dump of this schema; callers add the file name.
        """
        if data["schema"] != DUMP_SCHEMA:
            raise ValueError(f"the schema is {data['schema']}, not {DUMP_SCHEMA}")
        sections = {
            name: Section(SectionStatus(part["status"]), part["data"], part.get("detail", ""))
            for name, part in data["sections"].items()
        }
        return cls(Binary(**data["binary"]), data["machine"], data["devices"], data["accel"], sections)


class Impact(StrEnum):
    """What a difference means, worst first."""

    BREAK = "break"
    """Migration or restore fails."""
    GUEST = "guest-visible"
    """A running guest may notice it after a migration."""
    REBOOT = "reboot-visible"
    """The guest notices it after its next start: firmware tables, for example, migrate with the memory."""
    REPRESENTATION = "representation"
    """The same thing in another representation."""
    ONE_SIDED = "one-sided"
    """Only one of the two QEMUs reports this."""
    NOISE = "noise"
    """Not visible to a guest, for the reason that the rule gives."""

    @property
    def matters(self) -> bool:
        """Whether a guest can be affected."""
        return self in (Impact.BREAK, Impact.GUEST, Impact.REBOOT)


@dataclass(frozen=True, slots=True)
class Approval:
    """Why a reviewed difference is accepted; see `virtsmith.abi.diff.allowances`."""

    reason: str
    by: str = ""
    until: str = ""
    """The last day on which it is valid, as an ISO date; empty: no limit."""

    def to_dict(self) -> dict[str, str]:
        """As JSON data."""
        return {"reason": self.reason, "by": self.by, "until": self.until}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between two dumps of the same machine type; None means "absent"."""

    section: str
    path: TreePath
    old: Any
    new: Any
    impact: Impact
    rule: str
    """The id of the rule that judged it."""
    reason: str
    evidence: str = ""
    device_type: str = ""
    """The type of the device that the place belongs to; empty if none."""
    kind: str = ""
    """The kind that the comparison determined, which patterns can match."""
    allowed: Approval | None = None

    @property
    def place(self) -> str:
        """Section and path as text: ``props/net0/queue-size``."""
        return "/".join((self.section, *self.path))

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "section": self.section,
            "path": list(self.path),
            "old": self.old,
            "new": self.new,
            "impact": self.impact.value,
            "rule": self.rule,
            "reason": self.reason,
            "evidence": self.evidence,
            **({"allowed": self.allowed.to_dict()} if self.allowed else {}),
        }


class LoadResult(StrEnum):
    """How one real save and load ended."""

    OK = "ok"
    FAILED = "failed"
    """The second QEMU rejected the state."""
    REFUSED = "refused"
    """The first QEMU did not save: a device blocks migration."""
    ABSENT = "absent"
    """One of the two does not have the machine type or device."""
    DIED = "died"
    """A QEMU crashed or hung."""


@dataclass(frozen=True, slots=True)
class Load:
    """One cell of the migration matrix: state saved under one binary, loaded under another."""

    machine: str
    devices: str
    accel: str
    saved_by: str
    """The key of a binary, `Binary.key`."""
    loaded_by: str
    booted: bool
    """Whether firmware ran before the state was saved."""
    result: LoadResult
    device: str = ""
    """The device that QEMU named in its error."""
    error: str = ""
    """QEMU's error message."""
    seconds: float = 0.0
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Devices of the set that were left out because one of the two does not support them, with the reason."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "machine": self.machine,
            "devices": self.devices,
            "accel": self.accel,
            "saved_by": self.saved_by,
            "loaded_by": self.loaded_by,
            "booted": self.booted,
            "result": self.result.value,
            "device": self.device,
            "error": self.error,
            "seconds": round(self.seconds, 3),
            "left_out": dict(self.left_out),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Load:
        """Return the load from JSON data."""
        return cls(**{**data, "result": LoadResult(data["result"])})


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of one machine type under two QEMUs.

    ``unjudged`` maps sections that could not be compared to the reason; an empty list of differences means "equal"
    only if it is empty as well. ``loads`` has real loads from ``a`` to ``b``, if any were made. ``compared`` lists the
    sections that were compared.
    """

    machine: str | None
    devices: str
    accel: str
    a: Binary
    b: Binary
    differences: Sequence[Difference]
    unjudged: Mapping[str, str] = field(default_factory=dict)
    loads: Sequence[Load] = ()
    compared: Sequence[str] = ()

    @property
    def standing(self) -> list[Difference]:
        """The differences that count, that is, are not allowed."""
        return [difference for difference in self.differences if difference.allowed is None]

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "machine": self.machine,
            "devices": self.devices,
            "accel": self.accel,
            "a": self.a.key,
            "b": self.b.key,
            "compared": list(self.compared),
            "differences": [difference.to_dict() for difference in self.differences],
            "unjudged": dict(self.unjudged),
            "loads": [load.to_dict() for load in self.loads],
        }


def iter_leaves(tree: Any, path: TreePath = ()) -> Iterator[tuple[TreePath, Any]]:
    """Yield every leaf of a tree with its path; an empty mapping is a leaf, because it says that something exists.

    Example:
        >>> list(iter_leaves({"a": {"b": 1}, "c": {}}))
        [(('a', 'b'), 1), (('c',), {})]
    """
    if isinstance(tree, Mapping) and tree:
        for key, value in tree.items():
            yield from iter_leaves(value, (*path, key))
    elif path:
        yield path, tree


_DIGITS = re.compile(r"([0-9]{1,18})")


def natural_key(name: str) -> tuple[Any, ...]:
    """A sort key that puts ``pc-q35-9.2`` before ``pc-q35-10.0``."""
    return tuple(
        (1, int(part), "") if _DIGITS.fullmatch(part) else (0, 0, part) for part in _DIGITS.split(name) if part
    )
