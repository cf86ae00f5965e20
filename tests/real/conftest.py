"""Fixtures of tests with real programs: probe guests, the archive, a Dask cluster, libvirt and its Python bindings."""

import contextlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.suite_ark import QEMUS, archive_unreachable, provide
from libvirtxml.versions import Version

from virtsmith.core.run import find_program, run
from virtsmith.errors import VirtsmithError
from virtsmith.host.run.boot import BootOptions
from virtsmith.host.run.probe.kernel import find_busybox, find_kernel
from virtsmith.qemu.version import qemu_release

TESTS = Path(__file__).parents[1]
IGB = Version.parse("8.0")


@pytest.fixture(scope="session")
def new_qemu():
    """The path of a QEMU that has igb: the one on PATH, or that of the suite's ark."""
    found = find_program("qemu-system-x86_64")
    if found and qemu_release(found).number >= IGB:
        return str(found)
    return str(provide(f"qemu@{QEMUS[-1]}")[0].launcher("qemu-system-x86_64"))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """The address of a Dask scheduler with two workers, each a process of its own."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    directory = tmp_path_factory.mktemp("dask")
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "DASK_DISTRIBUTED__DASHBOARD__ENABLED": "false"}
    command = [sys.executable, "-m", "dask"]
    place = directory / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(place), "--no-dashboard"]
    worker = [
        "worker",
        "--scheduler-file",
        str(place),
        "--nthreads",
        "1",
        "--no-dashboard",
        "--host",
        "127.0.0.1",
        "--local-directory",
        str(directory),
    ]
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((directory / "log").open("wb"))
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


DAEMON = """
mount --bind $1/etc /etc/libvirt && mount --bind $1/lib /var/lib/libvirt && mount --bind $1/log /var/log/libvirt &&
mount --bind $1/run /run/libvirt && exec libvirtd -p $1/pid
"""
QEMU_CONF = """
security_driver = "none"
user = "root"
group = "root"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
remember_owner = 0
"""
BINDINGS = "/usr/lib/python3/dist-packages"
"""Where Debian keeps the bindings; any Python of the same minor version can load them."""


class Libvirtd:
    """A daemon that can be started again, since some documents kill old releases."""

    def __init__(self, base: Path) -> None:
        self.socket = base / "run/libvirt-sock"
        self.uri = f"qemu+unix:///system?socket={self.socket}"
        self._base = base
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("lib", "log", "run"):
            (base / name).mkdir()
        shutil.copytree("/etc/libvirt", base / "etc", symlinks=True)
        shutil.rmtree(base / "etc/qemu/networks/autostart", ignore_errors=True)
        (base / "etc/libvirtd.conf").write_text('auth_unix_ro = "none"\nauth_unix_rw = "none"\n')
        (base / "etc/qemu.conf").write_text(QEMU_CONF)

    def start(self) -> None:
        """Start it and wait until it serves; skips the test where it cannot run."""
        self.stop()
        for leftover in (self.socket, self._base / "pid"):
            leftover.unlink(missing_ok=True)
        os.makedirs("/run/libvirt", exist_ok=True)  # noqa: PTH103 - where the daemon's own directory is mounted
        with (self._base / "daemon.log").open("wb") as log:
            command = ["unshare", "-m", "sh", "-c", DAEMON, "sh", self._base]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self.serves() and self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        if not self.serves():
            self.stop()
            pytest.skip(f"libvirtd does not start here: {(self._base / 'daemon.log').read_text()[-300:]}")

    def serves(self) -> bool:
        """Whether its QEMU driver is there, which comes after the socket."""
        return self.socket.exists() and run(["virsh", "-c", self.uri, "uri"], timeout=60, allow=()).status == 0

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None


@pytest.fixture(scope="module")
def libvirtd(tmp_path_factory):
    """The distribution's libvirt daemon, run on directories of its own in a mount namespace; a new one for each module.

    Documents that kill an old daemon, or leave it with something to do, must not disturb the guests of other tests.
    """
    for program in ("libvirtd", "virsh", "unshare", "qemu-system-x86_64"):
        if find_program(program) is None:
            pytest.skip(f"{program} is not installed")
    if os.geteuid() != 0:
        pytest.skip("needs root, to give the daemon directories of its own")
    daemon = Libvirtd(tmp_path_factory.mktemp("libvirt"))
    daemon.start()
    yield daemon
    daemon.stop()


@pytest.fixture(scope="module")
def libvirt(libvirtd):
    """The URI of the distribution's libvirt daemon."""
    return libvirtd.uri


@pytest.fixture(scope="session")
def bindings():
    """The module ``libvirt`` of libvirt-python, from this environment or the distribution's."""
    sys.path.append(BINDINGS)
    try:
        module = importlib.import_module("libvirt")
    except ImportError as error:
        pytest.skip(f"libvirt-python cannot be loaded: {error}")
    finally:
        sys.path.remove(BINDINGS)
    module.registerErrorHandler(lambda *_: None, None)
    return module


@pytest.fixture(scope="module")
def options():
    """Boot options for probe guests, or a skip that says what is missing."""
    if find_program("qemu-system-x86_64") is None:
        pytest.skip("qemu-system-x86_64 is not installed")
    try:
        find_busybox()
        return BootOptions(kernel=find_kernel())
    except VirtsmithError as error:
        pytest.skip(f"no probe guest can be made: {error}")


@pytest.fixture(scope="session")
def archive():
    """Debian's archive can be reached; skips where it cannot."""
    if reason := archive_unreachable():
        pytest.skip(reason)
