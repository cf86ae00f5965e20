"""Files in directories of our own, where nobody reads them before they are whole."""

from __future__ import annotations

import os
from pathlib import Path


def write_draft(path: Path, content: str | bytes) -> None:
    """Write a file straight to its place.

    Raises:
        OSError: it cannot be written; the error names the file even if it is the disk that fills up.
    """
    try:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        error.filename = error.filename or os.fspath(path)
        raise
