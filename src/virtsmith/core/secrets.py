"""Secrets: texts that do not show themselves, and that are taken out of every message in case one slipped in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from virtsmith.errors import UsageError

_HIDDEN = "(secret)"
_SHORTEST = 4
"""Shorter texts are not searched for in messages: they would be found in the middle of words."""

_HEADER_TEXT = re.compile(r"[\x20-\x7e\xa0-\xff]+")
_USER_INFO = re.compile(r"(?<=://)[^/?#\s@]+@")
_PORTS = {"http": 80, "https": 443}
_known: set[str] = set()


@dataclass(frozen=True, slots=True)
class SecretText:
    """A text that does not show itself. Blanks and line breaks around it come with pasting and are taken off."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        text = self.value.strip()
        object.__setattr__(self, "value", text)
        if len(text) >= _SHORTEST:
            _known.add(text)

    def __str__(self) -> str:
        return _HIDDEN

    def require_sendable(self, name: str) -> SecretText:
        """The secret itself, if it can be sent in a header.

        Raises:
            UsageError: it is empty, or holds a line break or another control character. ``name`` says where it is from.
        """
        if not self.value:
            raise UsageError(f"{name} is empty")
        if not _HEADER_TEXT.fullmatch(self.value):
            raise UsageError(f"{name} holds a line break or another character that no token has", hint="paste it again")
        return self


def redact(text: str) -> str:
    """A text without any secret that is known by now, and without the user names and passwords of addresses."""
    text = _USER_INFO.sub("", text)
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return text


def is_same_server(url: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port: exactly, not one as the beginning of the other.

    Example:
        >>> is_same_server("https://example.org", "https://example.org:443/api")
        True
        >>> is_same_server("https://example.org", "https://example.org.evil.test")
        False
    """
    origin = _origin(url)
    return origin is not None and origin == _origin(other)


def is_below(url: str, place: str) -> bool:
    """Whether an address is another one or, by whole parts of its path, below it on the same server."""
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
