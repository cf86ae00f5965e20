"""Facts of running machines: through the guest agent's protocol, and over ssh."""

import base64
import json
import os
import socket
import subprocess
import threading

import pytest

from virtsmith.errors import UsageError
from virtsmith.host.facts.collect import AgentFailed, collect_by_agent, collect_by_ssh
from virtsmith.host.facts.model import FactsDamaged


@pytest.fixture
def agent(short_path):
    """A guest agent on a socket, as far as the probe needs one: it runs what it is given, after some patience."""

    def start(*, refuses=False, cut=0, patience=1):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(short_path / "agent"))
        listener.listen(1)
        output, asked = [], []

        def answer(request):
            asked.append(request["execute"])
            if request["execute"] == "guest-exec" and refuses:
                return {"error": {"class": "CommandNotFound", "desc": "guest-exec is disabled"}}
            if request["execute"] == "guest-exec":
                given = request["arguments"]
                data = base64.b64decode(given["input-data"])
                done = subprocess.run([given["path"], *given["arg"]], input=data, capture_output=True, check=False)
                output.append(done.stdout[: len(done.stdout) - cut])
                return {"return": {"pid": 77}}
            if asked.count("guest-exec-status") <= patience:
                return {"return": {"exited": False}}
            return {"return": {"exited": True, "exitcode": 0, "out-data": base64.b64encode(output[0]).decode()}}

        def serve():
            with listener:
                connection, _ = listener.accept()
            with connection, connection.makefile("rwb") as stream:
                for line in stream:
                    if line.strip():
                        stream.write(json.dumps(answer(json.loads(line.lstrip(b"\xff")))).encode() + b"\n")
                        stream.flush()

        thread = threading.Thread(target=serve, daemon=True)
        threads.append(thread)
        thread.start()
        return short_path / "agent"

    threads = []
    yield start
    for thread in threads:
        thread.join(10)


def test_the_agent_runs_the_probe_and_is_waited_for(agent):
    facts = collect_by_agent(agent(patience=2))
    assert facts.data["kernel"] == os.uname().release
    assert facts.architecture == os.uname().machine
    assert facts.complete


def test_an_agent_that_may_not_run_programs_is_an_error_in_its_words(agent):
    with pytest.raises(AgentFailed, match="guest-exec is disabled"):
        collect_by_agent(agent(refuses=True))


def test_an_answer_that_was_cut_short_is_not_compared(agent):
    with pytest.raises(FactsDamaged):
        collect_by_agent(agent(cut=40))


def test_where_no_agent_is_the_error_says_so(short_path):
    with pytest.raises(AgentFailed):
        collect_by_agent(short_path / "nobody")


SSH = """#!/bin/sh
for word; do echo "$word"; done > "$SSH_LOG"
exec sh -s
"""


@pytest.fixture
def ssh(tmp_path, monkeypatch):
    """An ssh client that runs what it is given here; returns the words that it was called with."""
    program = tmp_path / "bin/ssh"
    program.parent.mkdir()
    program.write_text(SSH)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("SSH_LOG", str(tmp_path / "words"))
    return lambda: (tmp_path / "words").read_text().splitlines()


def test_the_probe_runs_over_ssh_without_asking_for_anything(ssh):
    facts = collect_by_ssh("root@guest.example:2222")
    assert facts.data["kernel"] == os.uname().release
    words = ssh()
    assert "BatchMode=yes" in words
    assert words[words.index("-p") + 1] == "2222"
    assert words[-3:] == ["root@guest.example", "sh", "-s"]
    assert "StrictHostKeyChecking=no" not in words


def test_a_guest_of_ours_has_a_key_that_nobody_knows_yet(ssh, tmp_path):
    collect_by_ssh("127.0.0.1", known=False, identity=tmp_path / "key")
    words = ssh()
    assert {"StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"} <= set(words)
    assert words[words.index("-i") + 1] == str(tmp_path / "key")


@pytest.mark.parametrize("destination", ["", "-oProxyCommand=x", "a b", "host:", "host:port", "u@h:123456", "h;id"])
def test_what_is_not_a_destination_never_reaches_ssh(destination):
    with pytest.raises(UsageError, match="not a destination"):
        collect_by_ssh(destination)
