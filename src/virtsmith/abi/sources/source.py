"""What answers about a QEMU without a machine: a program that runs, or a recording. Collectors do not ask which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from virtsmith.abi.dump.model import Binary
from virtsmith.qemu.qmp import Refusal, Request


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """The recording holds no answer to this question."""


@dataclass(frozen=True, slots=True)
class Crashed:
    """QEMU ended over this question; ``detail`` is how, and its last words."""

    detail: str


NOTHING = (Refusal, NotRecorded, Crashed)
"""The answers that hold no result."""


class Source(Protocol):
    """Answers of one QEMU without a machine."""

    @property
    def binary(self) -> Binary:
        """Which QEMU."""
        ...

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Return the result of a QMP command, or a `Refusal`, `NotRecorded` or `Crashed`."""
        ...

    def ask_all(self, requests: Iterable[Request]) -> Iterator[Any]:
        """The same for many questions, in order."""
        ...

    def vmstate(self) -> Any:
        """Return the description of migrated state by device type, or a `Refusal`, `NotRecorded` or `Crashed`."""
        ...

    def cpu(self, model: str) -> Any:
        """Return what `cpu_in_machine` tells of a CPU model, or a `Refusal`, `NotRecorded` or `Crashed`."""
        ...
