"""Jobs on the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, Self

from virtsmith.core.parallel.jobs import Job, Outcome, R, attempt_for_another
from virtsmith.errors import ExternalError, MissingError

CONNECT_SECONDS = 15
_REPEATS = 3


class DaskExecutor:
    """The workers of a Dask cluster. Each needs this version of virtsmith, and the programs that jobs start.

    Dask runs any code that a client sends: scheduler and client must trust each other.
    """

    def __init__(self, address: str) -> None:
        try:
            self._dask: Any = import_module("distributed")  # optional, slow to import, and only partly typed
        except ImportError as error:
            raise MissingError("Dask is not installed", hint="pip install 'virtsmith[scale]'") from error
        try:
            self._client = self._dask.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ExternalError(f"no Dask scheduler at {address}: {error or 'no answer'}") from error

    def run(self, jobs: Sequence[Job[R]]) -> Iterator[Outcome[R]]:
        """Yield the outcomes of all jobs as they finish."""
        blamed = []
        for number, future in self._run(dict(enumerate(jobs))):
            if self._is_killed(future):
                blamed.append(number)
            else:
                yield replace(_outcome(future), number=number)
        for number in blamed:  # Dask blames every job queued at a worker that died: run alone, only the culprit dies
            for _, future in self._run({number: jobs[number]}):
                yield replace(_outcome(future), number=number)

    def _run(self, jobs: Mapping[int, Job[R]]) -> Iterator[tuple[int, Any]]:
        """Yield the numbers and futures of jobs as they finish."""
        numbers = {self._client.submit(attempt_for_another, job, pure=False): number for number, job in jobs.items()}
        repeated: list[int] = []
        try:
            done = self._dask.as_completed(list(numbers), loop=self._client.loop, raise_errors=False)
            for future in done:
                number = numbers.pop(future)
                if future.status == "lost" and repeated.count(number) < _REPEATS:
                    repeated.append(number)  # its result was lost with a worker that another job killed
                    again = self._client.submit(attempt_for_another, jobs[number], pure=False)
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
