"""The suite leaves the user's home, settings and ark alone: it neither reads nor writes them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ("tests/cli/test_targets.py", "tests/cli/test_po_commands.py", "tests/cli/test_abi_machines.py",
          "tests/unit/abi/dump", "tests/unit/ark/catalogue", "tests/unit/po/platforms")  # fmt: skip
"""Tests of each tool that keeps something in a home directory; a few seconds of them."""

JUNK = "[this is not\n\0 what anybody expects {"
FILES = (
    "data/virtsmith/ark/qemu/9.9/version.json", "data/virtsmith/targets.csv", "data/virtsmith/releases.csv",
    "data/virtsmith/abi/9.9/none.json", "config/weblate", "config/git/config", "config/zanata.ini", "home/.gitconfig",
    "state/virtsmith/hosts/old/host.json", "cache/virtsmith/probe/accelerators.json",
)  # fmt: skip


@pytest.fixture
def user(tmp_path):
    """The environment of a user whose every file would be noticed by a program that read it."""
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(JUNK)
    homes = {f"XDG_{kind}_HOME": tmp_path / kind.lower() for kind in ("CACHE", "CONFIG", "DATA", "STATE")}
    own = {
        "HOME": tmp_path / "home",
        "VIRTSMITH_ARK": tmp_path / "data/virtsmith/ark",
        "VIRTSMITH_ABI": tmp_path / "data/virtsmith/abi",
        "VIRTSMITH_HOSTS": tmp_path / "state/virtsmith/hosts",
        "LANGUAGE": "de",
        "GIT_DIR": "/nowhere",
    }
    return as_main_process() | {name: str(value) for name, value in (homes | own).items()}


def as_main_process():
    """This environment without what says that a process is one of xdist's workers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def python(*words, env):
    return subprocess.run([sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def contents(directory):
    return {path: path.stat().st_mtime_ns for path in directory.rglob("*")}


@pytest.mark.parametrize("words", [["ark", "list"], ["ark", "targets"], ["ark", "catalogue"], ["abi", "show"]])
def test_a_command_that_reads_these_files_fails(user, words):
    assert python("-m", "virtsmith", *words, env=user).returncode not in (0, 1)


@pytest.mark.slow
def test_the_suite_reads_and_writes_nothing_of_the_user(user, tmp_path):
    before = contents(tmp_path)
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow and not real", *SAMPLE]
    done = python(*words, env=user)
    assert done.returncode == 0, done.stdout
    assert contents(tmp_path) == before


def test_an_ark_that_is_named_is_used_as_it_is(tmp_path):
    code = "from helpers.suite_ark import missing; print(missing('qemu@7.2'))"
    named = {"PYTHONPATH": str(ROOT / "tests"), "VIRTSMITH_TEST_ARK": str(tmp_path / "ark")}
    done = python("-c", code, env=os.environ | named)
    assert done.stdout == "qemu@7.2 is not in the suite's ark: VIRTSMITH_TEST_ARK is used as it is\n", done.stderr
    assert not (tmp_path / "ark").exists()


def test_a_cache_that_others_could_write_to_is_refused(tmp_path):
    tmp_path.chmod(0o777)
    words = ["-m", "pytest", "-q", "--collect-only", "tests/unit/core"]
    done = python(*words, env=as_main_process() | {"VIRTSMITH_TEST_CACHE": str(tmp_path)})
    assert done.returncode != 0
    assert "is not this user's alone" in done.stderr + done.stdout
