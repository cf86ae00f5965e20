"""Jobs for the tests of executors: importable in the processes that run them."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from virtsmith.core.run import run, start
from virtsmith.errors import InputError


@dataclass(frozen=True)
class Square:
    number: int

    def __call__(self):
        return self.number**2, os.getpid()


@dataclass(frozen=True)
class Fails:
    how: str

    def __call__(self):
        if self.how == "ours":
            raise InputError("no such thing", source="a.xml", line=3)
        if self.how == "bug":
            raise ZeroDivisionError("oops")
        if self.how == "program":
            run(["sh", "-c", "echo broken >&2; exit 3"])
        if self.how == "result":
            return lambda: None  # cannot be pickled
        os.kill(os.getpid(), signal.SIGKILL)
        return None


@dataclass(frozen=True)
class Bytes:
    size: int

    def __call__(self):
        return bytes(self.size)


@dataclass(frozen=True)
class Sleeps:
    """Starts a program that outlives it unless the job is unwound."""

    directory: Path

    def __call__(self):
        process = start(["sleep", "600"], new_session=True)
        try:
            draft = self.directory / f".{process.pid}"
            draft.write_text("")
            draft.rename(self.directory / str(process.pid))
            time.sleep(600)
        finally:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Naps:
    """Leaves a trace and takes a moment."""

    directory: Path
    number: int

    def __call__(self):
        (self.directory / str(self.number)).write_text("")
        time.sleep(0.2)
