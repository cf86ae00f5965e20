"""``virtsmith xml edit``."""

import subprocess
from pathlib import Path

import pytest
from helpers.in_process import virtsmith

TEXT = '<domain type="kvm">\n  <name>web</name> <!-- mine -->\n  <memory unit="KiB">1048576</memory>\n</domain>\n'


def run(*arguments: object, **options) -> subprocess.CompletedProcess:
    return virtsmith("xml", "edit", *arguments, **options)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "web.xml"
    path.write_text(TEXT)
    return path


def test_the_result_is_printed_and_the_file_left_alone(file) -> None:
    done = run(file, "--set", "memory=8GiB")
    assert done.returncode == 0
    assert done.stdout == TEXT.replace('"KiB">1048576', '"GiB">8')
    assert file.read_text() == TEXT


def test_a_file_is_changed_in_place(file) -> None:
    assert run(file, "-i", "--set", "name=db").stdout == ""
    assert file.read_text() == TEXT.replace(">web<", ">db<")
    assert "nothing to change" in run(file, "-i", "--set", "name=db").stderr


def test_the_change_is_shown_as_a_diff_of_the_lines_it_touches(file) -> None:
    done = run(file, "--diff", "--set", "name=db", "--add", "devices.interfaces={type: user}")
    changed = [line for line in done.stdout.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert changed == [
        "-  <name>web</name> <!-- mine -->",
        "+  <name>db</name> <!-- mine -->",
        "+  <devices>",
        '+    <interface type="user"/>',
        "+  </devices>",
    ]
    assert file.read_text() == TEXT


def test_standard_input_and_an_output_file_work_too(file, tmp_path) -> None:
    target = tmp_path / "out.xml"
    done = run("-", "--remove", "memory", "-o", target, input=TEXT)
    assert (done.returncode, done.stdout) == (0, "")
    assert target.read_text() == TEXT.replace('  <memory unit="KiB">1048576</memory>\n', "")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--set", "memroy=1"], 2, "did you mean memory?"),
        (["--set", "name=db", "--remove", "title"], 2, "there is no title"),
        (["--set", "name"], 2, "PATH=VALUE"),
        (["-i", "--diff"], 2, "exclude each other"),
        (["--add", "devices.disks=<disk"], 3, "not well-formed"),
    ],
)
def test_a_wrong_change_is_refused_and_nothing_is_written(file, arguments, code, message) -> None:
    done = run(file, "-i", *arguments) if "-i" not in arguments else run(file, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert file.read_text() == TEXT
