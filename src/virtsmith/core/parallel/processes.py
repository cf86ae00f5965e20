"""Jobs in local processes, one at a time in each: when a process dies, only its job is lost.

The parent needs no threads, which would make forking unsafe: it waits for the connections of all workers at once, and
the connection of a dead worker is closed.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NoReturn, Self, cast

from virtsmith.core.cpus import usable_cpus
from virtsmith.core.limits import apply_environment
from virtsmith.core.ownership import OWNER_VARIABLE, join_run
from virtsmith.core.parallel.jobs import Job, Outcome, R, attempt, attempt_for_another

_PATIENCE = 30
"""Seconds that a worker has to leave the ``with`` blocks of its job before it is killed."""
_UNPICKLABLE = (pickle.PicklingError, TypeError, AttributeError)
"""What pickling raises for objects that cannot be pickled."""
_STOP = None
"""Sent to a worker in place of a job."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ProcessExecutor:
    """Local processes. A single job, or any jobs with ``jobs=1``, run in this process.

    Args:
        jobs: processes at once; by default one per usable CPU.
        inherit: fork the workers when jobs are run: they inherit the jobs, and only results are pickled. For
            calculations over large data that is already in memory. Otherwise workers are fresh processes that stay
            until the executor is closed, and both jobs and results must be picklable.
    """

    def __init__(self, jobs: int | None = None, *, inherit: bool = False) -> None:
        self.jobs = jobs or usable_cpus()
        self._inherit = inherit
        self._workers: list[_Worker] = []

    def run(self, jobs: Sequence[Job[R]]) -> Iterator[Outcome[R]]:
        """Yield the outcomes of all jobs as they finish."""
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
                        done.append(Outcome(number, error=_cannot_be_sent(error)))
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
        """Return workers for some jobs; their processes start with the first job."""
        count = min(self.jobs, len(jobs))
        if self._inherit:
            self.__exit__()  # workers forked earlier have inherited other jobs
        self._workers += [_Worker(jobs if self._inherit else None) for _ in range(count - len(self._workers))]
        return self._workers[:count][::-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._workers)
        self._workers = []


class _Worker:
    """A process that runs one job at a time; it is replaced when it dies."""

    def __init__(self, inherited: Sequence[Job[Any]] | None) -> None:
        self._inherited = inherited
        self._process: BaseProcess | None = None
        self._connection: Connection
        self._busy = False

    def start(self, job: Job[Any], number: int) -> Connection:
        """Send a job to the process; return the connection that becomes ready when the job ends or the process dies."""
        message = job if self._inherited is None else number
        try:
            self._running().send(message)
        except OSError:  # it died while it was idle
            self.close()
            self._running().send(message)
        self._busy = True
        return self._connection

    def outcome(self) -> Outcome[Any]:
        """Return the outcome of the job that has ended."""
        self._busy = False
        try:
            outcome: Outcome[Any] = self._connection.recv()
        except (EOFError, OSError):
            return Outcome(0, error=f"the process of this job died{self.close()}")
        except Exception as error:  # noqa: BLE001 - unpickling a result can fail in any way
            return Outcome(0, error=_cannot_be_sent(error))
        return outcome

    def abort(self) -> None:
        """Make the process leave the ``with`` blocks of its job, if it has one, so that no QEMU is left behind."""
        if self._process and self._busy:
            self._process.terminate()

    def close(self) -> str:
        """End the process; return the name of the signal that ended it, if any."""
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
            # Fresh processes if jobs are sent: this one may run threads, and current environment variables must apply.
            method = "spawn" if self._inherited is None else "fork"
            context: Any = multiprocessing.get_context(method)
            owner = join_run()
            resource_tracker.ensure_running()  # in older Pythons its start lets signals through
            with _signals_held_back():
                self._connection, theirs = context.Pipe()
                what = (theirs, owner, self._inherited)
                process: BaseProcess = context.Process(target=_serve, args=what, daemon=True)
                process.start()
                theirs.close()
                self._process = process
        return self._connection


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Let signals wait until the block is left, and in a process that is started in it until it can handle them.

    A start that is interrupted would leave a worker that misses a part of what it needs, and complains.
    """
    held: list[int] = []
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    if threading.current_thread() is not threading.main_thread():
        handlers = {}  # only the main thread is interrupted
    for number, handler in handlers.items():
        if callable(handler):  # other threads may take the signal, but what they note waits too
            signal.signal(number, lambda number, _: held.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers.items():
            if callable(handler):
                signal.signal(number, handler)
        for waiting in held:
            signal.raise_signal(waiting)


def _end(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.abort()
    for worker in workers:
        worker.close()


def _serve(connection: Connection, owner: str, inherited: Sequence[Job[Any]] | None) -> None:
    """Run jobs in a worker process, which belongs to the parent's run."""
    os.environ[OWNER_VARIABLE] = owner
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group: the parent decides
    signal.signal(signal.SIGTERM, _unwind)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup has it ignored
        signal.signal(signal.SIGHUP, _unwind)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    apply_environment()
    while (job := _receive(connection, inherited)) is not None:
        outcome = attempt_for_another(job)
        try:
            connection.send(outcome)
        except _UNPICKLABLE as error:
            connection.send(Outcome(0, error=_cannot_be_sent(error)))


def _receive(connection: Connection, inherited: Sequence[Job[Any]] | None) -> Job[Any] | None:
    try:
        message = connection.recv()
    except EOFError:
        return _STOP
    except Exception as error:  # noqa: BLE001 - unpickling a job can fail in any way
        return partial(_raise, error)
    job: Job[Any] | None = message if inherited is None or message is _STOP else inherited[message]
    return job


def _raise(error: Exception) -> NoReturn:
    raise error


def _cannot_be_sent(error: Exception) -> str:
    return f"it cannot be sent between processes: {type(error).__name__}: {error}"


def _unwind(*_: object) -> NoReturn:
    """Leave all ``with`` blocks, and ignore further signals while doing so."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + signal.SIGTERM)


def _end_with_parent() -> None:
    """End when the parent has ended, for whatever reason."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
