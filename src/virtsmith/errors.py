"""Every kind of error with its exit code: one screen.

Four kinds are the library's, so that a document that cannot be read is the same error wherever it is read; one more is
ours. Tools derive their own classes from these five. A message is one lower-case sentence that names the thing and the
reason; a hint is one thing the reader can do about it.
"""

from __future__ import annotations

from enum import IntEnum

from libvirtxml.errors import InputError, LibvirtXMLError, LimitError, MissingError, UsageError, WriteError

__all__ = [
    "ExitCode",
    "ExternalError",
    "InputError",
    "LimitError",
    "MissingError",
    "UsageError",
    "VirtsmithError",
    "WriteError",
    "exit_code_of",
]

VirtsmithError = LibvirtXMLError
"""Base of all errors raised on purpose, by virtsmith or by the library under it."""


class ExternalError(VirtsmithError):
    """A program or a download that we started failed."""


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


_EXIT_CODES: dict[type[VirtsmithError], ExitCode] = {
    UsageError: ExitCode.USAGE,
    InputError: ExitCode.INPUT,
    MissingError: ExitCode.MISSING,
    ExternalError: ExitCode.EXTERNAL,
    WriteError: ExitCode.EXTERNAL,
}


def exit_code_of(error: VirtsmithError) -> ExitCode:
    """The exit code for an error, by its kind."""
    return next((code for kind, code in _EXIT_CODES.items() if isinstance(error, kind)), ExitCode.BUG)
