"""What a stored form saves, counted on real files and a real history."""

import zlib

import pytest
from helpers.po_messages import messages

from virtsmith.po.catalogue import parse_catalogue
from virtsmith.po.minimize import minimize
from virtsmith.po.profile import MINI
from virtsmith.po.project import load_project
from virtsmith.po.savings import Noise, measure_noise, measure_sizes


def located(line, **texts):
    """A catalogue whose messages are at a line of the source."""
    return messages(**texts).replace("\nmsgid", f"\n#: src/x.c:{line}\nmsgid")


@pytest.fixture
def noise(repository):
    return lambda **how: measure_noise(repository, [repository.root / "po"], MINI, **how)


def test_sizes_are_those_of_the_files_and_of_their_stored_forms(repository):
    (repository.root / "pyproject.toml").write_text('[tool.virtsmith.po]\ndomain = "app"\n')
    before = [located(7, a="1", b="").encode(), located(7, a="eins", b="zwei").encode()]
    for name, data in zip(("de", "fr"), before, strict=True):
        (repository.root / f"po/{name}.po").write_bytes(data)
    after = [minimize(parse_catalogue(data), MINI) for data in before]
    sizes = measure_sizes([load_project(repository.root)], MINI)
    assert (sizes.languages, sizes.before, sizes.after) == (2, sum(map(len, before)), sum(map(len, after)))
    assert sizes.before_compressed == sum(len(zlib.compress(data)) for data in before)
    assert sizes.after_compressed == sum(len(zlib.compress(data)) for data in after)
    assert sizes.after < sizes.before


def test_a_commit_that_only_moves_lines_is_all_noise_and_one_that_translates_is_not(commit, noise):
    commit("add", de=located(1, a="1", b="2"))
    commit("move", de=located(7, a="1", b="2"))
    commit("translate", de=located(7, a="1", b="zwei"))
    translate, move, add = noise()
    assert (move.subject, move.lines, move.signal, move.percent) == ("move", 4, 0, 100)
    assert (translate.subject, translate.lines, translate.signal, translate.percent) == ("translate", 2, 2, 0)
    assert (add.subject, add.lines) == ("add", len(located(1, a="1", b="2").splitlines()))
    assert add.signal == len(minimize(parse_catalogue(located(1, a="1", b="2").encode()), MINI).splitlines())


def test_only_commits_that_touch_catalogues_count_and_no_merge(repository, commit, noise):
    commit("first", de=messages(a="1"))
    (repository.root / "README").write_text("x")
    commit("a page")
    repository.git("checkout", "-qb", "topic")
    commit("topic", fr=messages(a="un"))
    repository.git("checkout", "-q", "-")
    commit("main", de=messages(a="eins"))
    repository.git("merge", "-q", "--no-edit", "topic")
    assert sorted(found.subject for found in noise()) == ["first", "main", "topic"]
    assert len(noise(commits=2)) == 2


def test_files_that_were_added_removed_or_cannot_be_read_count_with_all_their_lines(commit, noise):
    commit("broken", de="msgid broken\nand more\n")
    commit("gone", de=None, **{"name with spaces": messages(a="1")})
    gone, broken = noise()
    assert (broken.lines, broken.signal) == (2, 2)
    small = minimize(parse_catalogue(messages(a="1").encode()), MINI)
    assert gone.lines == 2 + len(messages(a="1").splitlines())
    assert gone.signal == 2 + len(small.splitlines())


def test_a_commit_without_changed_lines_has_no_noise():
    assert Noise("c", "s", 0, 0).percent == 0
    assert Noise("c", "s", 3, 1).to_dict()["noise_percent"] == 66.7
