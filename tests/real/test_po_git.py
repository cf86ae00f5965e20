"""git calling us: merge driver on merge, rebase and cherry-pick, clean filter, text conversion; and all undone."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

from virtsmith.po import parse_catalogue
from virtsmith.po.minimize import minimize

pytestmark = [pytest.mark.real, pytest.mark.skipif(not which("git"), reason="needs git")]

HEADER = (
    'msgid ""\nmsgstr ""\n"PO-Revision-Date: {date}\\n"\n"Last-Translator: {name}\\n"\n"Language: de\\n"\n'
    '"Content-Type: text/plain; charset=UTF-8\\n"\n'
)


def catalogue(date="2020-01-01 00:00+0000", name="A <a@b>", **messages) -> str:
    body = "".join(f'\nmsgid "{key}"\nmsgstr "{text}"\n' for key, text in sorted(messages.items()))
    return HEADER.format(date=date, name=name) + body


class Repo:
    def __init__(self, root):
        self.root = root
        self.environment = {
            **os.environ,
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_SYSTEM": "/dev/null",
            "GIT_AUTHOR_NAME": "T",
            "GIT_AUTHOR_EMAIL": "t@example.com",
            "GIT_COMMITTER_NAME": "T",
            "GIT_COMMITTER_EMAIL": "t@example.com",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        root.mkdir()
        (root / "po").mkdir()
        (root / "pyproject.toml").write_text('[tool.virtsmith.po]\ndomain = "app"\n')
        self.git("init", "-q", "-b", "main")

    def run(self, *command, check=True):
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def git(self, *arguments, check=True):
        return self.run("git", *arguments, check=check)

    def po(self, *arguments, check=True):
        return self.run("virtsmith", "po", *arguments, check=check)

    @property
    def path(self):
        return self.root / "po" / "de.po"

    def commit(self, text, message="x"):
        self.path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-qm", message)


@pytest.fixture
def repo(tmp_path):
    repo = Repo(tmp_path / "app")
    repo.po("git-setup")
    return repo


@pytest.mark.parametrize("way", ["merge", "rebase", "cherry-pick"])
def test_changes_of_neighbouring_messages_merge_without_conflict(repo, way):
    """Header dates differ too: plain git would stop in the header and in the block of messages."""
    repo.commit(catalogue(a="1", b="2", c="3"))
    repo.git("checkout", "-qb", "other")
    repo.commit(catalogue("2020-03-03 00:00+0000", "C <c@d>", a="1", b="zwei", c="3", d="4"))
    repo.git("checkout", "-q", "main")
    repo.commit(catalogue("2020-02-02 00:00+0000", "B <b@c>", a="eins", b="2", c="3"))
    if way == "merge":
        repo.git("merge", "-q", "--no-edit", "other")
    elif way == "rebase":
        repo.git("rebase", "-q", "other")
    else:
        repo.git("cherry-pick", "other")
    expected = catalogue("2020-03-03 00:00+0000", "C <c@d>", a="eins", b="zwei", c="3", d="4")
    assert repo.path.read_text() == expected


def test_a_real_conflict_shows_whole_messages_and_resolve_settles_it(repo):
    repo.commit(catalogue(a="1", b="2"))
    repo.git("checkout", "-qb", "other")
    repo.commit(catalogue(a="uno", b="2", c="3"))
    repo.git("checkout", "-q", "main")
    repo.commit(catalogue(a="eins", b="zwei"))
    assert repo.git("merge", "-q", "other", check=False).returncode == 1
    text = repo.path.read_text()
    base = '||||||| base\nmsgid "a"\nmsgstr "1"\n'
    assert f'\nmsgid "a"\nmsgstr "eins"\n{base}=======\nmsgid "a"\nmsgstr "uno"\n>>>>>>>' in text
    assert repo.po("check", "po/de.po", check=False).returncode == 1
    repo.po("resolve", "--take", "theirs", "po/de.po")
    assert repo.path.read_text() == catalogue(a="uno", b="zwei", c="3")
    assert repo.git("status", "--porcelain").stdout == "M  po/de.po\n"


def test_resolve_merges_what_git_left_without_the_driver(repo):
    repo.po("git-setup", "--undo")
    repo.commit(catalogue(a="1", b="2"))
    repo.git("checkout", "-qb", "other")
    repo.commit(catalogue("2020-03-03 00:00+0000", a="1", b="zwei"))
    repo.git("checkout", "-q", "main")
    repo.commit(catalogue("2020-02-02 00:00+0000", a="eins", b="2"))
    repo.git("merge", "-q", "other", check=False)
    assert "<<<<<<<" in repo.path.read_text()
    repo.po("resolve", "po/de.po")
    assert repo.path.read_text() == catalogue("2020-03-03 00:00+0000", a="eins", b="zwei")


def test_with_the_filter_what_is_committed_is_minimised_and_broken_files_are_committed_as_they_are(repo):
    repo.po("git-setup", "--clean")
    full = catalogue(b="2", a="1").replace('msgid "b"', '#: x.c:1\nmsgid "b"') + '\nmsgid "none"\nmsgstr ""\n'
    repo.commit(full)
    assert repo.git("show", "HEAD:po/de.po").stdout == minimize(parse_catalogue(full.encode())).decode()
    assert repo.git("status", "--porcelain").stdout == ""
    repo.commit("msgid broken")
    assert repo.git("show", "HEAD:po/de.po").stdout == "msgid broken"


def test_git_diff_shows_texts_and_not_their_line_breaks(repo):
    repo.commit(catalogue(a="one two"))
    repo.path.write_text(
        catalogue(a="one two").replace('"one two"', '""\n"one "\n"two"').replace('msgid "a"', '#: x:1\nmsgid "a"')
    )
    assert repo.git("diff").stdout == ""


def test_set_up_can_be_repeated_and_undone(repo):
    attributes = repo.root / ".gitattributes"
    repo.po("git-setup", "--shared")
    before = attributes.read_text()
    repo.po("git-setup", "--shared")
    assert attributes.read_text() == before
    attributes.write_text("*.c text\n" + before)
    repo.po("git-setup", "--undo")
    assert attributes.read_text() == "*.c text\n"
    assert "virtsmith" not in repo.git("config", "--local", "--list").stdout


def test_diff_and_savings_read_the_history(repo):
    repo.po("git-setup", "--undo")
    moved = [catalogue(a="1", b="2").replace("\nmsgid", f"\n#: x.c:{n}\nmsgid") for n in (1, 7)]
    repo.commit(moved[0], "first")
    repo.commit(moved[1], "only lines moved")
    repo.commit(moved[1].replace('"2"', '"zwei"'), "one text")
    shown = repo.po("savings").stdout
    assert "only lines moved" in shown
    assert [line.split()[1:4] for line in shown.splitlines() if "lines moved" in line] == [["4", "0", "100.0"]]
    changed = repo.po("diff", "HEAD~1", check=False)
    assert changed.returncode == 1
    assert "~ 'b'\n    - '2'\n    + 'zwei'\n" in changed.stdout
    assert repo.po("diff", "HEAD~2", "HEAD~1", check=False).stdout == ""
    assert "| de | 0 | 0 | 1 |" in repo.po("diff", "HEAD~1", "--format", "markdown", check=False).stdout
