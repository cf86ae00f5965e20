"""The result of one migration: by which way, whether it arrived, and what every layer said."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Way(StrEnum):
    """How a guest moves."""

    P2P = "p2p"
    """Live; the source's daemon talks to the target's, and QEMU to QEMU over TCP on the loopback."""
    TUNNELLED = "tunnelled"
    """Live; the stream goes through both daemons."""
    UNIX = "unix"
    """Live; QEMU to QEMU over a UNIX socket."""
    SAVE = "save"
    """Saved to a file by one daemon and restored by the other."""


class PassageResult(StrEnum):
    """The result of one migration."""

    OK = "ok"
    """The guest runs under the target's QEMU."""
    REFUSED = "refused"
    """A libvirt refused the domain before any guest ran."""
    FAILED = "failed"
    """It was tried and failed."""
    ERROR = "error"
    """It could not be judged."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One migration. ``words`` is what each layer said, by its name; ``arrived_in`` the version that QMP reports."""

    source: str
    target: str
    way: Way
    result: PassageResult
    step: str
    """The last step that was tried: ``define``, ``start``, ``migrate``, ``look``."""
    seconds: float = 0.0
    left_from: str = ""
    arrived_in: str = ""
    reason: str = ""
    words: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "from": self.source,
            "to": self.target,
            "way": self.way.value,
            "result": self.result.value,
            "step": self.step,
            "seconds": round(self.seconds, 3),
            "left_from": self.left_from,
            "arrived_in": self.arrived_in,
            "reason": self.reason,
            "words": dict(self.words),
        }
