"""What answers about a QEMU without a machine: a program that runs, or a recording. Collectors do not ask which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from virtsmith.abi.dump.model import Binary, SectionStatus
from virtsmith.errors import ExternalError
from virtsmith.qemu.qmp import QmpRefusal, Request

T = TypeVar("T")


class Unanswered(ExternalError):
    """A question to which there is no result; ``status`` and ``detail`` are those of a section that asked it."""

    status: SectionStatus

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.status.value)
        self.detail = detail


class NotRecorded(Unanswered):
    """The recording holds no answer to this question."""

    status = SectionStatus.NOT_RECORDED


class Crashed(Unanswered):
    """QEMU ended over this question; ``detail`` is how, and its last words."""

    status = SectionStatus.CRASHED


class Refused(Unanswered):
    """QEMU refused the question."""

    status = SectionStatus.UNSUPPORTED

    def __init__(self, refusal: QmpRefusal) -> None:
        super().__init__(refusal.description)
        self.refusal = refusal


def required(answer: T | Unanswered) -> T:
    """The result of a question that was asked among others.

    Raises:
        Unanswered: there is none.
    """
    if isinstance(answer, Unanswered):
        raise answer
    return answer


def result_or_reason(ask: Callable[[], T]) -> T | Unanswered:
    """The result of one of several questions, or why there is none, so that the others can still be asked."""
    try:
        return ask()
    except Unanswered as reason:
        return reason


class QemuSource(Protocol):
    """Answers of one QEMU without a machine."""

    @property
    def binary(self) -> Binary:
        """Which QEMU."""
        ...

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Return the result of a QMP command.

        Raises:
            Unanswered: there is none.
        """
        ...

    def ask_all(self, requests: Iterable[Request]) -> Iterator[Any]:
        """Yield the results of many commands in order; `Unanswered` in place of a result that is missing."""
        ...

    def vmstate(self) -> Any:
        """Return the description of migrated state by device type.

        Raises:
            Unanswered: there is none.
        """
        ...

    def cpu(self, model: str) -> Any:
        """Return what `cpu_in_machine` reports of a CPU model.

        Raises:
            Unanswered: nothing.
        """
        ...
