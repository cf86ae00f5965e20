"""What all tests share: the surroundings of the suite, and fixtures."""

import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from helpers import surroundings
from helpers.reviewed_skips import ReviewedSkips
from hypothesis import settings
from xml_helpers.corpus import corpus

__all__ = ["corpus"]

settings.register_profile("virtsmith", deadline=None)  # machines are shared; time is measured in benchmarks/
settings.load_profile("virtsmith")

# A shell starts what goes to the background with interrupts ignored, and programs inherit that: tests that interrupt
# a program would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption("--everything", action="store_true", help="fail if tests are skipped that tests/skips.toml lacks")


def pytest_configure(config):
    """Leave the user's home, ark and settings before anything is collected."""
    if own := surroundings.enter():
        config.add_cleanup(own.leave)
        if config.getoption("everything"):
            config.pluginmanager.register(ReviewedSkips.read())


@pytest.fixture
def short_path():
    """A directory whose path leaves room for the names of sockets, which may not be long."""
    directory = Path(tempfile.mkdtemp(prefix="vs-"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)
