"""The same work on many catalogues, on all cores if that is faster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from virtsmith.core.cpus import usable_cpus
from virtsmith.core.progress import SILENT, Progress

Item = TypeVar("Item")
Result = TypeVar("Result")

_WORTH_FORKING = 30_000_000
"""Bytes of input below which starting workers takes longer than it saves: half a second of work."""


def map_files(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    paths: Iterable[Path],
    task: str = "",
    progress: Progress = SILENT,
    jobs: int | None = None,
) -> list[Result]:
    """Call ``work`` for each item and return the results in order; in several processes if the files are large.

    The results must be picklable; an exception in any call is raised here.
    """
    jobs = min(jobs or usable_cpus(), len(items))
    size = sum(path.stat().st_size for path in paths if path.is_file())
    progress.start(task, len(items))
    try:
        if jobs < 2 or size < _WORTH_FORKING:
            return [_step(work(item), progress) for item in items]
        return _map_in_processes(work, items, jobs, progress)
    finally:
        progress.done()


def _map_in_processes(
    work: Callable[[Item], Result], items: Sequence[Item], jobs: int, progress: Progress
) -> list[Result]:
    from virtsmith.core.parallel import in_order  # noqa: PLC0415 - slow to import, seldom needed
    from virtsmith.core.parallel.processes import ProcessExecutor  # noqa: PLC0415

    with ProcessExecutor(jobs, inherit=True) as executor:  # so that a large template is not sent with every file
        outcomes = in_order(executor.run([partial(work, item) for item in items]))
        return [_step(outcome.require(), progress) for outcome in outcomes]


def _step(result: Result, progress: Progress) -> Result:
    progress.step()
    return result
