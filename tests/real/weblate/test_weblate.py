"""The Weblate client against a real server, started by server.py; run with `make test-weblate`."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from pathlib import Path

import pytest

from virtsmith.core.fetch import encode_form
from virtsmith.po import load_catalogue, parse_catalogue
from virtsmith.po.minimize import minimize
from virtsmith.po.proof import visible_part

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not os.environ.get("VIRTSMITH_TEST_WEBLATE"), reason="needs `make test-weblate`"),
]
SERVER = Path(__file__).with_name("server.py")
SOURCE = '_("open the file")\n_("close the file")\nngettext("%d disk", "%d disks", n)\n_("save %s as %s")\n'
PO = (
    'msgid ""\nmsgstr ""\n"Project-Id-Version: app\\n"\n"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n'
    '"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
    '"Plural-Forms: nplurals=2; plural=n != 1;\\n"\n\n{messages}'
)
FIRST = 'msgid "close the file"\nmsgstr "{close}"\n\nmsgid "open the file"\nmsgstr "{open}"\n'


@pytest.fixture(scope="module")
def server():
    directory = Path(tempfile.mkdtemp(prefix="virtsmith-weblate-"))  # the database may not read pytest's directories
    directory.chmod(0o755)
    place = directory / "server"
    done = subprocess.run([sys.executable, SERVER, "start", place], stdout=subprocess.PIPE, check=True)
    try:
        yield json.loads(done.stdout)
    finally:
        subprocess.run([sys.executable, SERVER, "stop", place], check=True)
        shutil.rmtree(directory, ignore_errors=True)


class Api:
    def __init__(self, server):
        self.server = server

    def call(self, method, place, data=None, kind="application/json"):
        body = json.dumps(data).encode() if isinstance(data, dict) else data
        headers = {"Authorization": f"Token {self.server['token']}", "Content-Type": kind}
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.server['url']}/api/{place}", body, headers, method=method
        )
        with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310
            return json.load(answer)

    def upload(self, language, messages):
        po = PO.format(language=language, messages=messages).encode()
        fields = {"method": "translate", "conflicts": "replace-translated", "file": ("x.po", po, "text/plain")}
        return self.call("POST", f"translations/app/main/{language}/file/", *encode_form(fields))


@pytest.fixture(scope="module")
def api(server, project):
    api = Api(server)
    api.call("POST", "projects/", {"name": "App", "slug": "app", "web": "https://example.com/"})
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.write(project / "po" / "app.pot", "po/app.pot")
        file.writestr("po/de.po", PO.format(language="de", messages=FIRST.format(close="zumachen", open="aufmachen")))
        file.writestr("po/fr.po", PO.format(language="fr", messages=FIRST.format(close="fermer", open="ouvrir")))
    fields = {
        "name": "Main",
        "slug": "main",
        "vcs": "local",
        "filemask": "po/*.po",
        "new_base": "po/app.pot",
        "file_format": "po",
        "license": "MIT",
        "new_lang": "add",
        "zipfile": ("x.zip", archive.getvalue(), "application/zip"),
    }
    api.call("POST", "projects/app/components/", *encode_form(fields))
    return api


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("app")
    (root / "src").mkdir()
    (root / "po").mkdir()
    (root / "src" / "app.py").write_text(SOURCE)
    (root / "pyproject.toml").write_text('[tool.virtsmith.po]\ndomain = "app"\nsources = ["src/*.py"]\n')
    subprocess.run([sys.executable, "-m", "virtsmith", "po", "extract"], cwd=root, check=True)
    return root


@pytest.fixture
def configured(project, server):
    """The project with its platform; ``profile`` may be changed by a test."""

    def configure(profile="mini", extra=""):
        table = f'kind = "weblate"\nurl = "{server["url"]}"\nproject = "app"\ncomponent = "main"\n'
        text = f'[tool.virtsmith.po]\ndomain = "app"\nsources = ["src/*.py"]\nprofile = "{profile}"\n{extra}'
        (project / "pyproject.toml").write_text(f"{text}[tool.virtsmith.po.platform]\n{table}")
        return project

    return configure


def virtsmith(server, root, *arguments):
    secrets = {"WEBLATE_TOKEN": server["token"], "WEBLATE_URL": server["url"]}
    environment = {**os.environ, **secrets, "XDG_CONFIG_HOME": str(root / "none")}
    command = [sys.executable, "-m", "virtsmith", "po", *arguments]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert server["token"] not in done.stdout + done.stderr
    return done


def test_push_translate_pull_lock_and_refusal(server, api, configured):
    """One story: new strings reach translators, their work comes back minimised, a bad string stays out."""
    root = configured()
    (root / "src" / "app.py").write_text(SOURCE + '_("quit now")\n')
    assert "would send 5 messages" in virtsmith(server, root, "push", "--dry-run").stderr
    done = virtsmith(server, root, "push")
    assert done.returncode == 0, done.stderr
    texts = FIRST.format(close="schließen", open="öffnen")
    good = 'msgid "quit now"\nmsgstr "beenden"\n\nmsgid "%d disk"\nmsgid_plural "%d disks"\n'
    plural = 'msgstr[0] "%d Platte"\nmsgstr[1] "%d Platten"\n\n'
    bad = '#, python-format\nmsgid "save %s as %s"\nmsgstr "%s speichern"\n'
    api.upload("de", f"{texts}\n{good}{plural}{bad}")

    dry = virtsmith(server, root, "pull", "--dry-run")
    assert (dry.returncode, list((root / "po").glob("*.po"))) == (1, [])
    done = virtsmith(server, root, "pull", "--json")
    assert done.returncode == 1, done.stderr
    statistics = json.loads(done.stdout)
    assert [item["msgid"] for item in statistics["rejected"]] == ["save %s as %s"]
    assert statistics["changed"] == ["de", "fr"]
    path = root / "po" / "de.po"
    german = load_catalogue(path)
    assert {entry.msgid for entry in german.entries()} == {"", "close the file", "open the file", "quit now", "%d disk"}
    assert path.read_bytes() == minimize(german)
    assert virtsmith(server, root, "pull").stderr.endswith("0 of 2 catalogues changed\n")

    assert virtsmith(server, root, "lock").returncode == 0
    refused = virtsmith(server, root, "push")
    assert refused.returncode == 5
    assert re.search(r"403.*locked", refused.stderr)
    assert virtsmith(server, root, "unlock").returncode == 0
    assert virtsmith(server, root, "push").returncode == 0
    rows = {
        row["language"]: row
        for row in json.loads(virtsmith(server, root, "remote-stats", "--json").stdout)["languages"]
    }
    assert rows["fr"]["total"] == 5
    assert rows["fr"]["translated"] >= 2


def test_both_profiles_come_back_with_the_same_texts(server, api, configured):
    """What is stored differs, what programs show does not."""
    root = configured("mini")
    virtsmith(server, root, "pull")
    mini = (root / "po" / "de.po").read_bytes()
    virtsmith(server, configured("sorted"), "pull")
    full = (root / "po" / "de.po").read_bytes()
    assert len(full) > len(mini)
    assert visible_part(parse_catalogue(full)) == visible_part(parse_catalogue(mini))


def test_a_language_that_is_hardly_translated_is_left_out(server, api, configured):
    """The threshold holds for new languages."""
    root = configured("mini", "threshold = 60\n")
    (root / "po" / "fr.po").unlink()
    statistics = json.loads(virtsmith(server, root, "pull", "--json").stdout)
    assert statistics["skipped"] == ["fr"]


def test_a_wrong_token_and_a_wrong_name_are_distinguished(server, api, configured):
    """Each says what to look at, and nothing is written."""
    root = configured()
    before = (root / "po" / "de.po").read_bytes()
    wrong = virtsmith({**server, "token": "wlu_nonsense"}, root, "pull")
    assert (wrong.returncode, "token is not valid" in wrong.stderr) == (5, True)
    config = root / "pyproject.toml"
    config.write_text(config.read_text().replace('"main"', '"other"'))
    missing = virtsmith(server, root, "pull")
    assert (missing.returncode, "check project and component" in missing.stderr) == (5, True)
    assert (root / "po" / "de.po").read_bytes() == before
