"""virtsmith's own messages: managed with virtsmith."""

from pathlib import Path

import pytest

from virtsmith.cli import i18n
from virtsmith.po import load_catalogue, parse_catalogue
from virtsmith.po.check.project import check_files, check_project
from virtsmith.po.extract import extract_project
from virtsmith.po.install import install_catalogues
from virtsmith.po.project import load_project
from virtsmith.po.stats import measure

PROJECT = load_project(Path(__file__).parent)


@pytest.mark.parametrize("language", ["de", "fr"])
def test_every_message_is_translated(language):
    template = frozenset(parse_catalogue(extract_project(PROJECT)[0]).keys) - {b""}
    numbers = measure(language, load_catalogue(PROJECT.catalogue_path(language)), template)
    assert (numbers.translated, numbers.stale) == (len(template), 0)


def test_the_catalogues_pass_their_own_check():
    paths = list(PROJECT.languages().values())
    assert check_files(paths, PROJECT.profile, PROJECT) + check_project(PROJECT) == []


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "de_DE.UTF-8"}, "nichts zu tun"), ({"LC_ALL": "fr_FR.UTF-8"}, "rien à faire"),
        ({"LC_ALL": "C", "LANGUAGE": "de"}, "nothing to do"), ({"LANG": "en_GB.UTF-8"}, "nothing to do"),
        ({"LANG": "xx_XX.UTF-8"}, "nothing to do"), ({}, "nothing to do"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "fr:de"}, "rien à faire"),
    ],
)  # fmt: skip
def test_messages_follow_the_environment(environment, expected, tmp_path, monkeypatch):
    install_catalogues(PROJECT.languages(), "virtsmith", localedir=str(tmp_path))
    monkeypatch.setattr(i18n, "LOCALE_FOLDER", tmp_path)
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    i18n._translations.cache_clear()
    try:
        assert i18n._("nothing to do") == expected
    finally:
        i18n._translations.cache_clear()
