"""The programs that tests here drive."""

import os
import shutil
import subprocess
import time

import pytest

from virtsmith.core.run import find_program

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
    deadline = time.monotonic() + 20
    while not socket.exists() and daemon.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    if not socket.exists():
        daemon.kill()
        daemon.wait()
        pytest.skip(f"libvirtd does not start here: {(base / 'daemon.log').read_text()[-300:]}")
    yield f"qemu+unix:///system?socket={socket}"
    daemon.terminate()
    daemon.wait(30)
