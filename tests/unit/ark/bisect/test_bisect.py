"""Bisection over a signed archive with eight packages of a QEMU, through the command."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.ark_archive import BUSYBOX, program
from helpers.waiting import wait_for

from virtsmith.errors import ExitCode

pytestmark = pytest.mark.slow
VERSIONS = ["9.0.0", "9.0.1", "9.1.0", "9.1.1", "9.1.1", "9.2.0", "10.0.0", "10.1.0"]
"""The fourth and the fifth are two packages of one release."""
IDS = [f"{version}+ds-{VERSIONS[:number].count(version) + 1}" for number, version in enumerate(VERSIONS)]


@pytest.fixture
def source(archive, server):
    """An archive whose suite has all eight versions; the QEMU of each prints its number."""
    if BUSYBOX is None:
        pytest.skip("busybox (static) is needed: apt-get install busybox-static")
    archive.add("busybox-static", "1:1.36", {"usr/bin/busybox": Path(BUSYBOX).read_bytes()})
    for number, (version, identity) in enumerate(zip(VERSIONS, IDS, strict=True)):
        says = f'case $1 in --version) echo "QEMU emulator version {version} (test)";; *) echo {number};; esac'
        files = {"usr/bin/qemu-system-x86_64": program(says)}
        archive.add("qemu-system-x86", f"1:{identity}", files, depends=f"libqemu (= {identity})")
        archive.add("libqemu", identity, {f"usr/lib/qemu{number}": bytes(1000)})
    archive.publish()
    return ["--mirror", server.url, "--keyring", archive.keyring, "--trust", archive.fingerprint]


@pytest.fixture
def judge(tmp_path):
    """A test that fails from a version on, and writes down which ones it has seen."""

    def make(first_bad, *, special="", status=1):
        path = tmp_path / "test.sh"
        path.write_text(
            f'#!/bin/sh\nnumber=$("$QEMU")\necho $number >> {tmp_path}/seen\n'
            f"[ -e {tmp_path}/wait ] && sleep 60\n{special}\n"
            f"[ $number -lt {first_bad} ] || exit {status}\n"
        )
        path.chmod(0o755)
        return path

    return make


def seen(tmp_path):
    path = tmp_path / "seen"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def bisect(virtsmith, source, judge, *words, good="9.0.0", bad="10.1.0"):
    return virtsmith("ark", "bisect", "qemu", "--good", good, "--bad", bad, *source, "--json", *words, "--", judge)


@pytest.mark.parametrize("first_bad", [1, 4, 7])
def test_the_first_bad_version_of_eight_is_found_with_at_most_three_installs(
    virtsmith, source, judge, tmp_path, first_bad
):
    done = bisect(virtsmith, source, judge(first_bad))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["good"]["id"], found["bad"]["id"]) == (
        IDS[first_bad - 1] if first_bad > 1 else "9.0.0+ds-1",
        IDS[first_bad],
    )
    installed = {path.name for path in (tmp_path / "ark/qemu").iterdir()}
    assert installed == {IDS[number] for number in seen(tmp_path)} == {row["id"] for row in found["attempts"]}
    assert len(installed) <= 3
    assert found["packaging"] is (first_bad == 4)
    assert found["tags"] == ("" if first_bad == 4 else f"v{VERSIONS[first_bad - 1]}..v{VERSIONS[first_bad]}")
    given = [version for version, edge in (("9.0.0", 1), ("10.1.0", 7)) if first_bad == edge]
    assert [note for note in found["notes"] if note.startswith("given")] == [
        f"given, and not tried: {version}" for version in given
    ]


def test_releases_between_that_cannot_be_had_are_named(virtsmith, source, judge):
    found = json.loads(bisect(virtsmith, source, judge(6)).stdout)
    assert found["bad"]["version"] == "10.0.0"
    assert found["bad"]["date"] == "2025-04-22"
    assert [row["version"] for row in found["unavailable"]] == ["9.2.1", "9.2.2", "9.2.3", "9.2.4"]
    shown = virtsmith("ark", "bisect", "qemu", "--good", "9.0.0", "--bad", "10.1.0", *source, "--", judge(6))
    assert "3 results are from" in shown.stderr
    assert "git log v9.2.0..v10.0.0\n" in shown.stdout


def test_what_cannot_be_judged_is_skipped_and_left_open(virtsmith, source, judge, tmp_path):
    done = bisect(virtsmith, source, judge(4, special="case $number in 3|4) exit 125;; esac"))
    assert done.returncode == ExitCode.FINDINGS
    found = json.loads(done.stdout)
    assert (found["good"]["id"], found["bad"]["id"]) == (IDS[2], IDS[5])
    assert [row["version"] for row in found["skipped"]] == [IDS[3], IDS[4]]
    assert found["unique"] is False
    assert sorted(seen(tmp_path)) == [2, 3, 4, 5]


@pytest.mark.parametrize("special", ["exit 130", "kill -9 $$"])
def test_a_test_can_end_the_bisection_and_it_goes_on_later(virtsmith, source, judge, tmp_path, special):
    only_once = f"[ $number = 3 ] || [ -e {tmp_path}/again ] || {{ touch {tmp_path}/again; {special}; }}"
    done = bisect(virtsmith, source, judge(5, special=only_once))
    assert done.returncode == ExitCode.EXTERNAL
    assert "the log is kept" in done.stderr
    before = seen(tmp_path)
    done = bisect(virtsmith, source, judge(5, special=only_once))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["bad"]["id"] == IDS[5]
    after = seen(tmp_path)[len(before) :]
    assert after[0] == before[-1]
    assert not set(before[:-1]) & set(after)


def test_one_that_was_killed_goes_on_where_it_was(virtsmith, source, judge, tmp_path):
    script = judge(3)
    words = ["ark", "bisect", "qemu", "--good", "9.0.0", "--bad", "10.1.0", *source, "--json", "--", script]
    running = subprocess.Popen([sys.executable, "-m", "virtsmith", *map(str, words)])
    wait_for(lambda: len(seen(tmp_path)) >= 1)
    (tmp_path / "wait").touch()
    wait_for(lambda: len(seen(tmp_path)) >= 2)
    running.kill()
    running.wait()
    (tmp_path / "wait").unlink()
    time.sleep(0.5)
    before = seen(tmp_path)
    done = virtsmith(*words)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["bad"]["id"] == IDS[3]
    assert before[0] not in seen(tmp_path)[len(before) :]
    assert len({path.name for path in (tmp_path / "ark/qemu").iterdir()}) <= 4


def test_a_changed_test_is_another_question(virtsmith, source, judge, tmp_path):
    log = tmp_path / "log.json"
    assert json.loads(bisect(virtsmith, source, judge(3), "--log", log).stdout)["bad"]["id"] == IDS[3]
    done = bisect(virtsmith, source, judge(6), "--log", log)
    assert done.returncode == ExitCode.USAGE
    assert "what is tested has changed since" in done.stderr
    assert json.loads(bisect(virtsmith, source, judge(6), "--log", log, "--fresh").stdout)["bad"]["id"] == IDS[6]
    log.write_text("{")
    assert bisect(virtsmith, source, judge(6), "--log", log).returncode == ExitCode.INPUT


def test_a_series_means_its_newest_version_and_ids_name_one_package(virtsmith, source, judge, tmp_path):
    found = json.loads(bisect(virtsmith, source, judge(5), good="9.1", bad="10").stdout)
    assert (found["good"]["id"], found["bad"]["id"]) == (IDS[4], IDS[5])
    assert seen(tmp_path) == [5]
    found = json.loads(bisect(virtsmith, source, judge(4), good=IDS[3], bad=IDS[4]).stdout)
    assert found["attempts"] == []
    assert found["packaging"] is True


def test_a_pytest_test_is_the_judge(virtsmith, source, tmp_path):
    test = tmp_path / "test_it.py"
    test.write_text(
        "import subprocess\n\ndef test_number(ark_qemu):\n"
        "    said = subprocess.run([ark_qemu.launcher('qemu-system-x86_64')], capture_output=True, text=True)\n"
        "    assert int(said.stdout) < 4\n"
    )
    words = ("ark", "bisect", "qemu", "--good", "9.0.0", "--bad", "10.1.0", *source, "--json", "--pytest")
    done = virtsmith(*words, f"{test}::test_number", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["good"]["id"], found["bad"]["id"], found["packaging"]) == (IDS[3], IDS[4], True)
    assert "assert 4 < 4" in " ".join(row["reason"] for row in found["attempts"])
    assert virtsmith(*words, f"{test}::test_other", cwd=tmp_path).returncode == ExitCode.EXTERNAL


@pytest.mark.parametrize(
    "question",
    [
        ("10.1", "9.0", ["--", "true"], "must be older than the bad one"),
        ("9.0", "10.1", [], "exactly one test is needed"),
        ("9.0", "10.1", ["--pytest", "x.py", "--", "true"], "exactly one test is needed"),
        ("nine", "10.1", ["--", "true"], "not a version number"),
    ],
)
def test_questions_that_make_no_sense_are_refused(virtsmith, source, question):
    good, bad, more, words = question
    done = virtsmith("ark", "bisect", "qemu", "--good", good, "--bad", bad, *source, *more)
    assert done.returncode == ExitCode.USAGE
    assert words in done.stderr


def test_a_program_that_is_not_there_is_missing(virtsmith, source):
    done = virtsmith("ark", "bisect", "qemu", "--good", "9.0", "--bad", "10.1", *source, "--", "no-such-program")
    assert done.returncode == ExitCode.MISSING
