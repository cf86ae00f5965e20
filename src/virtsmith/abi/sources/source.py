"""The interface to a QEMU without a machine: a running program or a recording, which collectors do not distinguish."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from virtsmith.abi.dump.model import Binary, SectionStatus
from virtsmith.errors import ExternalError
from virtsmith.qemu.qmp import QmpRefusal, Request

T = TypeVar("T")


class Unanswered(ExternalError):
    """A request without a result; ``status`` and ``detail`` are those of the section that needs it."""

    status: SectionStatus

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.status.value)
        self.detail = detail


class NotRecorded(Unanswered):
    """The recording does not contain this request."""

    status = SectionStatus.NOT_RECORDED


class Crashed(Unanswered):
    """QEMU ended on this request; ``detail`` is how, with its last message."""

    status = SectionStatus.CRASHED


class Refused(Unanswered):
    """QEMU rejected the request."""

    status = SectionStatus.UNSUPPORTED

    def __init__(self, refusal: QmpRefusal) -> None:
        super().__init__(refusal.description)
        self.refusal = refusal


def required(answer: T | Unanswered) -> T:
    """Return the result of a request.

    Raises:
        Unanswered: it has none.
    """
    if isinstance(answer, Unanswered):
        raise answer
    return answer


def result_or_reason(ask: Callable[[], T]) -> T | Unanswered:
    """Return the result of one of several requests, or why there is none, so that the others can still be sent."""
    try:
        return ask()
    except Unanswered as reason:
        return reason


class QemuSource(Protocol):
    """Replies of one QEMU without a machine."""

    @property
    def binary(self) -> Binary:
        """The QEMU."""
        ...

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Return the result of a QMP command.

        Raises:
            Unanswered: there is no result.
        """
        ...

    def ask_all(self, requests: Iterable[Request]) -> Iterator[Any]:
        """Yield the results of many commands in order, with `Unanswered` for a missing result."""
        ...

    def vmstate(self) -> Any:
        """Return the description of migrated state by device type.

        Raises:
            Unanswered: there is no result.
        """
        ...

    def cpu(self, model: str) -> Any:
        """Return what `cpu_in_machine` reports of a CPU model.

        Raises:
            Unanswered: there is no result.
        """
        ...
