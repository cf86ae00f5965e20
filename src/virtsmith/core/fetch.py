"""HTTP requests and downloads: the only module that uses the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from libvirtxml.files import sha256 as digest_of

from virtsmith.core.inflate import DamagedError, inflate
from virtsmith.core.limits import current
from virtsmith.core.progress import SILENT, Progress
from virtsmith.core.secrets import redact
from virtsmith.errors import ExternalError, LimitError

if TYPE_CHECKING:
    import urllib3

_CHUNK = 1 << 18
_RETRIED_STATUS = (429, 500, 502, 503, 504)


class FetchFailed(ExternalError):
    """A request failed after all retries: no connection, an error status, or the wrong content."""

    def __init__(self, message: str, *, status: int | None = None, body: bytes = b"", hint: str | None = None) -> None:
        super().__init__(redact(message), hint=hint)
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Response:
    """A complete HTTP response: status, headers (lower-case names) and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def _pool(url: str) -> urllib3.PoolManager:
    """Return the connection pool for a URL, with the proxy that the environment sets (such as ``http_proxy``)."""
    parts = urlsplit(url)  # raises ValueError for an invalid URL
    proxy = getproxies().get(parts.scheme)
    if not proxy or proxy_bypass(parts.hostname or ""):
        return _connections(None)
    try:
        return _connections(proxy)
    except ValueError:  # its text may have a part of the password
        message = f"the proxy for {parts.scheme} addresses, which the environment names, is not a valid address"
        raise FetchFailed(message, hint="write special characters of a password as %40, %2F and so on") from None


@cache
def _connections(proxy: str | None) -> urllib3.PoolManager:
    import urllib3  # noqa: PLC0415 - most commands never use the network

    timeout = urllib3.Timeout(connect=15, read=120)
    headers = {"User-Agent": "virtsmith"}
    if proxy is None:
        return urllib3.PoolManager(timeout=timeout, headers=headers, maxsize=8)
    address = proxy if "://" in proxy else f"http://{proxy}"
    secret = urlsplit(address).netloc.rpartition("@")[0]
    credentials = urllib3.make_headers(proxy_basic_auth=unquote(secret)) if secret else None
    return urllib3.ProxyManager(address, timeout=timeout, headers=headers, proxy_headers=credentials, maxsize=8)


def _retries(attempts: int) -> urllib3.Retry:
    import urllib3  # noqa: PLC0415 - most commands never use the network

    class Retry(urllib3.Retry):
        """Honours ``Retry-After`` up to a limit."""

        def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
            asked = super().get_retry_after(response)
            most = current().wait
            return asked if asked is None or most is None else min(asked, most)

    return Retry(
        attempts,
        redirect=5,
        backoff_factor=0.5,
        status_forcelist=_RETRIED_STATUS,
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=True,
        remove_headers_on_redirect=("Authorization", "Cookie", "X-Auth-User", "X-Auth-Token"),  # never to another host
    )


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    retries: int = 3,
    allow: tuple[int, ...] = (200, 201, 202, 204),
) -> Response:
    """Send a request and return the complete response.

    Connection errors and the statuses 429 and 5xx are retried, with growing pauses.

    Raises:
        FetchFailed: no connection, a status that is not allowed, or an answer larger than `virtsmith.core.limits`
            allow. The message contains the URL, never a header.
    """
    import urllib3  # noqa: PLC0415 - most commands never use the network

    merged = {"User-Agent": "virtsmith", **(headers or {})}
    try:
        answer = _pool(url).request(
            method, url, headers=merged, body=body, retries=_retries(retries), preload_content=False
        )
        try:
            data = _content(answer, url)
        finally:
            answer.release_conn()
    except urllib3.exceptions.HTTPError as error:
        raise FetchFailed(f"cannot reach {url}: {_reason(error)}") from error
    except ValueError as error:  # an invalid header; the error's text would contain it
        raise FetchFailed(f"cannot send a request to {url}: not a valid address or header") from error
    result = Response(answer.status, {k.lower(): v for k, v in answer.headers.items()}, data)
    if result.status not in allow:
        raise FetchFailed(f"{url} answered {result.status}", status=result.status, body=result.body)
    return result


def _content(answer: urllib3.BaseHTTPResponse, url: str) -> bytes:
    """The content of an answer, decompressed as far as the limits allow."""
    encoding = answer.headers.get("Content-Encoding", "identity").lower()
    chunks = answer.stream(_CHUNK, decode_content=False)
    if encoding not in ("identity", "gzip", "deflate"):
        raise FetchFailed(f"{url} answered in an encoding that was not asked for: {encoding}")
    try:
        return b"".join(inflate(chunks, encoding))
    except (LimitError, DamagedError) as error:
        raise FetchFailed(f"{url}: {error}", hint=error.hint) from error


def encode_form(fields: Mapping[str, str | tuple[str, bytes, str]]) -> tuple[bytes, str]:
    """Encode a multipart form; return the body and its content type. A file is (name, content, type)."""
    import urllib3  # noqa: PLC0415 - most commands never use the network

    return urllib3.encode_multipart_formdata(fields)


def download(url: str, target: Path, *, sha256: str | None = None, progress: Progress = SILENT) -> str:
    """Download to a file, resuming an interrupted download, and return the SHA-256 of the content.

    The target is replaced only when the download is complete and matches ``sha256`` (if given); until then the content
    is kept in ``TARGET.part`` so that an interrupted download can be resumed.

    Raises:
        FetchFailed: no connection, an error status, a short response, or a wrong digest (the part is then deleted).
    """
    part = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        _download_part(url, part, progress)
    except FetchFailed as error:
        if error.status != 416:  # range not satisfiable: the file on the server has changed
            raise
        part.unlink(missing_ok=True)
        _download_part(url, part, progress)
    digest = digest_of(part)
    if sha256 is not None and digest != sha256.lower():
        part.unlink()
        raise FetchFailed(
            f"{url}: content has the SHA-256 {digest}, expected {sha256}",
            hint="try again; if the digest stays wrong, the file was changed or tampered with",
        )
    part.replace(target)
    return digest


def _download_part(url: str, part: Path, progress: Progress) -> None:
    import urllib3  # noqa: PLC0415 - most commands never use the network

    have = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "virtsmith", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        answer = _pool(url).request("GET", url, headers=headers, preload_content=False, retries=_retries(3))
        try:
            if answer.status not in (200, 206):
                raise FetchFailed(f"{url} answered {answer.status}", status=answer.status)
            resumed = answer.status == 206
            length = _content_length(answer.headers.get("Content-Length", ""))
            progress.start(url.rsplit("/", 1)[-1], length + (have if resumed else 0) or None)
            progress.step(have if resumed else 0)
            with part.open("ab" if resumed else "wb") as file:
                for chunk in answer.stream(_CHUNK, decode_content=False):  # as it is: digests are of that
                    file.write(chunk)
                    progress.step(len(chunk))
        finally:
            answer.release_conn()
    except ValueError as error:
        raise FetchFailed(f"cannot download {url}: not a valid address") from error
    except urllib3.exceptions.HTTPError as error:
        raise FetchFailed(f"download of {url} broke off: {_reason(error)}", hint="run it again to resume") from error
    finally:
        progress.done()


def _content_length(text: str) -> int:
    """Return the length that a server announces; 0 if it is absent or malformed."""
    return int(text) if text.isascii() and text.isdigit() else 0


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason).rsplit(": ", 1)[-1]
