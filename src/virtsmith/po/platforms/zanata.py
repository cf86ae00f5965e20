"""Zanata's REST API, for the servers that still run it: push the template, pull all languages, migrate away.

After the documentation of zanata-common-api (``/rest``): resources with text flows, translations with targets. No
public server is left, so this is tested against a server of our own with the documented interface.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any
from urllib.parse import quote

from virtsmith.core.config import ConfigTable
from virtsmith.core.fetch import FetchFailed, request
from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.secrets import SecretText
from virtsmith.errors import UsageError
from virtsmith.po.catalogue import parse_catalogue
from virtsmith.po.entry import Entry
from virtsmith.po.platforms.credentials import find_secret, require_safe
from virtsmith.po.platforms.interface import NotSupported, PlatformFailed, RemoteStatistics, platform
from virtsmith.po.platforms.resume import PartialDownload
from virtsmith.po.platforms.zanata_config import PROJECT_FILE, read_project_file, read_user_file
from virtsmith.po.project import Project

_EXTENSIONS = "ext=gettext&ext=comment"
_USABLE = ("Translated", "Approved")

Json = dict[str, Any]


@platform(
    "zanata",
    is_implied=lambda project: (project.root / PROJECT_FILE).is_file(),
    variables=("ZANATA_KEY", "ZANATA_URL", "ZANATA_USER"),
)
def configure(project: Project, settings: ConfigTable) -> Zanata:
    """A version of a project, from the settings and the configuration of Zanata's own client."""
    implied = read_project_file(project.root)
    url, name, version = (
        settings.require(key, settings.text(key) or implied.get(key)) for key in ("url", "project", "version")
    )
    document = settings.text("document") or project.domain
    stored_user, known = read_user_file(url)
    user = os.environ.get("ZANATA_USER") or settings.text("user") or stored_user
    if not user:
        raise UsageError(f"no user name for {url}", hint="set ZANATA_USER")
    return Zanata(
        url, name, version, document, user=user, token=find_secret({"ZANATA_KEY": "ZANATA_URL"}, url, user, known)
    )


class Zanata:
    """One version of a project; one of its documents is the message domain."""

    def __init__(
        self, url: str, project: str, version: str, document: str, *, user: str, token: SecretText, retries: int = 3
    ) -> None:
        self._url = require_safe(url).removesuffix("/rest")
        self._place = f"projects/p/{quote(project, safe='')}/iterations/i/{quote(version, safe='')}"
        self._project, self._version, self._document = project, version, document
        self._user, self._token = user, token
        self._retries = retries

    @property
    def name(self) -> str:
        """Server, project and version."""
        return f"{self._url} {self._project}/{self._version}"

    def push_template(self, template: bytes, progress: Progress = SILENT) -> str:
        """Replace the source document."""
        progress.start("uploading")
        entries = list(parse_catalogue(template, "template").entries())
        flows = [_text_flow(entry) for entry in entries if entry.msgid]
        resource = {
            "name": self._document,
            "contentType": "application/x-gettext",
            "lang": "en-US",
            "type": "FILE",
            "textFlows": flows,
            "extensions": [_header_extension("po-header", entries)],
        }
        self._call("PUT", f"{self._resource}?{_EXTENSIONS}", resource)
        progress.done()
        return f"{len(flows)} source strings sent"

    def pull(self, progress: Progress = SILENT) -> dict[str, bytes]:
        """All languages, with one request each; after a failure, what has arrived is not fetched again."""
        source = self._call("GET", f"{self._resource}?{_EXTENSIONS}")
        flows = {str(flow.get("id")): flow for flow in source.get("textFlows", []) if isinstance(flow, dict)}
        locales = [str(locale.get("localeId")) for locale in self._list(f"{self._place}/locales")]
        digest = hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()
        kept = PartialDownload(f"{self.name} {self._document} {digest}")
        progress.start("downloading", len(locales))
        found = {}
        for locale in locales:
            data = kept.get(locale) or kept.put(locale, self._translations(locale))
            found[locale.replace("-", "_")] = _build(_decoded(data), flows, locale)
            progress.step(detail=locale)
        progress.done()
        kept.forget()
        return {language: data for language, data in found.items() if data}

    def set_lock(self, *, locked: bool) -> None:
        """Raise NotSupported: Zanata's clients cannot lock."""
        raise NotSupported(f"Zanata versions cannot be {'locked' if locked else 'unlocked'} from outside")

    def statistics(self) -> list[RemoteStatistics]:
        """The statistics of all languages, in messages."""
        place = f"stats/proj/{quote(self._project, safe='')}/iter/{quote(self._version, safe='')}?word=false"
        found = []
        for row in self._call("GET", place).get("stats", []):
            if row.get("unit") == "MESSAGE":
                language = str(row.get("locale")).replace("-", "_")
                numbers = (int(row.get(name, 0)) for name in ("total", "translated", "needReview"))
                found.append(RemoteStatistics(language, *numbers))
        return found

    @property
    def _resource(self) -> str:
        return f"{self._place}/r/{quote(self._document.replace('/', ','), safe=',')}"

    def _translations(self, locale: str) -> bytes:
        place = f"{self._resource}/translations/{quote(locale, safe='')}?{_EXTENSIONS}&skeletons=true"
        return json.dumps(self._call("GET", place, missing={})).encode()

    def _list(self, place: str) -> list[Json]:
        data = self._call("GET", place).get("items", [])
        return [item for item in data if isinstance(item, dict)]

    def _call(self, method: str, place: str, data: Json | None = None, missing: Json | None = None) -> Json:
        headers = {"X-Auth-User": self._user, "X-Auth-Token": self._token.value, "Accept": "application/json"}
        body = json.dumps(data).encode() if data is not None else None
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = request(method, f"{self._url}/rest/{place}", headers=headers, body=body, retries=self._retries)
        except FetchFailed as error:
            if error.status == 404 and missing is not None:
                return missing  # a language without any translation
            raise PlatformFailed(error.message, hint=_HINTS.get(error.status or 0)) from error
        return _decoded(answer.body) if answer.body.strip() and method == "GET" else {}


_HINTS = {401: "user or key is not valid", 403: "the user lacks the permission", 404: "check the names"}


def _decoded(body: bytes) -> Json:
    try:
        data = json.loads(body)
    except ValueError as error:
        raise PlatformFailed("the server answered something that is not JSON", hint="is it a Zanata server?") from error
    return data if isinstance(data, dict) else {"items": data}


def flow_id(msgctxt: str | None, msgid: str) -> str:
    """Zanata's id of a message: the MD5 of the id, after the context and NUL if it has a context."""
    text = msgid if msgctxt is None else f"{msgctxt}\0{msgid}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _text_flow(entry: Entry) -> Json:
    entry_header: Json = {
        "object-type": "pot-entry-header",
        "references": entry.locations,
        "flags": [flag for flag in entry.flags if flag != "fuzzy"],
    }
    if entry.msgctxt is not None:
        entry_header["context"] = entry.msgctxt
    plural = entry.msgid_plural is not None
    flow: Json = {"id": flow_id(entry.msgctxt, entry.msgid), "lang": "en-US", "plural": plural}
    flow["contents"] = [entry.msgid, entry.msgid_plural] if plural else [entry.msgid]
    comment = {"object-type": "comment", "value": "\n".join(entry.extracted), "space": "preserve"}
    flow["extensions"] = [entry_header, *([comment] if entry.extracted else [])]
    return flow


def _header_extension(kind: str, entries: list[Entry]) -> Json:
    header = next((entry for entry in entries if not entry.msgid), None)
    lines = header.msgstr[0].splitlines() if header else []
    fields = [{"key": key, "value": value.strip()} for key, _, value in (line.partition(":") for line in lines)]
    return {"object-type": kind, "comment": "\n".join(header.comments) if header else "", "entries": fields}


def _build(translations: Json, flows: dict[str, Json], locale: str) -> bytes:
    """A catalogue from text flow targets; empty if nothing is translated."""
    entries = [_header(translations, locale)]
    for target in translations.get("textFlowTargets", []):
        flow = flows.get(str(target.get("resId")))
        contents = _contents(target)
        if flow is None or target.get("state") not in _USABLE or not any(contents):
            continue
        originals = _contents(flow)
        heads = [item for item in flow.get("extensions") or [] if item.get("object-type") == "pot-entry-header"]
        head: Json = heads[0] if heads else {}
        plural = originals[1] if flow.get("plural") and len(originals) > 1 else None
        entries.append(
            Entry(
                originals[0],
                contents if plural is not None else contents[:1],
                head.get("context") or None,
                plural,
                comments=_comment(target),
                flags=tuple(str(flag) for flag in head.get("flags") or []),
            )
        )
    return b"\n".join(entry.to_row().render() for entry in entries) if len(entries) > 1 else b""


def _contents(target: Json) -> list[str]:
    contents = target.get("contents") or ([target["content"]] if target.get("content") is not None else [])
    if not isinstance(contents, list) or not all(isinstance(text, str) for text in contents):
        raise PlatformFailed("the server sent a message whose content is not text")
    return contents or [""]


def _comment(item: Json) -> list[str]:
    texts = [ext.get("value") for ext in item.get("extensions") or [] if ext.get("object-type") == "comment"]
    return [line for text in texts if isinstance(text, str) for line in text.splitlines()]


def _header(translations: Json, locale: str) -> Entry:
    kinds = [ext for ext in translations.get("extensions") or [] if ext.get("object-type") == "po-target-header"]
    head: Json = kinds[0] if kinds else {}
    fields = {str(item.get("key")): str(item.get("value")) for item in head.get("entries") or []}
    fields["Language"] = fields.get("Language") or locale.replace("-", "_")
    fields |= {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit"}
    text = "".join(f"{key}: {value}\n" for key, value in fields.items())
    return Entry("", [text], comments=str(head.get("comment") or "").splitlines())
