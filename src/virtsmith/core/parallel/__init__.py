"""Parallel jobs: in local processes or threads, or on the workers of a Dask cluster.

A job is a callable without arguments that carries all it needs and returns plain data. A job that fails, or whose
process dies, gives one failed outcome; the others continue. All executors give the same results:

- `open_executor`: jobs that start programs, each in its own process, local or on a cluster;
- `ProcessExecutor` with ``inherit=True``: calculations over large data that is already in memory;
- `ThreadExecutor`: waiting for the network.
"""

from __future__ import annotations

from virtsmith.core.parallel.jobs import Executor, Job, Outcome, attempt, in_order, run_jobs

__all__ = ["Executor", "Job", "Outcome", "attempt", "in_order", "open_executor", "run_jobs"]


def open_executor(jobs: int | None = None, scheduler: str | None = None) -> Executor:
    """Return an executor: on a cluster if a scheduler is given, else on this machine.

    Args:
        jobs: processes at once; by default one per usable CPU.
        scheduler: address of a Dask scheduler, such as ``tcp://host:8786``.

    Raises:
        MissingError: Dask is not installed.
        ExternalError: the scheduler does not answer.
    """
    if scheduler:
        from virtsmith.core.parallel.cluster import DaskExecutor  # noqa: PLC0415 - slow to import

        return DaskExecutor(scheduler)
    from virtsmith.core.parallel.processes import ProcessExecutor  # noqa: PLC0415 - as above

    return ProcessExecutor(jobs)
