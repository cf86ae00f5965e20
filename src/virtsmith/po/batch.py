"""The same work on many catalogues, on all cores where that pays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from virtsmith.core.cpus import usable_cpus
from virtsmith.core.progress import SILENT, Progress

Item = TypeVar("Item")
Result = TypeVar("Result")

_WORTH_FORKING = 30_000_000
"""Bytes of input below which workers are not worth their cost: half a second of work."""


def map_files(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    paths: Iterable[Path],
    task: str = "",
    progress: Progress = SILENT,
    jobs: int | None = None,
) -> list[Result]:
    """Call ``work`` for each item, in order of the results; several processes if the files are large together.

    ``work`` and the results must be picklable; an exception in any call is raised here.
    """
    jobs = min(jobs or usable_cpus(), len(items))
    size = sum(path.stat().st_size for path in paths if path.is_file())
    progress.start(task, len(items))
    try:
        if jobs < 2 or size < _WORTH_FORKING or not hasattr(os, "fork"):
            return [_step(work(item), progress) for item in items]
        return _map_in_processes(work, items, jobs, progress)
    finally:
        progress.done()


_inherited: list[Callable[[Any], Any]] = []
"""What forked workers call. They inherit it, so that a large template is not sent to them with every file."""


def _map_in_processes(
    work: Callable[[Item], Result], items: Sequence[Item], jobs: int, progress: Progress
) -> list[Result]:
    import multiprocessing  # noqa: PLC0415 - slow to import, seldom needed
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    _inherited.append(work)
    try:
        with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork")) as pool:
            results: Iterable[Result] = pool.map(_call_inherited, items)
            return [_step(result, progress) for result in results]
    finally:
        _inherited.clear()


def _call_inherited(item: Any) -> Any:
    return _inherited[0](item)


def _step(result: Result, progress: Progress) -> Result:
    progress.step()
    return result
