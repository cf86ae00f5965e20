"""How the time and the memory of a call grow with its input."""

from __future__ import annotations

import gc
import math
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

from libvirtxml.errors import LibvirtXMLError, LimitError

Call = Callable[[], object]
Make = Callable[[int], Call]

FACTORS = (1, 2, 4, 8)
MOST_GROWTH = 16.0
"""Of eight times the input. Linear work takes 8 times as long, sorting 9 to 10, a quadratic algorithm 64 times."""

LEAST_TIME, LEAST_MEMORY = 0.005, 1 << 20
"""Seconds and bytes below which a ratio says nothing."""

MOST_TIME = 20.0
"""Seconds: a call that takes longer is not repeated with a larger input."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of input that is meant to be expensive.

    ``make`` prepares an input of a size and returns the call that reads it. ``readers`` are the functions that the call
    reaches, as ``module:name``. ``size`` is the smallest size for which the time can be measured. ``bounded`` says why
    an input cannot become large enough for its growth to matter.
    """

    name: str
    readers: tuple[str, ...]
    size: int
    make: Make
    bounded: str = ""


@dataclass(frozen=True, slots=True)
class Growth:
    """Seconds and peak bytes for each factor, and the error that ended the last call, if one did."""

    factors: tuple[int, ...]
    seconds: tuple[float, ...]
    peaks: tuple[int, ...]
    error: LibvirtXMLError | None

    @property
    def time_ratio(self) -> float:
        """How many times longer the largest input took than the smallest, as if it were eight times as large."""
        return self._scaled(self.seconds)

    @property
    def memory_ratio(self) -> float:
        """How many times more memory the largest input took than the smallest."""
        return self._scaled(self.peaks)

    @property
    def verdict(self) -> str:
        """``linear``, ``refused`` by a limit or as invalid, or ``super-linear``."""
        too_slow = self.time_ratio > MOST_GROWTH and max(self.seconds) > LEAST_TIME
        too_large = self.memory_ratio > MOST_GROWTH and max(self.peaks, default=0) > LEAST_MEMORY
        if too_slow or too_large:
            return "super-linear"
        if isinstance(self.error, LimitError):
            return f"refused: {self.error.limit}"
        return "linear" if self.error is None else "linear, invalid"

    def _scaled(self, values: tuple[float, ...] | tuple[int, ...]) -> float:
        """The ratio of the last and the first value, as if the last input were eight times as large as the first."""
        if len(values) < 2 or not values[0]:
            return 1.0
        steps = math.log2(self.factors[len(values) - 1] / self.factors[0])
        return float((values[-1] / values[0]) ** (3 / steps))


def measure(shape: Shape, *, factors: tuple[int, ...] = FACTORS, memory: bool = True) -> Growth:
    """Run a shape at growing sizes."""
    seconds: list[float] = []
    peaks: list[int] = []
    error: LibvirtXMLError | None = None
    for factor in factors:
        call = shape.make(shape.size * factor)
        taken, error = _time(call)
        seconds.append(taken)
        if memory:
            peaks.append(_peak(call))
        if taken > MOST_TIME or isinstance(error, LimitError):
            break
    return Growth(factors, tuple(seconds), tuple(peaks), error)


def _time(call: Call) -> tuple[float, LibvirtXMLError | None]:
    """The least processor time of some calls, so that other work on the machine does not count, and their error."""
    least, error = float("inf"), None
    for _ in range(3):
        gc.collect()
        start = time.process_time()
        error = _attempt(call)
        least = min(least, time.process_time() - start)
        if least > 1:
            break
    return least, error


def _peak(call: Call) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        _attempt(call)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _attempt(call: Call) -> LibvirtXMLError | None:
    try:
        call()
    except LibvirtXMLError as error:
        return error
    return None
