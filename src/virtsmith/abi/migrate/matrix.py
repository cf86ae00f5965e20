"""The matrix: machine types x device sets x accelerators x states, saved and loaded by every pair of QEMUs.

Cells are cached by content: programs, arguments and the way they are used. An interrupted run can be continued, and a
new QEMU costs only its own cells.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path

from libvirtxml.files import write_atomic

from virtsmith.abi.dump.model import Binary, Load, LoadResult, natural_key
from virtsmith.abi.machine.devices import DeviceSet
from virtsmith.abi.machine.guest import command_line
from virtsmith.abi.migrate.row import MigrationRow, locate
from virtsmith.abi.sources.binary import Emulator
from virtsmith.abi.sources.live import LiveSource
from virtsmith.core.dirs import cache_dir
from virtsmith.core.parallel import Executor, run_jobs
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import ExternalError, UsageError

_GENERATION = 1
"""To be incremented when cells would have other results for the same input."""


@dataclass(frozen=True, slots=True)
class MatrixRequest:
    """What to try: machine types by glob patterns, device sets, accelerators, states (True: firmware ran).

    Without patterns, the versioned types that more than one of the QEMUs has. Machine types have their full names.
    """

    machines: Sequence[str] = ()
    devices: Sequence[DeviceSet] = ()
    accels: Sequence[str] = ("tcg",)
    states: Sequence[bool] = (False, True)
    fresh: bool = False
    """Whether to ignore cached cells."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """All cells, and the binaries in the order in which they were given."""

    binaries: Sequence[Binary]
    loads: Sequence[Load]

    @property
    def tried(self) -> list[Load]:
        """Return the cells in which there was something to try."""
        return [load for load in self.loads if load.result is not LoadResult.ABSENT]

    @property
    def all_ok(self) -> bool:
        """Whether something was tried, and every load succeeded."""
        return bool(self.tried) and all(load.result is LoadResult.OK for load in self.tried)


@dataclass(frozen=True, slots=True)
class MachinesJob:
    """Ask a QEMU for its machine types: names, and aliases with the type of each."""

    emulator: Emulator
    accel: str

    def __call__(self) -> dict[str, str]:
        """Run the job."""
        with LiveSource(replace(self.emulator, program=locate(self.emulator)), self.accel) as live:
            answer = live.ask("query-machines")
        names = {str(entry["name"]): "" for entry in answer}
        return names | {str(entry["alias"]): str(entry["name"]) for entry in answer if entry.get("alias")}

    def __str__(self) -> str:
        return f"machine types of {self.emulator.binary.version}"


def run_matrix(
    emulators: Sequence[Emulator], order: MatrixRequest, executor: Executor, progress: Progress = SILENT
) -> Matrix:
    """Save and load, with every QEMU in both roles, and return all cells in a fixed order.

    Raises:
        UsageError: no machine type is selected, or a pattern matches none.
        ExternalError: a QEMU does not list its machine types.
    """
    types = _machine_types(emulators, order, executor, progress)
    chosen = choose_machines(types, order.machines)
    loads: dict[_Cell, Load] = {}
    rows: list[MigrationRow] = []
    parts = product(sorted(order.states, reverse=True), order.accels, order.devices, chosen)  # the longest first
    for booted, accel, devices, machine in parts:
        there = [emulator for emulator in emulators if machine in types[emulator.binary.key]]
        for saver in emulators:
            row = MigrationRow(machine, devices, accel, booted, saver, tuple(emulators))
            loaders: list[Emulator] = []
            for loader in emulators:
                known = _absent(row, loader, there) or (None if order.fresh else _recall(row, loader))
                if known:
                    loads[_cell(known)] = known
                else:
                    loaders.append(loader)
            if loaders:
                rows.append(replace(row, loaders=tuple(loaders)))
    for row, made in _run_rows(rows, executor, progress):
        for loader, load in zip(row.loaders, made, strict=True):
            loads[_cell(load)] = load
            if load.result is not LoadResult.DIED:
                write_atomic(_place(row, loader), json.dumps(load.to_dict()))
    return Matrix([emulator.binary for emulator in emulators], sorted(loads.values(), key=_position(emulators, order)))


def choose_machines(types: Mapping[str, Mapping[str, str]], patterns: Sequence[str]) -> list[str]:
    """Return the selected machine types, by their full names; ``types`` are those of each binary.

    Raises:
        UsageError: a pattern matches none, or an alias refers to different types in different QEMUs.
    """
    full = {name for known in types.values() for name, meant in known.items() if not meant}
    if not patterns:
        return sorted((name for name in full if _is_versioned(name) and _is_shared(name, types)), key=natural_key)
    chosen: set[str] = set()
    for pattern in patterns:
        fitting = {name for name in full if fnmatchcase(name, pattern)}
        if not fitting:
            fitting = {known[pattern] for known in types.values() if pattern in known}
        if not fitting:
            raise UsageError(f"none of these QEMUs has a machine type {pattern}", hint="write pc-q35-* or the like")
        if len(fitting) > 1 and pattern not in full and not _is_glob(pattern):
            meant = ", ".join(sorted(fitting, key=natural_key))
            raise UsageError(f"{pattern} is not the same machine type everywhere", hint=f"it means {meant}")
        chosen |= fitting
    return sorted(chosen, key=natural_key)


def _is_glob(pattern: str) -> bool:
    return any(mark in pattern for mark in "*?[")


def _is_versioned(name: str) -> bool:
    return name[-1:].isdigit() and "-" in name


def _is_shared(name: str, types: Mapping[str, Mapping[str, str]]) -> bool:
    return sum(name in known for known in types.values()) >= min(2, len(types))


def _machine_types(
    emulators: Sequence[Emulator], order: MatrixRequest, executor: Executor, progress: Progress
) -> dict[str, dict[str, str]]:
    jobs = [MachinesJob(emulator, order.accels[0]) for emulator in emulators]
    types: dict[str, dict[str, str]] = {}
    for outcome in run_jobs(executor, jobs, task="machine types", progress=progress):
        emulator = emulators[outcome.number]
        if outcome.result is None:
            raise ExternalError(f"cannot ask QEMU {emulator.binary.key}: {outcome.error}")
        types[emulator.binary.key] = outcome.result
    return types


def _run_rows(
    rows: Sequence[MigrationRow], executor: Executor, progress: Progress
) -> Iterator[tuple[MigrationRow, list[Load]]]:
    for outcome in run_jobs(executor, rows, task="states", progress=progress):
        row = rows[outcome.number]
        yield row, outcome.result or [_lost(row, loader, outcome.error) for loader in row.loaders]


def _lost(row: MigrationRow, loader: Emulator, error: str) -> Load:
    return _load(row, loader, LoadResult.DIED, f"not run: {error}")


def _absent(row: MigrationRow, loader: Emulator, there: Sequence[Emulator]) -> Load | None:
    missing = [emulator.binary.version for emulator in (row.saver, loader) if emulator not in there]
    if not missing:
        return None
    return _load(row, loader, LoadResult.ABSENT, f"no machine type {row.machine} in QEMU {missing[0]}")


def _load(row: MigrationRow, loader: Emulator, result: LoadResult, error: str) -> Load:
    return Load(
        row.machine,
        row.devices.label,
        row.accel,
        row.saver.binary.key,
        loader.binary.key,
        row.booted,
        result,
        error=error,
    )


_Cell = tuple[str, str, str, bool, str, str]


def _cell(load: Load) -> _Cell:
    return load.machine, load.devices, load.accel, load.booted, load.saved_by, load.loaded_by


def _position(emulators: Sequence[Emulator], order: MatrixRequest) -> Callable[[Load], tuple[object, ...]]:
    """Return a sort key: machine types, then device sets, accelerators and states as requested, then QEMUs as given."""
    keys = {emulator.binary.key: number for number, emulator in enumerate(emulators)}
    labels = {devices.label: number for number, devices in enumerate(order.devices)}
    accels = {accel: number for number, accel in enumerate(order.accels)}
    return lambda load: (
        natural_key(load.machine),
        labels[load.devices],
        accels[load.accel],
        load.booted,
        keys[load.saved_by],
        keys[load.loaded_by],
    )


def _place(row: MigrationRow, loader: Emulator) -> Path:
    argv = command_line("", row.machine, row.devices.devices, row.accel)
    identity = [_GENERATION, row.saver.binary.sha256, loader.binary.sha256, argv, row.devices.label, row.booted]
    key = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
    return cache_dir() / "abi/migrate" / f"{key}.json"


def _recall(row: MigrationRow, loader: Emulator) -> Load | None:
    """Return the cached cell; the keys of its binaries are the current ones, because package names may change."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        load = Load.from_dict(json.loads(_place(row, loader).read_bytes()))
        return replace(load, saved_by=row.saver.binary.key, loaded_by=loader.binary.key)
    return None
