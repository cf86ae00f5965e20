"""The programs that tests here drive.

``VIRTSMITH_QEMU_NEW`` names a QEMU of release 8.0 or newer for tests that need its SR-IOV card. Without it they take
the one on PATH, one of the user's ark, or one that is installed from Debian's archive and kept in the cache folder.
"""

import os
import shutil
import subprocess
import sys
import time

import pytest

from virtsmith.ark.layout import Ark
from virtsmith.ark.wanted import Wanted, find_installed
from virtsmith.core.run import find_program, run
from virtsmith.core.versions import Version
from virtsmith.host.probe.kernel import cache_folder
from virtsmith.qemu.version import qemu_version

IGB = Version.parse("8.0")
NEW_QEMU = "qemu@debian:trixie-backports"


@pytest.fixture(scope="session")
def new_qemu():
    """The path of a QEMU that has igb."""
    given = os.environ.get("VIRTSMITH_QEMU_NEW") or find_program("qemu-system-x86_64")
    if given and (version := qemu_version(str(given))) and version >= IGB:
        return str(given)
    if os.environ.get("VIRTSMITH_QEMU_NEW"):
        pytest.fail(f"VIRTSMITH_QEMU_NEW names {given}, which is not a QEMU of release 8.0 or newer")
    places = [Ark.open(), Ark.open(cache_folder().parent / "test-ark")]
    for ark in places:
        if found := find_installed(ark, Wanted.parse("qemu@>=8")):
            return str(found[-1].launcher("qemu-system-x86_64"))
    install = [sys.executable, "-m", "virtsmith", "ark", "--ark", places[1].path, "install", NEW_QEMU]
    done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=900)
    if done.returncode:
        pytest.skip(f"no QEMU with igb is here, and none can be installed: {done.stderr.strip()}")
    return str(find_installed(places[1], Wanted.parse("qemu@>=8"))[-1].launcher("qemu-system-x86_64"))


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


@pytest.fixture(scope="module")
def libvirt(tmp_path_factory):
    """The URI of the distribution's libvirt daemon, run on folders of its own in a mount namespace."""
    for program in ("libvirtd", "virsh", "unshare", "qemu-system-x86_64"):
        if find_program(program) is None:
            pytest.skip(f"{program} is not installed")
    if os.geteuid() != 0:
        pytest.skip("needs root, to give the daemon folders of its own")
    base = tmp_path_factory.mktemp("libvirt")
    for name in ("lib", "log", "run"):
        (base / name).mkdir()
    shutil.copytree("/etc/libvirt", base / "etc", symlinks=True)
    (base / "etc/libvirtd.conf").write_text('auth_unix_ro = "none"\nauth_unix_rw = "none"\n')
    (base / "etc/qemu.conf").write_text(QEMU_CONF)
    os.makedirs("/run/libvirt", exist_ok=True)  # noqa: PTH103 - where the daemon's own folder is mounted
    with (base / "daemon.log").open("wb") as log:
        daemon = subprocess.Popen(["unshare", "-m", "sh", "-c", DAEMON, "sh", base], stdout=log, stderr=log)
    socket = base / "run/libvirt-sock"
    deadline = time.monotonic() + 60
    uri = f"qemu+unix:///system?socket={socket}"
    # the socket is there before the QEMU driver is
    while not (ready := run(["virsh", "-c", uri, "uri"], timeout=60, allow=()).status == 0):
        if daemon.poll() is not None or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    if not ready:
        daemon.kill()
        daemon.wait()
        pytest.skip(f"libvirtd does not start here: {(base / 'daemon.log').read_text()[-300:]}")
    yield uri
    daemon.terminate()
    daemon.wait(30)
