"""Jobs, their outcomes, and running them with progress."""

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
    """A piece of work. Its ``str()`` is its name for users."""

    def __call__(self) -> R_co:
        """Run the job."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """The outcome of the job at index ``number``: a result, or the reason why there is none.

    ``trace`` is set for unexpected errors (bugs). ``cause`` is the exception, unless it could not be pickled.
    """

    number: int
    result: R | None = None
    error: str = ""
    trace: str = ""
    cause: Exception | None = None

    def require(self) -> R:
        """Return the result.

        Raises:
            VirtsmithError: the job's own error, or its process died.
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
    """Runs jobs. Leaving its ``with`` block ends the jobs that are still running."""

    def run(self, jobs: Sequence[Job[R]]) -> Iterator[Outcome[R]]:
        """Yield the outcomes of all jobs as they finish. Closing the iterator, as Ctrl-C does, cancels the rest."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def attempt(job: Job[R]) -> Outcome[R]:
    """Run a job in this process."""
    try:
        return Outcome(0, job())
    except VirtsmithError as error:
        return Outcome(0, error=error.message + (f" ({error.hint})" if error.hint else ""), cause=error)
    except Exception as error:  # noqa: BLE001 - one job must not end the others
        import traceback  # noqa: PLC0415 - only needed for errors

        return Outcome(0, error=f"{type(error).__name__}: {error}", trace=traceback.format_exc(), cause=error)


def attempt_for_another(job: Job[R]) -> Outcome[R]:
    """Run a job whose outcome goes to another process: an error that cannot be pickled is sent as text only."""
    outcome = attempt(job)
    if outcome.cause is None:
        return outcome
    try:
        pickle.dumps(copy(outcome.cause))  # copying reconstructs it as unpickling would
    except Exception:  # noqa: BLE001 - third-party exceptions can fail in any way
        return replace(outcome, cause=None)
    return outcome


def run_jobs(
    executor: Executor, jobs: Sequence[Job[R]], *, task: str = "jobs", progress: Progress = SILENT
) -> Iterator[Outcome[R]]:
    """Yield the outcomes of jobs as they finish, and report progress."""
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
    """Yield outcomes in the order of their numbers, each as soon as all earlier ones are available."""
    early: dict[int, Outcome[R]] = {}
    expected = 0
    for outcome in outcomes:
        early[outcome.number] = outcome
        while expected in early:
            yield early.pop(expected)
            expected += 1
