import shutil

import pytest

from virtsmith.errors import InputError
from virtsmith.po import parse_catalogue
from virtsmith.po.extract import extract_project, find_settings
from virtsmith.po.project import guess_project, load_project
from virtsmith.po.sources.babel import read_babel
from virtsmith.po.sources.makevars import read_domain, read_makevars
from virtsmith.po.sources.meson import read_meson
from virtsmith.po.sources.potfiles import from_globs, read_potfiles, read_skipped
from virtsmith.po.sources.python import extract_python
from virtsmith.po.sources.settings import ExtractionSettings, parse_options

needs_gettext = pytest.mark.skipif(not shutil.which("xgettext"), reason="gettext is not installed")


@pytest.fixture
def root(tmp_path):
    (tmp_path / "po").mkdir()
    return tmp_path


def test_options_have_one_form_however_they_are_written():
    words = (
        "-kN_ -k --keyword=_ -k g:1,2 -D src --directory lib -cNOTE -s -f POTFILES -o x.pot --flag _:1:c-format file.c"
    )
    assert parse_options(words.split()) == (
        "--keyword=N_", "--keyword", "--keyword=_", "--keyword", "--directory=src", "--directory=lib",
        "--add-comments=NOTE", "--sort-output", "--flag=_:1:c-format",
    )  # fmt: skip


def test_a_keyword_option_without_a_name_takes_the_earlier_ones_away():
    names = [keyword.name for keyword in ExtractionSettings(("--keyword=a", "--keyword", "--keyword=b:1,2")).keywords()]
    assert names == ["b"]
    assert "ngettext" in [keyword.name for keyword in ExtractionSettings(("--keyword=a",)).keywords()]


def test_meson_arguments_are_evaluated_as_far_as_they_can_be(root):
    (root / "VERSION").write_text("1.5\n")
    (root / "meson.build").write_text(
        "project('app', 'c',\n  version: files('VERSION'), # a comment\n)\n"
        "name = 'app'\ntags = ['--add-comments=' + 'NOTE']\nif not_known == 3\n"
        "  x = run_command('date').stdout()\nendif\n"
    )
    (root / "po" / "meson.build").write_text(
        "i18n = import('i18n')\n"
        "args = ['--from-code=UTF-8'] + tags\nargs += '-kN_'\nargs += ['--package-version=@0@'.format(x)]\n"
        "i18n.gettext(name + '-ui', preset: 'glib', args: args + [\n"
        "  f'--directory=@name@', '--package-version=@0@'.format(meson.project_version()),\n"
        "  '--directory=@0@'.format(meson.project_source_root() / 'sub' ),\n"
        "], data_dirs: meson.current_source_dir() / 'its')\n"
    )
    found = read_meson(root / "po", root)
    assert found.last("--package-name") == "app-ui"
    assert found.values("--package-version") == ["1.5"]
    assert found.values("--directory") == ["app", str(root / "sub")]
    assert {"NC_", "N_", "_"} <= {keyword.name for keyword in found.keywords()}
    assert (found.comment_tags()[-1], found.data_directories) == ("NOTE", (root / "po" / "its",))


@pytest.mark.parametrize(
    "text", ["i18n.gettext(", "i18n.gettext('a', args: [", "x = {'a': 1}\n", "'", "a ? b : c", ")]}"]
)
def test_no_meson_file_makes_it_fail(root, text):
    (root / "po" / "meson.build").write_text(text + "\nproject(version: ((\n")
    read_meson(root / "po", root)


def test_makevars_and_configure_say_what_autotools_pass(root):
    (root / "configure.ac").write_text("AC_INIT([GNU My App], [2.1], [bugs@example.org])\n")
    (root / "po" / "Makevars").write_text(
        "# comment = no\nDOMAIN = $(PACKAGE)\nXGETTEXT_OPTIONS = --keyword=_ \\\n  --keyword=N_ "
        "--flag=error:3:c-format\n"
        "COPYRIGHT_HOLDER = Ada\nMSGID_BUGS_ADDRESS = $(PACKAGE_BUGREPORT)\n"
    )
    found = read_makevars(root / "po", root)
    assert found.options[0] == "--add-comments=TRANSLATORS:"
    assert found.values("--keyword") == ["_", "N_"]
    assert found.values("--flag") == ["error:3:c-format"]
    names = ("--msgid-bugs-address", "--package-name", "--package-version", "--copyright-holder")
    assert [found.last(name) for name in names] == ["bugs@example.org", "GNU my-app", "2.1", "Ada"]
    assert read_domain(root / "po", root) == "my-app"
    (root / "configure.ac").write_text("AC_INIT([My App], [2.1], [bugs@example.org], [short])\n")
    assert read_makevars(root / "po", root).last("--package-name") == "short"


def test_babel_says_keywords_and_sources_and_other_methods_are_not_passed_over(root):
    (root / "setup.cfg").write_text(
        "[extract_messages]\nkeywords = _l lazy:1,2\nadd_comments = NOTE:\nmsgid_bugs_address = a@b\n"
        "mapping_file = map.cfg\n"
    )
    (root / "map.cfg").write_text("[ignore: tests/**.py]\n[python: **.py]\n")
    (root / "a.py").write_text('# NOTE: hello\n_l("a")\n')
    (root / "tests" / "deep").mkdir(parents=True)
    (root / "tests" / "deep" / "b.py").write_text('_("b")\n')
    found = read_babel(root)
    assert (found.sources, found.values("--keyword")) == (("a.py",), ["_l", "lazy:1,2"])
    template = extract_project(guess_project(root)).data
    assert b'#. NOTE: hello\n#: a.py:2\nmsgid "a"\n' in template
    assert b"Report-Msgid-Bugs-To: a@b\\n" in template
    (root / "x.html").write_text("")
    (root / "map.cfg").write_text("[jinja2: *.html]\n")
    with pytest.raises(InputError, match="method jinja2"):
        read_babel(root)
    (root / "map.cfg").unlink()
    (root / "pyproject.toml").write_text('[[tool.babel.mappings]]\nmethod = "python"\npattern = "tests/**.py"\n')
    assert read_babel(root).sources == ("tests/deep/b.py",)
    (root / "pyproject.toml").unlink()
    assert read_babel(root).sources == ("a.py", "tests/deep/b.py")


def test_lists_of_sources_have_types_build_files_and_names_that_are_missing(root):
    (root / "build").mkdir()
    (root / "build" / "made.c").write_text("")
    (root / "a.ui").write_text("")
    path = root / "po" / "POTFILES.in"
    path.write_text("# x\n[encoding: UTF-8]\n[type: gettext/glade]a.ui\na.ui\n@BUILDDIR@/made.c \\\ngone.c\n")
    found = read_potfiles(path, root, [root / "build"])
    assert [(source.name, source.language) for source in found.found] == [("a.ui", "Glade"), ("made.c", "")]
    assert found.missing == ("gone.c",)
    with pytest.raises(InputError, match=r"no such source: gone\.c"):
        found.require()
    path.write_text("[type: gettext/tlk]x\n")
    with pytest.raises(InputError, match=r"POTFILES.in:1: type gettext/tlk"):
        read_potfiles(path, root)


def test_skipped_files_are_left_out_of_globs(root):
    (root / "a.py").write_text("")
    (root / "b.py").write_text("")
    (root / "po" / "POTFILES.skip").write_text("b.py # not ours\n")
    assert [source.name for source in from_globs(root, ["*.py"], read_skipped(root / "po")).found] == ["a.py"]


@needs_gettext
def test_sources_in_several_languages_are_extracted_with_the_projects_keywords(root):
    (root / "src").mkdir()
    (root / "src/a.c").write_text('/* NOTE about it */\nputs(tr("from %s"));\nputs(C_("menu", "open"));\n')
    (root / "src/b.py").write_text('tr("from python")\n')
    (root / "src/c.desktop").write_text("[Desktop Entry]\nName=App\n")
    (root / "po/POTFILES").write_text("src/a.c\nsrc/b.py\nsrc/c.desktop\n")
    (root / "pyproject.toml").write_text(
        '[tool.virtsmith.po]\ndomain = "app"\nkeywords = ["tr", "C_:1c,2"]\nflags = ["tr:1:pass-c-format"]\n'
        'comment-tags = ["NOTE"]\nbugs-address = "bugs@example.org"\npackage = "App"\nversion = "3"\n'
    )
    project = load_project(root)
    data = extract_project(project).data
    found = {entry.msgid: entry for entry in parse_catalogue(data).entries()}
    assert {"from %s", "open", "from python", "App"} <= found.keys()
    assert (found["from %s"].extracted, found["from %s"].flags) == (["NOTE about it"], ("c-format",))
    assert (found["open"].msgctxt, found["App"].locations) == ("menu", ["src/c.desktop:3"])
    assert b"Project-Id-Version: App 3\\n" in data
    assert find_settings(project).last("--msgid-bugs-address") == "bugs@example.org"


@needs_gettext
def test_sources_in_an_unknown_language_are_named(root):
    (root / "a.c").write_text('gettext("c");\n')
    (root / "b.unknown").write_text('gettext("u");\n')
    (root / "po/POTFILES").write_text("a.c\nb.unknown\n")
    found = extract_project(guess_project(root))
    assert (found.messages, found.tried_as_c) == (2, ("b.unknown",))


def test_python_comments_follow_the_tag_that_the_project_has():
    source = '# about x\n# NOTE: look\n# here\n_("a")\n'
    keywords = ExtractionSettings().keywords()
    extracted = [
        extract_python(source, "a.py", keywords, comment_tag=tag)[0].extracted for tag in ("NOTE:", "", None, "OTHER")
    ]
    assert extracted == [["NOTE: look", "here"], ["about x", "NOTE: look", "here"], [], []]
