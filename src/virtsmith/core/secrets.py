"""Secrets: strings that are not shown by ``str`` and ``repr``, and that are removed from messages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from virtsmith.errors import UsageError

_HIDDEN = "(secret)"
_SHORTEST = 4
"""Shorter secrets are not redacted in messages: they would match inside ordinary words."""

_HEADER_TEXT = re.compile(r"[\x20-\x7e\xa0-\xff]+")
_USER_INFO = re.compile(r"(?<=://)(?:[^/?#\s]+|[^/?#\s@:]*:(?!\d*(?:[/?#\s]|$))\S{0,200})@")
"""What comes before the last ``@`` of an authority; passwords that should have been escaped are known by the colon."""
_PORTS = {"http": 80, "https": 443}
_known: set[str] = set()


@dataclass(frozen=True, slots=True)
class SecretText:
    """A string hidden from ``str`` and ``repr``. White space around it, which comes from pasting, is stripped."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        text = self.value.strip()
        object.__setattr__(self, "value", text)
        if len(text) >= _SHORTEST:
            _known.add(text)

    def __str__(self) -> str:
        return _HIDDEN

    def require_sendable(self, name: str) -> SecretText:
        """Return the secret if it can be sent in an HTTP header.

        Raises:
            UsageError: it is empty or contains a line break or another control character; ``name`` is its source.
        """
        if not self.value:
            raise UsageError(f"{name} is empty")
        if not _HEADER_TEXT.fullmatch(self.value):
            raise UsageError(
                f"{name} contains a line break or another character that is not allowed in a token",
                hint="paste it again",
            )
        return self


def redact(text: str) -> str:
    """Return a text without any known secret, and without user names and passwords in URLs."""
    text = _USER_INFO.sub("", text)
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return text


def is_same_server(url: str, other: str) -> bool:
    """Whether two URLs have exactly the same scheme, host and port.

    Example:
        >>> is_same_server("https://example.org", "https://example.org:443/api")
        True
        >>> is_same_server("https://example.org", "https://example.org.evil.test")
        False
    """
    origin = _origin(url)
    return origin is not None and origin == _origin(other)


def is_below(url: str, place: str) -> bool:
    """Whether a URL is equal to another one or below it on the same server, by whole path components."""
    parts, above = (urlsplit(text).path.strip("/").split("/") for text in (url, place))
    return is_same_server(url, place) and (above == [""] or parts[: len(above)] == above)


def _origin(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port or _PORTS.get(parts.scheme)
