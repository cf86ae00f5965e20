"""Real saves and loads between the QEMUs of the ark: one cell, all pairs of one machine type, and what is remembered.

The limits are those of the promise, for two cores that are not busy; the load of the machine is printed beside them.
The ratio is against what cannot be saved: starting each QEMU that takes part, one after the other.
"""

from __future__ import annotations

import os
import tempfile
import time

from virtsmith.abi.machine.devices import device_set
from virtsmith.abi.machine.guest import start_guest
from virtsmith.abi.migrate.matrix import MachinesJob, Matrix, MatrixRequest, choose_machines, run_matrix
from virtsmith.abi.sources.binary import Emulator, of_installed
from virtsmith.ark.layout import Ark
from virtsmith.core.parallel import LocalExecutor

CELL_SECONDS = 0.6
MATRIX_SECONDS = 15.0
_DEVICES = device_set("default")


def main() -> int:
    emulators = [of_installed(version) for version in Ark.open().installed("qemu") if not version.problem]
    if len(emulators) < 2:
        print("skipped: fewer than two QEMUs are installed in the ark (virtsmith ark install qemu@7.2 qemu@10.0)")
        return 0
    types = {emulator.binary.key: MachinesJob(emulator, "tcg")() for emulator in emulators}
    common = [name for name in choose_machines(types, ()) if all(name in known for known in types.values())]
    if not common:
        print("skipped: the QEMUs of the ark have no machine type in common")
        return 0
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        return _measure(emulators, common[0])


def _measure(emulators: list[Emulator], machine: str) -> int:
    starts = sum(_start(emulator, machine) for emulator in emulators) * (1 + len(emulators))
    untouched, one_by_one = _matrix(emulators, machine, (False,), 1)
    cells = len(untouched.tried)
    print(f"{cells} cells of {machine}; load average {os.getloadavg()[0]:.1f}")
    missed = _report("one cell with its share of the save, s", one_by_one / cells, CELL_SECONDS)
    missed += _report("all cells one by one, times the starts of all QEMUs", one_by_one / starts, 3.0)
    for name, states in (("untouched", (False,)), ("after firmware", (True,))):
        _, seconds = _matrix(emulators, machine, states, None)
        missed += _report(f"all cells, {name}, s", seconds, MATRIX_SECONDS)
    _, again = _matrix(emulators, machine, (False,), None, fresh=False)
    return missed + _report("all cells again, times the first run", again / one_by_one, 0.5)


def _start(emulator: Emulator, machine: str) -> float:
    began = time.perf_counter()
    with start_guest(emulator.program, machine, _DEVICES, "tcg"):
        return time.perf_counter() - began


def _matrix(
    emulators: list[Emulator], machine: str, states: tuple[bool, ...], jobs: int | None, *, fresh: bool = True
) -> tuple[Matrix, float]:
    began = time.perf_counter()
    with LocalExecutor(jobs) as executor:
        matrix = run_matrix(emulators, MatrixRequest([machine], [_DEVICES], states=states, fresh=fresh), executor)
    return matrix, time.perf_counter() - began


def _report(name: str, value: float, limit: float) -> int:
    missed = value > limit
    print(f"{name}: {value:.2f} (at most {limit:g}){' MISSED' if missed else ''}")
    return int(missed)
