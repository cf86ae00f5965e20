"""Comparing the dumps of many binaries: all machine types, each with the next, with all tables.

Needs QEMUs in the ark; their dumps are made first, into ``VIRTSMITH_ABI`` or a temporary directory. The promise is
two seconds for five binaries; beside it, the time that Python takes to read the same files as JSON. Both are times of
the processor, which a busy machine lengthens less than those of the clock.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

from virtsmith.abi.diff import tables
from virtsmith.abi.diff.sets import compare_sets, iter_pairs, load_sets
from virtsmith.abi.dump.dumping import DumpPlan, make_dumps
from virtsmith.abi.dump.store import DumpStore
from virtsmith.abi.machine.devices import device_set
from virtsmith.abi.sources.binary import of_installed
from virtsmith.ark.layout import Ark
from virtsmith.core.parallel import open_executor

_ROUNDS = 3
_SECONDS_EACH = 2 / 5


def main() -> int:
    emulators = [of_installed(version) for version in Ark.open().installed("qemu") if not version.problem]
    if len(emulators) < 2:
        print("skipped: fewer than two QEMUs are in the ark (virtsmith ark install qemu)")
        return 0
    named = os.environ.get("VIRTSMITH_ABI")
    with tempfile.TemporaryDirectory() as directory, open_executor() as executor:
        store = DumpStore(Path(named or directory))
        list(make_dumps(emulators, DumpPlan((), (device_set("default"),)), store, executor))
        paths = [path for emulator in emulators for path in (store.path / emulator.binary.key).glob("*.json")]
        reading, comparing, types = [], [], 0
        for _ in range(_ROUNDS):
            begin = time.process_time()
            for path in paths:
                json.loads(path.read_bytes())
            reading.append(time.process_time() - begin)
            begin = time.process_time()
            types = _compare(store, len(emulators))
            comparing.append(time.process_time() - begin)
    limit = _SECONDS_EACH * len(emulators)
    taken = min(comparing)
    print(f"{len(emulators)} binaries, {len(paths)} dumps, {types} comparisons of machine types")
    print(f"reading the dumps as JSON: {min(reading):.2f} s; reading and comparing: {taken:.2f} s (limit {limit:.1f})")
    return int(taken > limit)


def _compare(store: DumpStore, count: int) -> int:
    sets = load_sets(store.path)
    compared = compare_sets(iter_pairs(sets[:count]))
    tables.all_tables(compared)
    tables.verdict_lines(compared)
    return sum(dump.machine is not None for dump in compared)
