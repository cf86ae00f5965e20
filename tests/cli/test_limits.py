"""Limits on the command line: what goes beyond one is refused in words, and an option before the tool reads it."""

import os
import subprocess
import sys

import pytest

BIG = "<domain type='kvm'>\n" + "<a/>" * 250_001 + "</domain>"


def virtsmith(*words, stdin="", **variables):
    command = [sys.executable, "-m", "virtsmith", *map(str, words)]
    environment = os.environ | variables
    return subprocess.run(command, input=stdin, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    path = tmp_path_factory.mktemp("big") / "big.xml"
    path.write_text(BIG)
    return path


def test_a_document_beyond_a_limit_is_refused_with_what_to_do(big):
    done = virtsmith("xml", "get", big, "name")
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        f"error: {big}:2:1000001: more than 250,000 nodes",
        "hint: virtsmith --limit nodes=NUMBER or --no-limits, before the name of the tool, reads more",
    ]


@pytest.mark.parametrize(
    ("options", "variables"),
    [(["--limit", "nodes=300K"], {}), (["--no-limits"], {}), ([], {"VIRTSMITH_LIMITS": "nodes=none"})],
)
@pytest.mark.slow
def test_an_option_or_a_variable_reads_it(big, options, variables):
    done = virtsmith(*options, "xml", "get", big, "type", **variables)
    assert (done.returncode, done.stdout, done.stderr) == (0, "kvm\n", "")


def test_endless_input_is_refused():
    done = virtsmith("xml", "show", "/dev/zero")
    assert done.returncode == 3
    assert "error: /dev/zero: larger than 64 MiB" in done.stderr
    done = virtsmith("--limit", "size=5", "xml", "show", "-", stdin=BIG[:100])
    assert "error: <stdin>: larger than 5 bytes" in done.stderr


def test_a_wrong_limit_is_a_wrong_command_line():
    done = virtsmith("--limit", "depth=3", "xml", "show", "-")
    assert done.returncode == 2
    assert "error: no such limit: 'depth'\nhint: there are size, nodes, attributes" in done.stderr
