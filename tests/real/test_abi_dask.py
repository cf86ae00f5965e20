"""Jobs on a real Dask cluster: a scheduler and two workers, each a process of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from abi_jobs import Fails, Naps, Square

from virtsmith.abi.jobs import LocalExecutor, open_executor

pytestmark = pytest.mark.real
distributed = pytest.importorskip("distributed", reason="Dask is not installed")
TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The address of a scheduler with two workers."""
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
            stack.callback(end, subprocess.Popen([*command, *words], env=environment, stdout=log, stderr=log))
        with distributed.Client(address_of(place), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            yield client.scheduler.address


def end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def address_of(place):

    deadline = time.monotonic() + 60
    while not place.exists() or not place.read_text():
        assert time.monotonic() < deadline, "the scheduler did not start"
        time.sleep(0.05)
    return json.loads(place.read_text())["address"]


def test_results_are_the_same_on_a_cluster_and_on_this_machine(cluster):
    work = [Square(n) for n in range(20)]
    with open_executor(scheduler=cluster) as remote, LocalExecutor(2) as local:
        there, here = ({o.number: o.result for o in executor.run(work)} for executor in (remote, local))
    assert {n: square for n, (square, _) in there.items()} == {n: square for n, (square, _) in here.items()}
    assert os.getpid() not in {pid for _, pid in there.values()}
    assert len({pid for _, pid in there.values()}) == 2


def test_jobs_that_fail_or_kill_their_worker_are_outcomes_and_the_others_go_on(cluster):
    work = [Fails("ours"), Square(1), Fails("bug"), Fails("killed"), Square(2)]
    with open_executor(scheduler=cluster) as remote:
        outcomes = {o.number: o for o in remote.run(work)}
    assert outcomes[0].error == "a.xml:3: no such thing"
    assert outcomes[2].error == "ZeroDivisionError: oops"
    assert "KilledWorker" in outcomes[3].error
    assert [outcomes[n].result[0] for n in (1, 4)] == [1, 4]


def test_closing_the_iterator_drops_what_has_not_begun(cluster, tmp_path):
    with open_executor(scheduler=cluster) as remote:
        outcomes = remote.run([Square(0), *[Naps(tmp_path, n) for n in range(30)]])
        next(outcomes)
        outcomes.close()
    time.sleep(1.5)
    assert len(list(tmp_path.iterdir())) < 30
