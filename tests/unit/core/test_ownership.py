"""What a run starts ends with it, however it ends, unless it is released."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest
from helpers.waiting import wait_for

from virtsmith.core import leftovers, ownership

pytestmark = pytest.mark.skipif(not leftovers.can_see_processes(), reason="/proc is not mounted")

START = """
import sys, time
from pathlib import Path
from virtsmith.core.ownership import release, run_directory, scratch_directory, undone_by
from virtsmith.core.run import start
here = Path(sys.argv[1])
"""
CHILD = "child = start(['sleep', '1000'], new_session=True)\n(here / 'child').write_text(leftovers_name(child.pid))\n"
NAME = "from virtsmith.core.leftovers import name_of as leftovers_name\n"
READY = "(here / 'directory').write_text(str(run_directory()))\n(here / 'ready').touch()\ntime.sleep(1000)\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Starts a run with a piece of code, in a temporary directory of its own, and waits until it is ready."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    started = []

    def begin(code, last=READY):
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        environment.pop(ownership.OWNER_VARIABLE, None)
        command = [sys.executable, "-c", START + NAME + code + last, tmp_path]
        started.append(subprocess.Popen(command, env=environment))
        wait_for(lambda: (tmp_path / "ready").exists() or started[-1].poll() is not None)
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def directory(tmp_path):
    return Path((tmp_path / "directory").read_text())


def supervisor_of(process):
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return next(int(pid) for pid in children if b"supervisor.py" in Path(f"/proc/{pid}/cmdline").read_bytes())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_child_and_its_scratch_space_end_with_a_run_that_is_killed(run, tmp_path, how):
    process = run(CHILD + "block = scratch_directory('qemu-')\nblock.__enter__()\n")
    child = (tmp_path / "child").read_text()
    assert leftovers.is_alive(child)
    assert list(directory(tmp_path).glob("qemu-*"))
    process.send_signal(how)
    process.wait()
    wait_for(lambda: not leftovers.is_alive(child))
    wait_for(lambda: not directory(tmp_path).exists())


def test_threads_that_start_at_once_share_one_directory_and_one_supervisor(run, tmp_path):
    code = """
import threading
sys.setswitchinterval(1e-6)
barrier, directories = threading.Barrier(16), []
def begin():
    barrier.wait()
    directories.append(run_directory())
threads = [threading.Thread(target=begin) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
(here / "directories").write_text(repr([len(directories), len(set(directories))]))
"""
    process = run(code)
    assert (tmp_path / "directories").read_text() == "[16, 1]"
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1


def test_a_child_whose_parent_shrugs_off_sigterm_is_killed(run, tmp_path):
    code = "child = start(['sh', '-c', 'trap : TERM; while :; do sleep 1; done'])\n"
    process = run(code + "(here / 'child').write_text(leftovers_name(child.pid))\n")
    child = (tmp_path / "child").read_text()
    process.kill()
    process.wait()
    wait_for(lambda: not leftovers.is_alive(child))


def test_grandchildren_in_sessions_of_their_own_end_too(run, tmp_path):
    inner = "import os, sys; os.setsid(); os.execvp('sh', ['sh', '-c', sys.argv[1]])"
    code = f"start([sys.executable, '-c', {inner!r}, f'echo $$ > {{here}}/grandchild; exec sleep 1000'])\n"
    wait = "import time\nwhile not (here / 'grandchild').exists(): time.sleep(0.02)\n"
    process = run(code + wait)
    wait_for(lambda: (tmp_path / "grandchild").read_text().strip())
    grandchild = leftovers.name_of(int((tmp_path / "grandchild").read_text()))
    process.kill()
    process.wait()
    wait_for(lambda: not leftovers.is_alive(grandchild))


def test_a_released_child_lives_on(run, tmp_path):
    process = run(CHILD + "release(child.pid)\n")
    child = (tmp_path / "child").read_text()
    process.kill()
    process.wait()
    wait_for(lambda: not directory(tmp_path).exists())
    assert leftovers.is_alive(child)
    os.kill(int(child.partition("-")[0]), signal.SIGKILL)


def test_when_the_supervisor_is_killed_too_the_next_run_cleans_up(run, tmp_path):
    process = run(CHILD + "block = scratch_directory('d-', parent=here)\nblock.__enter__()\n")
    child = (tmp_path / "child").read_text()
    os.kill(supervisor_of(process), signal.SIGKILL)
    process.kill()
    process.wait()
    assert leftovers.is_alive(child)
    found = ownership.sweep()
    assert [leftover.processes for leftover in found] == [(int(child.partition("-")[0]),)]
    assert [leftover.kind for leftover in found] == ["run"]
    assert not leftovers.is_alive(child)
    assert not directory(tmp_path).exists()
    assert not list(tmp_path.glob("d-*"))
    assert ownership.sweep() == []


def test_a_living_run_is_left_alone(run, tmp_path):
    run(CHILD)
    assert ownership.sweep() == []
    assert leftovers.is_alive((tmp_path / "child").read_text())


@pytest.mark.parametrize(("inside", "is_undone"), [(True, True), (False, False)])
def test_what_a_run_did_is_undone_only_if_it_could_not_do_it_itself(run, tmp_path, inside, is_undone):
    code = "block = undone_by(['touch', str(here / 'undone')])\nblock.__enter__()\n"
    process = run(code if inside else code + "block.__exit__(None, None, None)\n")
    process.kill()
    process.wait()
    wait_for(lambda: not directory(tmp_path).exists())
    assert (tmp_path / "undone").exists() == is_undone


def test_a_directory_that_somebody_else_has_put_there_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / f"virtsmith-{os.getuid()}-1-1").symlink_to(target)
    assert ownership.sweep() == []
    (tmp_path / f"virtsmith-{os.getuid()}-{ownership.owner()}").symlink_to(target)
    with pytest.raises(OSError, match="File exists"):
        ownership.run_directory()


def test_a_process_id_that_is_used_again_is_another_process():
    name = leftovers.name_of(os.getpid())
    assert leftovers.is_alive(name)
    assert not leftovers.is_alive(f"{os.getpid()}-1")
    assert not leftovers.is_alive("")


WITHOUT_PROC = """
import sys, tempfile, warnings
from pathlib import Path
from virtsmith.core.leftovers import is_alive
from virtsmith.core.ownership import NotWatched, owner, run_directory, sweep
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    directory = run_directory()
assert [warning.category for warning in caught] == [NotWatched], caught
assert "/proc is not mounted" in str(caught[0].message)
assert owner() and is_alive(owner()) and directory.name.endswith(owner())
assert sweep() == [] and directory.is_dir()
Path(sys.argv[1]).write_text(str(directory))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount over /proc, in a namespace of its own")
@pytest.mark.skipif(which("unshare") is None, reason="unshare is not installed")
def test_without_proc_a_run_has_a_name_and_a_directory_of_its_own_and_says_what_it_cannot_do(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    environment.pop(ownership.OWNER_VARIABLE, None)
    script = 'mount -t tmpfs none /proc && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", script, "sh", sys.executable, "-c", WITHOUT_PROC, tmp_path / "directory"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if "unshare failed" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no namespaces here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    wait_for(lambda: not directory(tmp_path).exists())
