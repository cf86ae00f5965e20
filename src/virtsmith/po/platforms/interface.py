"""The interface of translation platforms."""

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
    """The platform refused, broke off the connection, or gave an invalid answer; ``status`` is HTTP's, if known."""

    def __init__(self, message: str, *, hint: str | None = None, status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class NotSupported(UsageError):
    """The platform does not support the operation."""


@dataclass(frozen=True, slots=True)
class RemoteStatistics:
    """The progress of a language on the platform, in messages."""

    language: str
    total: int
    translated: int
    fuzzy: int = 0


class Platform(Protocol):
    """A place where translators work."""

    @property
    def name(self) -> str:
        """Its name in messages: an address or a path."""
        ...

    def push_template(self, template: bytes, progress: Progress) -> str:
        """Replace the messages that translators see by those of the template; return a summary."""
        ...

    def pull(self, progress: Progress) -> dict[str, bytes]:
        """Return all catalogues by language, or raise an error."""
        ...

    def set_lock(self, *, locked: bool) -> None:
        """Lock or unlock the platform for changes by translators."""
        ...

    def statistics(self) -> list[RemoteStatistics]:
        """Return the progress of all languages."""
        ...


Configure = Callable[[Project, ConfigTable], Platform]


@dataclass(frozen=True, slots=True)
class PlatformKind:
    """A kind of platform: how it is configured from a project's settings, and which projects use it implicitly."""

    configure: Configure
    is_implied: Callable[[Project], bool]
    variables: tuple[str, ...]


KINDS: Registry[PlatformKind] = Registry("virtsmith.po.platforms")
"""The kinds of platforms, as ``kind`` names them; each is declared beside its class."""


def platform(
    kind: str, *, is_implied: Callable[[Project], bool] = lambda _: False, variables: tuple[str, ...] = ()
) -> Callable[[Configure], Configure]:
    """Declare a function that creates a platform from a project's ``[tool.virtsmith.po.platform]``.

    Settings that the function does not read are refused.

    Args:
        kind: the value of ``kind``.
        is_implied: whether a project without the table uses this platform, shown by files of the platform's client.
        variables: the environment variables that it reads, including credentials.
    """

    def declare(configure: Configure) -> Configure:
        KINDS.add(kind, PlatformKind(configure, is_implied, variables))
        return configure

    return declare
