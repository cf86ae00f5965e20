"""Fixtures of tests with real programs."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """The address of a Dask scheduler with two workers, each a process of its own."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    folder = tmp_path_factory.mktemp("dask")
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "DASK_DISTRIBUTED__DASHBOARD__ENABLED": "false"}
    command = [sys.executable, "-m", "dask"]
    place = folder / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(place), "--no-dashboard"]
    worker = ["worker", "--scheduler-file", str(place), "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1",
              "--local-directory", str(folder)]  # fmt: skip
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("wb"))
        for words in (["scheduler", *options], worker, worker):
            stack.callback(_end, subprocess.Popen([*command, *words], env=environment, stdout=log, stderr=log))
        with distributed.Client(_address(place), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            yield client.scheduler.address


def _end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _address(place):
    deadline = time.monotonic() + 60
    while not place.exists() or not place.read_text():
        assert time.monotonic() < deadline, "the scheduler did not start"
        time.sleep(0.05)
    return json.loads(place.read_text())["address"]
