"""Jobs side by side: in processes of this machine, or on the workers of a Dask cluster, with the same results.

A job is a picklable object without arguments that brings along all it needs and returns plain data: it may run on
another machine, and nothing that it writes there is seen here. A job that fails, or whose process dies, is one failed
outcome; the others go on.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Generic, NoReturn, Protocol, Self, TypeVar

from virtsmith.core.cpus import usable_cpus
from virtsmith.core.ownership import OWNER_VARIABLE, join_run
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import ExternalError, MissingError, VirtsmithError

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
CONNECT_SECONDS = 15


class Job(Protocol[R_co]):
    """A piece of work. Its ``str()`` names it for people."""

    def __call__(self) -> R_co:
        """Do it."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """What became of the job at place ``number``: a result, or the reason why there is none.

    ``trace`` is there for errors that are none of ours, which should not happen.
    """

    number: int
    result: R | None = None
    error: str = ""
    trace: str = ""


class Executor(Protocol):
    """Runs jobs. Leaving its ``with`` block ends whatever still runs."""

    def run(self, jobs: Sequence[Job[R]]) -> Iterator[Outcome[R]]:
        """Yield the outcomes of all jobs as they come. Closing the iterator, as Ctrl-C does, drops the rest."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def open_executor(jobs: int | None = None, scheduler: str | None = None) -> Executor:
    """Return the executor for some options: a cluster's where a scheduler is named, else one of this machine.

    Args:
        jobs: processes at once; by default one per processor that we may use.
        scheduler: address of a Dask scheduler, such as ``tcp://host:8786``.

    Raises:
        MissingError: Dask is not installed.
        ExternalError: the scheduler does not answer.
    """
    return DaskExecutor(scheduler) if scheduler else LocalExecutor(jobs)


def run_jobs(
    executor: Executor, jobs: Sequence[Job[R]], *, task: str = "jobs", progress: Progress = SILENT
) -> Iterator[Outcome[R]]:
    """Yield the outcomes of jobs as they come, and show how many are done."""
    progress.start(task, len(jobs))
    outcomes = executor.run(jobs)
    try:
        for outcome in outcomes:
            progress.step(detail=str(jobs[outcome.number]))
            yield outcome
    finally:
        closing: Callable[[], None] | None = getattr(outcomes, "close", None)
        if closing:
            closing()
        progress.done()


def attempt(job: Job[R]) -> Outcome[R]:
    """Do a job here and now. Errors become text, since not every exception survives a journey between processes."""
    try:
        return Outcome(0, job())
    except VirtsmithError as error:
        return Outcome(0, error=str(error) + (f" ({error.hint})" if error.hint else ""))
    except Exception as error:  # noqa: BLE001 - one job must not end the others
        return Outcome(0, error=f"{type(error).__name__}: {error}", trace=traceback.format_exc())


class LocalExecutor:
    """Processes of this machine; with one at a time, and for single jobs, this process itself."""

    def __init__(self, jobs: int | None = None) -> None:
        self.jobs = jobs or usable_cpus()
        self._slots: list[_Slot] = []

    def run(self, jobs: Sequence[Job[R]]) -> Iterator[Outcome[R]]:
        """Yield the outcomes of all jobs as they come."""
        if min(self.jobs, len(jobs)) <= 1:
            yield from (replace(attempt(job), number=number) for number, job in enumerate(jobs))
            return
        self._slots += [_Slot() for _ in range(min(self.jobs, len(jobs)) - len(self._slots))]
        waiting = iter(enumerate(jobs))
        running: dict[Future[Outcome[R]], tuple[int, _Slot]] = {}

        def feed(slot: _Slot) -> None:
            for number, job in waiting:
                running[slot.start(job)] = number, slot
                return

        try:
            for slot in self._slots:
                feed(slot)
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    number, slot = running.pop(future)
                    outcome = slot.outcome(future)
                    feed(slot)
                    yield replace(outcome, number=number)
        finally:
            for _, slot in running.values():
                slot.abort()
            for _, slot in running.values():
                slot.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for slot in self._slots:
            slot.close()
        self._slots = []


class _Slot:
    """One process for one job at a time: when it dies, just that job is lost."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._pid: Future[int]

    def start(self, job: Job[R]) -> Future[Outcome[R]]:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")  # threads may run here, and variables of today must be seen
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_prepare_worker, initargs=(join_run(),))
            self._pid = self._pool.submit(os.getpid)
        return self._pool.submit(_attempt_in_worker, job)

    def outcome(self, future: Future[Outcome[R]]) -> Outcome[R]:
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, BrokenProcessPool):
            self.close()
            return Outcome(0, error="the process of this job died")
        return Outcome(0, error=f"it cannot travel between processes: {type(error).__name__}: {error}")

    def abort(self) -> None:
        """Tell the process to leave all ``with`` blocks of its job, so that no QEMU stays behind."""
        with suppress(Exception):
            os.kill(self._pid.result(timeout=5), signal.SIGTERM)

    def close(self) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._pool = None


def _prepare_worker(owner: str) -> None:
    """Belong to the parent's run, leave Ctrl-C to it, unwind on SIGTERM, and end with it, however that ends."""
    os.environ[OWNER_VARIABLE] = owner
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _unwind)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _attempt_in_worker(job: Job[R]) -> Outcome[R]:
    try:
        return attempt(job)
    except SystemExit as ending:  # told to end, see `_unwind`; the pool's own loop would go on
        os._exit(int(ending.code or 0))


def _unwind(*_: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


_REPEATS = 3


class DaskExecutor:
    """The workers of a Dask cluster. Each needs this version of virtsmith, and the programs that jobs start.

    Dask runs what a client sends it: the scheduler must be one that you trust and that trusts you.
    """

    def __init__(self, address: str) -> None:
        try:
            self._dask: Any = import_module("distributed")  # optional, slow to import, and not quite typed
        except ImportError as error:
            raise MissingError("Dask is not installed", hint="pip install 'virtsmith[scale]'") from error
        try:
            self._client = self._dask.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ExternalError(f"no Dask scheduler at {address}: {error or 'no answer'}") from error

    def run(self, jobs: Sequence[Job[R]]) -> Iterator[Outcome[R]]:
        """Yield the outcomes of all jobs as they come."""
        blamed = []
        for number, future in self._run(dict(enumerate(jobs))):
            if self._is_killed(future):
                blamed.append(number)
            else:
                yield replace(_outcome(future), number=number)
        for number in blamed:  # Dask blames all jobs that waited at a worker when it died: alone, only the guilty dies
            for _, future in self._run({number: jobs[number]}):
                yield replace(_outcome(future), number=number)

    def _run(self, jobs: Mapping[int, Job[R]]) -> Iterator[tuple[int, Any]]:
        """Yield numbers and futures of jobs as these are done."""
        numbers = {self._client.submit(attempt, job, pure=False): number for number, job in jobs.items()}
        repeated: list[int] = []
        try:
            done = self._dask.as_completed(list(numbers), loop=self._client.loop, raise_errors=False)
            for future in done:
                number = numbers.pop(future)
                if future.status == "lost" and repeated.count(number) < _REPEATS:
                    repeated.append(number)  # its result went with a worker that another job killed
                    again = self._client.submit(attempt, jobs[number], pure=False)
                    numbers[again] = number
                    done.add(again)
                    continue
                yield number, future
        finally:
            if numbers:
                self._client.cancel(list(numbers), force=True)

    def _is_killed(self, future: Any) -> bool:
        return future.status == "error" and isinstance(future.exception(), self._dask.scheduler.KilledWorker)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()


def _outcome(future: Any) -> Outcome[Any]:
    if future.status == "finished":
        result: Outcome[Any] = future.result()
        return result
    error = future.exception() if future.status == "error" else None
    return Outcome(0, error=f"{type(error).__name__}: {error}" if error else f"the cluster gave up: {future.status}")
