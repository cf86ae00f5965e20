"""A disk image as a virtual host: cloud-init applies the set-up, and the guest is then as designed, seen over ssh.

Needs root and some minutes, so it runs only with VIRTSMITH_TEST_IMAGE=1 (`make test-image`).
"""

import json
import os
import subprocess
import sys
import time

import pytest
from helpers.cloud_image import image

from virtsmith.core.run import find_program
from virtsmith.host.run.probe.kernel import cache_directory

LIMIT = 1500.0
SPEC = """name = "full"
cpu = "maximum"
iommu = "intel"
[[node]]
cpus = 1
memory = "1536 MiB"
hugepages = { "2M" = 32 }
devices = [{ model = "igb", vfs = 2 }]
[[node]]
cpus = 1
memory = "1 GiB"
devices = ["e1000e"]
"""

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif("VIRTSMITH_TEST_IMAGE" not in os.environ, reason="takes minutes; make test-image runs it"),
]


def virtsmith(hosts, *arguments):
    argv = [sys.executable, "-m", "virtsmith", "host", *map(str, arguments)]
    environment = {**os.environ, "VIRTSMITH_HOSTS": str(hosts)}
    return subprocess.run(argv, capture_output=True, text=True, check=False, env=environment, timeout=600)


@pytest.fixture(scope="module")
def disk():
    if os.geteuid() != 0:
        pytest.skip("making an image needs root")
    for program in ("mmdebstrap", "mkfs.ext4", "ssh-keygen"):
        if find_program(program) is None:
            pytest.skip(f"{program} is not installed")
    return image(cache_directory().parent / "test-image")


@pytest.fixture
def guest(disk, new_qemu, short_path):
    """The spec's path, the directory of hosts, and a function that runs a command in the guest."""
    key, spec = short_path / "key", short_path / "host.toml"
    spec.write_text(SPEC)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    options = ["--image", disk, "--ssh-key", f"{key}.pub", "--qemu", new_qemu, "--accel", "tcg"]
    started = virtsmith(short_path, "up", spec, *options)
    assert started.returncode == 0, started.stderr
    host = json.loads(virtsmith(short_path, "list", "--json").stdout)["hosts"][0]
    words = ["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    ssh = ["ssh", "-i", key, *words, "-p", str(host["ssh_port"]), "root@127.0.0.1"]
    yield spec, short_path, lambda command: subprocess.run([*ssh, command], capture_output=True, text=True, check=True)
    virtsmith(short_path, "down", "--all")


def test_an_image_sets_itself_up_restarts_and_is_as_designed(guest):
    spec, hosts, run = guest
    deadline = time.monotonic() + LIMIT
    while (result := virtsmith(hosts, "verify", spec, "--host", "full", "--json")).returncode != 0:
        shown = virtsmith(hosts, "console", "full", "--log").stdout[-2000:]
        assert time.monotonic() < deadline, result.stdout + result.stderr + shown
        time.sleep(5)
    report = json.loads(result.stdout)
    assert {"hugepages", "groups", "vfs", "device nodes"} <= set(report["checked"])
    line = run("cat /proc/cmdline").stdout
    assert "intel_iommu=on hugepagesz=2M hugepages=0:32" in line
    assert "status: done" in run("cloud-init status --wait").stdout
    assert run("hostname").stdout.strip() == "full"
    networks = run("virsh -q -c qemu:///system net-list --all").stdout.split()
    assert networks[:3] == ["default", "inactive", "no"]
    assert "/dev/kvm" in run("ls /dev/kvm").stdout
    assert run("ls /etc/modprobe.d").stdout.find("vfio") == -1
    assert run("/usr/local/sbin/virtual-host-setup && cat /etc/default/grub").stdout.count("intel_iommu=on") == 1
