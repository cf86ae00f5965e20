"""Jobs on a real Dask cluster: a scheduler and two workers, each a process of its own."""

import os
import time

import pytest
from helpers.abi_jobs import Fails, Naps, Square

from virtsmith.core.parallel import open_executor
from virtsmith.core.parallel.processes import ProcessExecutor

pytestmark = pytest.mark.real


def test_results_are_the_same_on_a_cluster_and_on_this_machine(cluster):
    work = [Square(n) for n in range(20)]
    with open_executor(scheduler=cluster) as remote, ProcessExecutor(2) as local:
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


def test_closing_the_iterator_cancels_what_has_not_started(cluster, tmp_path):
    with open_executor(scheduler=cluster) as remote:
        outcomes = remote.run([Square(0), *[Naps(tmp_path, n) for n in range(30)]])
        next(outcomes)
        outcomes.close()
    time.sleep(1.5)
    assert len(list(tmp_path.iterdir())) < 30
