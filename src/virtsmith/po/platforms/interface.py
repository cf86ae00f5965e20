"""What a translation platform can do for us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from virtsmith.core.progress import Progress
from virtsmith.errors import ExternalError, UsageError


class PlatformFailed(ExternalError):
    """The platform refused, broke off, or answered something that makes no sense; ``status`` is HTTP's, if known."""

    def __init__(self, message: str, *, hint: str | None = None, status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class NotSupported(UsageError):
    """The platform has no such function."""


@dataclass(frozen=True, slots=True)
class RemoteStatistics:
    """How far a language is on the platform, in messages."""

    language: str
    total: int
    translated: int
    fuzzy: int = 0


class Platform(Protocol):
    """A place where translators work."""

    @property
    def name(self) -> str:
        """What to call it in messages: an address or a path."""
        ...

    def push_template(self, template: bytes, progress: Progress) -> str:
        """Make the template's messages those that translators see; return what the platform says."""
        ...

    def pull(self, progress: Progress) -> dict[str, bytes]:
        """All catalogues by language, complete, or an error."""
        ...

    def set_lock(self, *, locked: bool) -> None:
        """Keep translators from changing anything, or let them again."""
        ...

    def statistics(self) -> list[RemoteStatistics]:
        """How far the languages are."""
        ...
