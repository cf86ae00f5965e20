"""Jobs in processes of this machine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.abi_jobs import Fails, Sleeps, Square

from virtsmith.core.parallel import LocalExecutor, open_executor, run_jobs
from virtsmith.errors import ExternalError

TESTS = Path(__file__).parents[2]


class Counter:
    def __init__(self):
        self.total = None
        self.steps = []
        self.ended = False

    def start(self, task, total=None):
        self.total = total

    def step(self, count=1, detail=""):
        self.steps.append(detail)

    def done(self):
        self.ended = True


def squares(jobs):
    with LocalExecutor(jobs) as pool:
        return sorted((o.number, o.result[0]) for o in pool.run([Square(n) for n in range(7)]))


def test_results_are_the_same_with_one_process_and_with_many():
    assert squares(1) == squares(3) == [(n, n * n) for n in range(7)]


def test_processes_are_used_again_for_the_next_jobs():
    with LocalExecutor(2) as pool:
        first, second = ({o.result[1] for o in pool.run([Square(n) for n in range(6)])} for _ in range(2))
    assert len(first) == 2
    assert first == second
    assert os.getpid() not in first


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_job_that_fails_is_one_outcome_and_the_others_go_on(jobs):
    work = [Square(1), Fails("ours"), Fails("bug"), Fails("program"), Square(2)]
    with LocalExecutor(jobs) as pool:
        outcomes = {o.number: o for o in pool.run(work)}
    assert outcomes[0].result[0] == 1
    assert outcomes[4].result[0] == 4
    assert outcomes[1].error == "a.xml:3: no such thing"
    assert not outcomes[1].trace
    assert outcomes[2].error == "ZeroDivisionError: oops"
    assert "abi_jobs.py" in outcomes[2].trace
    assert outcomes[3].error.startswith("sh ended with status 3: broken")


def test_a_process_that_dies_loses_its_own_job_only():
    work = [Square(1), Fails("killed"), Square(2), Fails("killed"), Square(3), Square(4)]
    with LocalExecutor(2) as pool:
        outcomes = {o.number: o for o in pool.run(work)}
    assert [outcomes[n].result[0] for n in (0, 2, 4, 5)] == [1, 4, 9, 16]
    assert outcomes[1].error == outcomes[3].error == "the process of this job died"


def test_what_cannot_travel_between_processes_is_a_failed_job():
    with LocalExecutor(2) as pool:
        outcomes = {o.number: o for o in pool.run([Square(1), lambda: 1, Fails("result"), Square(2)])}
    assert outcomes[3].result[0] == 4
    assert "cannot travel" in outcomes[1].error
    assert "cannot travel" in outcomes[2].error


def test_progress_tells_the_number_of_jobs_and_each_that_is_done():
    shown = Counter()
    with LocalExecutor(2) as pool:
        assert len(list(run_jobs(pool, [Square(n) for n in range(3)], progress=shown))) == 3
    assert (shown.total, len(shown.steps), shown.ended) == (3, 3, True)
    assert "Square(number=0)" in shown.steps


def test_no_jobs_are_no_work():
    with LocalExecutor(2) as pool:
        assert list(pool.run([])) == []


def test_closing_the_iterator_ends_jobs_and_what_they_started(tmp_path):
    with LocalExecutor(2) as pool:
        outcomes = pool.run([Square(0), Sleeps(tmp_path), Sleeps(tmp_path)])
        assert next(outcomes).result[0] == 0
        wait_for(lambda: len(visible(tmp_path)) == 2)
        outcomes.close()
        assert not any(alive(int(path.name)) for path in visible(tmp_path))
        assert [o.result[0] for o in pool.run([Square(3), Square(4)])]  # and the executor still works


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_stays_behind_when_the_parent_is_interrupted_or_killed(tmp_path, how):
    code = (
        "import sys; from pathlib import Path; from helpers.abi_jobs import Sleeps\n"
        "from virtsmith.core.parallel import LocalExecutor\n"
        "if __name__ == '__main__':\n"
        "    with LocalExecutor(2) as pool: list(pool.run([Sleeps(Path(sys.argv[1]))] * 2))\n"
    )
    (tmp_path / "parent.py").write_text(code)
    folder = tmp_path / "pids"
    folder.mkdir()
    parent = subprocess.Popen(
        [sys.executable, tmp_path / "parent.py", folder],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: len(visible(folder)) == 2)
    parent.send_signal(how)
    _, errors = parent.communicate(timeout=60)
    assert parent.returncode == -how
    wait_for(lambda: not any(alive(int(path.name)) for path in visible(folder)))
    assert how == signal.SIGKILL or errors.count("Traceback") == 1  # the parent's own; workers are silent


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_an_error(monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed")
    monkeypatch.setattr("virtsmith.core.parallel.CONNECT_SECONDS", 1)
    with pytest.raises(ExternalError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:1"):
        open_executor(scheduler="tcp://127.0.0.1:1")
    with pytest.raises(ExternalError, match="no Dask scheduler at nonsense"):
        open_executor(scheduler="nonsense")


def visible(folder):
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
