"""The corpus of foreign documents."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The directory of foreign documents that the heavier tests read; skips where there is none."""
    name = os.environ.get("VIRTSMITH_CORPUS")
    if not name:
        pytest.skip("VIRTSMITH_CORPUS names no corpus directory")
    path = Path(name)
    if not path.is_dir():
        pytest.fail(f"VIRTSMITH_CORPUS={name} is not a directory")
    return path
