import io
import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from helpers import zanata_server
from helpers.added_module import added_module
from helpers.surroundings import FOREIGN

from virtsmith.core.config import ConfigError, ConfigTable
from virtsmith.core.secrets import SecretText
from virtsmith.errors import InputError, MissingError, UsageError
from virtsmith.po import parse_catalogue
from virtsmith.po.platforms.credentials import find_secret, read_wlc_config, require_safe
from virtsmith.po.platforms.directory import DirectoryPlatform
from virtsmith.po.platforms.interface import KINDS, NotSupported, PlatformFailed
from virtsmith.po.platforms.select import select_platform
from virtsmith.po.platforms.weblate import Weblate, unpack_archive
from virtsmith.po.platforms.zanata import Zanata, flow_id
from virtsmith.po.project import Project
from virtsmith.po.sync import pull, write_pulled

TEMPLATE = (
    b'msgid ""\nmsgstr "Project-Id-Version: app\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    b"#. note\n#: a.c:1\n"
    b'#, c-format\nmsgid "%d disk"\nmsgid_plural "%d disks"\nmsgstr[0] ""\nmsgstr[1] ""\n\n'
    b'#: a.c:2\nmsgctxt "menu"\n'
    b'msgid "open"\nmsgstr ""\n\n#: a.c:3\n#, c-format\nmsgid "save %s"\nmsgstr ""\n'
)


@pytest.fixture(autouse=True)
def own_directories(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("WEBLATE_TOKEN", "WEBLATE_URL", "WLC_KEY", "WLC_URL", "ZANATA_KEY", "ZANATA_URL", "ZANATA_USER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def zanata():
    with zanata_server.running() as (url, state):
        yield Zanata(url, "app", "master", "app", user=state.user, token=SecretText(state.key), retries=0), state


def targets(*items):
    header = {
        "object-type": "po-target-header",
        "comment": "Maria",
        "entries": [
            {"key": "Plural-Forms", "value": "nplurals=2; plural=n != 1;"},
            {"key": "Language", "value": "de"},
        ],
    }
    return {"textFlowTargets": list(items), "extensions": [header], "links": []}


def target(msgid, *contents, msgctxt=None, state="Translated"):
    return {"resId": flow_id(msgctxt, msgid), "state": state, "contents": list(contents), "extensions": []}


def project_at(root, **settings):
    (root / "po").mkdir(exist_ok=True)
    (root / "po" / "app.pot").write_bytes(TEMPLATE)
    return Project(root, root / "po", "app", template=root / "po" / "app.pot", **settings)


def test_the_template_arrives_at_zanata_with_contexts_plurals_flags_and_notes(zanata):
    client, state = zanata
    assert client.push_template(TEMPLATE) == "3 source strings sent"
    flows = {flow["contents"][0]: flow for flow in state.resources["app"]["textFlows"]}
    assert flows["%d disk"]["contents"] == ["%d disk", "%d disks"]
    assert flows["%d disk"]["extensions"][0]["flags"] == ["c-format"]
    assert flows["%d disk"]["extensions"][1]["value"] == "note"
    assert flows["open"]["extensions"][0]["context"] == "menu"
    assert flows["open"]["id"] == flow_id("menu", "open")


def test_pulling_from_zanata_keeps_good_strings_and_reports_bad_ones(zanata, tmp_path):
    client, state = zanata
    client.push_template(TEMPLATE)
    state.translations["app", "de"] = targets(
        target("%d disk", "%d Platte", "%d Platten"),
        target("open", "öffnen", msgctxt="menu"),
        target("save %s", "speichern"),
        target("unknown", "unbekannt"),
    )
    state.translations["app", "pt-BR"] = targets(target("open", "abrir", msgctxt="menu", state="NeedReview"))
    project = project_at(tmp_path)
    pulled = pull(project, client)
    assert [(item.language, item.msgid) for item in pulled.rejected] == [("de", "save %s")]
    assert write_pulled(project, pulled) == ["de"]
    stored = parse_catalogue((tmp_path / "po" / "de.po").read_bytes())
    assert [entry.msgstr for entry in stored.entries()][1:] == [["%d Platte", "%d Platten"], ["öffnen"]]
    assert stored.header.get("Plural-Forms") == "nplurals=2; plural=n != 1;"
    assert client.statistics()[0].translated == 4


def test_an_interrupted_pull_goes_on_where_it_stopped_and_writes_nothing_before(zanata, tmp_path):
    client, state = zanata
    client.push_template(TEMPLATE)
    for locale in state.locales:
        state.translations["app", locale] = targets(target("open", "x", msgctxt="menu"))
    for fault in (500, 0, 403):
        state.faults.append(("/translations/fr", fault))
        with pytest.raises(PlatformFailed):
            pull(project_at(tmp_path), client)
        assert list((tmp_path / "po").glob("*.po")) == []
    state.requests.clear()
    assert sorted(pull(project_at(tmp_path), client).catalogues) == ["de", "fr", "pt_BR"]
    assert [path for _, path in state.requests if "/translations/" in path] == [
        f"{zanata_server.BASE}/r/app/translations/fr"
    ]
    assert not list((tmp_path / "cache").rglob("*.po"))


def test_passing_faults_are_tried_again_and_a_wrong_key_is_named(zanata):
    client, state = zanata
    state.faults += [("/r/app", 503), ("/r/app", 429)]
    patient = Zanata(client.name.split()[0], "app", "master", "app", user=state.user, token=SecretText(state.key))
    patient.push_template(TEMPLATE)
    wrong = Zanata(client.name.split()[0], "app", "master", "app", user=state.user, token=SecretText("f" * 32))
    with pytest.raises(PlatformFailed, match="answered 401") as caught:
        wrong.pull()
    assert "f" * 32 not in str(caught.value) + repr(wrong.__dict__)
    with pytest.raises(NotSupported):
        client.set_lock(locked=True)


def test_a_directory_of_translators_is_read_and_written(tmp_path):
    outside = tmp_path / "translators"
    outside.mkdir()
    (outside / "de.po").write_bytes(TEMPLATE.replace(b'msgid "open"\nmsgstr ""', b'msgid "open"\nmsgstr "auf"'))
    platform = DirectoryPlatform(outside, "app")
    assert platform.push_template(TEMPLATE).endswith("app.pot written")
    project = project_at(tmp_path)
    assert write_pulled(project, pull(project, platform)) == ["de"]
    assert platform.statistics()[0].translated == 1
    with pytest.raises(InputError, match="no such directory"):
        DirectoryPlatform(tmp_path / "nowhere", "app").pull()


def test_a_clone_that_translators_push_to_is_updated_first(tmp_path):
    quiet = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}

    def git(where, *arguments):
        who = ["-c", "user.name=T", "-c", "user.email=t@example.com"]
        subprocess.run(["git", "-C", where, *who, *arguments], check=True, capture_output=True, env=quiet)

    origin, clone = tmp_path / "origin", tmp_path / "clone"
    for name in (origin, clone):
        name.mkdir()
    git(origin, "init", "-q")
    (origin / "de.po").write_bytes(TEMPLATE)
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "one")
    git(tmp_path, "clone", "-q", str(origin), str(clone))
    (origin / "fr.po").write_bytes(TEMPLATE)
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "two")
    assert sorted(DirectoryPlatform(clone, "app", git=True).pull()) == ["de", "fr"]


def test_broken_archives_are_refused():

    for data in (b"", b"PK\x03\x04half a zip", b"<html>"):
        with pytest.raises(PlatformFailed, match="archive is damaged"):
            unpack_archive(data, {"po/de.po": "de"}, "weblate")


def test_an_archive_that_is_damaged_anywhere_is_read_or_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project/component/po/de.po", TEMPLATE * 20)
    data, outcomes = out.getvalue(), []
    for place in range(len(data)):
        for change in (0x01, 0x80):
            damaged = bytearray(data)
            damaged[place] ^= change
            try:
                found = unpack_archive(bytes(damaged), {"po/de.po": "de"}, "weblate")
            except PlatformFailed:
                outcomes.append("refused")
            else:
                assert found == {"de": TEMPLATE * 20}
                outcomes.append("read")
    assert set(outcomes) == {"refused", "read"}


def test_no_server_is_a_clear_error():
    with pytest.raises(PlatformFailed, match="cannot reach"):
        Weblate("http://127.0.0.1:9", "app", "main", SecretText("x"), retries=0).set_lock(locked=True)


def test_hostile_language_names_are_never_part_of_a_path(tmp_path):
    class Hostile(DirectoryPlatform):
        def pull(self, _progress=None):
            return {"../../etc/passwd": TEMPLATE}

    with pytest.raises(InputError, match="not a language name"):
        pull(project_at(tmp_path), Hostile(tmp_path, "app"))


def test_secrets_come_from_environment_and_wlc_and_do_not_show(tmp_path, monkeypatch):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "weblate").write_text("[keys]\nhttps://w.example/api/ = wlu_fromfile\n")
    (tmp_path / ".weblate").write_text("[weblate]\nurl = https://w.example/api/\ntranslation = app/main\n")
    config = read_wlc_config(tmp_path)
    assert (config.url, config.translation) == ("https://w.example/api/", "app/main")
    secret = find_secret({"WEBLATE_TOKEN": "WEBLATE_URL"}, config.url, "app", config.keys)
    assert secret.value == "wlu_fromfile"
    assert "wlu" not in f"{secret} {secret!r} {config!r}"
    monkeypatch.setenv("WEBLATE_TOKEN", " wlu_environment\n")
    monkeypatch.setenv("WEBLATE_URL", "https://w.example")
    assert find_secret({"WEBLATE_TOKEN": "WEBLATE_URL"}, config.url, "app", config.keys).value == "wlu_environment"
    monkeypatch.delenv("WEBLATE_TOKEN")
    with pytest.raises(MissingError, match="no credentials"):
        find_secret({"WEBLATE_TOKEN": "WEBLATE_URL"}, "https://evil.example/", "app", config.keys)
    (tmp_path / ".weblate").write_text("key = wlu_bad\n")
    with pytest.raises(InputError) as caught:
        read_wlc_config(tmp_path)
    assert "wlu_bad" not in str(caught.value)


@pytest.mark.parametrize(
    ("stored", "service", "is_sent"),
    [
        ("https://w.example", "https://w.example/api/", True),
        ("https://w.example/a", "https://w.example/a/b", True),
        ("https://w.example:443", "https://w.example", True),
        ("https://w.example", "https://w.example.evil.test", False),
        ("https://w.example/a", "https://w.example/ab", False),
        ("http://localhost:1", "http://localhost:18765", False),
        ("https://w.example", "http://w.example", False),
        ("https://w.example", "https://w.example@evil.test", False),
        ("", "https://evil.test", False),
    ],
)
def test_a_stored_key_goes_to_its_own_server_and_no_other(stored, service, is_sent):
    known = {stored: SecretText("wlu_stored")}
    if is_sent:
        assert find_secret({"WEBLATE_TOKEN": "WEBLATE_URL"}, service, "app", known).value == "wlu_stored"
    else:
        with pytest.raises(MissingError):
            find_secret({"WEBLATE_TOKEN": "WEBLATE_URL"}, service, "app", known)


@pytest.mark.parametrize("url", ["", "https://other.example", "https://w.example.evil.test"])
def test_a_token_in_the_environment_goes_only_where_the_environment_says(monkeypatch, url):
    monkeypatch.setenv("WEBLATE_TOKEN", "wlu_environment")
    monkeypatch.setenv("WEBLATE_URL", url)
    with pytest.raises(UsageError, match=r"not sent to https://w\.example:") as caught:
        find_secret({"WEBLATE_TOKEN": "WEBLATE_URL"}, "https://w.example", "app", {})
    assert caught.value.hint == "to allow it: export WEBLATE_URL=https://w.example"


@pytest.mark.parametrize("token", ["one\ntwo", "\x00", "\x1b[1m", "snow\u2603"])
def test_a_token_that_cannot_be_sent_is_refused_and_not_shown(monkeypatch, token):
    if "\0" in token:
        known = {"https://w.example": SecretText(token)}
    else:
        monkeypatch.setenv("WEBLATE_TOKEN", token)
        monkeypatch.setenv("WEBLATE_URL", "https://w.example")
        known = {}
    with pytest.raises(UsageError, match="not allowed in a token") as caught:
        find_secret({"WEBLATE_TOKEN": "WEBLATE_URL"}, "https://w.example", "app", known)
    assert token not in f"{caught.value}{caught.value.hint}"


def test_addresses_that_would_leak_secrets_are_refused():
    assert require_safe("https://w.example/") == "https://w.example"
    for url in ("http://w.example/", "ftp://w.example", "https://u:p@w.example/", "w.example"):
        with pytest.raises(UsageError):
            require_safe(url)


def test_credentials_in_the_project_file_are_refused(tmp_path):
    text = 'kind = "weblate"\nurl = "https://w.example"\ntoken = "wlu_x"\n'
    with pytest.raises(ConfigError, match=r"pyproject\.toml:3:1: credentials do not belong") as caught:
        select_platform(project_at(tmp_path, platform=ConfigTable.parse(text, "pyproject.toml")))
    assert "wlu_x" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('kind = "webtale"', "1:1: kind cannot be 'webtale'", "did you mean weblate?"),
        ('kind = "directory"', " path is missing", None),
        ('kind = "directory"\npath = "../x"\ncomponent = "a"', "3:1: unknown key 'component'", "known: kind, path"),
        ('url = "https://w.example"\nproject = "app"', " component is missing", None),
        ('kind = "zanata"\nurl = 3', "2:1: url must be text", None),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(tmp_path, text, message, hint):
    with pytest.raises(ConfigError, match=f"pyproject.toml:?{message}") as caught:
        select_platform(project_at(tmp_path, platform=ConfigTable.parse(text, "pyproject.toml")))
    assert caught.value.hint == hint


ADDED = """
from virtsmith.po.platforms.directory import DirectoryPlatform
from virtsmith.po.platforms.interface import platform

@platform("pigeon", is_implied=lambda project: (project.root / "coop").is_dir())
def configure(project, settings):
    return DirectoryPlatform(project.root / (settings.text("coop") or "coop"), project.domain)
"""


def test_a_platform_is_added_by_one_file(tmp_path):
    """Its settings, their errors and the list of kinds follow."""
    with added_module(tmp_path, "virtsmith.po.platforms", [KINDS], ADDED):
        chosen = ConfigTable.parse('kind = "pigeon"\ncoop = "loft"\n', "pyproject.toml")
        assert select_platform(project_at(tmp_path, platform=chosen)).name == str(tmp_path / "loft")
        (tmp_path / "coop").mkdir()
        assert select_platform(project_at(tmp_path)).name == str(tmp_path / "coop")
        wrong = ConfigTable.parse('kind = "dove"\n', "pyproject.toml")
        with pytest.raises(ConfigError, match="kind cannot be 'dove'") as caught:
            select_platform(project_at(tmp_path, platform=wrong))
        assert "pigeon" in KINDS
        assert caught.value.hint == f"known: {', '.join(sorted(KINDS))}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_users_settings_do_not_reach_the_tests_and_are_described(kind):
    page = (Path(__file__).parents[4] / "docs/reference/environment.md").read_text()
    for name in KINDS[kind].variables:
        assert name.startswith(FOREIGN), f"a user's {name} would reach the programs under test"
        assert f"`{name}`" in page


def test_zanata_is_found_by_its_own_files(tmp_path):
    (tmp_path / "zanata.xml").write_text(
        '<?xml version="1.0"?>\n<config xmlns="http://zanata.org/namespace/config/"><url>https://z.example/</url>'
        "<project>app</project><project-version>master</project-version></config>\n"
    )
    (tmp_path / "config").mkdir()
    servers = "[servers]\nz.url = https://z.example/\nz.username = maria\nz.key = 0123\n"
    (tmp_path / "config" / "zanata.ini").write_text(servers)
    assert select_platform(project_at(tmp_path)).name == "https://z.example app/master"
    (tmp_path / "zanata.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><config/>')
    with pytest.raises(InputError, match="not a Zanata configuration"):
        select_platform(project_at(tmp_path))
