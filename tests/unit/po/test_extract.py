import pytest

from virtsmith.errors import InputError, UsageError
from virtsmith.po import parse_catalogue
from virtsmith.po.extract import NoSources, extract_project
from virtsmith.po.project import Project, load_project
from virtsmith.po.sources.python import extract_python, parse_keyword

KEYWORDS = [parse_keyword(text) for text in ("_", "ngettext:1,2", "pgettext:1c,2", "npgettext:1c,2,3")]

SOURCE = """
# TRANSLATORS: shown once
# a year
print(_("hello "
        "world"), self._("method"))
ngettext("%d file", "%d files", n)
pgettext("menu", "open {name}")
_(f"not {constant}")
_("")
other("no")
"""


def test_python_messages_are_found_with_places_notes_and_flags():
    found = {entry.msgid: entry for entry in extract_python(SOURCE, "a.py", KEYWORDS)}
    assert list(found) == ["hello world", "method", "%d file", "open {name}"]
    assert found["hello world"].extracted == ["TRANSLATORS: shown once", "a year"]
    assert (found["%d file"].msgid_plural, found["%d file"].flags) == ("%d files", ("python-format",))
    assert (found["open {name}"].msgctxt, found["open {name}"].flags) == ("menu", ("python-brace-format",))
    assert found["%d file"].locations == ["a.py:6"]


def test_sources_that_are_no_python_are_named_with_the_line():
    with pytest.raises(InputError, match=r"a\.py:2: not valid Python"):
        extract_python("x = 1\nx = = 2\n", "a.py", KEYWORDS)


@pytest.mark.parametrize("text", ["", "a:0", "a:b", "a:1c", "1a", "a:1,,2"])
def test_wrong_keywords_are_refused(text):
    with pytest.raises(UsageError):
        parse_keyword(text)


def project(root, **settings):
    return Project(root, root / "po", "app", template=root / "po" / "app.pot", **settings)


def test_the_same_sources_give_the_same_template_whenever(tmp_path, monkeypatch):
    (tmp_path / "po").mkdir()
    (tmp_path / "a.py").write_text('_("one")\n')
    (tmp_path / "b.py").write_text('_("one")\n_("two")\n')
    app = project(tmp_path, sources=("*.py",))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    extracted = extract_project(app)
    first = extracted.data
    assert extracted.messages == 2
    assert b"#: a.py:1\n#: b.py:1\n" in first or b"#: a.py:1 b.py:1\n" in first
    assert b"POT-Creation-Date: 2001-09-09 01:46+0000" in first
    app.template.write_bytes(first)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert extract_project(app).data == first
    (tmp_path / "a.py").write_text('_("three")\n')
    assert b"2023-11-14" in extract_project(app).data


def test_lists_of_sources_are_followed_and_their_faults_named(tmp_path):
    (tmp_path / "po").mkdir()
    (tmp_path / "a.py").write_text('_("one")\n')
    app = project(tmp_path)
    with pytest.raises(NoSources):
        extract_project(app)
    (tmp_path / "po" / "POTFILES").write_text("# comment\n@SRCDIR@a.py\n")
    assert extract_project(app).messages == 1
    (tmp_path / "po" / "POTFILES").write_text("a.py\n../../etc/passwd\n")
    with pytest.raises(InputError, match=r"POTFILES:2: no such source.*outside"):
        extract_project(app)


def test_a_project_is_found_from_any_directory_inside_it(tmp_path):
    (tmp_path / "translations").mkdir()
    (tmp_path / "deep" / "down").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.virtsmith.po]\ndirectory = "translations"\ndomain = "app"\n'
        'files = "{language}.mini.po"\nprofile = "own"\n'
        '[tool.virtsmith.po.profiles.own]\nbase = "sorted"\nwrap = "none"\ndrop-header = ["X-Generator"]\n'
    )
    found = load_project(tmp_path / "deep" / "down")
    assert (found.directory, found.domain) == (tmp_path / "translations", "app")
    assert (found.profile.untranslated, found.profile.drop_header) == (True, ("X-Generator",))
    assert found.catalogue_path("pt_BR").name == "pt_BR.mini.po"
    with pytest.raises(InputError):
        found.catalogue_path("../x")


@pytest.mark.parametrize(
    "text",
    [
        "[tool.virtsmith.po]\nnonsense = 1\n", '[tool.virtsmith.po]\ndirectory = "../x"\n', "[tool.virtsmith.po\n",
        '[tool.virtsmith.po]\nprofile = "none"\n', '[tool.virtsmith.po]\nfiles = "x/{language}"\n',
        "[tool.virtsmith.po]\ndomain = 3\n", '[tool.virtsmith.po.profiles.a]\nwrap = "maybe"\n',
        '[tool.virtsmith.po.profiles.a]\nfuzzy = "yes"\n', "[tool.virtsmith]\npo = 3\n",
    ],
)  # fmt: skip
def test_wrong_settings_are_refused_with_the_file(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(InputError, match=r"pyproject\.toml:\d+:\d+: "):
        load_project(tmp_path)


def test_without_a_configuration_the_directory_decides(tmp_path):
    (tmp_path / "po").mkdir()
    for name in ("de.mini.po", "pt_BR.mini.po", "libvirt.pot", "LINGUAS"):
        (tmp_path / "po" / name).write_text("# de\nde fr\n" if name == "LINGUAS" else "")
    found = load_project(tmp_path)
    assert (list(found.languages()), found.domain, found.language_list().languages) == (
        ["de", "pt_BR"],
        "libvirt",
        {"de", "fr"},
    )
    assert parse_catalogue(b"").rows == []
