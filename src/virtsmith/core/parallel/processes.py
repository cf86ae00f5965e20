"""Jobs in processes of this machine, one at a time in each: when a process dies, just its job is lost.

The parent needs no threads for this, which would make forking unsafe: it waits for the connections of all workers at
once, and that of a dead worker is closed.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NoReturn, Self, cast

from virtsmith.core.cpus import usable_cpus
from virtsmith.core.ownership import OWNER_VARIABLE, join_run
from virtsmith.core.parallel.jobs import Job, Outcome, R, attempt, attempt_for_another

_PATIENCE = 30
"""Seconds that a worker has to leave the ``with`` blocks of its job before it is killed."""
_UNPICKLABLE = (pickle.PicklingError, TypeError, AttributeError)
"""What pickling raises, by the kind of thing that cannot be pickled."""
_STOP = None
"""Sent to a worker in place of a job."""


class ProcessExecutor:
    """Processes of this machine; with one at a time, and for single jobs, this process itself.

    Args:
        jobs: processes at once; by default one per processor that we may use.
        inherit: fork the workers when jobs are run: they inherit the jobs, and only results travel. For calculations
            over data that is large and at hand. Otherwise workers are fresh processes that stay until the executor is
            closed, and both jobs and results must be picklable.
    """

    def __init__(self, jobs: int | None = None, *, inherit: bool = False) -> None:
        self.jobs = jobs or usable_cpus()
        self._inherit = inherit
        self._workers: list[_Worker] = []

    def run(self, jobs: Sequence[Job[R]]) -> Iterator[Outcome[R]]:
        """Yield the outcomes of all jobs as they come."""
        if min(self.jobs, len(jobs)) <= 1:
            yield from (replace(attempt(job), number=number) for number, job in enumerate(jobs))
            return
        waiting = deque(range(len(jobs)))
        idle = self._workers_for(jobs)
        running: dict[Connection, tuple[int, _Worker]] = {}
        done: list[Outcome[R]] = []
        try:
            while waiting or running:
                while idle and waiting:
                    worker, number = idle.pop(), waiting.popleft()
                    try:
                        running[worker.start(jobs[number], number)] = number, worker
                    except _UNPICKLABLE as error:
                        done.append(Outcome(number, error=_cannot_travel(error)))
                        idle.append(worker)
                yield from done
                done = []
                for connection in wait(list(running)) if running else ():
                    number, worker = running.pop(cast("Connection", connection))
                    done.append(replace(worker.outcome(), number=number))
                    idle.append(worker)
            yield from done
        finally:
            _end([worker for _, worker in running.values()])

    def _workers_for(self, jobs: Sequence[Job[Any]]) -> list[_Worker]:
        """Workers for some jobs; processes start when they get their first one."""
        count = min(self.jobs, len(jobs))
        if self._inherit:
            self.__exit__()  # who was forked earlier has inherited other jobs
        self._workers += [_Worker(jobs if self._inherit else None) for _ in range(count - len(self._workers))]
        return self._workers[:count][::-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._workers)
        self._workers = []


class _Worker:
    """A process that does one job at a time; a new one takes its place when it dies."""

    def __init__(self, inherited: Sequence[Job[Any]] | None) -> None:
        self._inherited = inherited
        self._process: BaseProcess | None = None
        self._connection: Connection
        self._busy = False

    def start(self, job: Job[Any], number: int) -> Connection:
        """Let the process do a job; return the connection that is ready when it is done, or the process is dead."""
        message = job if self._inherited is None else number
        try:
            self._running().send(message)
        except OSError:  # it died while it had nothing to do
            self.close()
            self._running().send(message)
        self._busy = True
        return self._connection

    def outcome(self) -> Outcome[Any]:
        """The outcome of a job that is done."""
        self._busy = False
        try:
            outcome: Outcome[Any] = self._connection.recv()
        except (EOFError, OSError):
            return Outcome(0, error=f"the process of this job died{self.close()}")
        except Exception as error:  # noqa: BLE001 - a result whose parts are not here can fail in any way
            return Outcome(0, error=_cannot_travel(error))
        return outcome

    def abort(self) -> None:
        """Let the process leave all ``with`` blocks of its job, if it has one, so that no QEMU stays behind."""
        if self._process and self._busy:
            self._process.terminate()

    def close(self) -> str:
        """End the process; return how it ended, if a signal ended it."""
        process, self._process = self._process, None
        self._busy = False
        if process is None:
            return ""
        with suppress(OSError):
            self._connection.send(_STOP)
        process.join(_PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()
        self._connection.close()
        status = process.exitcode or 0
        return f" ({signal.Signals(-status).name})" if status < 0 else ""

    def _running(self) -> Connection:
        if self._process is None:
            # A fresh process where jobs are sent: threads may run here, and variables of today must be seen.
            method = "spawn" if self._inherited is None else "fork"
            context: Any = multiprocessing.get_context(method)
            self._connection, theirs = context.Pipe()
            what = (theirs, join_run(), self._inherited)
            process: BaseProcess = context.Process(target=_serve, args=what, daemon=True)
            process.start()
            theirs.close()
            self._process = process
        return self._connection


def _end(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.abort()
    for worker in workers:
        worker.close()


def _serve(connection: Connection, owner: str, inherited: Sequence[Job[Any]] | None) -> None:
    """The life of a worker: it belongs to the parent's run and does what it is sent."""
    os.environ[OWNER_VARIABLE] = owner
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal: the parent decides
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _unwind)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while (job := _receive(connection, inherited)) is not None:
        outcome = attempt_for_another(job)
        try:
            connection.send(outcome)
        except _UNPICKLABLE as error:
            connection.send(Outcome(0, error=_cannot_travel(error)))


def _receive(connection: Connection, inherited: Sequence[Job[Any]] | None) -> Job[Any] | None:
    try:
        message = connection.recv()
    except EOFError:
        return _STOP
    except Exception as error:  # noqa: BLE001 - a job whose parts are not there can fail in any way
        return partial(_raise, error)
    job: Job[Any] | None = message if inherited is None or message is _STOP else inherited[message]
    return job


def _raise(error: Exception) -> NoReturn:
    raise error


def _cannot_travel(error: Exception) -> str:
    return f"it cannot travel between processes: {type(error).__name__}: {error}"


def _unwind(*_: object) -> NoReturn:
    """Leave all ``with`` blocks; once is enough, so that a second signal does not disturb the first one's work."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + signal.SIGTERM)


def _end_with_parent() -> None:
    """End when the parent is gone, however it ended."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
