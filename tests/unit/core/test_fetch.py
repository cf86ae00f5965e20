import gzip
import hashlib
import threading
import time
from base64 import b64encode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from virtsmith.core import fetch
from virtsmith.core.limits import ToolLimits

CONTENT = bytes(range(256)) * 4096


class Server(BaseHTTPRequestHandler):
    """A real server on loopback; ``broken`` cuts the first answers short."""

    broken = 0
    seen: list[str | None] = []  # noqa: RUF012 - shared on purpose

    def do_GET(self):
        type(self).seen.append(self.headers.get("Range"))
        if self.path != "/file":
            self.send_error(404)
            return
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        if start >= len(CONTENT):
            self.send_error(416)
            return
        body = CONTENT[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if type(self).broken:
            type(self).broken -= 1
            body = body[:300_000]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    Server.broken, Server.seen = 0, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as http:
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def test_a_broken_download_resumes_where_it_stopped(server, tmp_path):
    Server.broken = 1
    target = tmp_path / "f"
    with pytest.raises(fetch.FetchFailed, match="broke off"):
        fetch.download(f"{server}/file", target)
    assert not target.exists()
    digest = fetch.download(f"{server}/file", target, sha256=hashlib.sha256(CONTENT).hexdigest())
    assert target.read_bytes() == CONTENT
    assert digest == hashlib.sha256(CONTENT).hexdigest()
    assert Server.seen[0] is None
    assert Server.seen[1].startswith("bytes=")


def test_a_wrong_digest_leaves_nothing_behind(server, tmp_path):
    with pytest.raises(fetch.FetchFailed, match="expected 00"):
        fetch.download(f"{server}/file", tmp_path / "f", sha256="00" * 32)
    assert list(tmp_path.iterdir()) == []


def test_a_stale_part_is_thrown_away(server, tmp_path):
    (tmp_path / "f.part").write_bytes(CONTENT + b"more")
    fetch.download(f"{server}/file", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_bad_statuses_and_dead_servers_are_named(server):
    with pytest.raises(fetch.FetchFailed, match="/nothing answered 404") as caught:
        fetch.request("GET", f"{server}/nothing")
    assert caught.value.status == 404
    with pytest.raises(fetch.FetchFailed, match="cannot reach"):
        fetch.request("GET", "http://127.0.0.1:9/", retries=0)


class Packed(BaseHTTPRequestHandler):
    """Answers with what its paths say, in the encoding that they say; the first time it is busy for a day."""

    bodies = {"/text": gzip.compress(CONTENT), "/bomb": gzip.compress(bytes(300 << 20)), "/short": b"\x1f\x8b\x08"}  # noqa: RUF012

    def do_GET(self):
        if self.path == "/busy" and not self.server.asked:
            self.server.asked = True
            self.send_response(503)
            self.send_header("Retry-After", "86400")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = self.bodies.get(self.path, b"")
        self.send_response(200)
        self.send_header("Content-Encoding", "br" if self.path == "/br" else "gzip" if body else "identity")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def packed():
    with ThreadingHTTPServer(("127.0.0.1", 0), Packed) as http:
        http.asked = False
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def test_compressed_answers_are_read_up_to_the_limits(packed):
    assert fetch.request("GET", f"{packed}/text").body == CONTENT
    limited = ToolLimits(content=1 << 20, ratio=100)
    with limited.applied(), pytest.raises(fetch.FetchFailed, match="/bomb: larger than 1 MiB when decompressed"):
        fetch.request("GET", f"{packed}/bomb")
    with ToolLimits(ratio=100).applied(), pytest.raises(fetch.FetchFailed, match="/bomb: more than 100 times larger"):
        fetch.request("GET", f"{packed}/bomb")
    with pytest.raises(fetch.FetchFailed, match="damaged: it ends too early"):
        fetch.request("GET", f"{packed}/short")
    with pytest.raises(fetch.FetchFailed, match="an encoding that was not asked for: br"):
        fetch.request("GET", f"{packed}/br")


def test_a_server_cannot_make_us_wait_for_longer_than_the_limit(packed):
    started = time.monotonic()
    with ToolLimits(wait=0).applied():
        assert fetch.request("GET", f"{packed}/busy").status == 200
    assert time.monotonic() - started < 30


def test_what_a_server_compresses_unasked_is_stored_as_it_came(packed, tmp_path):
    """Decompressed, a megabyte could fill a disk."""
    with ToolLimits(content=1 << 20, ratio=100).applied():
        fetch.download(f"{packed}/bomb", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == Packed.bodies["/bomb"]


class Redirecting(BaseHTTPRequestHandler):
    """Sends everybody elsewhere, and remembers what it was sent itself."""

    def do_GET(self):
        self.server.seen.append(dict(self.headers))
        self.send_response(302 if self.server.to else 200)
        self.send_header("Location", self.server.to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@contextmanager
def redirecting(to):
    with ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as http:
        http.to, http.seen = to, []
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        yield http
        http.shutdown()


SECRETS = {"Authorization": "Token abc", "Cookie": "abc", "X-Auth-User": "maria", "X-Auth-Token": "abc"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_secrets_are_not_sent_where_a_server_redirects_to(host):
    with redirecting("") as other, redirecting(f"http://{host}:{other.server_port}/x") as first:
        fetch.request("GET", f"http://127.0.0.1:{first.server_port}/", headers=SECRETS)
    assert SECRETS.items() <= first.seen[0].items()
    assert not set(SECRETS.values()) & set(other.seen[0].values())


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "http://[::1/x"])
def test_a_redirect_leads_to_the_web_or_nowhere(to):
    with redirecting(to) as first, pytest.raises(fetch.FetchFailed):
        fetch.request("GET", f"http://127.0.0.1:{first.server_port}/")


class Proxy(BaseHTTPRequestHandler):
    """Answers for every host itself, and remembers for which, and who asked."""

    def do_GET(self):
        self.server.seen.append((self.path, self.headers.get("Proxy-Authorization")))
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"proxy")

    def log_message(self, *args):
        pass


@pytest.mark.parametrize("proxy", ["http://me:pass/word@127.0.0.1:9", "http://me:password@:bad", "me:pass/word@h"])
def test_a_proxy_that_is_no_address_is_refused_without_its_password(monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(fetch.FetchFailed, match="the proxy for http addresses") as caught:
        fetch.request("GET", "http://archive.example/x")
    assert "pass" not in str(caught.value)


def test_the_environment_can_name_a_proxy_and_what_goes_around_it(server, monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as http:
        http.seen = []
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("http_proxy", f"http://me:a%20b@127.0.0.1:{http.server_port}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert fetch.request("GET", "http://archive.example/x").body == b"proxy"
        assert http.seen == [("http://archive.example/x", "Basic " + b64encode(b"me:a b").decode())]
        assert fetch.request("GET", f"{server}/file").body == CONTENT
        http.shutdown()
