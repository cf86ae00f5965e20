"""Catalogues in a real git repository: what is read at a revision, and what the set-up writes and takes back."""

import subprocess

import pytest

from virtsmith.errors import InputError
from virtsmith.po.conflicts import resolve_conflict
from virtsmith.po.git import DRIVER, check_set_up, find_repository, set_up, undo
from virtsmith.po.project import load_project

SETTINGS = '[tool.virtsmith.po]\ndomain = "app"\n'


@pytest.fixture
def project(repository):
    (repository.root / "pyproject.toml").write_text(SETTINGS)
    return load_project(repository.root)


def configured(repository):
    listed = repository.git("config", "--local", "--name-only", "--list").decode().split()
    return [name for name in listed if DRIVER in name]


def attributes_of(repository, name):
    listed = repository.git("check-attr", "merge", "diff", "filter", "text", "--", name).decode()
    return {line.split(": ")[1]: line.split(": ")[2] for line in listed.splitlines()}


def test_files_are_read_at_any_revision_and_are_none_where_they_are_not(repository, commit):
    commit(de="one")
    commit(de="two", fr="deux")
    path = repository.root / "po/de.po"
    path.write_text("three")
    assert repository.read("HEAD", path) == b"two"
    assert repository.read("HEAD^", path) == b"one"
    assert repository.read("HEAD^", repository.root / "po/fr.po") is None
    assert repository.read("nonsense", path) is None


def test_the_sides_of_a_merge_are_stages(repository, commit):
    commit(de="base\n")
    repository.git("checkout", "-qb", "other")
    commit(de="theirs\n")
    repository.git("checkout", "-q", "-")
    commit(de="ours\n")
    repository.git("merge", "-q", "other", allow=(1,))
    sides = [repository.read(stage, repository.root / "po/de.po") for stage in (":1", ":2", ":3")]
    assert sides == [b"base\n", b"ours\n", b"theirs\n"]


def test_files_of_a_directory_are_listed_with_any_names(repository, commit):
    names = ["de", "name with spaces", "tab\tin it", "grün"]
    commit(**dict.fromkeys(names, "x"))
    (repository.root / "other.po").write_text("not in po")
    commit()
    directory = repository.root / "po"
    assert sorted(repository.list_files("HEAD", directory)) == sorted(directory / f"{name}.po" for name in names)


def test_only_names_of_commits_are_revisions_and_never_an_option(repository, commit):
    assert not repository.has_revision("HEAD")
    commit(de="x")
    assert repository.has_revision("HEAD")
    assert not repository.has_revision("HEAD:po/de.po")
    assert not repository.has_revision("--all")


def test_a_repository_is_found_from_within_and_through_links_and_nowhere_else(repository, tmp_path):
    (tmp_path / "link").symlink_to(repository.root)
    assert find_repository(tmp_path / "link/po") == repository
    assert repository.name_of(tmp_path / "link/po/de.po") == "po/de.po"
    with pytest.raises(InputError, match="not in a git work tree"):
        find_repository(tmp_path)


@pytest.mark.parametrize("shared", [False, True])
def test_the_set_up_reaches_catalogues_alone_and_is_undone_without_a_trace(repository, project, shared):
    before = (repository.root / ".git/config").read_text()
    done = set_up(repository, [project], shared=shared, clean=True)
    assert attributes_of(repository, "po/de.po") == {"merge": DRIVER, "diff": DRIVER, "filter": DRIVER, "text": "set"}
    assert set(attributes_of(repository, "po/app.pot").values()) == {"unspecified"}
    assert len(done) == len(configured(repository)) + 1
    assert (repository.root / ".gitattributes").exists() is shared
    undo(repository)
    assert configured(repository) == []
    assert set(attributes_of(repository, "po/de.po").values()) == {"unspecified"}
    assert not (repository.root / ".gitattributes").exists()
    assert (repository.root / ".git/config").read_text().strip() == before.strip()


def test_without_the_filter_files_are_stored_as_they_are(repository, project):
    set_up(repository, [project])
    assert attributes_of(repository, "po/de.po")["filter"] == "unspecified"
    assert f"filter.{DRIVER}.clean" not in configured(repository)


def test_attributes_of_others_are_kept_in_place_when_the_set_up_is_repeated_and_undone(repository, project):
    path = repository.root / ".gitattributes"
    path.write_text("*.c text\n")
    set_up(repository, [project], shared=True, clean=True)
    path.write_text(path.read_text() + "*.h text\n")
    once = path.read_text()
    set_up(repository, [project], shared=True)
    assert [line for line in path.read_text().splitlines() if "text eol" not in line and not line.startswith("#")] == [
        "*.c text",
        "*.h text",
    ]
    assert path.read_text().count("begin") == once.count("begin") == 1
    assert undo(repository)
    assert path.read_text() == "*.c text\n*.h text\n"
    assert undo(repository) == []


def test_local_attributes_of_a_linked_work_tree_are_written_where_git_reads_them(repository, project, commit, tmp_path):
    commit(de="x")
    repository.git("worktree", "add", "-q", str(tmp_path / "second"))
    second = find_repository(tmp_path / "second/po")
    set_up(second, [load_project(second.root)])
    assert attributes_of(second, "po/de.po")["merge"] == DRIVER
    assert (
        subprocess.run(["git", "-C", second.root, "status", "--porcelain"], capture_output=True, check=True).stdout
        == b""
    )


HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'


def texts(**messages):
    return HEADER + "".join(f'\nmsgid "{name}"\nmsgstr "{text}"\n' for name, text in messages.items())


def test_versions_that_cannot_be_read_are_merged_by_line_with_markers(repository, project, commit):
    set_up(repository, [project])
    twice = '\nmsgid "x"\nmsgstr "1"\n\nmsgid "x"\nmsgstr "2"\n'
    commit(de=texts(a="1", b="2", c="3") + twice)
    repository.git("checkout", "-qb", "other")
    commit(de=texts(a="uno", b="2", c="drei") + twice)
    repository.git("checkout", "-q", "-")
    commit(de=texts(a="eins", b="2", c="3") + twice)
    repository.git("merge", "-q", "other", allow=(1,))
    merged = (repository.root / "po/de.po").read_text()
    assert merged.count("<<<<<<<") == 1
    assert 'msgstr "drei"' in merged
    assert {'msgstr "eins"', 'msgstr "uno"'} <= set(merged.splitlines())
    resolve_conflict(repository.root / "po/de.po", "theirs")
    assert (repository.root / "po/de.po").read_text() == texts(a="uno", b="2", c="drei") + twice
    assert repository.git("diff", "--name-only", "--diff-filter=U") == b""


def test_a_clone_without_the_program_merges_as_git_does(repository, project, commit):
    set_up(repository, [project])
    _, command, options = driver(repository).partition(" po merge")
    repository.git("config", f"merge.{DRIVER}.driver", f"/nowhere/virtsmith{command}{options}")
    assert check_set_up(repository, [project]) == [
        "/nowhere/virtsmith, which git is configured to call, does not exist"
    ]
    commit(de=texts(a="1", b="2", c="3", d="4"))
    repository.git("checkout", "-qb", "other")
    commit(de=texts(a="uno", b="2", c="3", d="vier"))
    repository.git("checkout", "-q", "-")
    commit(de=texts(a="eins", b="2", c="3", d="4"))
    repository.git("merge", "-q", "other", allow=(1,))
    merged = (repository.root / "po/de.po").read_text()
    assert merged.count("<<<<<<< ours") == 1
    assert 'msgstr "vier"' in merged


def driver(repository):
    return repository.git("config", f"merge.{DRIVER}.driver").decode().strip()


def test_a_criss_cross_merge_has_markers_around_what_is_disputed_and_the_rest_of_both(repository, project, commit):
    set_up(repository, [project])
    commit(de=texts(a="A", b="B", c="C"))
    start = repository.git("branch", "--show-current").decode().strip()
    repository.git("checkout", "-qb", "other")
    commit(de=texts(a="A theirs", b="B", c="C"))
    theirs = repository.git("rev-parse", "HEAD").decode().strip()
    repository.git("checkout", "-q", start)
    commit(de=texts(a="A ours", b="B", c="C"))
    ours = repository.git("rev-parse", "HEAD").decode().strip()
    for branch, commit_id in ((start, theirs), ("other", ours)):
        repository.git("checkout", "-q", branch)
        repository.git("merge", "-q", commit_id, allow=(1,))
        resolve_conflict(repository.root / "po/de.po", "ours")
        repository.git("commit", "-qm", "merged")
    commit(de=texts(a="A theirs", b="B2", c="C"))
    repository.git("checkout", "-q", start)
    commit(de=texts(a="A ours", b="B", c="C2"))
    repository.git("merge", "-q", "other", allow=(1,))
    merged = (repository.root / "po/de.po").read_text()
    assert merged.count("<<<<<<<") == 1
    assert {'msgstr "A ours"', 'msgstr "A theirs"', 'msgstr "B2"', 'msgstr "C2"'} <= set(merged.splitlines())


def test_the_set_up_is_checked(repository, project):
    assert len(check_set_up(repository, [project])) == 4
    set_up(repository, [project])
    assert check_set_up(repository, [project]) == []
    undo(repository)
    assert check_set_up(repository, [project])
