"""An archive is added by its entry in a file: its pools, keys and suites, and what is like in another one."""

import ast
import json
import re
from pathlib import Path

import pytest

from virtsmith.ark.archive.archives import archives
from virtsmith.ark.archive.suites import find_suite, iter_suites
from virtsmith.errors import ExitCode, InputError, UsageError

ENTRY = """\
[acme]
like = "debian"
fingerprints = ["{fingerprint}"]
keyring_package = "acme-keyring"
keyring_files = ["acme-archive-keyring.gpg"]

[acme.pools]
acme = "{url}/acme"

[acme.suites.noble]
tiers = [["noble", "noble-security"]]
carries = {{ qemu = "9.8" }}
"""


@pytest.fixture
def own_file(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "data/virtsmith/archives.toml"
    path.parent.mkdir(parents=True)
    return path


def written(path, url="http://archive.example", fingerprint="A" * 40, more=""):
    path.write_text(ENTRY.format(url=url, fingerprint=fingerprint) + more)


@pytest.mark.slow
def test_an_added_archive_installs_with_its_own_pool_keys_and_suites(virtsmith, filled, server, own_file):
    written(own_file, server.url, filled.fingerprint)
    filled.add("acme-keyring", "1", {"usr/share/keyrings/acme-archive-keyring.gpg": filled.keyring.read_bytes()})
    filled.publish("noble").publish("noble-security")
    (filled.directory / "acme").symlink_to(filled.directory)
    done = virtsmith("ark", "install", "qemu@acme:noble", "--json")
    assert done.returncode == 0, done.stderr
    (version,) = json.loads(done.stdout)["versions"]
    assert (version["version"], version["origin"]) == ("9.8.7", "acme:noble")
    ran = virtsmith("ark", "run", "qemu@acme:noble", "--", "qemu-system-x86_64", "--version")
    assert ran.stdout == "QEMU emulator version 9.8.7 (test)\n"
    assert "qemu@debian:noble is not installed" in virtsmith("ark", "run", "qemu@debian:noble", "--", "x").stderr
    assert virtsmith("ark", "list", "qemu@acme:noble").stdout.count("9.8.7") == 1


@pytest.mark.slow
def test_an_archive_that_others_have_signed_is_refused(virtsmith, filled, server, own_file):
    written(own_file, server.url, "A" * 40)
    filled.add("acme-keyring", "1", {"usr/share/keyrings/acme-archive-keyring.gpg": filled.keyring.read_bytes()})
    filled.publish("noble").publish("noble-security")
    (filled.directory / "acme").symlink_to(filled.directory)
    done = virtsmith("ark", "install", "qemu@acme:noble")
    assert done.returncode == ExitCode.EXTERNAL
    assert "not a trusted key of the archive" in done.stderr


def test_what_is_like_in_another_archive_is_taken_over_and_nothing_else(own_file):
    written(own_file)
    debian, acme = archives()["debian"], archives()["acme"]
    for name in ("apps", "skip", "architectures", "components", "tools_program", "alternatives"):
        assert getattr(acme, name) == getattr(debian, name)
    assert (acme.snapshot, acme.dates, list(acme.suites)) == (None, None, ["noble"])
    bases = {layer.name: layer.base for tier in find_suite("acme:noble").tiers for layer in tier}
    assert bases == dict.fromkeys(("noble", "noble-security"), "http://archive.example/acme")


def test_versions_are_looked_for_in_the_first_archive_only(own_file):
    written(own_file)
    assert {suite.archive.name for suite in iter_suites()} == {"debian"}


def test_addresses_of_each_archive_can_be_moved_by_its_own_variable(own_file, monkeypatch):
    written(own_file)
    monkeypatch.setenv("VIRTSMITH_ACME_MIRROR", "http://near.example/acme/")
    monkeypatch.setenv("VIRTSMITH_DEBIAN_MIRROR", "http://deb.example/debian")
    assert find_suite("acme:noble").tiers[0][1].base == "http://near.example/acme"
    assert find_suite("trixie").tiers[0][1].base == "http://deb.example/debian-security"


def test_an_archive_without_history_has_no_days(own_file):
    written(own_file)
    with pytest.raises(UsageError, match="unknown suite of acme") as caught:
        find_suite("acme:snapshot:20240101T000000Z/noble")
    assert caught.value.hint == "known are noble"


def test_an_unknown_archive_is_named(own_file):
    written(own_file)
    with pytest.raises(UsageError, match="unknown archive: acne") as caught:
        find_suite("acne:noble")
    assert caught.value.hint == "known are debian, ubuntu, acme"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("[acme.suite.x]\n", "unknown key 'suite'"),
        ("[acme.suites.x]\ntiers = [1]\n", "tiers must hold lists of texts, not 1"),
        ("[other]\nlike = 'debiam'\n", "like cannot be 'debiam'"),
        ("[other]\nlike = 'debian'\n", "pools is missing"),
        ('[other]\npools = { a = "b" }\n', "tools is missing"),
    ],
)
def test_a_wrong_entry_is_named_with_its_place(own_file, more, message):
    written(own_file, more=more)
    with pytest.raises(InputError, match=rf"archives\.toml:1\d:\d+: {message}"):
        archives()


def test_no_code_of_the_ark_knows_an_archive_by_name():
    """Words that people read may, and the names in files of the formats: Debian's packages, binary and source."""
    ark = Path(__file__).parents[4] / "src/virtsmith/ark"
    for path in ark.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and not node.value.count(" "):
                name = node.value.replace("debian-binary", "").replace("debian/changelog", "")
                assert not re.search("debian|ubuntu", name), f"{path}:{node.lineno}"
