"""The only module that starts programs. No shell is involved: commands are argument lists.

A started program ends with this run, even if the run is killed, unless it is released: see `virtsmith.core.ownership`.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from virtsmith.core.ownership import owned_environment, run_directory
from virtsmith.errors import ExternalError, MissingError

Argument = str | os.PathLike[str]
Stream = int | IO[bytes] | IO[str] | None


class ProgramMissing(MissingError):
    """A required program is not installed."""

    def __init__(self, program: str, *, hint: str | None = None) -> None:
        super().__init__(f"program not found: {program}", hint=hint)
        self.program = program


class ProgramFailed(ExternalError):
    """A program returned an exit status that the caller did not allow, or exceeded its time limit."""

    def __init__(self, reason: str, result: CompletedProcess) -> None:
        lines = result.stderr_text.strip().splitlines()
        tail = f": {lines[-1]}" if lines else ""
        super().__init__(f"{reason}{tail}", hint=f"run it by hand: {result.command_line}")
        self.result = result


@dataclass(frozen=True, slots=True)
class CompletedProcess:
    """A process that has ended: its arguments, exit status (negative: killed by that signal) and output."""

    argv: tuple[str, ...]
    status: int
    stdout: bytes
    stderr: bytes

    @property
    def command_line(self) -> str:
        """The command, quoted for a shell."""
        return shlex.join(self.argv)

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are not UTF-8 are replaced."""
        return self.stdout.decode(errors="replace")

    @property
    def stderr_text(self) -> str:
        """Standard error as text; bytes that are not UTF-8 are replaced."""
        return self.stderr.decode(errors="replace")


def find_program(name: str) -> Path | None:
    """Return the path of a program on ``PATH``, or None."""
    found = shutil.which(name)
    return Path(found) if found else None


def require_program(name: str, *, hint: str | None = None) -> Path:
    """Return the path of a program on ``PATH``.

    Raises:
        ProgramMissing: it is not installed; ``hint`` should name the package that provides it.
    """
    found = find_program(name)
    if found is None:
        raise ProgramMissing(name, hint=hint)
    return found


def run(
    argv: Sequence[Argument],
    *,
    stdin: bytes | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    allow: Sequence[int] = (0,),
) -> CompletedProcess:
    """Run a program, wait for it and return its output.

    Args:
        argv: program and arguments.
        stdin: bytes for its standard input; nothing by default, never the terminal.
        cwd: directory to run in.
        env: the complete environment; by default the current one.
        timeout: seconds after which it is killed.
        allow: exit statuses that are not errors; empty allows all.

    Raises:
        ProgramMissing: the program is not installed.
        ProgramFailed: the status is not allowed, or the time limit was exceeded.
    """
    words = tuple(os.fspath(word) for word in argv)
    run_directory()
    try:
        done = subprocess.run(  # noqa: S603 - an argument list, never a shell
            words,
            input=stdin if stdin is not None else b"",
            capture_output=True,
            cwd=cwd,
            env=owned_environment(env),
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        if cwd is not None and not cwd.is_dir():
            raise ExternalError(f"cannot run {words[0]}: no such directory: {cwd}") from error
        raise ProgramMissing(words[0]) from error
    except OSError as error:
        raise ExternalError(f"cannot run {words[0]}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        partial = CompletedProcess(words, -9, error.stdout or b"", error.stderr or b"")
        raise ProgramFailed(f"{words[0]} did not end within {timeout:g} seconds", partial) from error
    result = CompletedProcess(words, done.returncode, done.stdout, done.stderr)
    if allow and result.status not in allow:
        raise ProgramFailed(f"{words[0]} {_status_words(result.status)}", result)
    return result


def start(
    argv: Sequence[Argument],
    *,
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream = subprocess.DEVNULL,
    stderr: Stream = subprocess.DEVNULL,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
    new_session: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a program in the background; the caller ends it, or lets it outlive the run with `ownership.release`.

    Raises:
        ProgramMissing: the program is not installed.
        ExternalError: it cannot be run.
    """
    words = [os.fspath(word) for word in argv]
    run_directory()
    try:
        return subprocess.Popen(  # noqa: S603 - an argument list, never a shell
            words,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            cwd=cwd,
            env=owned_environment(env),
            pass_fds=pass_fds,
            start_new_session=new_session,
        )
    except FileNotFoundError as error:
        raise ProgramMissing(words[0]) from error
    except OSError as error:
        raise ExternalError(f"cannot run {words[0]}: {(error.strerror or str(error)).lower()}") from error


def replace_process(argv: Sequence[Argument], *, env: Mapping[str, str] | None = None) -> None:
    """Replace this process by another program (``execve``); it returns only by raising.

    Raises:
        ProgramMissing: the program is not installed.
    """
    words = [os.fspath(word) for word in argv]
    try:
        os.execvpe(words[0], words, dict(env if env is not None else os.environ))  # noqa: S606 - no shell
    except FileNotFoundError as error:
        raise ProgramMissing(words[0]) from error


def _status_words(status: int) -> str:
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
