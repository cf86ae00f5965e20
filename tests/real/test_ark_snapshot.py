"""Old versions from the real snapshot service, which is slow and shared: only with VIRTSMITH_TEST_SNAPSHOT."""

import json
import os
import subprocess
import sys

import pytest

from virtsmith.errors import ExitCode

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("VIRTSMITH_TEST_SNAPSHOT"), reason="installs from snapshot.debian.org: make test-snapshot"
    ),
]
PAIRS = [("2.11", "4.0.0"), ("4.2", "6.0.0"), ("6.2", "8.0.0"), ("8.2", "10.0.0")]
"""QEMU and libvirt of about one time, from that of Debian 9 on."""
DOMAIN = """<domain type='qemu'><name>old</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os><devices><serial type='null'/></devices></domain>"""


@pytest.fixture(scope="module")
def ark(tmp_path_factory):
    return tmp_path_factory.mktemp("a") / "ark"


def virtsmith(ark, *words):
    argv = [sys.executable, "-m", "virtsmith", "ark", "--ark", str(ark), *map(str, words)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=3600)


@pytest.mark.parametrize(("qemu", "libvirt"), PAIRS)
def test_a_pair_of_its_time_is_installed_and_runs_a_guest(ark, tmp_path, qemu, libvirt):
    done = virtsmith(ark, "install", f"qemu@{qemu}", f"libvirt@{libvirt}", "--json")
    assert done.returncode == 0, done.stderr
    for version, asked in zip(json.loads(done.stdout)["versions"], (qemu, libvirt), strict=True):
        assert version["version"].startswith(asked)
        assert version["problem"] is None
    (tmp_path / "old.xml").write_text(DOMAIN)
    checked = virtsmith(
        ark, "check", tmp_path / "old.xml", "--qemu", qemu, "--libvirt", libvirt, "--accel", "tcg", "--json"
    )
    assert checked.returncode == ExitCode.OK, checked.stdout
