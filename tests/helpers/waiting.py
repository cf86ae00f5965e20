"""Waiting for what another process does."""

import os
import time

PATIENCE = float(os.environ.get("VIRTSMITH_TEST_PATIENCE", "60"))


def wait_for(condition, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
