"""Jobs in processes of this machine."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.abi_jobs import Bytes, Fails, Sleeps, Square
from helpers.waiting import wait_for

from virtsmith.core.parallel import in_order, open_executor, run_jobs
from virtsmith.core.parallel.processes import ProcessExecutor
from virtsmith.core.parallel.threads import ThreadExecutor
from virtsmith.errors import ExternalError, InputError

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
    with ProcessExecutor(jobs) as pool:
        return sorted((o.number, o.result[0]) for o in pool.run([Square(n) for n in range(7)]))


def test_results_are_the_same_with_one_process_and_with_many():
    assert squares(1) == squares(3) == [(n, n * n) for n in range(7)]


def test_processes_are_used_again_for_the_next_jobs():
    with ProcessExecutor(2) as pool:
        first, second = ({o.result[1] for o in pool.run([Square(n) for n in range(6)])} for _ in range(2))
    assert len(first) == 2
    assert first == second
    assert os.getpid() not in first


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_job_that_fails_is_one_outcome_and_the_others_go_on(jobs):
    work = [Square(1), Fails("ours"), Fails("bug"), Fails("program"), Square(2)]
    with ProcessExecutor(jobs) as pool:
        outcomes = {o.number: o for o in pool.run(work)}
    assert outcomes[0].result[0] == 1
    assert outcomes[4].result[0] == 4
    assert outcomes[1].error == "a.xml:3: no such thing"
    assert not outcomes[1].trace
    with pytest.raises(InputError, match=r"a\.xml:3: no such thing") as caught:
        outcomes[1].require()
    assert (caught.value.line, caught.value.reason) == (3, "no such thing")
    assert outcomes[2].error == "ZeroDivisionError: oops"
    assert "abi_jobs.py" in outcomes[2].trace
    with pytest.raises(ZeroDivisionError) as caught:
        outcomes[2].require()
    assert "abi_jobs.py" in caught.value.__notes__[0]
    assert outcomes[3].error.startswith("sh ended with status 3: broken")
    assert outcomes[3].cause.result.status == 3
    assert outcomes[4].require()[0] == 4


def test_a_process_that_dies_loses_its_own_job_only():
    work = [Square(1), Fails("killed"), Square(2), Fails("killed"), Square(3), Square(4)]
    with ProcessExecutor(2) as pool:
        outcomes = {o.number: o for o in pool.run(work)}
    assert [outcomes[n].result[0] for n in (0, 2, 4, 5)] == [1, 4, 9, 16]
    assert outcomes[1].error == outcomes[3].error == "the process of this job died (SIGKILL)"
    with pytest.raises(ExternalError, match="died"):
        outcomes[1].require()


def test_a_process_that_died_between_jobs_is_replaced():
    with ProcessExecutor(2) as pool:
        first = {o.result[1] for o in pool.run([Square(n) for n in range(4)])}
        for pid in first:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not any(map(alive, first)))
        again = [o.require() for o in in_order(pool.run([Square(n) for n in range(4)]))]
    assert [square for square, _ in again] == [0, 1, 4, 9]
    assert first.isdisjoint(pid for _, pid in again)


def test_forked_workers_inherit_what_could_not_be_sent():
    data = {number: lambda number=number: (number, os.getpid()) for number in range(20)}
    with ProcessExecutor(2, inherit=True) as pool:
        found = [o.require() for o in in_order(pool.run(list(data.values())))]
        assert [number for number, _ in found] == list(range(20))
        assert os.getpid() not in {pid for _, pid in found}
        assert [o.require() for o in in_order(pool.run([lambda: "a", lambda: "b"]))] == ["a", "b"]  # not the old jobs


def test_a_forked_process_that_dies_loses_its_own_job_only():
    work = [Square(1), Fails("killed"), Square(2), Fails("ours"), Square(3)]
    with ProcessExecutor(2, inherit=True) as pool:
        outcomes = list(in_order(pool.run(work)))
    assert [o.error for o in outcomes] == [
        "",
        "the process of this job died (SIGKILL)",
        "",
        "a.xml:3: no such thing",
        "",
    ]


def test_threads_give_the_same_outcomes():
    with ThreadExecutor(3) as pool:
        outcomes = list(in_order(pool.run([Square(1), Fails("ours"), Fails("bug"), Square(2)])))
    assert [o.error for o in outcomes] == ["", "a.xml:3: no such thing", "ZeroDivisionError: oops", ""]
    assert {o.result[1] for o in outcomes if o.result} == {os.getpid()}


def test_a_result_that_is_huge_arrives_whole():
    with ProcessExecutor(2) as pool:
        assert [len(o.require()) for o in pool.run([Bytes(1 << 25), Bytes(1 << 25), Bytes(1 << 25)])] == [1 << 25] * 3


def test_what_cannot_travel_between_processes_is_a_failed_job():
    with ProcessExecutor(2) as pool:
        outcomes = {o.number: o for o in pool.run([Square(1), lambda: 1, Fails("result"), Square(2)])}
    assert outcomes[3].result[0] == 4
    assert "cannot be sent" in outcomes[1].error
    assert "cannot be sent" in outcomes[2].error
    with ProcessExecutor(2) as pool:
        assert all("cannot be sent" in o.error for o in pool.run([lambda: 1, lambda: 2]))


def test_progress_reports_the_number_of_jobs_and_each_that_is_done():
    shown = Counter()
    with ProcessExecutor(2) as pool:
        assert len(list(run_jobs(pool, [Square(n) for n in range(3)], progress=shown))) == 3
    assert (shown.total, len(shown.steps), shown.ended) == (3, 3, True)
    assert "Square(number=0)" in shown.steps


def test_no_jobs_are_no_work():
    with ProcessExecutor(2) as pool:
        assert list(pool.run([])) == []


def test_leaving_the_block_ends_jobs_whoever_still_holds_the_iterator(tmp_path):
    with ProcessExecutor(2) as pool:
        outcomes = pool.run([Square(0), Sleeps(tmp_path), Sleeps(tmp_path)])
        next(outcomes)
        wait_for(lambda: len(visible(tmp_path)) == 2)
    assert not any(alive(int(path.name)) for path in visible(tmp_path))
    outcomes.close()


def test_closing_the_iterator_ends_jobs_and_what_they_started(tmp_path):
    with ProcessExecutor(2) as pool:
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
        "from virtsmith.core.parallel.processes import ProcessExecutor\n"
        "if __name__ == '__main__':\n"
        "    with ProcessExecutor(2) as pool: list(pool.run([Sleeps(Path(sys.argv[1]))] * 2))\n"
    )
    (tmp_path / "parent.py").write_text(code)
    directory = tmp_path / "pids"
    directory.mkdir()
    parent = subprocess.Popen(
        [sys.executable, tmp_path / "parent.py", directory],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: len(visible(directory)) == 2)
    parent.send_signal(how)
    _, errors = parent.communicate(timeout=60)
    assert parent.returncode == -how
    wait_for(lambda: not any(alive(int(path.name)) for path in visible(directory)))
    assert how == signal.SIGKILL or errors.count("Traceback") == 1  # the parent's own; workers are silent


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_a_worker_starts_waits_until_it_is_complete(how):
    """A worker that is started by half complains of what it has not been sent."""
    script = f"""if True:
        import os, signal, sys
        from multiprocessing import util
        from helpers.abi_jobs import Square
        from virtsmith.core.parallel.processes import ProcessExecutor

        def unwind(*_):
            raise KeyboardInterrupt

        def spawn(*words):
            pid = original(*words)
            if "spawn_main" in str(words):
                os.kill(os.getpid(), {int(how)})  # to this process, and to the worker while it starts: as terminals do
                os.kill(pid, {int(how)})
            return pid

        if __name__ == "__main__":
            signal.signal({int(how)}, unwind)
            original, util.spawnv_passfds = util.spawnv_passfds, spawn
            try:
                with ProcessExecutor(2) as pool:
                    list(pool.run([Square(1), Square(2)]))
            except KeyboardInterrupt:
                sys.exit(3)
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (3, "")


def test_a_cluster_that_is_not_there_is_an_error(monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed")
    monkeypatch.setattr("virtsmith.core.parallel.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(ExternalError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:1"):
        open_executor(scheduler="tcp://127.0.0.1:1")
    with pytest.raises(ExternalError, match="no Dask scheduler at nonsense"):
        open_executor(scheduler="nonsense")


def visible(directory):
    return [path for path in directory.iterdir() if not path.name.startswith(".")]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
