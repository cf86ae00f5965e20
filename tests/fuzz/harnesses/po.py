"""Catalogues, the configuration of projects, and what translation platforms send."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from helpers.every_command import catalogue

from fuzz.harness import Harness, in_directory, in_file, text
from virtsmith.core.config import ConfigTable
from virtsmith.po import fast, reader
from virtsmith.po.catalogue import load_catalogue, parse_catalogue, parse_fully
from virtsmith.po.check.files import check_data
from virtsmith.po.linguas import listed_languages, read_language_list, with_languages
from virtsmith.po.merge import merge
from virtsmith.po.minimize import minimize
from virtsmith.po.mo import compile_catalogue
from virtsmith.po.platforms.credentials import read_wlc_config
from virtsmith.po.platforms.weblate import unpack_archive
from virtsmith.po.platforms.zanata_config import read_project_file, read_user_file
from virtsmith.po.profile import MINI, SORTED, read_profile
from virtsmith.po.project import load_project, load_projects
from virtsmith.po.sources.babel import read_babel
from virtsmith.po.sources.makevars import read_domain, read_makevars
from virtsmith.po.sources.meson import read_meson
from virtsmith.po.sources.potfiles import read_potfiles, read_skipped
from virtsmith.po.versions import load_version

_ODD = """\
# translator
#. extracted
#: a.c:1 b.c:2
#, fuzzy, c-format
#| msgid "old"
msgctxt "menu"
msgid "%d file"
msgid_plural "%d files"
msgstr[0] "%d Datei"
msgstr[1] "%d Dateien\\n"

#~ msgid "gone"
#~ msgstr "weg"
"""
CATALOGUES = [(catalogue(translated=True, count=3) + _ODD).encode(), catalogue(translated=False, count=2).encode()]
_PROJECT = b"""[tool.virtsmith.po]
domain = "app"
profile = "own"
[tool.virtsmith.po.profiles.own]
base = "mini"
fuzzy = true
[tool.virtsmith.po.platform]
kind = "directory"
path = "remote"
"""
_WEBLATE = b"[weblate]\nurl = https://example.org/api/\n[keys]\nhttps://example.org/api/ = secret\n"
_ZANATA = b"""<config xmlns="http://zanata.org/namespace/config/"><url>https://z.example.org/</url><project>p</project>
<project-version>master</project-version><project-type>gettext</project-type></config>"""
_ZANATA_USER = b"[servers]\nz.url = https://z.example.org/\nz.username = me\nz.key = secret\n"
_MAKEVARS = b"""DOMAIN = app
subdir = po
XGETTEXT_OPTIONS = --keyword=_ \\
  --keyword=N_:1,2
COPYRIGHT_HOLDER = $(DOMAIN) me
"""
_MESON = b"""project('app', version: '1.0')
i18n = import('i18n')
i18n.gettext('app', args: ['--keyword=Q_'], preset: 'glib')
if true
 x = ['a'] + ['b']
endif
"""


def _catalogue(data: bytes) -> None:
    found = parse_catalogue(data, "x.po")
    for profile in (MINI, SORTED):
        stored = minimize(found, profile)
        assert minimize(parse_catalogue(stored), profile) == stored
    compile_catalogue(found)
    assert merge(data, data, data).conflicts == ()


def _linguas(words: str) -> None:
    assert listed_languages(with_languages(words, {"de", "fr"})) == {"de", "fr"}


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("project/component/po/de.po"), CATALOGUES[0], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _unzip(data: bytes) -> Any:
    return unpack_archive(data, {"po/de.po": "de"}, "weblate")


def _configured(read: Callable[[], Any], name: str) -> Callable[[bytes], Any]:
    """A reader of a file in the user's directory of configuration."""

    def read_there(directory: Path) -> Any:
        before = os.environ.get("XDG_CONFIG_HOME")
        os.environ["XDG_CONFIG_HOME"] = str(directory)
        try:
            return read()
        finally:
            os.environ.pop("XDG_CONFIG_HOME")
            if before is not None:
                os.environ["XDG_CONFIG_HOME"] = before

    return in_directory(read_there, name)


HARNESSES = [
    Harness("catalogue", _catalogue, CATALOGUES),
    Harness("catalogue in any layout", reader.parse, CATALOGUES),
    Harness("catalogue in gettext's layout", fast.scan, CATALOGUES),
    Harness("catalogue with all of it", parse_fully, CATALOGUES),
    Harness("catalogue file", in_file(load_catalogue, "de.po"), CATALOGUES),
    Harness("version of catalogues", in_file(lambda path: load_version(str(path)), "de.po"), CATALOGUES),
    Harness("catalogue check", lambda data: check_data(data, "x.po", profile=MINI), CATALOGUES),
    Harness("LINGUAS", text(_linguas), [b"# languages\nde fr\n  pt_BR # more\n"]),
    Harness(
        "languages of configure.ac",
        in_directory(lambda place: read_language_list(place / "po", place), "configure.ac"),
        [b'AC_INIT([a], [1])\nALL_LINGUAS="de fr"\n'],
    ),
    Harness(
        "languages of meson.build",
        in_directory(lambda place: read_language_list(place / "po", place), "po/meson.build"),
        [_MESON],
    ),
    Harness("project", in_directory(load_project, "pyproject.toml"), [_PROJECT]),
    Harness("projects", in_directory(load_projects, "pyproject.toml"), [_PROJECT]),
    Harness(
        "profile",
        text(lambda words: read_profile("own", ConfigTable.parse(words, "x"))),
        [b'base = "mini"\nfuzzy = true\n'],
    ),
    Harness(
        "Makevars",
        in_directory(lambda place: (read_makevars(place, place), read_domain(place, place)), "Makevars"),
        [_MAKEVARS],
    ),
    Harness("meson.build", in_directory(lambda place: read_meson(place / "po", place), "po/meson.build"), [_MESON]),
    Harness(
        "setup.cfg",
        in_directory(read_babel, "setup.cfg"),
        [b"[extract_messages]\nkeywords = _ N_:1,2\nmapping-file = m\n"],
    ),
    Harness(
        "babel.cfg",
        in_directory(read_babel, "babel.cfg", setup__cfg="[extract_messages]\nmapping_file = babel.cfg\n"),
        [b"[python: **.py]\n[ignore: tests/**]\nencoding = utf-8\n"],
    ),
    Harness(
        "POTFILES",
        in_directory(lambda place: read_potfiles(place / "POTFILES", place), "POTFILES"),
        [b"# c\na.c\n[type: gettext/glade]b.ui\n"],
    ),
    Harness("POTFILES.skip", in_directory(read_skipped, "POTFILES.skip"), [b"# c\na.c\nsub/b.c\n"]),
    Harness("Weblate's client", in_directory(read_wlc_config, ".weblate"), [_WEBLATE]),
    Harness("zanata.xml", in_directory(read_project_file, "zanata.xml"), [_ZANATA]),
    Harness(
        "Zanata's client", _configured(lambda: read_user_file("https://z.example.org/"), "zanata.ini"), [_ZANATA_USER]
    ),
    Harness("Weblate's archive", _unzip, [_zip()]),
]
