"""One row of the matrix: a state saved once under one QEMU, and loaded under several others."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from virtsmith.abi.dump.model import Load, LoadResult
from virtsmith.abi.machine.devices import DeviceSet, SetDevice
from virtsmith.abi.machine.guest import command_line, find_blamed, find_buses
from virtsmith.abi.migrate.transfer import Blocked, LoadAnswer, evidence, find_device, load_state, save_state
from virtsmith.abi.sources.binary import PROGRAM, Emulator, of_program
from virtsmith.ark.layout import Ark
from virtsmith.errors import MissingError
from virtsmith.qemu.process import QemuDied


@dataclass(frozen=True, slots=True)
class MigrationRow:
    """Save a machine under one QEMU and load it under others; a job for `virtsmith.core.parallel`."""

    machine: str
    devices: DeviceSet
    accel: str
    booted: bool
    saver: Emulator
    loaders: tuple[Emulator, ...]

    def __call__(self) -> list[Load]:
        """Run the job."""
        run = _Run(self)
        return [run.load(loader) for loader in self.loaders]

    def __str__(self) -> str:
        return f"{self.machine} from {self.saver.binary.version}"


class _Run:
    """The states saved so far: one, unless some QEMUs support fewer devices than others."""

    def __init__(self, row: MigrationRow) -> None:
        self.row = row
        self.program = locate(row.saver)
        self._buses: set[str] | None = None
        self._refused: dict[str, str] = {}
        self._states: dict[frozenset[str], bytes | LoadAnswer] = {}

    def load(self, loader: Emulator) -> Load:
        began = time.perf_counter()
        row, refused = self.row, dict(self._refused)
        verdict = self._try(locate(loader), refused)
        return Load(
            row.machine,
            row.devices.label,
            row.accel,
            row.saver.binary.key,
            loader.binary.key,
            row.booted,
            verdict.result,
            verdict.device,
            verdict.error,
            time.perf_counter() - began,
            refused,
        )

    def _try(self, loader: str, refused: dict[str, str]) -> LoadAnswer:
        """Save and load with all devices that both QEMUs support; the others are added to ``refused``."""
        while True:
            state = self._save(refused)
            if isinstance(state, LoadAnswer):
                return state
            chosen = self._chosen(refused)
            if self.row.devices.devices and not chosen:
                return LoadAnswer(LoadResult.ABSENT, error="no device of the set is in both")
            try:
                return load_state(command_line(loader, self.row.machine, chosen, self.row.accel), state)
            except QemuDied as error:
                if not _leave_out(error, chosen, refused):
                    return LoadAnswer(LoadResult.DIED, error=describe(error))

    def _save(self, refused: dict[str, str]) -> bytes | LoadAnswer:
        """Return the state without the rejected devices, or why there is none."""
        while True:
            chosen = self._chosen(refused)
            key = frozenset(refused)
            if key in self._states:
                return self._states[key]
            try:
                argv = command_line(self.program, self.row.machine, chosen, self.row.accel)
                self._states[key] = save_state(argv, booted=self.row.booted)
            except Blocked as error:
                self._states[key] = LoadAnswer(LoadResult.REFUSED, find_device(error.message), error.message)
            except QemuDied as error:
                if _leave_out(error, chosen, refused):
                    self._refused.update(refused)
                else:
                    self._states[key] = LoadAnswer(LoadResult.DIED, error=describe(error))

    def _chosen(self, refused: dict[str, str]) -> list[SetDevice]:
        """Return the devices for which there is a bus and which are not rejected; add the others to ``refused``."""
        devices = self.row.devices
        if self._buses is None:
            self._buses = find_buses(self.program, self.row.machine, self.row.accel) if devices.devices else set()
        chosen = devices.fitting(self._buses, refused)
        present = {device.id for device in chosen}
        for device in devices.devices:
            if device.id not in present:
                refused.setdefault(device.id, f"no {device.on} for it")
        return chosen


def _leave_out(error: QemuDied, chosen: list[SetDevice], refused: dict[str, str]) -> bool:
    """Record the device because of which a QEMU did not start; return whether there is one."""
    found = find_blamed(error.stderr, chosen)
    if found:
        refused[found[0]] = found[1]
    return bool(found)


def describe(error: QemuDied) -> str:
    """Return how a QEMU ended, with its message."""
    return evidence(error.stderr) or str(error)


@cache
def locate(emulator: Emulator) -> str:
    """Return the path of a QEMU on this machine, which may be a worker of a cluster.

    Raises:
        MissingError: the identical program is not installed here.
    """
    path, expected = Path(emulator.program), emulator.binary
    if path.exists() and of_program(path).binary.sha256 == expected.sha256:
        return emulator.program
    for version in Ark.open().installed("qemu"):
        if version.program_sha256 == expected.sha256:
            return str(version.launcher(PROGRAM))
    raise MissingError(f"QEMU {expected.key} is not on {platform.node()}", hint="virtsmith ark install, same package")
