"""Every reader of foreign bytes has a harness, and reads or refuses whatever it is given."""

from __future__ import annotations

import random
import sys
import time
from types import FrameType
from typing import Any

import pytest

from fuzz.found import FOUND
from fuzz.harness import SLOW, Harness
from fuzz.harnesses import HARNESSES, NOT_FOREIGN
from fuzz.readers import readers

_SECONDS = 0.08
"""CPU time for mutants of each harness; `make fuzz` takes the time that is given."""


def called_by(harness: Harness) -> set[str]:
    """Functions of the project that a harness calls for its seeds."""
    found: set[str] = set()

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            found.add(f"{frame.f_globals.get('__name__')}:{frame.f_code.co_qualname}")

    sys.setprofile(note)
    try:
        for seed in harness.seeds:
            harness.read(seed)
    finally:
        sys.setprofile(None)
    return found


def test_every_reader_has_a_harness():
    called = {name for harness in HARNESSES for name in called_by(harness)}
    found = readers()
    assert sorted(found - called - NOT_FOREIGN.keys()) == [], "write a harness in tests/fuzz/harnesses"
    assert sorted(NOT_FOREIGN.keys() - found) == [], "is there no more"


@pytest.mark.slow
@pytest.mark.parametrize("harness", HARNESSES, ids=lambda harness: harness.name)
def test_mutants_are_read_or_refused_with_an_error_of_the_project(harness):
    chance = random.Random(f"{harness.name}")
    started, read, number = time.process_time(), 0, 0
    while time.process_time() - started < _SECONDS or not read:
        read += harness.accepts(harness.mutant(chance))
        number += 1
        assert number < 1000 or read, "nothing is read"


@pytest.mark.parametrize(("name", "data"), FOUND, ids=[f"{name} {number}" for number, (name, _) in enumerate(FOUND)])
def test_inputs_that_were_found_are_read_or_refused(name, data):
    (harness,) = [harness for harness in HARNESSES if harness.name == name]
    started = time.process_time()
    harness.accepts(data)
    assert time.process_time() - started < SLOW


def test_names_of_harnesses_are_unique():
    assert len({harness.name for harness in HARNESSES}) == len(HARNESSES)
