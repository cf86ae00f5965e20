"""A server that speaks Zanata's documented REST API, as far as its command line client used it, on the loopback."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

BASE = "/rest/projects/p/app/iterations/i/master"


class State:
    """What the server holds; ``faults`` are answers to give instead, one for each request that matches."""

    def __init__(self):
        self.user, self.key = "maria", "0123456789abcdef0123456789abcdef"
        self.resources: dict[str, dict] = {}
        self.translations: dict[tuple[str, str], dict] = {}
        self.locales = ["de", "pt-BR", "fr"]
        self.requests: list[tuple[str, str]] = []
        self.faults: list[tuple[str, int]] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: State

    def log_message(self, *_arguments):
        pass

    def do_GET(self):
        path = self._begin()
        if path is None:
            return
        state = self.state
        if path == f"{BASE}/locales":
            self._answer(200, [{"localeId": name, "displayName": name} for name in state.locales])
        elif path == "/rest/stats/proj/app/iter/master":
            self._answer(200, {"stats": self._stats()})
        elif path.startswith(f"{BASE}/r/"):
            document, _, locale = path.removeprefix(f"{BASE}/r/").partition("/translations/")
            known = state.translations.get((document, locale)) if locale else state.resources.get(document)
            self._answer(200, known) if known is not None else self._answer(404, None)
        else:
            self._answer(404, None)

    def do_PUT(self):
        path = self._begin()
        if path is None:
            return
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        document = path.removeprefix(f"{BASE}/r/")
        if set(data) != {"name", "contentType", "lang", "type", "textFlows", "extensions"} or "/" in document:
            self._answer(400, None)
            return
        created = document not in self.state.resources
        self.state.resources[document] = data
        self._answer(201 if created else 200, None)

    def _begin(self) -> str | None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        self.state.requests.append((self.command, path))
        if (self.headers.get("X-Auth-User"), self.headers.get("X-Auth-Token")) != (self.state.user, self.state.key):
            self._answer(401, None)
            return None
        if "/r/" in path and parse_qs(parts.query).get("ext") != ["gettext", "comment"]:
            self._answer(400, None)
            return None
        for fault in self.state.faults:
            if fault[0] in path:
                self.state.faults.remove(fault)
                self._fail(fault[1])
                return None
        return path

    def _fail(self, status: int) -> None:
        self.close_connection = True  # what the client sent has not been read
        if status:
            self._answer(status, None)
            return
        self.send_response(200)  # cut the connection in the middle of the answer
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"textFlow')

    def _stats(self) -> list[dict]:
        total = sum(len(resource["textFlows"]) for resource in self.state.resources.values())
        found = []
        for (_, locale), data in self.state.translations.items():
            done = sum(item["state"] == "Translated" for item in data["textFlowTargets"])
            numbers = {"unit": "MESSAGE", "locale": locale, "total": total, "translated": done, "needReview": 0}
            found += [numbers, {**numbers, "unit": "WORD", "total": 99}]
        return found

    def _answer(self, status: int, data) -> None:
        body = b"" if data is None else json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running():
    """A server on a free port of the loopback; yields its address and its state."""
    state = State()
    handler = type("BoundHandler", (Handler,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", state
        finally:
            server.shutdown()
            thread.join()
