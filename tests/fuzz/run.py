"""Fuzzing for as long as you like: ``make fuzz SECONDS=600 HARNESSES="xml catalogue"``.

Inputs that reach lines, or errors at places, that no earlier one did are kept in `.cache/fuzz` and mutated further; the
next run continues with them. What fails is printed as a line for `tests/fuzz/found.py`, with the error.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from fuzz.harness import SLOW, Harness
from fuzz.harnesses import HARNESSES

ROOT = Path(__file__).parents[2]
CORPORA = ROOT / ".cache/fuzz"
_OURS = (str(ROOT / "src"), str(ROOT / "library/src"))
_LARGEST = 20_000
_TRACED = 0.05
"""The share of inputs whose lines are recorded, which is slow."""

Place = tuple[str, int]


class Fuzzer:
    """One harness with its corpus."""

    def __init__(self, harness: Harness, seed: str) -> None:
        self.directory = CORPORA / "".join(character if character.isalnum() else "-" for character in harness.name)
        self.directory.mkdir(parents=True, exist_ok=True)
        kept = [path.read_bytes() for path in sorted(self.directory.iterdir())]
        self.harness = replace(harness, seeds=[*harness.seeds, *kept])
        self.chance = random.Random(f"{harness.name} {seed}")
        self.seen: set[Place] = set()
        self.failures: dict[Place, tuple[bytes, str]] = {}
        self.count = 0
        for data in self.harness.seeds:
            self.seen |= self._lines(data)

    def run(self, seconds: float) -> str:
        """Fuzz for some time and report what failed, in lines for the list of found inputs."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            data = self.harness.mutant(self.chance)[:_LARGEST]
            self.count += 1
            places = self._lines(data) if self.chance.random() < _TRACED else self._try(data)
            if not places <= self.seen:
                self.seen |= places
                self._keep(data)
        lines = [f"{self.harness.name}: {self.count} inputs, {len(self.harness.seeds)} in the corpus"]
        for data, error in self.failures.values():
            lines.append(f"    ({self.harness.name!r}, {data!r}),  # {error}")
        return "\n".join(lines)

    def _try(self, data: bytes) -> set[Place]:
        """Read an input; the place of the error, if it is refused."""
        started = time.process_time()
        try:
            self.harness.read(data)
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            place = _place(error)
            if not self._is_expected(error):
                self._note(place, data, repr(error)[:200])
            return {place}
        finally:
            if time.process_time() - started > SLOW:
                self._note(("slow", 0), data, "slow")
        return set()

    def _is_expected(self, error: Exception) -> bool:
        from fuzz.harness import OUR_ERRORS

        return isinstance(error, (*OUR_ERRORS, *self.harness.raises))

    def _note(self, place: Place, data: bytes, error: str) -> None:
        if place not in self.failures or len(data) < len(self.failures[place][0]):
            self.failures[place] = data, error

    def _lines(self, data: bytes) -> set[Place]:
        """The lines of the project that reading an input runs."""
        found: set[Place] = set()

        def trace(frame: FrameType, event: str, _argument: Any) -> Any:
            if not frame.f_code.co_filename.startswith(_OURS):
                return None
            found.add((frame.f_code.co_filename, frame.f_lineno))
            return trace

        sys.settrace(trace)
        try:
            places = self._try(data)
        finally:
            sys.settrace(None)
        return found | places

    def _keep(self, data: bytes) -> None:
        (self.directory / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
        self.harness.seeds.append(data)  # type: ignore[attr-defined]


def _place(error: BaseException) -> Place:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(_OURS)]
    return (f"{frames[-1].filename} {type(error).__name__}", frames[-1].lineno or 0) if frames else ("elsewhere", 0)


def fuzz(name: str) -> str:
    harness = next(harness for harness in HARNESSES if harness.name == name)
    seconds = float(os.environ.get("SECONDS") or "20")
    return Fuzzer(harness, str(time.time_ns())).run(seconds)


def main() -> int:
    from helpers import surroundings

    own = surroundings.enter()
    names = sys.argv[1:] or [harness.name for harness in HARNESSES]
    failed = False
    with ProcessPoolExecutor() as pool:
        for report in pool.map(fuzz, names):
            print(report, flush=True)
            failed |= "\n" in report
    if own:
        own.leave()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
