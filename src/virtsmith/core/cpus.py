"""The processors that this process may use, which in a container are fewer than the machine has."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path

_MEMBERSHIP = Path("/proc/self/cgroup")
_HIERARCHY = Path("/sys/fs/cgroup")


def usable_cpus(*, membership: Path = _MEMBERSHIP, hierarchy: Path = _HIERARCHY) -> int:
    """How many processors this process may keep busy: its affinity, limited by the quota of its control groups.

    Args:
        membership: the file that names the control group of the process.
        hierarchy: where control groups are mounted. Only version 2 is read: version 1 is gone from current systems.
    """
    cpus: int | float = len(os.sched_getaffinity(0))
    with suppress(OSError):
        for line in membership.read_text().splitlines():
            number, _, path = line.split(":", 2)
            if number == "0":
                cpus = min(cpus, _quota(hierarchy, path))
    return max(int(cpus), 1)


def _quota(hierarchy: Path, path: str) -> int | float:
    """The lowest quota of a control group and those above it, in whole processors; infinite without one."""
    group = hierarchy / path.strip("/")
    limit: int | float = math.inf
    for directory in (group, *group.parents):
        with suppress(OSError, ValueError):  # no such file at the root; "max" is not a number
            quota, period = map(int, (directory / "cpu.max").read_text().split())
            limit = min(limit, math.ceil(quota / period))
        if directory == hierarchy:
            break
    return limit
