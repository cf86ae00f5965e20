"""The dumps of QEMUs given by name: read from disk, or made from programs and recordings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from virtsmith.abi.diff.sets import DumpSelection, DumpSet, load_sets
from virtsmith.abi.dump.dumping import DumpPlan, DumpResult, make_dumps
from virtsmith.abi.dump.store import DumpStore, open_store
from virtsmith.abi.machine.devices import DeviceSet, device_set
from virtsmith.abi.sources.binary import RECORDING, find_emulator
from virtsmith.core.parallel import open_executor
from virtsmith.core.progress import SILENT, Progress

_VERSION = re.compile(r"\d+\.[\w.-]+")
DEFAULT_DEVICES = ("default",)


@dataclass(frozen=True, slots=True)
class DumpRequest:
    """Which dumps to use, and how to make missing ones.

    Attributes:
        machines: patterns of machine types; empty: all.
        devices: names of device sets; empty: all that exist on disk, ``default`` for new dumps.
        accel: ``tcg`` or ``kvm``; None: all that exist on disk, ``tcg`` for new dumps.
        directory: the directory of dumps; by default ``$VIRTSMITH_ABI``, or the user's.
        jobs: machines at once; by default one per CPU.
        fresh: whether to make existing dumps again.
    """

    machines: Sequence[str] = ()
    devices: Sequence[str] = ()
    accel: str | None = None
    directory: Path | None = None
    jobs: int | None = None
    fresh: bool = False

    @property
    def store(self) -> DumpStore:
        """The directory of dumps."""
        return open_store(self.directory)

    @property
    def choice(self) -> DumpSelection:
        """The selection of existing dumps."""
        return DumpSelection(tuple(self.machines), tuple(self.devices), (self.accel,) if self.accel else ())

    @property
    def device_sets(self) -> list[DeviceSet]:
        """Return the device sets of new dumps.

        Raises:
            UsageError: a device set does not exist.
        """
        return [device_set(name) for name in dict.fromkeys(self.devices or DEFAULT_DEVICES)]


NO_REQUEST = DumpRequest()


def dump_qemus(
    qemus: Iterable[str],
    request: DumpRequest = NO_REQUEST,
    *,
    record: bool = False,
    scheduler: str | None = None,
    progress: Progress = SILENT,
) -> list[DumpResult]:
    """Dump what QEMUs show to guests: one file for each QEMU itself, and one for each of its machine types.

    Args:
        qemus: ``qemu@10.0`` of the ark, ``system``, paths of programs or recordings.
        request: machine types, devices, accelerator, and where the dumps go.
        record: whether to also keep the requests to each QEMU and its replies.
        scheduler: the address of a Dask cluster to run on.
        progress: receives the progress.

    Returns:
        The result of each dump; a failed one has an ``error``.

    Raises:
        UsageError: no QEMU has a requested machine type.
        VirtsmithError: a QEMU cannot be found or started.
    """
    emulators = {emulator.binary.key: emulator for emulator in map(find_emulator, qemus)}
    order = DumpPlan(request.machines, request.device_sets, request.accel or "tcg", request.fresh, record)
    with open_executor(request.jobs, scheduler) as executor:
        return list(make_dumps(list(emulators.values()), order, request.store, executor, progress))


def gather_dumps(
    sources: Iterable[str],
    request: DumpRequest = NO_REQUEST,
    *,
    binaries_only: bool = False,
    progress: Progress = SILENT,
) -> list[DumpSet]:
    """Read the dumps that sources refer to; missing dumps of QEMUs and recordings are made.

    Args:
        sources: as for `dump_qemus`; or dump files, directories of them, or a version with existing dumps.
        request: which dumps to use.
        binaries_only: whether to make no dumps of machine types.
        progress: receives the progress, and what could not be dumped.

    Raises:
        InputError: a dump cannot be read, or a directory contains none.
        VirtsmithError: as `dump_qemus`.
    """
    found: list[DumpSet] = []
    for source in sources:
        path = Path(source)
        if path.is_dir() or path.suffix == ".json":
            found += load_sets(path, request.choice)
        elif names_dumps(source):
            found += load_sets(request.store.find(source, None, "").parent, request.choice)
        else:
            found.append(_make(source, request, binaries_only=binaries_only, progress=progress))
    return found


def names_dumps(source: str) -> bool:
    """Whether a source refers to existing dumps rather than to a QEMU."""
    path = Path(source)
    return path.is_dir() or path.suffix == ".json" or (bool(_VERSION.fullmatch(source)) and not path.exists())


def can_start(source: str) -> bool:
    """Whether a source refers to a QEMU that can be started."""
    return not names_dumps(source) and not source.endswith(RECORDING)


def _make(source: str, request: DumpRequest, *, binaries_only: bool, progress: Progress) -> DumpSet:
    emulator = find_emulator(source)
    sets = [] if binaries_only else request.device_sets
    accel = request.accel or "tcg"
    order = DumpPlan(request.machines if sets else (), sets, accel, request.fresh)
    with open_executor(request.jobs) as executor:
        for made in make_dumps([emulator], order, request.store, executor, progress):
            if made.error:
                progress.warn(f"{made.machine or 'QEMU itself'} ({made.binary.version}): {made.error}")
    choice = DumpSelection(tuple(request.machines), tuple(device_set.label for device_set in sets), (accel,))
    return load_sets(request.store.path / emulator.binary.key, choice)[0]
