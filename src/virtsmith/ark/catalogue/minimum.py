"""The oldest libvirt and QEMU that a project must work with to serve some distributions, and how that changes.

A minimum holds until support ends for the distribution that sets it. So the plan is a series of periods: what projects
such as OpenStack Nova maintain by hand as MIN and NEXT_MIN versions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from libvirtxml.versions import Version

from virtsmith.ark.catalogue.targets import Target


@dataclass(frozen=True, slots=True)
class MinimumPeriod:
    """The minimum from a day on (``since``, ISO; empty: from the beginning) until the next period.

    ``libvirt`` and ``qemu`` are the minimum, empty if no target's version is known; ``libvirt_by`` and ``qemu_by`` name
    the targets that set it, ``dropped`` those whose support has ended since the period before.
    """

    since: str
    libvirt: str
    libvirt_by: tuple[str, ...]
    qemu: str
    qemu_by: tuple[str, ...]
    dropped: tuple[str, ...]
    targets: tuple[str, ...]


def plan_minimum(targets: Sequence[Target], *, extended: bool = False) -> list[MinimumPeriod]:
    """Return the minimum for some targets now, and each later one, as support for them ends one by one.

    Targets whose end of support is not known count to the last. An end that changes no minimum starts no period.
    """
    ends = sorted({end for target in targets if (end := target.end(extended=extended))})
    steps: list[MinimumPeriod] = []
    dropped: list[str] = []
    for since in ["", *ends]:
        left = [target for target in targets if not since or (target.end(extended=extended) or "9") > since]
        dropped += [target.name for target in targets if since and target.end(extended=extended) == since]
        if not left:
            break
        libvirt, qemu = lowest(left, "libvirt"), lowest(left, "qemu")
        if not steps or (libvirt[0], qemu[0]) != (steps[-1].libvirt, steps[-1].qemu):
            names = tuple(target.name for target in left)
            steps.append(MinimumPeriod(since, *libvirt, *qemu, tuple(dropped), names))
            dropped = []
    return steps


def current_step(steps: Sequence[MinimumPeriod], today: dt.date | None = None) -> MinimumPeriod:
    """The period that holds today."""
    day = (today or dt.datetime.now(tz=dt.UTC).date()).isoformat()
    return [step for step in steps if step.since <= day][-1]


def lowest(targets: Sequence[Target], app: str) -> tuple[str, tuple[str, ...]]:
    """The lowest version of an application among some targets, and which have it; empty if none is known."""
    versions = [(Version.parse(version), target.name) for target in targets if (version := str(getattr(target, app)))]
    if not versions:
        return "", ()
    least = min(version for version, _ in versions)
    return str(least), tuple(name for version, name in versions if version == least)
