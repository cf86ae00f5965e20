"""``virtsmith xml diff``, alone and under git."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.in_process import virtsmith
from libvirtxml import diff
from libvirtxml.errors import UsageError

from virtsmith.cli.xml.diff import COMMANDS

OLD = "<domain type='kvm'><name>a</name><memory unit='GiB'>1</memory><vcpu>1</vcpu></domain>\n"
SAME = "<domain type='kvm'>\n  <name>a</name>\n  <vcpu>1</vcpu>\n  <memory>1048576</memory>\n</domain>\n"
NEW = SAME.replace("<vcpu>1", "<vcpu>2")


def run(*arguments: object, **options) -> subprocess.CompletedProcess:
    return virtsmith("xml", "diff", *arguments, **options)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    texts = {"old": OLD, "same": SAME, "new": NEW, "broken": "<domain>", "network": "<network><name>n</name></network>"}
    paths = {name: tmp_path / f"{name}.xml" for name in texts}
    for name, text in texts.items():
        paths[name].write_text(text)
    return paths


def test_equal_documents_give_no_output_and_exit_0(files) -> None:
    done = run(files["old"], files["same"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_different_documents_give_the_changes_and_exit_1(files) -> None:
    done = run(files["old"], files["new"])
    assert (done.returncode, done.stdout) == (1, "~ vcpu: 1 -> 2\n")
    assert run(files["old"], files["new"], "--format", "markdown").stdout.splitlines()[-1] == (
        "| changed | `vcpu` | `1` | `2` |"
    )
    data = json.loads(run(files["old"], files["new"], "--json").stdout)
    assert data["changes"] == [{"kind": "changed", "path": "vcpu", "old": 1, "new": 2}]


def test_one_of_the_documents_can_come_from_standard_input(files) -> None:
    assert run(files["old"], "-", input=NEW).returncode == 1
    assert run(files["old"], "-", "--profile", "requested", input=SAME).returncode == 0


@pytest.mark.parametrize(
    ("names", "code", "message"),
    [
        (["old"], 2, "two documents"),
        (["old", "broken"], 3, "broken.xml"),
        (["old", "network"], 2, "cannot compare a Domain with a Network"),
    ],
)
def test_what_cannot_be_compared_is_an_error(files, names, code, message) -> None:
    done = run(*(files[name] for name in names))
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_git_uses_it_as_a_diff_driver_and_as_an_external_diff(tmp_path: Path) -> None:
    def git(*arguments: str, **extra: str) -> str:
        home = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "GIT_PAGER": "cat", **extra}
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=home, capture_output=True, text=True, check=True).stdout

    tool = f"{sys.executable} -m virtsmith xml diff"
    git("init", "-q")
    (tmp_path / ".gitattributes").write_text("*.xml diff=libvirt\n")
    for name in ("a.xml", "b.xml", "c.xml", "d.xml"):
        (tmp_path / name).write_text(OLD)
    (tmp_path / "d.xml").write_text(SAME)
    git("add", "-A")
    git("commit", "-qm", "old")
    (tmp_path / "a.xml").write_text(NEW)
    (tmp_path / "b.xml").write_text(SAME)
    (tmp_path / "c.xml").write_text("<broken>\n")
    (tmp_path / "d.xml").write_text(NEW)
    git("add", "-A")
    git("mv", "d.xml", "f.xml")
    (tmp_path / "e.xml").write_text("<network><name>n</name></network>\n")
    git("add", "-A")
    git("config", "diff.libvirt.command", tool)
    for shown in (git("diff", "--cached", "-M"), git("diff", "--cached", "-M", GIT_EXTERNAL_DIFF=tool)):
        assert "diff a.xml\n~ vcpu: 1 -> 2\n" in shown
        assert "no difference in meaning" in shown
        assert "diff d.xml -> f.xml\n~ vcpu: 1 -> 2\n" in shown
        assert "+<broken>" in shown
        assert "+++ b/e.xml" in shown


def test_the_profiles_are_those_of_the_library(files) -> None:
    """One vocabulary: what the command takes, `libvirtxml.diff` takes."""
    (option,) = (parameter for parameter in COMMANDS[0].params if parameter.name == "profile")
    for profile in option.type.choices:
        changes = [change.to_dict() for change in diff(OLD, NEW, profile)]
        assert json.loads(run(files["old"], files["new"], "--profile", profile, "--json").stdout)["changes"] == changes
    with pytest.raises(UsageError) as caught:
        diff(OLD, NEW, "nonsense")
    assert caught.value.hint == f"there are {', '.join(option.type.choices)}"


def test_what_documents_hold_cannot_act_on_the_terminal(tmp_path) -> None:
    for name, text in (("a.xml", "x"), ("b.xml", "y\u202e\x9b2J")):
        (tmp_path / name).write_text(OLD.replace(">a<", f">{text}<"))
    assert run(tmp_path / "a.xml", tmp_path / "b.xml").stdout.isascii()
