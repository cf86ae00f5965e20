"""What a translation platform can do for us."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from virtsmith.core.config import ConfigTable
from virtsmith.core.progress import Progress
from virtsmith.core.registry import Registry
from virtsmith.errors import ExternalError, UsageError
from virtsmith.po.project import Project


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


Configure = Callable[[Project, ConfigTable], Platform]


@dataclass(frozen=True, slots=True)
class PlatformKind:
    """A kind of platform: how one is made of a project's settings, and which projects use it without saying so."""

    configure: Configure
    is_implied: Callable[[Project], bool]
    variables: tuple[str, ...]


KINDS: Registry[PlatformKind] = Registry("virtsmith.po.platforms")
"""The kinds of platforms, as ``kind`` names them; each is declared beside its class."""


def platform(
    kind: str, *, is_implied: Callable[[Project], bool] = lambda _: False, variables: tuple[str, ...] = ()
) -> Callable[[Configure], Configure]:
    """Declare a function that makes a platform of a project's ``[tool.virtsmith.po.platform]``.

    The function asks for its settings; those that it does not ask for are refused.

    Args:
        kind: what ``kind`` must be.
        is_implied: whether a project without such a table uses this platform, by files of the platform's own client.
        variables: the environment variables that it reads, credentials and others.
    """

    def declare(configure: Configure) -> Configure:
        KINDS.add(kind, PlatformKind(configure, is_implied, variables))
        return configure

    return declare
