"""`virtsmith clean`, after runs that were really killed, together with the supervisors that would have cleaned up."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import stand_in
from helpers.probe_boot import STARTED, boot
from helpers.report_judges import judge_json
from helpers.waiting import wait_for

from virtsmith.core import leftovers

__all__ = ["boot"]
pytestmark = pytest.mark.skipif(not leftovers.can_see_processes(), reason="/proc is not mounted")


@pytest.fixture
def environment(tmp_path):
    place = tmp_path / "tmp"
    place.mkdir()
    own = {**os.environ, "TMPDIR": str(place), "VIRTSMITH_HOSTS": str(tmp_path / "hosts")}
    own.pop(leftovers.OWNER_VARIABLE, None)
    return own | {"VIRTSMITH_ARK": str(tmp_path / "ark")}


@pytest.fixture
def start(environment):
    """Starts a program and kills it together with its supervisor, once a file is there."""
    started = []

    def begin(argv, sign):
        process = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(process)
        wait_for(lambda: sign() or process.poll() is not None)
        kill_with_supervisor(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def kill_with_supervisor(process):
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    watching = [int(pid) for pid in children if b"supervisor.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    for pid in (*watching, process.pid):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    assert watching


def clean(environment, *options):
    done = subprocess.run(
        [sys.executable, "-m", "virtsmith", "clean", *options],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def listed(environment, *options):
    text = clean(environment, "--json", *options).stdout
    judge_json(text)
    return json.loads(text)["leftovers"]


RUN = """
import sys, time
from pathlib import Path
from virtsmith.core.ownership import scratch_directory, undone_by
from virtsmith.core.run import start
here = Path(sys.argv[1])
with scratch_directory("big-", parent=here) as scratch, undone_by(["touch", str(here / "undone")]):
    (scratch / "half").write_text("half")
    child = start(["sleep", "1000"], new_session=True)
    (here / "child").write_text(str(child.pid))
    time.sleep(1000)
"""


def test_a_killed_run_is_listed_and_with_yes_removed(start, environment, tmp_path):
    start([sys.executable, "-c", RUN, tmp_path], (tmp_path / "child").exists)
    child = int((tmp_path / "child").read_text())
    (found,) = listed(environment)
    assert found["kind"] == "run"
    assert found["processes"] == [child]
    assert found["commands"] == [["touch", str(tmp_path / "undone")]]
    assert leftovers.name_of(child), "without --yes nothing is removed"
    shown = clean(environment)
    assert f"touch {tmp_path / 'undone'}" in shown.stdout
    assert "virtsmith clean --yes" in shown.stderr
    clean(environment, "--yes")
    wait_for(lambda: not leftovers.name_of(child), 5)
    assert (tmp_path / "undone").exists()
    assert not list(tmp_path.glob("big-*"))
    assert not Path(found["path"]).exists()
    assert listed(environment) == []


def test_a_living_run_is_not_touched(environment, tmp_path):
    process = subprocess.Popen([sys.executable, "-c", RUN, tmp_path], env=environment)
    try:
        wait_for((tmp_path / "child").exists)
        assert listed(environment, "--yes") == []
        assert leftovers.name_of(int((tmp_path / "child").read_text()))
    finally:
        kill_with_supervisor(process)
        clean(environment, "--yes")


def test_a_host_whose_start_was_killed_gives_its_name_away(start, environment, boot, tmp_path):
    qemu = stand_in.make(boot.directory, STARTED, seconds=600.0)
    command = [sys.executable, "-m", "virtsmith", "host", "up", "minimal", "--accel", "tcg"]
    words = ["--qemu", qemu, "--kernel", str(boot.kernel.image), "--modules", str(boot.kernel.modules)]
    environment |= {name: os.environ[name] for name in ("VIRTSMITH_BUSYBOX", "XDG_CACHE_HOME")}
    host = tmp_path / "hosts" / "minimal"
    start([*command, *words], (host / "console.log").exists)
    kinds = {item["kind"]: item for item in listed(environment)}
    assert set(kinds) == {"run", "host"}
    assert kinds["host"]["path"] == str(host)
    assert len(kinds["run"]["processes"]) == 1
    assert listed(environment, "--yes")
    assert not host.exists()
    assert listed(environment) == []


@pytest.mark.parametrize("busy", [False, True])
def test_drafts_and_downloads_of_an_ark_are_removed_unless_somebody_works_on_it(environment, tmp_path, busy):
    internals = tmp_path / "ark" / ".ark"
    for name in ("tmp/draft", "downloads"):
        (internals / name).mkdir(parents=True)
    (internals / "downloads" / "abc.deb.part").write_bytes(b"half")
    with (internals / "lock").open("w") as lock:
        if busy:
            fcntl.flock(lock, fcntl.LOCK_SH)
        found = listed(environment, "--yes")
    names = [Path(item["path"]).name for item in found]
    assert names == ([] if busy else ["abc.deb.part", "draft"])
    assert (internals / "downloads" / "abc.deb.part").exists() == busy
    assert (internals / "tmp" / "draft").exists() == busy
