"""The history of machine types, CPU models and defaults over any number of QEMU versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from virtsmith.abi.diff.gather import NO_REQUEST, DumpRequest, gather_dumps
from virtsmith.abi.diff.history import DefaultHistory, Lifetime, Timeline
from virtsmith.abi.diff.sets import ITSELF
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import UsageError


@dataclass(frozen=True, slots=True)
class History:
    """Histories over some versions: by section (``machines``, ``cpus``) and of defaults of properties."""

    timeline: Timeline
    lives: dict[str, list[Lifetime]]
    courses: list[DefaultHistory] | None
    """None if no property was requested."""

    def __bool__(self) -> bool:
        return bool(self.courses) or any(self.lives.values())

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        data = {section: [item.to_dict() for item in found] for section, found in self.lives.items()}
        defaults = {} if self.courses is None else {"defaults": [course.to_dict() for course in self.courses]}
        return {"versions": list(self.timeline.versions), **data, **defaults}


def trace_history(
    sources: Iterable[str],
    request: DumpRequest = NO_REQUEST,
    *,
    machine: str | None = None,
    cpu: str | None = None,
    device: str | None = None,
    changed: bool = False,
    progress: Progress = SILENT,
) -> History:
    """Follow machine types, CPU models or defaults over QEMU versions; by default all machine types.

    Args:
        sources: as for `virtsmith.abi.gather_dumps`.
        request: where dumps are, and how to make missing ones.
        machine: a pattern of machine types.
        cpu: a pattern of CPU models.
        device: ``TYPE.PROPERTY``, with patterns in both.
        changed: only what differs between versions.
        progress: receives the progress.

    Raises:
        UsageError: none of the sources is a dump of a QEMU itself.
        VirtsmithError: as `virtsmith.abi.gather_dumps`.
    """
    sets = gather_dumps(sources, request, binaries_only=True, progress=progress)
    timeline = Timeline.of(dump for dump_set in sets if (dump := dump_set.find(ITSELF)) is not None)
    if not timeline.versions:
        raise UsageError("none of these is a dump of a QEMU itself", hint="name a QEMU, a recording or binary.json")
    asked = {"machines": machine, "cpus": cpu} if machine or cpu or device else {"machines": "*"}
    lives = {section: timeline.lifetimes(section, pattern) for section, pattern in asked.items() if pattern}
    courses = timeline.courses(device) if device else None
    if changed:
        lives = {section: [lifetime for lifetime in found if lifetime.changes] for section, found in lives.items()}
        courses = None if courses is None else [course for course in courses if course.changes]
    return History(timeline, lives, courses)
