"""Letting firmware run until it waits.

SeaBIOS finds and sets up its devices in half a second to a second, then waits some seconds for a key. That state is
the same on a fast and on a busy machine, unlike "after three seconds".
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from virtsmith.qemu.process import Qemu

IDLE_SECONDS = 0.4
"""Firmware that did nothing for so long has nothing left to do; its pauses between devices are shorter."""
BUSY_SECONDS = 3.0
"""Processor time after which firmware that never waits is stopped."""
WALL_SECONDS = 60.0
_SAMPLE = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")


def run_firmware(qemu: Qemu) -> None:
    """Let a stopped machine run until its processors wait, or for `BUSY_SECONDS` of processor time, and stop it.

    Raises:
        QmpClosed: QEMU is gone.
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
    """Whether a thread runs, or would if the host let it."""
    return any(fields[0] in "RD" for fields in _stats(tasks))


def _processor_seconds(tasks: Path) -> float:
    return sum(int(fields[11]) + int(fields[12]) for fields in _stats(tasks)) / _TICKS


def _stats(tasks: Path) -> list[list[str]]:
    """The fields of proc(5)'s ``stat`` after the name, of each thread: the state comes first."""
    found: list[list[str]] = []
    try:
        for task in tasks.iterdir():
            found.append((task / "stat").read_text().rpartition(")")[2].split())  # noqa: PERF401 - what was read stays
    except OSError:  # a thread, or all of QEMU, has ended
        pass
    return found
