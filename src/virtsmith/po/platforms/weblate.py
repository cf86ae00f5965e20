"""Weblate, through its REST API (version 5.14; see "Weblate's REST API" in its documentation)."""

from __future__ import annotations

import io
import json
import lzma
import os
import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from virtsmith.core.config import ConfigTable
from virtsmith.core.fetch import FetchFailed, Response, encode_form, request
from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.secrets import SecretText
from virtsmith.po.catalogue import parse_catalogue
from virtsmith.po.header import set_utf8
from virtsmith.po.platforms.credentials import find_secret, read_wlc_config, require_safe
from virtsmith.po.platforms.interface import PlatformFailed, RemoteStatistics, platform
from virtsmith.po.project import Project
from virtsmith.po.quoting import quote as quote_text

_SECRETS = {"WEBLATE_TOKEN": "WEBLATE_URL", "WLC_KEY": "WLC_URL"}
_LARGEST = 1 << 30
"""Size limit of an unpacked answer in bytes; a larger one is an attack or a mistake."""


@platform(
    "weblate",
    is_implied=lambda project: bool(read_wlc_config(project.root).translation),
    variables=("WEBLATE_TOKEN", "WEBLATE_URL", "WLC_KEY", "WLC_URL"),
)
def configure(project: Project, settings: ConfigTable) -> Weblate:
    """A component, from the settings and the configuration of Weblate's own client."""
    wlc = read_wlc_config(project.root)
    name, _, component = wlc.translation.partition("/")
    url = settings.require("url", settings.text("url") or os.environ.get("WLC_URL") or wlc.url or None)
    name = settings.require("project", settings.text("project") or name or None)
    component = settings.require("component", settings.text("component") or component.partition("/")[0] or None)
    return Weblate(url, name, component, find_secret(_SECRETS, url, name, wlc.keys))


class Weblate:
    """One component of a Weblate server."""

    def __init__(self, url: str, project: str, component: str, token: SecretText, *, retries: int = 3) -> None:
        self._url = require_safe(url).removesuffix("/api")
        self._project, self._component = project, component
        self._token = token
        self._retries = retries

    @property
    def name(self) -> str:
        """Server, project and component."""
        return f"{self._url} {self._project}/{self._component}"

    def push_template(self, template: bytes, progress: Progress = SILENT) -> str:
        """Upload the source strings; Weblate merges them into all languages."""
        progress.start("uploading")
        source = next(
            (translation["language_code"] for translation in self._translations() if translation.get("is_source")), "en"
        )
        file = ("template.pot", _with_charset(template), "text/x-gettext-translation")
        body, content_type = encode_form({"method": "source", "file": file})
        place = "/".join(("translations", self._project, self._component, quote(source, safe=""), "file", ""))
        answer = self._call("POST", place, body, content_type)
        progress.done()
        data = _json(answer)
        return f"{data.get('accepted', 0)} of {data.get('total', 0)} source strings accepted"

    def pull(self, progress: Progress = SILENT) -> dict[str, bytes]:
        """All languages in one request; pending edits are committed first."""
        progress.start("downloading")
        self._commit_pending()
        names = {
            translation["filename"]: translation["language_code"]
            for translation in self._translations()
            if translation.get("filename") and not translation.get("is_source")
        }
        archive = self._call("GET", f"{self._base}/file/").body
        progress.done()
        return unpack_archive(archive, names, self.name)

    def set_lock(self, *, locked: bool) -> None:
        """Lock or unlock the component for translators and for uploads."""
        self._post_json(f"{self._base}/lock/", {"lock": locked})

    def statistics(self) -> list[RemoteStatistics]:
        """The statistics of all languages except the source."""
        found = []
        for row in self._pages(f"{self._base}/statistics/"):
            code, total = str(row.get("code", "")), int(row.get("total", 0))
            found.append(RemoteStatistics(code, total, int(row.get("translated", 0)), int(row.get("fuzzy", 0))))
        return sorted(found, key=lambda row: row.language)

    def _commit_pending(self) -> None:
        """Request a commit; a token without that permission still gets what Weblate has committed itself."""
        try:
            self._post_json(f"{self._base}/repository/", {"operation": "commit"})
        except PlatformFailed as error:
            if error.status != 403:
                raise

    @property
    def _base(self) -> str:
        return f"components/{quote(self._project, safe='')}/{quote(self._component, safe='')}"

    def _translations(self) -> list[dict[str, Any]]:
        return self._pages(f"{self._base}/translations/")

    def _pages(self, place: str) -> list[dict[str, Any]]:
        """All items of a paginated list."""
        items: list[dict[str, Any]] = []
        for page in range(1, 1000):
            data = _json(self._call("GET", f"{place}?page_size=100&page={page}"))
            items += [item for item in data.get("results", []) if isinstance(item, dict)]
            if not data.get("next"):
                break
        return items

    def _post_json(self, place: str, data: dict[str, Any]) -> None:
        self._call("POST", place, json.dumps(data).encode(), "application/json")

    def _call(self, method: str, place: str, body: bytes | None = None, content_type: str = "") -> Response:
        headers = {"Authorization": f"Token {self._token.value}", "Accept": "application/json, */*"}
        if content_type:
            headers["Content-Type"] = content_type
        address = f"{self._url}/api/{place}"
        try:
            return request(method, address, headers=headers, body=body, retries=self._retries)
        except FetchFailed as error:
            raise PlatformFailed(_explain(error), status=error.status) from error


_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, RuntimeError, ValueError, OSError,
    LookupError,
)  # fmt: skip
"""What the standard library raises for archives that are damaged, encrypted or compressed in an unknown way."""


def unpack_archive(archive: bytes, names: dict[str, str], source: str) -> dict[str, bytes]:
    """The catalogues in an archive that Weblate has sent, by what ``names`` says of their paths in the component.

    Raises:
        PlatformFailed: the archive is damaged or too large, or one of them is not in it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            members = [info for info in file.infolist() if not info.is_dir()]
            if sum(info.file_size for info in members) > _LARGEST:
                raise PlatformFailed(f"{source}: the archive is larger than {_LARGEST} bytes")
            contents = {info.filename: file.read(info) for info in members}
    except _DAMAGE as error:
        raise PlatformFailed(f"{source}: the downloaded archive is damaged: {error}", hint="try again") from error
    found = {}
    for name, data in contents.items():
        inner = PurePosixPath(*PurePosixPath(name).parts[2:]).as_posix()  # paths start with PROJECT/COMPONENT/
        if inner in names:
            found[names[inner]] = data
    missing = sorted(set(names.values()) - set(found))
    if missing:
        raise PlatformFailed(f"{source}: the archive lacks {', '.join(missing)}", hint="try again")
    return found


def _with_charset(template: bytes) -> bytes:
    """The template with a declaration of UTF-8; Weblate refuses xgettext's ``charset=CHARSET``."""
    catalogue = parse_catalogue(template, "template")
    row = catalogue.header_row()
    if row is None or set_utf8(catalogue.header) == catalogue.header:
        return template
    catalogue.rows[catalogue.keys.index(b"")] = row._replace(msgstr=quote_text(set_utf8(catalogue.header).text))
    return catalogue.render()


def _json(answer: Response) -> dict[str, Any]:
    try:
        data = json.loads(answer.body)
    except ValueError as error:
        raise PlatformFailed(
            "the server answered something that is not JSON", hint="is it a Weblate server?"
        ) from error
    return data if isinstance(data, dict) else {"results": data}


_HINTS = {
    401: "the token is not valid", 403: "the token lacks the permission, or the component is locked",
    404: "check project and component", 429: "wait and try again",
}  # fmt: skip


def _explain(error: FetchFailed) -> str:
    """The server's own message, which is more precise than the status."""
    words = ""
    try:
        data = json.loads(error.body)
        details = data.get("errors") or [data]
        words = "; ".join(str(item.get("detail") or item) for item in details if isinstance(item, dict))
    except (ValueError, AttributeError):
        pass
    hint = _HINTS.get(error.status or 0, "")
    return ": ".join(part for part in (error.message, words[:300], hint) if part)
