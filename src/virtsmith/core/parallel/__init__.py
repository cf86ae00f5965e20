"""Jobs side by side: in processes or threads of this machine, or on the workers of a Dask cluster.

A job is an object that is called without arguments, brings along all it needs and returns plain data. A job that fails,
or whose process dies, is one failed outcome; the others go on. The results are the same whoever runs the jobs:

- `open_executor`: jobs that start programs, each in a process of its own, here or on a cluster;
- `ProcessExecutor` with ``inherit=True``: calculations over data that is large and at hand;
- `ThreadExecutor`: waiting for the network.
"""

from __future__ import annotations

from virtsmith.core.parallel.jobs import Executor, Job, Outcome, attempt, in_order, run_jobs

__all__ = ["Executor", "Job", "Outcome", "attempt", "in_order", "open_executor", "run_jobs"]


def open_executor(jobs: int | None = None, scheduler: str | None = None) -> Executor:
    """Return the executor for some options: a cluster's where a scheduler is named, else one of this machine.

    Args:
        jobs: processes at once; by default one per processor that we may use.
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
