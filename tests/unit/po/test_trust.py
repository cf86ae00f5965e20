import pytest

from virtsmith.po.check.project import check_project, fix_files
from virtsmith.po.extract import NoMessages
from virtsmith.po.profile import MINI
from virtsmith.po.project import Project
from virtsmith.po.trust import DoubtfulLoss, measure_losses, require_trusted

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'


def catalogue(count, text="x"):
    return HEADER + "".join(f'\nmsgid "m{number}"\nmsgstr "{text}"\n' for number in range(count))


@pytest.fixture
def project(tmp_path):
    (tmp_path / "po").mkdir()
    (tmp_path / "po/de.po").write_text(catalogue(40))
    return Project(tmp_path, tmp_path / "po", "app", template=tmp_path / "po/app.pot", sources=("*.py",))


def keys(count):
    return frozenset(f"m{number}".encode() for number in range(count))


def test_a_loss_of_a_few_percent_is_a_change_and_more_is_a_doubt(project):
    require_trusted(keys(38), project)
    with pytest.raises(DoubtfulLoss, match=r"lacks 3 of 40 translations in the catalogues"):
        require_trusted(keys(37), project)


def test_the_stored_template_counts_as_well_as_the_catalogues(project):
    project.template.write_text(catalogue(100, ""))
    assert [str(loss) for loss in measure_losses(keys(40), project)] == [
        f"60 of 100 messages of {project.template}",
        "0 of 40 translations in the catalogues",
    ]
    (project.directory / "de.po").write_text("<<<<<<< x\n")
    project.template.write_text("<<<<<<< x\n")
    assert [loss.known for loss in measure_losses(keys(40), project)] == [0]


def test_sources_without_a_message_stop_a_fix_and_are_found_by_a_check(project):
    (project.root / "a.py").write_text("x = 1\n")
    before = (project.directory / "de.po").read_text()
    with pytest.raises(NoMessages):
        fix_files([project.directory / "de.po"], MINI, project, drop_stale=True, accept_loss=True)
    assert (project.directory / "de.po").read_text() == before
    assert [item.rule for item in check_project(project)] == ["PO305"]


def test_stale_translations_go_only_if_asked_by_name_and_are_named(project):
    (project.root / "a.py").write_text("".join(f"_('m{number}')\n" for number in range(39)))
    path = project.directory / "de.po"
    fix_files([path], MINI, project)
    assert "m39" in path.read_text()
    (fixed,) = fix_files([path], MINI, project, drop_stale=True)
    assert (fixed.path, fixed.removed) == (path, (b"m39",))
    assert "m39" not in path.read_text()
