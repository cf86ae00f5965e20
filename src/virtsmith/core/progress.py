"""Progress of long work: a protocol with a silent default, so that libraries never print."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told by long-running functions what they are doing; the command line draws it."""

    def start(self, task: str, total: int | None = None) -> None:
        """A new task begins; ``total`` is its number of steps, None if not known."""

    def step(self, count: int = 1, detail: str = "") -> None:
        """``count`` steps of the current task are done; ``detail`` names the one at hand."""

    def done(self) -> None:
        """The current task has ended."""

    def warn(self, message: str) -> None:
        """Something is not as it should be, and the work goes on; the message is one sentence without a full stop."""


class Silent:
    """Says nothing: the default everywhere."""

    def start(self, task: str, total: int | None = None) -> None:
        """Say nothing."""

    def step(self, count: int = 1, detail: str = "") -> None:
        """Say nothing."""

    def done(self) -> None:
        """Say nothing."""

    def warn(self, message: str) -> None:
        """Say nothing."""


SILENT: Progress = Silent()
