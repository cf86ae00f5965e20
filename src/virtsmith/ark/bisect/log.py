"""The log of a bisection: written after each try, so that one that was interrupted or killed goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from libvirtxml.files import write_atomic

from virtsmith.ark.bisect.candidates import Candidate, Interval
from virtsmith.ark.bisect.search import Mark
from virtsmith.core.dirs import state_dir
from virtsmith.errors import InputError, UsageError

_SCHEMA = "virtsmith.ark-bisect-log/1"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A version that was tried.

    ``version`` is what the program reports of itself, ``status`` the exit status of the test (None where it had none),
    ``reason`` why the version is bad or could not be judged, ``seconds`` how long the test took.
    """

    id: str
    version: str
    mark: Mark
    status: int | None = None
    reason: str = ""
    seconds: float = 0.0
    was_installed: bool = True
    """Whether it was there before."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {**asdict(self), "mark": self.mark.value, "seconds": round(self.seconds, 3)}


@dataclass(slots=True)
class BisectLog:
    """The question of a bisection, what there is to try, and what was tried."""

    path: Path
    question: Mapping[str, Any]
    interval: Interval
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def marks(self) -> dict[str, Mark]:
        """The mark of each version that was tried, by id."""
        return {attempt.id: attempt.mark for attempt in self.attempts}

    def add(self, attempt: Attempt) -> None:
        """Record an attempt, and write the log."""
        self.attempts.append(attempt)
        self.write()

    def write(self) -> None:
        """Write the log.

        Raises:
            OSError: it cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        data = {
            "schema": _SCHEMA,
            "question": self.question,
            "interval": asdict(self.interval),
            "attempts": [attempt.to_dict() for attempt in self.attempts],
        }
        write_atomic(self.path, json.dumps(data, indent=1) + "\n")


def default_path(question: Mapping[str, Any]) -> Path:
    """Where the log of a question is kept if no other place is named."""
    key = hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:16]
    return state_dir() / "ark/bisect" / f"{key}.json"


def load_log(path: Path, question: Mapping[str, Any]) -> BisectLog | None:
    """Read the log of a question; None if there is none yet.

    Raises:
        InputError: it is damaged.
        UsageError: it is that of another question.
    """
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError("damaged log of a bisection", source=str(path), hint="use --fresh to start again") from error
    try:
        attempts = [Attempt(**{**row, "mark": Mark(row["mark"])}) for row in data["attempts"]]
        log = BisectLog(path, data["question"], _read_interval(data["interval"]), attempts)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("damaged log of a bisection", source=str(path), hint="use --fresh to start again") from error
    if data.get("schema") != _SCHEMA or dict(log.question) != dict(question):
        raise UsageError(
            f"{path} is the log of another bisection, or what is tested has changed since",
            hint="use --fresh to start again, or another --log",
        )
    return log


def _read_interval(data: Mapping[str, Any]) -> Interval:
    between: Sequence[Mapping[str, str]] = data["between"]
    low, high = (Candidate(**data[end]) for end in ("low", "high"))
    return Interval(data["good"], data["bad"], low, high, tuple(Candidate(**row) for row in between))
