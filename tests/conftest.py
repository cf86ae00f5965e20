"""Fixtures that all tests share."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("virtsmith", deadline=None)  # machines are shared; time is measured in benchmarks/
settings.load_profile("virtsmith")

# A shell starts what goes to the background with interrupts ignored, and programs inherit that: tests that interrupt
# a program would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def short_path():
    """A folder whose path leaves room for the names of sockets, which may not be long."""
    folder = Path(tempfile.mkdtemp(prefix="vs-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of foreign documents that the heavier tests read; skips where there is none."""
    name = os.environ.get("VIRTSMITH_CORPUS")
    if not name:
        pytest.skip("VIRTSMITH_CORPUS names no corpus folder")
    path = Path(name)
    if not path.is_dir():
        pytest.fail(f"VIRTSMITH_CORPUS={name} is not a folder")
    return path
