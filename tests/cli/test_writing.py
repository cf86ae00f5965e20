"""Commands that write over a file: whole, or not at all."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.every_command import INVOCATIONS, arguments, environment, make_workplace

from virtsmith.cli.app import run_command
from virtsmith.errors import ExitCode

DOMAIN = """<?xml version="1.0"?>
<domain type="kvm">
\t<name>a</name>
\t<memory   unit='GiB'>4</memory>
\t<vcpu>2</vcpu>
\t<os><type arch="x86_64" machine="q35">hvm</type></os>
\t<cpu><numa>
\t\t<cell id='0' cpus='0-1' memory='4' unit='GiB'/>
\t</numa></cpu>
\t<devices/>
</domain>
"""
CATALOGUE = b'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n#: a.c:1\nmsgid "a"\nmsgstr "b"\n'
COMMANDS = {
    "lint": ["host", "lint", "--fix", "{}"],
    "onto": ["host", "build", "numa3", "--onto", "{}", "-o", "{}"],
    "edit": ["xml", "edit", "-i", "{}", "--set", "memory=8GiB"],
    "format": ["xml", "format", "-i", "{}"],
    "minimize": ["po", "minimize", "--profile", "mini", "--suffix", ".po", "{}"],
    "check": ["po", "check", "--profile", "mini", "--fix", "{}"],
}


@pytest.fixture
def make(tmp_path):
    def write(command: str) -> tuple[Path, list[str]]:
        path = tmp_path / ("de.po" if "po" in COMMANDS[command] else "a.xml")
        path.write_bytes(CATALOGUE if path.suffix == ".po" else DOMAIN.encode())
        return path, [word.format(path) for word in COMMANDS[command]]

    return write


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_replaces_the_file_behind_a_link_and_keeps_its_permissions(command, make):
    path, words = make(command)
    before = path.read_bytes()
    real = path.with_name(f"real{path.suffix}")
    path.rename(real)
    path.symlink_to(real)
    real.chmod(0o640)
    run_command(words)
    assert path.is_symlink()
    assert real.read_bytes() != before
    assert real.stat().st_mode & 0o777 == 0o640
    assert len(list(real.parent.iterdir())) == 2


LIMITED = """import resource, signal, sys
from virtsmith.cli.app import run_command
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
sys.exit(run_command(sys.argv[1:]))"""


@pytest.mark.parametrize("command", COMMANDS)
def test_a_disk_without_room_leaves_the_old_file_and_is_named(command, make):
    path, words = make(command)
    before = path.read_bytes()
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *words], capture_output=True, text=True, check=False, env=environment
    )
    assert (done.returncode, done.stderr) == (ExitCode.EXTERNAL, f"error: {path}: cannot write: file too large\n")
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("target", ["/dev/full", "/"])
def test_an_output_that_takes_nothing_is_named(target, make, capsys):
    path, _ = make("edit")
    assert run_command(["xml", "edit", str(path), "--set", "memory=8GiB", "-o", target]) == ExitCode.EXTERNAL
    assert capsys.readouterr().err.startswith(f"error: {target}: cannot write: ")


@pytest.mark.parametrize("words", [["format", "-i"], ["edit", "--set", "title=x", "-i"]])
@pytest.mark.parametrize("name", ["pipe", "/dev/null"])
def test_what_is_no_file_cannot_be_changed_in_place(words, name, tmp_path, capsys):
    """Reading a pipe and then writing into it would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    assert run_command(["xml", *words, str(tmp_path / name)]) == ExitCode.USAGE
    assert "error: --in-place needs" in capsys.readouterr().err


WITH_OUTPUT = [
    name
    for name, invocation in INVOCATIONS.items()
    if invocation.output and not invocation.slow and not invocation.ark and name != "abi history"  # which has no input
]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    return make_workplace(tmp_path_factory.mktemp("w") / "w")


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_OUTPUT)
def test_every_command_writes_into_what_is_no_file(name, workplace, tmp_path):
    """A pipe that `-o` names gets what a file would get, and stays."""
    words = arguments(workplace, name, to_file=False, install="qemu@9.8")
    command = len(name.split())
    pipe, received = tmp_path / "pipe", tmp_path / "received"
    os.mkfifo(pipe)
    stdin = INVOCATIONS[name].stdin or "pyproject.toml"
    with received.open("wb") as file, (workplace / stdin).open() as given:
        reader = subprocess.Popen(["cat", pipe], stdout=file)
        done = subprocess.run(
            [sys.executable, "-m", "virtsmith", *words[:command], "-o", pipe, *words[command:]],
            cwd=workplace,
            env=environment(workplace, name, workplace / "ark"),
            stdin=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if done.returncode in (0, 1):
            assert reader.wait(60) == 0
            assert received.stat().st_size
        reader.kill()
        reader.wait()
    assert done.returncode in (0, 1, 4, 5), done.stderr
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipe", "received"]
