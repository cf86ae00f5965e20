"""The commands ``abi dump`` and ``abi show``, on a recording."""

import json
import shutil
from pathlib import Path

import pytest

from virtsmith.cli.app import run_command
from virtsmith.errors import ExitCode

SAMPLE = Path(__file__).parent.parent / "samples" / "qemu-7.2.replies"


@pytest.fixture
def call(capfd, tmp_path, monkeypatch):
    monkeypatch.setenv("VIRTSMITH_ABI", str(tmp_path / "dumps"))
    monkeypatch.chdir(tmp_path)
    shutil.copy(SAMPLE, tmp_path / "a.replies")

    def run(*words):
        code = run_command(["abi", *words])
        out, err = capfd.readouterr()
        return code, out, err

    return run


def test_a_dump_is_made_listed_and_shown(call):
    code, out, err = call("dump", "a.replies", "--machine", "pc-q35-7.2")
    assert (code, "dumps are in" in err) == (ExitCode.OK, True)
    assert out.splitlines()[0].split() == ["binary", "machine", "types", "kept", "seconds", "each", "not", "ok"]
    assert "7.2.22-" in call("show")[1]
    code, out, _ = call("show", "7.2", "--section", "machines")
    assert code == ExitCode.OK
    assert "  pc-i440fx-7.2/alias = pc\n" in out
    assert call("show", "7.2", "--machine", "pc-q35-7.2", "--section", "lifecycle")[1].startswith("lifecycle: ok\n")


def test_json_has_what_was_made_and_the_content_of_a_dump(call):
    data = json.loads(call("dump", "a.replies", "--json")[1])
    assert data["schema"] == "virtsmith.abi-dumps/1"
    (made,) = data["dumps"]
    assert (made["machine"], made["cached"], made["error"]) == (None, False, "")
    shown = json.loads(call("show", made["path"], "--section", "cpus", "--json")[1])
    assert shown["schema"] == "virtsmith.abi-dump/1"
    assert set(shown["sections"]) == {"cpus"}
    assert json.loads(call("show", "--json")[1])["binaries"][0]["machines"] == 5


def test_a_directory_can_be_given(call, tmp_path):
    assert call("dump", "a.replies", "--dumps", "elsewhere")[0] == ExitCode.OK
    assert len(list((tmp_path / "elsewhere").rglob("binary.json"))) == 1
    assert not (tmp_path / "dumps").exists()
    assert "no dumps" in call("show")[2]


def test_device_sets_are_listed_with_what_they_are_for(call):
    assert "probe" in call("dump", "--list-devices")[1]
    assert "net0" in json.loads(call("dump", "--list-devices", "--json")[1])["sets"]["default"]["devices"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["dump"], ExitCode.USAGE, "Missing argument"),
        (["dump", "missing.replies"], ExitCode.INPUT, "no such file"),
        (["dump", "x" * 5000], ExitCode.INPUT, "no such file"),
        (["dump", "a.replies", "--machine", "pc-q36"], ExitCode.USAGE, "no machine type is pc-q36"),
        (["dump", "a.replies", "--devices", "many"], ExitCode.USAGE, "no such device set"),
        (["dump", "a.replies", "--dumps", "/proc/x"], ExitCode.EXTERNAL, "/binary.json: cannot write: no such file"),
        (["dump", "/bin/true"], ExitCode.EXTERNAL, "/bin/true is not a QEMU: it calls itself"),
        (["show", "9.9"], ExitCode.USAGE, "there are no dumps of 9.9"),
        (["show", "a.replies"], ExitCode.INPUT, "not JSON"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(call, words, code, message):
    got, out, err = call(*words)
    assert (got, out) == (code, "")
    assert message.lower() in err.lower()
    assert len(err.splitlines()) <= 4


def test_a_damaged_recording_is_refused_with_its_line_and_nothing_is_written(call, tmp_path):
    text = SAMPLE.read_text()
    (tmp_path / "a.replies").write_text(text[: len(text) // 2])
    code, _, err = call("dump", "a.replies")
    assert code == ExitCode.INPUT
    assert err.startswith("error: a.replies:")
    assert not (tmp_path / "dumps").exists()
