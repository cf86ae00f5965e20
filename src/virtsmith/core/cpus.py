"""The CPUs that this process may use: in a container, often fewer than the machine has."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path

_MEMBERSHIP = Path("/proc/self/cgroup")
_HIERARCHY = Path("/sys/fs/cgroup")


def usable_cpus(*, membership: Path = _MEMBERSHIP, hierarchy: Path = _HIERARCHY) -> int:
    """Return how many CPUs this process may use: its affinity, limited by its cgroup quota.

    Args:
        membership: the file that names the process's cgroup.
        hierarchy: where cgroups are mounted. Only version 2 is supported; current systems no longer use version 1.
    """
    cpus: int | float = len(os.sched_getaffinity(0))
    with suppress(OSError):
        for line in membership.read_text().splitlines():
            number, _, path = line.split(":", 2)
            if number == "0":
                cpus = min(cpus, _quota(hierarchy, path))
    return max(int(cpus), 1)


def _quota(hierarchy: Path, path: str) -> int | float:
    """Return the lowest quota of a cgroup and its ancestors, in whole CPUs; infinity if there is none."""
    group = hierarchy / path.strip("/")
    limit: int | float = math.inf
    for directory in (group, *group.parents):
        with suppress(OSError, ValueError):  # no such file at the root; "max" is not a number
            quota, period = map(int, (directory / "cpu.max").read_text().split())
            limit = min(limit, math.ceil(quota / period))
        if directory == hierarchy:
            break
    return limit
