"""Which catalogues a directory means, in projects of every shape."""

import json

import pytest
from helpers.in_process import virtsmith

from virtsmith.errors import InputError
from virtsmith.po.git import check_set_up, set_up
from virtsmith.po.inputs import find_project, find_projects
from virtsmith.po.project import language_of, load_project, load_projects

TEXT = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "a"\nmsgstr "b"\n'


def write(root, *names, text=TEXT):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def shown(projects):
    return {project.domain: sorted(project.languages()) for project in projects}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["locale/de/LC_MESSAGES/django.po", "locale/pt_BR/LC_MESSAGES/django.po", "locale/de/LC_MESSAGES/djangojs.po"],
         {"django": ["de", "pt_BR"], "djangojs": ["de"]}),
        (["docs/locale/de/LC_MESSAGES/index.po", "docs/locale/ja/LC_MESSAGES/guide/intro.po"],
         {"index": ["de"], "guide/intro": ["ja"]}),
        (["app/translations/de/LC_MESSAGES/messages.po"], {"messages": ["de"]}),
        (["sale/i18n/de.po", "sale/i18n/sale.pot", "stock/i18n/fr.po"], {"sale": ["de"], "stock": ["fr"]}),
        (["po/de.po", "po/app.pot", "po-libapp/de.po", "po-libapp/libapp.pot"], {"app": ["de"], "libapp": ["de"]}),
        (["po/de.mini.po", "po/app.pot"], {"app": ["de"]}),
    ],
)  # fmt: skip
def test_the_layouts_of_other_tools_are_found(tmp_path, names, expected):
    write(tmp_path, *names)
    assert shown(load_projects(tmp_path)) == expected


def test_a_build_file_names_the_domain(tmp_path):
    write(tmp_path, "po/de.po", "po-x/de.po")
    (tmp_path / "po" / "meson.build").write_text("i18n.gettext('main', preset: 'glib')\n")
    (tmp_path / "po-x" / "Makevars").write_text("DOMAIN = extra\n")
    assert set(shown(load_projects(tmp_path))) == {"main", "extra"}


def test_domains_are_configured_one_by_one_and_share_the_rest(tmp_path):
    write(tmp_path, "locale/de/LC_MESSAGES/app.po", "plug/fr.po")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.virtsmith.po]\nprofile = "sorted"\nkeywords = ["tr"]\n'
        '[[tool.virtsmith.po.domain]]\nname = "app"\nfiles = "locale/{language}/LC_MESSAGES/{domain}.po"\n'
        '[[tool.virtsmith.po.domain]]\nname = "plug"\ndirectory = "plug"\nprofile = "mini"\n'
    )
    app, plug = load_projects(tmp_path)
    assert shown([app, plug]) == {"app": ["de"], "plug": ["fr"]}
    assert [project.profile.name for project in (app, plug)] == ["sorted", "mini"]
    assert app.extraction == plug.extraction == ("--keyword=tr",)
    assert app.catalogue_path("pt_BR") == tmp_path / "locale/pt_BR/LC_MESSAGES/app.po"
    assert find_project((tmp_path / "locale/de/LC_MESSAGES/app.po",)).domain == "app"
    with pytest.raises(InputError, match=r"several domains: app .*, plug "):
        load_project(tmp_path)


@pytest.mark.parametrize("line", ["nonsense = 1", 'files = "../{language}.po"', 'directory = "../x"'])
def test_wrong_settings_of_a_domain_are_refused_with_their_place(tmp_path, line):
    (tmp_path / "pyproject.toml").write_text(f'[[tool.virtsmith.po.domain]]\nname = "a"\n{line}\n')
    with pytest.raises(InputError, match=r"pyproject\.toml:\d+:\d+: "):
        load_projects(tmp_path)


@pytest.fixture
def configured(tmp_path):
    """A project whose settings name one directory, and another directory of catalogues beside it."""
    write(tmp_path, "po/de.po", "po-plug/de.po", "po-plug/pl.po", "po-plug/plug.pot")
    (tmp_path / "pyproject.toml").write_text('[tool.virtsmith.po]\ndomain = "app"\nprofile = "sorted"\n')
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_a_directory_argument_means_that_directory(configured):
    assert shown(find_projects((configured / "po-plug",))) == {"plug": ["de", "pl"]}
    assert find_project((configured / "po-plug",)).profile.name == "sorted"
    write(configured, "po/full/fr.po")
    assert shown(find_projects((configured / "po/full",))) == {"po": ["fr"]}
    assert shown(find_projects((configured,))) == shown(find_projects((configured / "po",))) == {"app": ["de"]}


def test_commands_work_on_that_directory_or_on_all_domains(configured):
    out = configured / "out"
    done = virtsmith("po", "install", configured / "po-plug", "--localedir", "/l", "--destdir", out)
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.mo")) == [
        "l/de/LC_MESSAGES/plug.mo",
        "l/pl/LC_MESSAGES/plug.mo",
    ]
    assert done.returncode == 0
    (configured / "pyproject.toml").unlink()
    rows = json.loads(virtsmith("po", "stats", configured, "--json").stdout)["languages"]
    assert {(row["domain"], row["language"]) for row in rows} == {
        (configured.name, "de"), ("plug", "de"), ("plug", "pl"),
    }  # fmt: skip
    assert "of 3 catalogues changed" in virtsmith("po", "convert", "mini", "--directory", configured).stderr
    for command in (["check"], ["savings", "--commits", "0"]):
        assert virtsmith("po", *command, configured).returncode in (0, 1), command


@pytest.mark.parametrize("command", ["install", "stats", "check", "minimize"])
def test_a_directory_without_catalogues_is_an_error(tmp_path, command):
    done = virtsmith("po", command, tmp_path)
    assert (done.returncode, "no catalogues found" in done.stderr) == (3, True)


def test_a_build_installs_the_languages_in_linguas(tmp_path):
    write(tmp_path, "po/de.po", "po/fr.po", "po/app.pot")
    write(tmp_path, "po/LINGUAS", text="de\n")
    done = virtsmith("po", "install", tmp_path / "po", "--localedir", "/l", "--destdir", tmp_path / "out")
    assert done.stdout.splitlines() == [str(tmp_path / "out/l/de/LC_MESSAGES/app.mo")]
    write(tmp_path, "po/LINGUAS", text="de sv\n")
    done = virtsmith("po", "install", tmp_path / "po", "--localedir", "/l", "--destdir", tmp_path / "out")
    assert (done.returncode, "listed without a catalogue: sv" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("po/meson.build", "i18n.gettext('app', languages: ['de'])\n"),
        ("configure.ac", 'AC_INIT([app], [1])\nALL_LINGUAS="de"\n'),
        ("configure.in", "AC_INIT(x)\nALL_LINGUAS='de \\\n'\n"),
    ],
)
def test_a_build_installs_the_languages_that_its_own_files_list(tmp_path, name, text):
    write(tmp_path, "po/de.po", "po/fr.po", "po/app.pot")
    write(tmp_path, name, text=text)
    done = virtsmith("po", "install", tmp_path / "po", "--localedir", "/l", "--destdir", tmp_path / "out")
    assert done.stdout.splitlines() == [str(tmp_path / "out/l/de/LC_MESSAGES/app.mo")]
    done = virtsmith("po", "check", "--fix", tmp_path / "po")
    assert (tmp_path / name).read_text() == text
    assert "fr has a catalogue but is not listed" in done.stdout


def test_no_domain_replaces_another_on_installation(tmp_path):
    write(tmp_path, "shop/locale/de/LC_MESSAGES/django.po", "blog/locale/de/LC_MESSAGES/django.po")
    done = virtsmith("po", "install", "--localedir", "/l", "--destdir", tmp_path / "out", cwd=tmp_path)
    assert (done.returncode, (tmp_path / "out").exists()) == (2, False)
    assert "blog/locale/de/LC_MESSAGES/django.po and shop/locale/de/LC_MESSAGES/django.po" in done.stderr
    assert virtsmith("po", "compile", cwd=tmp_path).returncode == 0
    assert len(list(tmp_path.glob("*/locale/de/LC_MESSAGES/django.mo"))) == 2


def test_catalogues_of_all_domains_are_transformed_where_they_are(tmp_path):
    names = ["docs/locale/de/LC_MESSAGES/index.po", "docs/locale/de/LC_MESSAGES/guide/intro.po"]
    write(
        tmp_path,
        *names,
        "docs/locale/index.pot",
        "docs/locale/guide/intro.pot",
        text=TEXT + '\n#~ msgid "o"\n#~ msgstr "p"\n',
    )
    assert "of 2 catalogues changed" in virtsmith("po", "minimize", cwd=tmp_path).stderr
    assert [(tmp_path / name).read_text().count("#~") for name in names] == [0, 0]
    assert virtsmith("po", "expand", "--to", "full", tmp_path / "docs/locale", cwd=tmp_path).returncode == 0
    assert sorted(path.relative_to(tmp_path).as_posix() for path in (tmp_path / "full").rglob("*.po")) == [
        "full/de/LC_MESSAGES/guide/intro.po",
        "full/de/LC_MESSAGES/index.po",
    ]


def test_sources_are_named_from_the_top_of_the_project(tmp_path):
    write(tmp_path, "src/app/locale/de/LC_MESSAGES/app.po", "sub/po/de.po")
    assert {project.root for project in load_projects(tmp_path / "src/app/locale")} == {tmp_path / "src/app"}
    write(tmp_path, "setup.cfg", "sub/meson.build", text="")
    assert load_project(tmp_path / "src/app/locale").root == tmp_path
    assert load_project(tmp_path / "sub/po").root == tmp_path
    write(tmp_path, "sub/meson.build", text="project('sub')\n")
    assert load_project(tmp_path / "sub/po").root == tmp_path / "sub"


def test_git_is_set_up_for_all_domains(repository):
    write(repository.root, "locale/de/LC_MESSAGES/a.po", "po/fr.po")
    projects = load_projects(repository.root)
    assert len(set_up(repository, projects)) == len(projects) + 5
    assert check_set_up(repository, projects) == []
    named = repository.git("check-attr", "merge", "--", "locale/de/LC_MESSAGES/a.po", "po/fr.po", "a.po").decode()
    assert named.count("virtsmith-po") == 2


@pytest.mark.parametrize(
    ("name", "language"),
    [("locale/pt_BR/LC_MESSAGES/app.po", "pt_BR"), ("po/de.mini.po", "de"), ("po/template.po", None)],
)
def test_the_language_is_in_the_name_of_the_file_or_of_its_directory(tmp_path, name, language):
    assert language_of(tmp_path / name) == language
