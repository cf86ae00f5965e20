"""Facts over ssh from a real server, which runs on this machine for the length of a test."""

import getpass
import os
import shutil
import socket
import subprocess
import time

import pytest

from virtsmith.core.run import ProgramFailed, find_program
from virtsmith.host.facts.collect import collect_by_ssh

pytestmark = pytest.mark.real

SSHD = """Port {port}
ListenAddress 127.0.0.1
HostKey {directory}/host
AuthorizedKeysFile {directory}/user.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
"""
CLIENT = """Host *
IdentityFile {directory}/user
IdentitiesOnly yes
UserKnownHostsFile {directory}/known
"""


@pytest.fixture
def server(short_path, monkeypatch):
    """The destination of an ssh server, known to the ssh on PATH, which has a configuration of its own."""
    sshd = find_program("sshd") or shutil.which("/usr/sbin/sshd")
    if sshd is None or find_program("ssh") is None:
        pytest.skip("openssh-server is not installed")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", short_path / name], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (short_path / "sshd_config").write_text(SSHD.format(port=port, directory=short_path))
    (short_path / "config").write_text(CLIENT.format(directory=short_path))
    (short_path / "known").write_text(f"[127.0.0.1]:{port} {(short_path / 'host.pub').read_text()}")
    client = short_path / "bin" / "ssh"
    client.parent.mkdir()
    client.write_text(f'#!/bin/sh\nexec {find_program("ssh")} -F {short_path}/config "$@"\n')
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{client.parent}:{os.environ['PATH']}")
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)  # noqa: PTH103 - where root's server wants to change to
    process = subprocess.Popen([sshd, "-D", "-e", "-f", short_path / "sshd_config"], stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield f"{getpass.getuser()}@127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def wait_for(port, process):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.skip("sshd does not start here")


def test_the_probe_reports_the_facts_of_the_machine_at_the_other_end(server):
    facts = collect_by_ssh(server)
    assert facts.data["kernel"] == os.uname().release
    assert facts.nodes
    assert sum(len(node.cpus) for node in facts.nodes) == os.cpu_count()


def test_a_server_whose_key_is_not_the_known_one_is_not_trusted(server, short_path):
    other = (short_path / "user.pub").read_text()
    (short_path / "known").write_text(f"[127.0.0.1]:{server.rpartition(':')[2]} {other}")
    with pytest.raises(ProgramFailed, match="Host key verification failed"):
        collect_by_ssh(server)
    assert collect_by_ssh(server, known=False).data["kernel"] == os.uname().release


def test_nobody_is_asked_for_a_password(server, short_path):
    (short_path / "user").unlink()
    with pytest.raises(ProgramFailed, match="Permission denied"):
        collect_by_ssh(server)
