"""The standard streams and their faults: no space, closed, or a pipe without a reader."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from virtsmith.core.terminal import harmless
from virtsmith.errors import ExternalError


def write_bytes(data: bytes, *, has_colours: bool = False) -> None:
    """Write data to standard output; on a terminal, what would act on it is written out.

    Args:
        data: what to write. Files and pipes get it as it is.
        has_colours: whether it may have colours of our own, which a terminal is to show.

    Raises:
        ExternalError: it cannot be written.
        BrokenPipeError: it is a pipe without a reader.
    """
    with naming_faults():
        sys.stdout.flush()
        sys.stdout.buffer.write(_shown(data, colours=has_colours) if sys.stdout.isatty() else data)
        sys.stdout.buffer.flush()


def _shown(data: bytes, *, colours: bool) -> bytes:
    return harmless(data.decode(errors="backslashreplace"), colours=colours).encode(errors="backslashreplace")


def flush_output() -> None:
    """Write buffered output.

    Raises:
        ExternalError: it cannot be written.
        BrokenPipeError: it is a pipe without a reader.
    """
    with naming_faults():
        sys.stdout.flush()


@contextmanager
def naming_faults() -> Iterator[None]:
    """Name standard output in errors about it.

    Raises:
        ExternalError: it cannot be written.
        BrokenPipeError: it is a pipe without a reader.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = "it is closed" if error.errno == errno.EBADF else (error.strerror or str(error)).lower()
        raise ExternalError(f"cannot write standard output: {reason}") from error


def replace_closed_streams() -> None:
    """Put files that refuse all data in the place of standard streams that are closed.

    Otherwise the next file that is opened would get the number of the stream, and programs that we start would write
    their messages into it. What goes to standard error is thrown away: there is nowhere to complain.
    """
    for name, mode, flags in (("stdin", "r", os.O_WRONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY)):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, flags)
            os.set_inheritable(descriptor, True)
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", closefd=False))


def discard_unwritten() -> None:
    """Throw away what cannot be written, or Python would try it again at its end and change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
