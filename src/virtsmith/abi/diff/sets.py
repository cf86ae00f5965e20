"""Sets of dumps of whole binaries, from disk or just made, and comparisons between them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from virtsmith.abi.diff.compare import compare_dumps
from virtsmith.abi.dump.model import Binary, Comparison, Dump, Load, natural_key
from virtsmith.abi.dump.store import load_dump
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import InputError, UsageError

_OF_BINARY = "binary.json"


class DumpKey(NamedTuple):
    """What a dump is of, apart from the binary. ``machine`` is empty for the dump of a binary itself."""

    machine: str
    devices: str
    accel: str

    @property
    def order(self) -> tuple[object, ...]:
        """A sort key: the binary itself first, then machine types in natural order."""
        return natural_key(self.machine), self.devices, self.accel


ITSELF = DumpKey("", "", "")
"""The key of the dump of a binary itself."""


@dataclass(frozen=True, slots=True)
class DumpSelection:
    """A selection of dumps: patterns of machine types, names of device sets, accelerators; empty: all."""

    machines: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    accels: tuple[str, ...] = ()

    def takes(self, key: DumpKey) -> bool:
        """Whether a dump is selected. The dump of the binary itself always is."""
        if not key.machine:
            return True
        return (
            self.takes_machine(key.machine)
            and (not self.devices or key.devices in self.devices or key.devices.rpartition("-")[0] in self.devices)
            and (not self.accels or key.accel in self.accels)
        )

    def takes_machine(self, machine: str) -> bool:
        """Whether a machine type is selected."""
        return not self.machines or any(fnmatchcase(machine, pattern) for pattern in self.machines)


EVERYTHING = DumpSelection()


@dataclass(frozen=True)
class DumpSet:
    """The dumps of one binary; each is read on demand."""

    binary: Binary
    dumps: Mapping[DumpKey, Callable[[], Dump]]

    @classmethod
    def of(cls, dumps: Iterable[Dump]) -> DumpSet:
        """Make a set of dumps of one binary that are in memory."""
        by_key = {DumpKey(dump.machine, dump.devices, dump.accel) if dump.machine else ITSELF: dump for dump in dumps}
        first = next(iter(by_key.values()))
        return cls(first.binary, {key: partial(by_key.__getitem__, key) for key in by_key})

    def find(self, key: DumpKey) -> Dump | None:
        """Return the dump with this key, or None."""
        load = self.dumps.get(key)
        return load() if load else None

    def offers(self, machine: str) -> bool | None:
        """Whether the binary has a machine type; None if unknown."""
        return machine in self._offered if self._offered is not None else None

    @cached_property
    def _offered(self) -> Collection[str] | None:
        dump = self.find(ITSELF)
        part = dump.sections.get("machines") if dump else None
        return frozenset(part.data) if part is not None and part.known else None


def load_sets(path: Path, choice: DumpSelection = EVERYTHING) -> list[DumpSet]:
    """Read a dump, a directory with the dumps of one binary, or a directory of such directories.

    Raises:
        InputError: there are no dumps, or a file is malformed.
    """
    if path.is_file():
        return [DumpSet.of([load_dump(path)])]
    if not path.is_dir():
        raise InputError("no such file or directory", source=str(path))
    directories = [path] if any(path.glob("*.json")) else sorted(entry for entry in path.iterdir() if entry.is_dir())
    found = [dumps for directory in directories if (dumps := _load_directory(directory, choice))]
    if not found:
        raise InputError("there are no dumps in this directory", source=str(path), hint="make some: virtsmith abi dump")
    return sorted(found, key=lambda entry: natural_key(entry.binary.key))


def _load_directory(directory: Path, choice: DumpSelection) -> DumpSet | None:
    found = [(key, path) for path in directory.glob("*.json") if (key := _key_of(path)) and choice.takes(key)]
    files = dict(sorted(found, key=lambda pair: pair[0].order))
    if not files:
        return None
    head = next(iter(files))  # the dump of the binary itself, if it exists
    first = _checked(load_dump(files[head]), files[head], head)

    def load(key: DumpKey, path: Path) -> Dump:
        if key == head:
            return first
        dump = _checked(load_dump(path), path, key)
        if dump.binary != first.binary:
            raise InputError(
                "the directory contains dumps of several binaries", source=str(directory), hint=f"see {path.name}"
            )
        return dump

    return DumpSet(first.binary, {key: partial(load, key, path) for key, path in files.items()})


def _checked(dump: Dump, path: Path, key: DumpKey) -> Dump:
    if key != (ITSELF if dump.machine is None else (dump.machine, dump.devices, dump.accel)):
        content = dump.machine or "QEMU itself"
        raise InputError(f"its name does not match its content: it is a dump of {content}", source=str(path))
    return dump


def _key_of(path: Path) -> DumpKey | None:
    """Return the key of a file in a directory of dumps, by its name; None for other files."""
    if path.name == _OF_BINARY:
        return ITSELF
    parts = path.name.removesuffix(".json").rsplit(".", 2)
    return DumpKey(*parts) if len(parts) == 3 and not path.name.startswith(".") else None


def iter_pairs(sets: Sequence[DumpSet], mode: str = "chain") -> Iterator[tuple[DumpSet, DumpSet]]:
    """Yield the pairs of binaries to compare.

    Args:
        sets: the binaries, in the order in which they are given.
        mode: ``chain``: each with the next; ``first``: the first with all others; ``all``: every pair, both ways.
    """
    match mode:
        case "chain":
            yield from pairwise(sets)
        case "first":
            yield from ((sets[0], other) for other in sets[1:])
        case "all":
            yield from ((a, b) for a in sets for b in sets if a is not b)
        case _:
            raise UsageError(f"unknown way to pair binaries: {mode}")


def compare_sets(
    pairs: Iterable[tuple[DumpSet, DumpSet]],
    choice: DumpSelection = EVERYTHING,
    loads: Iterable[Load] = (),
    progress: Progress = SILENT,
) -> list[Comparison]:
    """Compare pairs of binaries: the binaries themselves, then every machine type of which both have a dump.

    A machine type that a side offers without a dump of it yields a comparison in which nothing could be judged; one
    that a side does not offer is a difference of the binaries. The result is ordered by pair.
    """
    all_pairs, known = list(pairs), list(loads)
    keys = sorted(
        {key for pair in all_pairs for dump_set in pair for key in dump_set.dumps if choice.takes(key)},
        key=lambda key: key.order,
    )
    progress.start("comparing", len(keys))
    found: list[list[Comparison]] = [[] for _ in all_pairs]
    sets = {id(dump_set): dump_set for pair in all_pairs for dump_set in pair}
    for key in keys:  # key by key, so that each dump is read once and not all are in memory at the same time
        dumps = {name: dump_set.find(key) for name, dump_set in sets.items()}
        for number, (a, b) in enumerate(all_pairs):
            comparison = _compare((a, b), (dumps[id(a)], dumps[id(b)]), key, choice)
            if comparison:
                found[number].append(with_loads(comparison, known))
        progress.step(detail=key.machine)
    progress.done()
    return [comparison for comparisons in found for comparison in comparisons]


def _compare(
    pair: tuple[DumpSet, DumpSet], dumps: tuple[Dump | None, Dump | None], key: DumpKey, choice: DumpSelection
) -> Comparison | None:
    (a, b), (first, other) = pair, dumps
    if first is None and other is None:
        return None
    if first is not None and other is not None:
        comparison = compare_dumps(first, other)
        return comparison if key.machine or not choice.machines else _only_machines(comparison, choice)
    lacking = a if first is None else b
    if not key.machine:
        reason = {"machines": f"no dump of QEMU {lacking.binary.version} itself"}
        return Comparison(None, "", "", a.binary, b.binary, [], reason)
    if lacking.offers(key.machine) is False:
        return None
    reason = {"machine type": f"no dump of it by QEMU {lacking.binary.version}"}
    return Comparison(key.machine, key.devices, key.accel, a.binary, b.binary, [], reason)


def _only_machines(comparison: Comparison, choice: DumpSelection) -> Comparison:
    """Return a comparison of binaries, reduced to some machine types."""
    kept = [
        difference
        for difference in comparison.differences
        if difference.section == "machines" and choice.takes_machine(difference.path[0])
    ]
    unjudged = {name: why for name, why in comparison.unjudged.items() if name == "machines"}
    return replace(comparison, differences=kept, unjudged=unjudged, compared=[*{"machines"} - unjudged.keys()])


def with_loads(comparison: Comparison, loads: Iterable[Load]) -> Comparison:
    """Return a comparison with the real loads from its first to its second side."""
    setup = (comparison.machine, comparison.devices, comparison.accel, comparison.a.key, comparison.b.key)
    made = [load for load in loads if (load.machine, load.devices, load.accel, load.saved_by, load.loaded_by) == setup]
    return replace(comparison, loads=made) if made else comparison
