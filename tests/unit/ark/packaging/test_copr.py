"""The contract with Copr: the real client library against a loopback server that answers as the API documents."""

import email
import gc
import json
import shutil
import threading
import warnings
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytest.importorskip("copr")

from virtsmith.ark.packaging.copr import CoprProject, load_config
from virtsmith.errors import ExitCode, ExternalError, InputError, MissingError, UsageError

# the client library leaves the file that it uploads open
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _closed_files():
    """Let no other test be blamed for it."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


class Service(BaseHTTPRequestHandler):
    """Four requests of the API; builds go through their states, one per question."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(("POST", self.path, dict(self.headers), body))
        if self.headers.get("Authorization") != "Basic " + b64encode(b"me:secret").decode():
            self.answer({"error": "Login invalid/expired."}, 401)
        elif self.path.startswith("/api_3/project/add/"):
            self.answer({"id": 1, "name": "ark", "ownername": "owner"})
        elif self.path == "/api_3/build/create/upload":
            number = len(self.server.states) + 7
            self.server.states[number] = list(self.server.course)
            self.answer({"id": number, "state": "pending", "ownername": "owner", "projectname": "ark"})
        else:
            self.answer({"error": "no such thing"}, 404)

    def do_GET(self):
        self.server.seen.append(("GET", self.path, dict(self.headers), b""))
        number = int(self.path.rpartition("/")[2])
        states = self.server.states.get(number)
        if states is None:
            self.answer({"error": f"Build {number} does not exist."}, 404)
        else:
            self.answer({"id": number, "state": states.pop(0) if len(states) > 1 else states[0]})

    def answer(self, data, status=200):
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def service(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as http:
        http.seen, http.states, http.course = [], {}, ["importing", "running", "succeeded"]
        http.url = f"http://127.0.0.1:{http.server_port}"
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        yield http
        http.shutdown()


@pytest.fixture
def config(service):
    return {"copr_url": service.url, "login": "me", "token": "secret", "username": "owner"}


@pytest.fixture
def srpm(tmp_path):
    (tmp_path / "a.src.rpm").write_bytes(b"package content")
    return tmp_path / "a.src.rpm"


def parts_of(headers, body):
    message = email.message_from_bytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body)
    return {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}


def test_a_build_is_sent_watched_and_shown(service, config, srpm):
    farm = CoprProject(config, "owner/ark")
    farm.ensure_project(["fedora-42-x86_64"])
    build = farm.submit(srpm, "qemu-ark-2_6_0", chroots=["fedora-42-x86_64"])
    (ended,) = farm.watch([build], pause=0.01)
    assert (build.state, ended.state, ended.is_good) == ("pending", "succeeded", True)
    assert ended.page == f"{service.url}/coprs/build/{ended.number}/"
    method, path, headers, body = service.seen[0]
    assert (method, path.partition("?")[0]) == ("POST", "/api_3/project/add/owner")
    assert json.loads(body)["chroots"] == ["fedora-42-x86_64"]
    method, path, headers, body = service.seen[1]
    parts = parts_of(headers, body)
    assert parts["pkgs"].get_payload(decode=True) == b"package content"
    assert parts["pkgs"].get_filename() == "a.src.rpm"
    assert [path for method, path, *_ in service.seen[2:]] == [f"/api_3/build/{ended.number}"] * 3


def test_what_was_sent_is_not_sent_again_unless_it_failed(service, config, srpm):
    first = CoprProject(config, "ark").submit(srpm, "one")
    again = CoprProject(config, "ark").submit(srpm, "one")
    assert (again.number, again.state) == (first.number, "importing")
    service.states[first.number] = ["failed"]
    assert CoprProject(config, "ark").submit(srpm, "one").number != first.number
    service.states.clear()  # the service has forgotten everything
    assert CoprProject(config, "ark").submit(srpm, "one").state == "pending"


def test_a_refusal_is_reported_without_the_token(service, config, srpm):
    with pytest.raises(ExternalError, match="copr: Login invalid/expired") as caught:
        CoprProject({**config, "token": "wrong-token"}, "ark").submit(srpm, "one")
    assert "wrong-token" not in str(caught.value)


def test_a_configuration_must_be_whole_and_safe(tmp_path):
    path = tmp_path / "copr"
    with pytest.raises(MissingError, match="cannot read"):
        load_config(path)
    for text, problem in (
        ("junk", "not a copr configuration"),
        ("[copr-cli]\nlogin=a\n", "has no username"),
        ("[copr-cli]\nlogin=a\nusername=b\ntoken=c\ncopr_url=http://copr.example.org\n", "unencrypted"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=problem):
            load_config(path)
    with pytest.raises(UsageError, match="not a project"):
        CoprProject({"copr_url": "https://x", "username": "a", "login": "a", "token": "b"}, "owner/")


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("rpmbuild"), reason="rpmbuild is needed")
@pytest.mark.parametrize("course", [["running", "succeeded"], ["running", "failed"]])
def test_the_command_builds_several_releases_on_copr(service, virtsmith, server, tmp_path, course):
    service.course = course
    config = tmp_path / "copr"
    config.write_text(f"[copr-cli]\nlogin=me\nusername=owner\ntoken=secret\ncopr_url={service.url}\n")
    for version in ("7.2.0", "7.2.1"):
        (tmp_path / "archive" / f"qemu-{version}.tar.xz").write_bytes(b"source")
    done = virtsmith(
        "ark",
        "build",
        "--backend",
        "copr",
        "qemu@7.2.0",
        "qemu@7.2.1",
        "--url",
        server.url,
        "--copr-config",
        config,
        "--project",
        "ark",
        "--chroot",
        "fedora-42-x86_64",
        "--pause",
        "0.01",
    )
    assert done.returncode == (0 if course[-1] == "succeeded" else ExitCode.FINDINGS), done.stderr
    assert [line.split()[:3:2] for line in done.stdout.splitlines()] == [
        ["qemu-ark-7_2_0", course[-1]],
        ["qemu-ark-7_2_1", course[-1]],
    ]
    assert "secret" not in done.stdout + done.stderr
    uploads = [parts_of(headers, body)["pkgs"] for _, path, headers, body in service.seen if path.endswith("/upload")]
    names = [f"qemu-ark-7_2_{n}-7.2.{n}-1.src.rpm" for n in (0, 1)]
    assert [part.get_filename() for part in uploads] == names
