"""The files of `po build-files`, in small projects that are built, installed and packed: nothing in git changes."""

import gettext
import os
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

from virtsmith.po.builds import BUILD_SYSTEMS

pytestmark = pytest.mark.real
HEADER = 'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
HELLO, BYE = 'msgid "hello"\nmsgstr "guten Tag"\n', '\nmsgid "bye"\nmsgstr "tschüss"\n'
FILES = {
    "autotools": {
        "configure.ac": "AC_INIT([app],[1])\nAM_INIT_AUTOMAKE([foreign])\n"
        "AC_CONFIG_FILES([Makefile po/Makefile])\nAC_OUTPUT\n",
        "Makefile.am": "SUBDIRS = po\nEXTRA_DIST = app.py\n",
        ".gitignore": "/*\n!/app.py\n!/po\n/po/Makefile.in\n!/Makefile.am\n!/configure.ac\n!/pyproject.toml\n",
    },
    "meson": {"meson.build": "project('app')\nsubdir('po')\n"},
    "cmake": {"CMakeLists.txt": "cmake_minimum_required(VERSION 3.18)\nproject(app NONE)\nadd_subdirectory(po)\n"},
    "make": {
        "Makefile": "prefix = /usr\nall:\ninclude po/virtsmith.mk\ninstall: install-po\n",
        ".gitignore": "po/full\n",
    },
}
BUILDS = {
    "autotools": (["../app/configure", "--prefix=/usr"], ["make"], ["make", "install", "DESTDIR={stage}"]),
    "meson": (
        ["meson", "setup", ".", "../app", "--prefix=/usr"],
        ["ninja"],
        ["meson", "install", "--destdir", "{stage}"],
    ),
    "cmake": (["cmake", "../app", "-DCMAKE_INSTALL_PREFIX=/usr"], ["make"], ["make", "install", "DESTDIR={stage}"]),
    "make": (["make", "-C", "../app"], ["make", "-C", "../app", "install", "DESTDIR={stage}"]),
}
NEEDS = {
    "autotools": ["automake", "autoconf", "make"],
    "meson": ["meson", "ninja"],
    "cmake": ["cmake", "make"],
    "make": ["make"],
}


def run(root, *command, allow=0) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(root)}
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == allow, done.stdout + done.stderr
    return done.stdout + done.stderr


def git(root, *words) -> str:
    return run(root, "git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words)


@pytest.fixture(params=["{language}.po", "{language}.mini.po"])
def files(request) -> str:
    return request.param


@pytest.fixture(params=BUILD_SYSTEMS)
def system(request) -> str:
    if missing := [name for name in NEEDS[request.param] if not which(name)]:
        pytest.skip(f"needs {', '.join(missing)}")
    return request.param


@pytest.fixture
def project(tmp_path, system, files):
    root = tmp_path / "app"
    (root / "po").mkdir(parents=True)
    (root / "po" / files.format(language="de")).write_text(HEADER + BYE.removeprefix("\n") + "\n" + HELLO)
    (root / "po" / "LINGUAS").write_text("# ours\nde\n")
    (root / "app.py").write_text('_("hello")\n_("bye")\n_("new")\n')
    (root / "pyproject.toml").write_text(
        f'[tool.virtsmith.po]\ndomain = "app"\nfiles = "{files}"\nsources = ["app.py"]\n'
        '[tool.virtsmith.po.platform]\nkind = "directory"\npath = "../platform"\n'
    )
    (tmp_path / "platform").mkdir()
    for name, text in FILES[system].items():
        (root / name).write_text(text)
    run(root, "virtsmith", "po", "build-files", "--to", system)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    if system == "autotools":
        run(root, "autoreconf", "--install")
        assert git(root, "status", "--porcelain") == ""
    return root


def translated(directory, text="hello") -> str:
    return gettext.translation("app", directory, ["de"]).gettext(text)


def test_builds_install_catalogues_and_leave_the_tree_as_it_is(project, system, tmp_path):
    build, stage = tmp_path / "build", tmp_path / "stage"
    build.mkdir()
    for command in BUILDS[system]:
        run(build, *(word.format(stage=stage) for word in command))
    assert translated(stage / "usr" / "share" / "locale") == "guten Tag"
    if system == "autotools":
        run(build, "make", "distcheck")
    if system == "meson":
        run(build, "meson", "dist")
    assert git(project, "status", "--porcelain") == ""


def test_targets_bring_catalogues_to_translators_and_back(project, system, files, tmp_path):
    build = tmp_path / "build"
    build.mkdir()
    for command in BUILDS[system][:1]:
        run(build, *command)
    place = project if system == "make" else build / ("po" if system == "autotools" else "")
    target = ["ninja"] if system == "meson" else ["make"]
    run(place, *target, "update-po")
    full = project / "po/full/de.po" if system == "make" else build / "po/full/de.po"
    assert 'msgid "new"\nmsgstr ""' in full.read_text()
    assert git(project, "status", "--porcelain") == ""
    full.write_text(full.read_text().replace('msgid "new"\nmsgstr ""', 'msgid "new"\nmsgstr "neu"'))
    assert "has 1 translations that the stored catalogue lacks" in run(
        place, *target, "update-po", allow=FAILED[system]
    )
    run(place, *target, "update-mini-po")
    stored = project / "po" / files.format(language="de")
    assert stored.read_text().endswith('msgid "new"\nmsgstr "neu"\n')
    assert "#:" not in stored.read_text()
    run(place, *target, "po-push")
    assert 'msgid "new"' in (tmp_path / "platform/app.pot").read_text()
    (tmp_path / "platform/de.po").write_text(stored.read_text().replace("neu", "brandneu"))
    run(place, *target, "zanata-pull")
    assert '"brandneu"' in stored.read_text()
    assert git(project, "status", "--porcelain").split() == ["M", f"po/{stored.name}"]


FAILED = {"autotools": 2, "make": 2, "cmake": 2, "meson": 1}


def test_full_catalogues_of_an_older_state_take_no_translation_away(project, system, files, tmp_path):
    """What was translated in git since `update-po` is named, and much of it is not given up without a word."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full/de.po").write_text(HEADER + HELLO)
    done = run(
        project, "virtsmith", "po", "minimize", str(tmp_path / "full"), "--to", "po", "--suffix", files[10:], allow=3
    )
    assert "removed bye" in done
    assert "1 of 2 translations" in done
    assert "tschüss" in (project / "po" / files.format(language="de")).read_text()
