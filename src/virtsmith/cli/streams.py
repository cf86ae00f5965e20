"""Standard output and its faults: it may be full, closed, or a pipe that nobody reads any more."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from virtsmith.errors import ExternalError


def write_bytes(data: bytes) -> None:
    """Write data to standard output.

    Raises:
        ExternalError: it cannot be written.
        BrokenPipeError: nobody reads it any more.
    """
    with naming_faults():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def flush_output() -> None:
    """Write what is still buffered.

    Raises:
        ExternalError: it cannot be written.
        BrokenPipeError: nobody reads it any more.
    """
    with naming_faults():
        sys.stdout.flush()


@contextmanager
def naming_faults() -> Iterator[None]:
    """Name standard output in the errors that writing to it raises.

    Raises:
        ExternalError: it cannot be written.
        BrokenPipeError: nobody reads it any more.
    """
    if sys.stdout is None:
        raise ExternalError("cannot write standard output: it is closed")
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ExternalError(f"cannot write standard output: {(error.strerror or str(error)).lower()}") from error
