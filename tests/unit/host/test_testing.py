"""Hosts for tests: commands over a real console, and hosts that cannot be booted."""

import os
import pty
import socket
import subprocess
import threading
from types import SimpleNamespace

import pytest

from virtsmith.errors import ExternalError
from virtsmith.host.testing import HostPool, NotBootable, VirtualHost


@pytest.fixture
def host(short_path):
    """A host whose console is a shell on a pseudo-terminal behind a socket, as QEMU offers it."""
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo-terminals here: {error}")
    shell = subprocess.Popen(
        ["sh"], stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "PS1": "# "}, start_new_session=True
    )
    os.close(theirs)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(short_path / "console"))
    listener.listen(1)

    def to_client(connection):
        while data := _read(ours):
            try:
                connection.sendall(data)
            except OSError:
                return

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                threading.Thread(target=to_client, args=(connection,), daemon=True).start()
                while data := connection.recv(4096):
                    os.write(ours, data)

    threading.Thread(target=serve, daemon=True).start()
    yield VirtualHost(None, None, SimpleNamespace(console=short_path / "console"))
    shell.kill()
    shell.wait()
    listener.close()
    os.close(ours)


def _read(descriptor):
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


def test_a_command_gives_what_it_prints_and_nothing_of_the_terminal(host):
    assert host.run("printf 'one\\ntwo\\n'") == "one\ntwo"


def test_a_command_that_fails_is_an_error_with_its_status_and_words(host):
    with pytest.raises(ExternalError, match=r"(?s)ended with status 3.*sorry"):
        host.run("echo sorry; (exit 3)")


def test_a_command_that_does_not_end_is_given_up(host):
    with pytest.raises(ExternalError, match=r"did not answer within 0\.5 seconds"):
        host.run("sleep 5", timeout=0.5)


def test_a_host_without_anything_to_boot_it_with_is_a_reason_to_skip(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    pool = HostPool()
    with pytest.raises(NotBootable, match="cannot boot minimal: no "):
        pool.get("minimal")
    pool.close()
