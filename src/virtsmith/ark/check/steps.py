"""The steps of a check, and their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class StepResult(StrEnum):
    """The result of a step or a cell."""

    OK = "ok"
    REFUSED = "refused"
    """Libvirt refused before any guest ran."""
    FAILED = "failed"
    """It was tried and failed."""
    ENVIRONMENT = "environment"
    """It was not judged, because something that the domain needs is missing here."""
    ERROR = "error"
    """It could not be judged: the daemon did not start or did not answer."""
    NOT_REACHED = "not-reached"
    """An earlier step did not succeed."""

    @property
    def is_verdict(self) -> bool:
        """Whether it says something about the versions."""
        return self not in (StepResult.ENVIRONMENT, StepResult.ERROR, StepResult.NOT_REACHED)


class Until(StrEnum):
    """How far a check goes."""

    DEFINE = "define"
    NATIVE = "native"
    START = "start"
    SAVE = "save"
    MIGRATE = "migrate"

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps, in order."""
        return _STEPS[self]


_STEPS = {
    Until.DEFINE: ("capabilities", "define"),
    Until.NATIVE: ("capabilities", "define", "to-native"),
    Until.START: ("capabilities", "define", "to-native", "start", "destroy"),
    Until.SAVE: ("capabilities", "define", "to-native", "start", "save", "restore", "destroy"),
    Until.MIGRATE: ("capabilities", "define", "to-native", "start", "save", "restore", "migrate", "destroy"),
}
BEFORE_ANY_GUEST = ("capabilities", "define", "to-native")


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one step; ``log`` is what daemon and QEMU wrote meanwhile."""

    name: str
    result: StepResult
    seconds: float = 0.0
    reason: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class CheckCell:
    """One libvirt with one QEMU: the steps in order.

    ``stand_ins`` says what of the domain was replaced, ``command_line`` is QEMU's as libvirt generates it.
    """

    libvirt: str
    qemu: str
    steps: tuple[Step, ...]
    stand_ins: tuple[str, ...] = ()
    command_line: tuple[str, ...] = ()

    @property
    def decisive(self) -> Step:
        """The step that did not succeed, or the last one."""
        return next((step for step in self.steps if step.result is not StepResult.OK), self.steps[-1])

    @property
    def result(self) -> StepResult:
        """The result of the whole cell."""
        return self.decisive.result

    @property
    def progress(self) -> int:
        """The number of steps that succeeded."""
        return sum(step.result is StepResult.OK for step in self.steps)

    @property
    def seconds(self) -> float:
        """The duration of all steps."""
        return sum(step.seconds for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        steps = [
            {"name": s.name, "result": s.result.value, "seconds": round(s.seconds, 3), "reason": s.reason, "log": s.log}
            for s in self.steps
        ]
        return {
            "libvirt": self.libvirt,
            "qemu": self.qemu,
            "result": self.result.value,
            "steps": steps,
            "stand_ins": list(self.stand_ins),
            "command_line": list(self.command_line),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CheckCell:
        """Read what `to_dict` returned.

        Raises:
            ValueError, KeyError, TypeError: it is something else.
        """
        steps = tuple(Step(**{**step, "result": StepResult(step["result"])}) for step in data["steps"])
        if not steps:
            raise ValueError("a cell without steps")
        return cls(data["libvirt"], data["qemu"], steps, tuple(data["stand_ins"]), tuple(data["command_line"]))


def with_rest(steps: Sequence[Step], names: Sequence[str]) -> tuple[Step, ...]:
    """Return some steps, and those that were not reached after them."""
    return (*steps, *(Step(name, StepResult.NOT_REACHED) for name in names[len(steps) :]))
