"""Running firmware until it waits.

SeaBIOS finds and sets up its devices in half a second to a second, then waits some seconds for a key. That state is
the same on a fast and on a busy host, unlike "after three seconds".
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from virtsmith.qemu.process import Qemu

IDLE_SECONDS = 0.4
"""Firmware that is idle for so long has finished; its pauses between devices are shorter."""
BUSY_SECONDS = 3.0
"""CPU time after which firmware that never waits is stopped."""
WALL_SECONDS = 60.0
_SAMPLE = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")


def run_firmware(qemu: Qemu) -> None:
    """Let a stopped machine run until its CPUs are idle, or for `BUSY_SECONDS` of CPU time, and stop it.

    Raises:
        QmpClosed: QEMU has ended.
    """
    tasks = Path(f"/proc/{qemu.pid}/task")
    began = time.monotonic()
    used = _processor_seconds(tasks)
    qemu.qmp.execute("cont")
    idle_since = began
    while (now := time.monotonic()) - began < WALL_SECONDS and _processor_seconds(tasks) - used < BUSY_SECONDS:
        if _is_working(tasks):
            idle_since = now
        elif now - idle_since > IDLE_SECONDS:
            break
        time.sleep(_SAMPLE)
    qemu.qmp.execute("stop")


def _is_working(tasks: Path) -> bool:
    """Whether a thread is running or runnable."""
    return any(fields[0] in "RD" for fields in _stats(tasks))


def _processor_seconds(tasks: Path) -> float:
    return sum(int(fields[11]) + int(fields[12]) for fields in _stats(tasks)) / _TICKS


def _stats(tasks: Path) -> list[list[str]]:
    """Return the fields of proc(5)'s ``stat`` after the name, per thread; the state comes first."""
    found: list[list[str]] = []
    try:
        for task in tasks.iterdir():
            found.append((task / "stat").read_text().rpartition(")")[2].split())  # noqa: PERF401 - keeps what was read so far
    except OSError:  # a thread, or all of QEMU, has ended
        pass
    return found
