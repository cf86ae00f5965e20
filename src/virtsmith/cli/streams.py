"""Standard output and its faults: no space, closed, or a pipe without a reader."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from virtsmith.errors import ExternalError


def write_bytes(data: bytes) -> None:
    """Write data to standard output.

    Raises:
        ExternalError: it cannot be written.
        BrokenPipeError: it is a pipe without a reader.
    """
    with naming_faults():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


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
    if sys.stdout is None:
        raise ExternalError("cannot write standard output: it is closed")
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ExternalError(f"cannot write standard output: {(error.strerror or str(error)).lower()}") from error
