"""Jobs in threads of this process, for work that mostly waits, such as downloads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import Self

from virtsmith.core.parallel.jobs import Job, Outcome, R, attempt


class ThreadExecutor:
    """Threads of this process. Threads cannot be killed: when jobs are cancelled, those already running finish."""

    def __init__(self, jobs: int) -> None:
        self._pool = ThreadPoolExecutor(jobs)

    def run(self, jobs: Sequence[Job[R]]) -> Iterator[Outcome[R]]:
        """Yield the outcomes of all jobs as they finish."""
        numbers = {self._pool.submit(attempt, job): number for number, job in enumerate(jobs)}
        try:
            for future in as_completed(numbers):
                yield replace(future.result(), number=numbers[future])
        finally:
            for future in numbers:
                future.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
