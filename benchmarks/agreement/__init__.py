"""How far this project's answers agree with judges that owe it nothing: one table.

Each module or package here is an area and has ``rows()``, which yields `Row` objects. What an area needs from elsewhere
is downloaded into `cache` and never stored in the repository; a judge that cannot be had is a row with no case and the
reason as its note.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """The answers to one question, each case counted once.

    A wrong yes is an alarm, or a claim, that the judge does not share; a wrong no is something that the judge has and
    this project misses.
    """

    question: str
    judge: str
    cases: int
    wrong_yes: int = 0
    wrong_no: int = 0
    note: str = ""

    @property
    def agree(self) -> int:
        """Cases with the same answer."""
        return self.cases - self.wrong_yes - self.wrong_no

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {**asdict(self), "agree": self.agree}


def cache(name: str) -> Path:
    """A directory for the downloads of an area, outside the repository."""
    base = os.environ.get("VIRTSMITH_AGREEMENT_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(base) / "virtsmith-agreement" / name
    path.mkdir(parents=True, exist_ok=True)
    return path
