"""What a job is, what becomes of it, and how many of them are watched."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Generic, Protocol, Self, TypeVar, cast

from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import ExternalError, VirtsmithError

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Job(Protocol[R_co]):
    """A piece of work. Its ``str()`` names it for people."""

    def __call__(self) -> R_co:
        """Do it."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """What became of the job at place ``number``: a result, or the reason why there is none.

    ``trace`` is there for errors that are none of ours, which should not happen. ``cause`` is the error itself, where
    it survived the way from the job to us.
    """

    number: int
    result: R | None = None
    error: str = ""
    trace: str = ""
    cause: Exception | None = None

    def require(self) -> R:
        """The result.

        Raises:
            VirtsmithError: the job's own error, or that its process died.
            Exception: another error of the job, which is a bug.
        """
        if self.cause is not None:
            if self.trace:
                self.cause.add_note(self.trace)
            raise self.cause
        if self.error:
            raise ExternalError(self.error)
        return cast("R", self.result)


class Executor(Protocol):
    """Runs jobs. Leaving its ``with`` block ends whatever still runs."""

    def run(self, jobs: Sequence[Job[R]]) -> Iterator[Outcome[R]]:
        """Yield the outcomes of all jobs as they come. Closing the iterator, as Ctrl-C does, drops the rest."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def attempt(job: Job[R]) -> Outcome[R]:
    """Do a job here and now."""
    try:
        return Outcome(0, job())
    except VirtsmithError as error:
        return Outcome(0, error=str(error) + (f" ({error.hint})" if error.hint else ""), cause=error)
    except Exception as error:  # noqa: BLE001 - one job must not end the others
        import traceback  # noqa: PLC0415 - not for jobs that end well

        return Outcome(0, error=f"{type(error).__name__}: {error}", trace=traceback.format_exc(), cause=error)


def attempt_for_another(job: Job[R]) -> Outcome[R]:
    """Do a job whose outcome is for another process: an error that cannot travel there goes as text only."""
    outcome = attempt(job)
    if outcome.cause is None:
        return outcome
    try:
        pickle.dumps(copy(outcome.cause))  # a copy is put together as it would be there
    except Exception:  # noqa: BLE001 - errors of foreign make can fail in any way
        return replace(outcome, cause=None)
    return outcome


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


def in_order(outcomes: Iterator[Outcome[R]]) -> Iterator[Outcome[R]]:
    """Yield outcomes by their numbers, each as soon as all before it are there."""
    early: dict[int, Outcome[R]] = {}
    expected = 0
    for outcome in outcomes:
        early[outcome.number] = outcome
        while expected in early:
            yield early.pop(expected)
            expected += 1
