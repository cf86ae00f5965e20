"""The matrix for readers: tables with equal rows merged, test cases, one line per device that was left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from virtsmith.abi.dump.model import Binary, Load, LoadResult, natural_key
from virtsmith.abi.migrate.matrix import Matrix
from virtsmith.report import table
from virtsmith.report.cases import Case, CaseOutcome
from virtsmith.report.table import Table, Tone

STATES = {False: "untouched", True: "booted"}
"""Names of the states: stopped before the first instruction, or after firmware ran."""
_TONES = {
    LoadResult.OK: Tone.GOOD, LoadResult.FAILED: Tone.BAD, LoadResult.REFUSED: Tone.WARN, LoadResult.ABSENT: Tone.DIM,
    LoadResult.DIED: Tone.BAD,
}  # fmt: skip
_OUTCOMES = {
    LoadResult.OK: CaseOutcome.PASSED, LoadResult.FAILED: CaseOutcome.FAILED, LoadResult.REFUSED: CaseOutcome.FAILED,
    LoadResult.ABSENT: CaseOutcome.SKIPPED, LoadResult.DIED: CaseOutcome.ERROR,
}  # fmt: skip
_NO_BUS = re.compile(r"no \S+ for it")
_Pattern = tuple[tuple[str, ...], ...]


def matrix_tables(matrix: Matrix) -> list[Table]:
    """Return tables with saving QEMUs as rows and loading ones as columns; machine types with equal cells share one."""
    groups: dict[tuple[str, str, _Pattern], list[tuple[str, bool]]] = {}
    cells: dict[tuple[str, str, _Pattern], list[Load]] = {}
    for (devices, accel, machine, booted), loads in _by_setup(matrix.loads).items():
        key = devices, accel, tuple(_signature(load) for load in loads)
        groups.setdefault(key, []).append((machine, booted))
        cells.setdefault(key, loads)
    names = version_names(matrix.binaries)
    return [_table(f"{_setups(where)}, devices {key[0]}, {key[1]}", cells[key], names) for key, where in groups.items()]


def to_cases(matrix: Matrix) -> list[Case]:
    """Return one test case per cell."""
    names = version_names(matrix.binaries)
    return [
        Case(
            f"{load.machine} {load.devices} {load.accel} {STATES[load.booted]}",
            f"{names[load.saved_by]} -> {names[load.loaded_by]}",
            _OUTCOMES[load.result],
            load.seconds,
            explain(load).partition("\n")[0],
            load.error,
        )
        for load in matrix.loads
    ]


def left_out_notes(matrix: Matrix) -> list[str]:
    """Return lines that say which devices were left out of which machines, and why."""
    machines: dict[tuple[str, str, str], list[str]] = {}
    for load in matrix.loads:
        for device, reason in load.left_out.items():
            why = "no bus for it" if _NO_BUS.fullmatch(reason) else reason
            machines.setdefault((load.devices, device, why), []).append(load.machine)
    groups: dict[tuple[str, str, str], list[str]] = {}
    for (devices, device, why), where in machines.items():
        groups.setdefault((devices, why, short_list(where)), []).append(device)
    return [
        f"{where}, {devices}: without {', '.join(found)} ({why})" for (devices, why, where), found in groups.items()
    ]


def explain(load: Load) -> str:
    """Return why a cell is not ok: the device and QEMU's message; empty if it is."""
    return ": ".join(part for part in (load.device, load.error) if part)


def version_names(binaries: Iterable[Binary]) -> Mapping[str, str]:
    """Return names of binaries, by key: the version, or the key if two have the same version."""
    known = list(binaries)
    versions = [binary.version for binary in known]
    return {binary.key: binary.version if versions.count(binary.version) == 1 else binary.key for binary in known}


def short_list(names: Iterable[str]) -> str:
    """Abbreviate a list of machine types.

    Example:
        >>> short_list(["pc-q35-7.2", "pc-q35-8.0", "isapc"])
        'isapc, pc-q35-{7.2 8.0}'
    """
    families: dict[str, list[str]] = {}
    for name in sorted(set(names), key=natural_key):
        family, dash, version = name.rpartition("-")
        if version[:1].isdigit():
            families.setdefault(family + dash, []).append(version)
        else:
            families[name] = []
    return ", ".join(
        family + (versions[0] if len(versions) == 1 else f"{{{' '.join(versions)}}}" if versions else "")
        for family, versions in families.items()
    )


def _by_setup(loads: Sequence[Load]) -> dict[tuple[str, str, str, bool], list[Load]]:
    found: dict[tuple[str, str, str, bool], list[Load]] = {}
    for load in loads:
        found.setdefault((load.devices, load.accel, load.machine, load.booted), []).append(load)
    return found


def _signature(load: Load) -> tuple[str, ...]:
    error = "" if load.result is LoadResult.ABSENT else load.error
    return load.saved_by, load.loaded_by, load.result.value, load.device, error


def _setups(where: Sequence[tuple[str, bool]]) -> str:
    """Describe machine types and states; types with the same states are listed together."""
    states: dict[str, list[str]] = {}
    for machine, booted in where:
        states.setdefault(machine, []).append(STATES[booted])
    by_states: dict[str, list[str]] = {}
    for machine, known in states.items():
        by_states.setdefault(" and ".join(known), []).append(machine)
    return "; ".join(f"{short_list(machines)} {known}" for known, machines in by_states.items())


def _table(title: str, loads: Sequence[Load], names: Mapping[str, str]) -> Table:
    at = {(load.saved_by, load.loaded_by): load for load in loads}
    rows: list[list[object]] = [
        [f"from {names[saver]}", *(_shown(at.get((saver, loader))) for loader in names)] for saver in names
    ]
    return Table.make(["", *(f"to {name}" for name in names.values())], rows, title=title)


def _shown(load: Load | None) -> table.Cell:
    if load is None:
        return table.Cell("")
    detail = "" if load.result in (LoadResult.OK, LoadResult.ABSENT) else explain(load)
    text = "-" if load.result is LoadResult.ABSENT else load.result.value
    return table.Cell(text, _TONES[load.result], detail)
