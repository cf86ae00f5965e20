"""Dumps: what QEMU says of itself, one machine type, all machine types of a binary on two processes.

Needs QEMUs: those of the ark, or the one on the search path. The limits are for two idle cores; they are compared
with the CPU time of virtsmith and QEMU together, divided by the number of processes, because it depends little on the
load of the machine. Wall-clock time is printed as well.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

from virtsmith.abi.dump.dump import Known, Machine
from virtsmith.abi.dump.dumping import DumpPlan, MachineJob, make_dumps, select_machines
from virtsmith.abi.dump.store import DumpStore, load_dump
from virtsmith.abi.machine.devices import device_set
from virtsmith.abi.sources.binary import Emulator, find_emulator, of_installed
from virtsmith.ark.layout import Ark
from virtsmith.core.parallel import LocalExecutor
from virtsmith.core.run import find_program

_ROUNDS = 5


def main() -> int:
    emulators = [of_installed(version) for version in Ark.open().installed("qemu")]
    if not emulators and find_program("qemu-system-x86_64"):
        emulators = [find_emulator("system")]
    if not emulators:
        print("skipped: no QEMU in the ark or on the search path")
        return 0
    return sum(map(_measure, emulators))


def _measure(emulator: Emulator) -> int:
    name = f"QEMU {emulator.binary.version}"
    with tempfile.TemporaryDirectory() as directory:
        store, devices = DumpStore(Path(directory)), device_set("default")
        with _Clock() as itself:
            (made,) = make_dumps([emulator], DumpPlan(["none"], ()), store, LocalExecutor(1))
        dump = load_dump(made.path or Path())
        (machine,) = select_machines(dump, ["q35"])
        job = MachineJob(emulator, Machine.of(dump, machine), devices, "tcg", Known.of(dump))
        job()
        with _Clock() as entry:
            for _ in range(_ROUNDS):
                job()
        with _Clock() as everything, LocalExecutor(2) as both:
            count = sum(
                item.machine is not None for item in make_dumps([emulator], DumpPlan((), [devices]), store, both)
            )
    return (
        _report(f"{name} itself", itself, 1, 4)
        + _report(f"{name}, {machine} with {len(devices.devices)} devices", entry, _ROUNDS, 0.3)
        + _report(f"{name}, {count} machine types, 2 processes", everything, 2, 10)
    )


class _Clock:
    """Wall-clock and processor seconds of a block, of this process and those it waited for."""

    def __enter__(self) -> Self:
        self._begin = time.perf_counter()
        self._used = _processor()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self._begin
        self.processor = _processor() - self._used


def _processor() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(kind)[:2]) for kind in kinds)


def _report(name: str, clock: _Clock, share: int, limit: float) -> int:
    """Print a line; ``share``: rounds that were run, or processes that shared the work."""
    rounds = share if limit < 1 else 1
    used, wall = clock.processor / share, clock.wall / rounds
    print(
        f"{name:48} {used:6.2f} s   at most {limit:<4} {'ok' if used <= limit else 'MISSED'}   wall-clock {wall:6.2f} s"
    )
    return int(used > limit)


if __name__ == "__main__":
    sys.exit(main())
