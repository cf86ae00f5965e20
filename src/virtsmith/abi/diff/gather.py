"""The dumps of QEMUs that are named in words: found on disk, or made of programs and recordings on the way."""

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
    """Which dumps are meant, and how those are made that do not exist.

    Attributes:
        machines: patterns of machine types; none: all.
        devices: names of device sets; none: all that exist on disk, ``default`` for dumps that are made.
        accel: ``tcg`` or ``kvm``; None: all that exist on disk, ``tcg`` for dumps that are made.
        directory: the directory of dumps; by default ``$VIRTSMITH_ABI``, or the user's.
        jobs: machines at once; by default one for each processor.
        fresh: whether dumps that exist are made again.
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
        """Which dumps of those that exist are meant."""
        return DumpSelection(tuple(self.machines), tuple(self.devices), (self.accel,) if self.accel else ())

    @property
    def device_sets(self) -> list[DeviceSet]:
        """The device sets of dumps that are made.

        Raises:
            UsageError: there is none of a name.
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
    """Write down what QEMUs show to guests: one file for each QEMU itself, and one for each of its machine types.

    Args:
        qemus: ``qemu@10.0`` of the ark, ``system``, paths of programs or recordings.
        request: machine types, devices, accelerator, and where the dumps go.
        record: whether to keep the questions to each QEMU and its answers, too.
        scheduler: the address of a Dask cluster that does the work.
        progress: is told what is done.

    Returns:
        What became of each dump; one that failed has an ``error``.

    Raises:
        UsageError: no QEMU has a machine type that is asked for.
        VirtsmithError: a QEMU cannot be found or started.
    """
    emulators = {item.binary.key: item for item in map(find_emulator, qemus)}
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
    """Read the dumps that some words mean; those of QEMUs and recordings are made now if they do not exist.

    Args:
        sources: as for `dump_qemus`; files of dumps, directories of them, or a version of which there are dumps.
        request: which dumps are meant.
        binaries_only: make no dumps of machine types.
        progress: is told what is done, and what could not be dumped.

    Raises:
        InputError: a dump cannot be read, or a directory holds none.
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
    """Whether a word means dumps that exist, as against a QEMU to make them of."""
    path = Path(source)
    return path.is_dir() or path.suffix == ".json" or (bool(_VERSION.fullmatch(source)) and not path.exists())


def can_start(source: str) -> bool:
    """Whether a word means a QEMU that can be started."""
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
    choice = DumpSelection(tuple(request.machines), tuple(set_.label for set_ in sets), (accel,))
    return load_sets(request.store.path / emulator.binary.key, choice)[0]
