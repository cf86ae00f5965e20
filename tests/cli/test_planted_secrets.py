"""Secrets are planted wherever a command could find them: none shows any, and none is sent where it does not belong."""

import http.server
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from helpers import zanata_server
from helpers.every_command import INVOCATIONS, arguments, environment, make_workplace
from helpers.waiting import wait_for

from virtsmith.errors import ExitCode

pytestmark = pytest.mark.slow

SECRET = "pl4nted-s3cr3t"  # noqa: S105 - nobody else's
NOWHERE = "http://127.0.0.1:9"
WITH_PASSWORD = f"http://maria:{SECRET}@127.0.0.1:9"
LIBVIRT = f"qemu+tcp://maria:{SECRET}@127.0.0.1:9/system"
VARIABLES = {
    "WEBLATE_TOKEN": SECRET,
    "WEBLATE_URL": NOWHERE,
    "WLC_KEY": f"{SECRET}\n",
    "WLC_URL": WITH_PASSWORD,
    "ZANATA_USER": "maria",
    "ZANATA_KEY": f" {SECRET}\r\n",
    "ZANATA_URL": NOWHERE,
    "http_proxy": WITH_PASSWORD,
    "https_proxy": WITH_PASSWORD,
    "no_proxy": "127.0.0.1",
    "VIRTSMITH_DEBIAN_MIRROR": f"{WITH_PASSWORD}/debian",
    "VIRTSMITH_DEBIAN_SNAPSHOT": f"{WITH_PASSWORD}/snapshot",
    "VIRTSMITH_UBUNTU_MIRROR": f"{WITH_PASSWORD}/ubuntu",
    "VIRTSMITH_DEBUG": "1",
}
FILES = {
    "home/.config/weblate": f"[weblate]\nurl = {WITH_PASSWORD}\nkey = {SECRET}\n[keys]\n{NOWHERE} = {SECRET}\n",
    "home/.config/zanata.ini": f"[servers]\na.url={NOWHERE}\na.username=maria\na.key={SECRET}\n",
    "home/.config/copr": f"[copr-cli]\nlogin={SECRET}\nusername=maria\ntoken={SECRET}\ncopr_url={NOWHERE}\n",
    "home/.netrc": f"machine 127.0.0.1 login maria password {SECRET}\n",
    "home/.git-credentials": f"{WITH_PASSWORD}\n",
}
WEBLATE = 'kind = "weblate"\nurl = "{url}"\nproject = "p"\ncomponent = "c"\n'
ZANATA = 'kind = "zanata"\nurl = "{url}"\nproject = "app"\nversion = "master"\n'
PLATFORMS = ["po lock", "po pull", "po push", "po remote-stats", "po unlock"]
INSTALL = f"qemu@7.2 --mirror {WITH_PASSWORD}/debian"
ADDRESSES = {
    "ark build": f"libvirt@9.0.0 --url {WITH_PASSWORD}/libvirt.tar.xz",
    "ark srpm": f"libvirt@9.0.0 --url {WITH_PASSWORD}/libvirt.tar.xz -d packages",
    "ark targets": f"refresh --mirror {WITH_PASSWORD}/debian",
    "ark catalogue": f"refresh qemu --from {WITH_PASSWORD}/",
    "host twin": f"--libvirt {LIBVIRT}",
    "host verify": f"host.toml --libvirt {LIBVIRT} --kernel vmlinuz --modules modules",
    "host up": f"host.toml --libvirt {LIBVIRT} --kernel vmlinuz --modules modules",
}
"""Addresses with a password in them, in place of the arguments that the command has elsewhere."""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    place = make_workplace(tmp_path_factory.mktemp("s") / "source", platform=WEBLATE.format(url=NOWHERE))
    for name, text in FILES.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return place


@pytest.fixture
def here(source, tmp_path):
    return shutil.copytree(source, tmp_path / "w", symlinks=True, ignore=shutil.ignore_patterns("schemas"))


def run(here, name, words, *, planted=True, **variables):
    stdin = INVOCATIONS[name].stdin
    with (here / stdin).open() if stdin else open(os.devnull) as given:  # noqa: PTH123 - one of both
        return subprocess.run(
            [sys.executable, "-m", "virtsmith", *words],
            cwd=here,
            env={**environment(here, name, here / "ark"), **(VARIABLES if planted else {}), **variables},
            stdin=given,
            capture_output=True,
            check=False,
            timeout=300,
        )


def shown_in(here, done):
    """Where the secret is: what was printed, and every file but those in which it was planted."""
    found = [name for name in ("stdout", "stderr") if SECRET.encode() in getattr(done, name)]
    wait_for(lambda: not list((here / "tmp").glob("virtsmith-*")))  # the supervisor removes it
    files = (path for path in here.rglob("*") if path.is_file() and str(path.relative_to(here)) not in FILES)
    return found + [str(path) for path in files if SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize("name", [name for name, invocation in INVOCATIONS.items() if not invocation.tree])
def test_no_command_shows_or_writes_a_secret(name, here):
    done = run(here, name, arguments(here, name, to_file=False, install=INSTALL))
    assert shown_in(here, done) == [], done.stderr.decode()


@pytest.mark.parametrize("name", ADDRESSES)
def test_no_command_shows_the_password_of_an_address(name, here):
    done = run(here, name, [*name.split(), *ADDRESSES[name].split()])
    assert done.returncode in (1, 2, 3, 4, 5, ExitCode.START_REFUSED), done.stderr.decode()
    assert shown_in(here, done) == [], done.stderr.decode()


@pytest.mark.parametrize("name", PLATFORMS)
@pytest.mark.parametrize("settings", [WEBLATE, ZANATA])
@pytest.mark.parametrize("url", [NOWHERE, WITH_PASSWORD])
def test_no_platform_command_shows_a_secret_when_it_fails(name, settings, url, here):
    text = (here / "pyproject.toml").read_text().partition("kind =")[0]
    (here / "pyproject.toml").write_text(text + settings.format(url=url))
    done = run(here, name, arguments(here, name, to_file=False))
    assert done.returncode in (2, 5), done.stderr.decode()
    if url == WITH_PASSWORD:
        (here / "pyproject.toml").unlink()
    assert shown_in(here, done) == [], done.stderr.decode()


@pytest.mark.parametrize("name", ["po pull", "po push", "po remote-stats"])
def test_no_platform_command_shows_a_secret_when_it_succeeds(name, here):
    with zanata_server.running() as (url, state):
        state.key = SECRET
        text = (here / "pyproject.toml").read_text().partition("kind =")[0]
        (here / "pyproject.toml").write_text(text + ZANATA.format(url=url))
        for words in ("po push", name):
            done = run(here, words, arguments(here, words, to_file=False), ZANATA_URL=url)
            assert done.returncode == 0, done.stderr.decode()
            assert shown_in(here, done) == []
        assert len(state.requests) > 1


class Listener(http.server.BaseHTTPRequestHandler):
    """Writes down all that it is sent, and refuses it."""

    def log_message(self, *_arguments):
        pass

    def _note(self):
        self.server.heard.append(f"{self.requestline}\n{self.headers}")
        self.send_error(403)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _note  # noqa: N815 - http.server's names


@contextmanager
def listening():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        server.heard = []
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("name", PLATFORMS)
@pytest.mark.parametrize("settings", [WEBLATE, ZANATA])
@pytest.mark.parametrize("ours", [False, True])
@pytest.mark.parametrize("place", ["environment", "file"])
def test_a_key_is_not_sent_to_an_address_that_only_begins_like_its_own(name, settings, ours, place, here):
    """The project names a server whose address begins with that of the server which the user has a key for."""
    with listening() as server:
        url = f"http://127.0.0.1:{server.server_port}"
        known = url if ours else url[:-1]
        for path in ("home/.config/weblate", "home/.config/zanata.ini"):
            (here / path).write_text(FILES[path].replace(WITH_PASSWORD, known).replace(NOWHERE, known))
        text = (here / "pyproject.toml").read_text().partition("kind =")[0]
        (here / "pyproject.toml").write_text(text + settings.format(url=url))
        addresses = {"WEBLATE_URL": known, "WLC_URL": known, "ZANATA_URL": known}
        words = arguments(here, name, to_file=False)
        done = run(here, name, words, **addresses) if place == "environment" else run(here, name, words, planted=False)
        heard = "".join(server.heard)
    assert done.returncode in (2, 4, 5), done.stderr.decode()
    if ours and not (settings == ZANATA and "lock" in name):  # Zanata cannot lock
        assert SECRET in heard, "the test must see keys that are sent"
    if not ours:
        assert SECRET not in heard
    assert SECRET.encode() not in done.stderr
