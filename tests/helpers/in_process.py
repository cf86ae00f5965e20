"""Runs commands of virtsmith within this process: all that a user's call does, in a tenth of the time."""

import io
import os
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

from virtsmith.cli.app import run_command


def virtsmith(*words, input=b"", text=True, cwd=None, env=None) -> CompletedProcess:  # noqa: A002 - as in subprocess
    """Do what ``virtsmith WORDS`` does, with the arguments and the result of `subprocess.run`."""
    given = io.BytesIO(input.encode() if isinstance(input, str) else input)
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with (
        patch.object(sys, "stdin", io.TextIOWrapper(given, encoding="utf-8")),
        patch.dict(os.environ, env or {}),
        chdir(cwd or Path.cwd()),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = run_command([str(word) for word in words])
    shown = [stream.buffer.getvalue() for stream in (out, err)]
    return CompletedProcess(words, int(code), *(part.decode() if text else part for part in shown))
