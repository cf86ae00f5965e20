"""Every error base class with its exit code: one screen.

Tools derive their own classes from these five. A message is one lower-case sentence that names the thing and the
reason; a hint is one thing the reader can do about it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the ``virtsmith`` command returns to its caller."""

    OK = 0
    FINDINGS = 1
    """Differences or findings: the command did its work and has something to report."""
    USAGE = 2
    INPUT = 3
    MISSING = 4
    EXTERNAL = 5
    EMULATOR_DIED = 10
    """From here to 14: ``host verify`` could not judge a host, and a script may want to know why."""
    GUEST_HUNG = 11
    FACTS_DAMAGED = 12
    GUEST_FAILED = 13
    START_REFUSED = 14
    BUG = 70
    INTERRUPTED = 130


class VirtsmithError(Exception):
    """Base of all errors that virtsmith raises on purpose."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(VirtsmithError):
    """The request itself is wrong: an unknown name, options that exclude each other."""

    exit_code = ExitCode.USAGE


class InputError(VirtsmithError):
    """An input cannot be read or parsed.

    ``source`` names the input (a path or ``<stdin>``), ``line`` and ``column`` count from 1; each is None where it
    is not known. What is known is put in front of the message, as compilers do.
    """

    exit_code = ExitCode.INPUT

    def __init__(
        self,
        message: str,
        *,
        source: str | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        where = ":".join(str(part) for part in (source, line, column) if part is not None)
        super().__init__(f"{where}: {message}" if where else message, hint=hint)
        self.reason = message
        self.source = source
        self.line = line
        self.column = column


class MissingError(VirtsmithError):
    """Something needed is not installed, not built in, or too old."""

    exit_code = ExitCode.MISSING


class ExternalError(VirtsmithError):
    """A program or a download that we started failed."""

    exit_code = ExitCode.EXTERNAL
