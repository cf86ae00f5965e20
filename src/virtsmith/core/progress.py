"""Progress of long operations: a protocol with a silent default, so that library code never prints."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the progress of long-running functions; the command line draws it."""

    def start(self, task: str, total: int | None = None) -> None:
        """A new task starts; ``total`` is its number of steps, None if unknown."""

    def step(self, count: int = 1, detail: str = "") -> None:
        """``count`` more steps of the current task are done; ``detail`` names the latest."""

    def done(self) -> None:
        """The current task has ended."""

    def warn(self, message: str) -> None:
        """A non-fatal problem occurred; the message is one sentence without a full stop."""


class Silent:
    """Ignores all progress: the default everywhere."""

    def start(self, task: str, total: int | None = None) -> None:
        """Do nothing."""

    def step(self, count: int = 1, detail: str = "") -> None:
        """Do nothing."""

    def done(self) -> None:
        """Do nothing."""

    def warn(self, message: str) -> None:
        """Do nothing."""


SILENT: Progress = Silent()
