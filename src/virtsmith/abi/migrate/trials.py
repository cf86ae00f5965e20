"""Real migrations between QEMUs given by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from virtsmith.abi.machine.devices import device_set
from virtsmith.abi.migrate.matrix import Matrix, MatrixRequest, run_matrix
from virtsmith.abi.sources.binary import find_programs
from virtsmith.ark.doctor import require_kvm
from virtsmith.core.parallel import open_executor
from virtsmith.core.progress import SILENT, Progress

BOTH_STATES = (False, True)
"""Before the machine's first instruction, and after firmware has set up the devices."""


def try_migrations(
    qemus: Iterable[str],
    *,
    machines: Sequence[str] = (),
    devices: Sequence[str] = ("default",),
    accels: Sequence[str] = ("tcg",),
    states: Sequence[bool] = BOTH_STATES,
    fresh: bool = False,
    jobs: int | None = None,
    scheduler: str | None = None,
    progress: Progress = SILENT,
) -> Matrix:
    """Save the state of machines under each QEMU and load it under each, to test whether migration really works.

    Args:
        qemus: ``qemu@10.0`` of the ark, ``system``, or paths of programs.
        machines: patterns of machine types; by default the versioned ones that more than one QEMU has.
        devices: names of device sets.
        accels: ``tcg``, ``kvm``.
        states: False: before the machine's first instruction; True: after firmware has set up the devices.
        fresh: whether to ignore cached results of earlier runs.
        jobs: states at once; by default one per CPU.
        scheduler: the address of a Dask cluster to run on.
        progress: receives the progress.

    Raises:
        UsageError: no machine type is selected, or one of the QEMUs is a recording.
        MissingError: KVM is requested and does not work here.
        ExternalError: a QEMU does not list its machine types.
    """
    if "kvm" in accels:
        require_kvm()
    sets = [device_set(name) for name in dict.fromkeys(devices)]
    order = MatrixRequest(machines, sets, tuple(dict.fromkeys(accels)), states, fresh)
    emulators = find_programs(qemus, progress)
    with open_executor(jobs, scheduler) as executor:
        return run_matrix(emulators, order, executor, progress)
