"""Dumps of many QEMUs and machine types: jobs run in parallel, existing dumps are kept, every result is reported."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from virtsmith.abi.collect.section import MACHINE_SECTIONS, QEMU_SECTIONS
from virtsmith.abi.collect.session import BinaryFacts
from virtsmith.abi.dump.dump import Machine, dump_binary, dump_machine
from virtsmith.abi.dump.model import Binary, Dump, SectionStatus, natural_key
from virtsmith.abi.dump.store import DumpStore, dump_text, load_dump, parse_dump
from virtsmith.abi.machine.devices import DeviceSet
from virtsmith.abi.sources.binary import Emulator
from virtsmith.abi.sources.live import LiveSource
from virtsmith.abi.sources.replay import Recorder, load_recording
from virtsmith.abi.sources.source import QemuSource
from virtsmith.core.parallel import Executor, run_jobs
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import InputError, UsageError
from virtsmith.report.table import Cell, Table, Tone


@dataclass(frozen=True, slots=True)
class DumpResult:
    """The result of one dump: where it is and what it lacks, or why there is none."""

    binary: Binary
    machine: str | None
    path: Path | None = None
    seconds: float = 0.0
    cached: bool = False
    lacking: dict[str, str] = field(default_factory=dict)
    """Sections that are neither ``ok`` nor absent, with status and detail."""
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "binary": self.binary.key,
            "machine": self.machine,
            "path": str(self.path) if self.path else None,
            "seconds": round(self.seconds, 3),
            "cached": self.cached,
            "lacking": self.lacking,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class DumpOutput:
    """The output of a job: a dump as text, the seconds it took, and a recording if one was requested."""

    text: str
    seconds: float
    recording: str = ""


@dataclass(frozen=True, slots=True)
class BinaryJob:
    """Dumps what a QEMU reports about itself."""

    emulator: Emulator
    accel: str
    record: bool = False

    def __call__(self) -> DumpOutput:
        """Run the job."""
        begin = time.perf_counter()
        if self.emulator.recording is not None:
            text = dump_text(dump_binary(load_recording(self.emulator.recording), self.accel))
            return DumpOutput(text, time.perf_counter() - begin)
        with LiveSource(self.emulator, self.accel) as live:
            recorder = Recorder(live) if self.record else None
            source: QemuSource = recorder or live
            text = dump_text(dump_binary(source, self.accel))
            return DumpOutput(text, time.perf_counter() - begin, recorder.text if recorder else "")

    def __str__(self) -> str:
        return f"QEMU {self.emulator.binary.version}"


@dataclass(frozen=True, slots=True)
class MachineJob:
    """Dumps one machine type."""

    emulator: Emulator
    machine: Machine
    devices: DeviceSet
    accel: str
    known: BinaryFacts

    def __call__(self) -> DumpOutput:
        """Run the job."""
        begin = time.perf_counter()
        text = dump_text(dump_machine(self.emulator, self.machine, self.devices, self.accel, self.known))
        return DumpOutput(text, time.perf_counter() - begin)

    def __str__(self) -> str:
        return f"{self.machine.name} of QEMU {self.emulator.binary.version}"


@dataclass(frozen=True, slots=True)
class DumpPlan:
    """What to dump: machine types by glob patterns (empty: all) with some device sets under one accelerator."""

    machines: Sequence[str] = ()
    devices: Sequence[DeviceSet] = ()
    accel: str = "tcg"
    fresh: bool = False
    """Whether to make existing dumps again."""
    record: bool = False
    """Whether to record the requests to each binary and its replies, beside its dumps."""


def make_dumps(
    emulators: Sequence[Emulator], order: DumpPlan, store: DumpStore, executor: Executor, progress: Progress = SILENT
) -> Iterator[DumpResult]:
    """Dump QEMUs and their machine types into a directory, and yield each result as it is done.

    Every dump is written at once, so that an interrupted run can be continued. Recordings contain only the names of
    machine types, so their machine types are dumped only if given explicitly.

    Raises:
        UsageError: none of the QEMUs has a machine type that matches a pattern.
    """
    binaries = list(_binaries(emulators, order, store, executor, progress))
    yield from binaries
    jobs: list[MachineJob] = []
    matched: set[str] = set()
    for emulator, made in zip(emulators, binaries, strict=True):
        if made.path is None:
            continue
        dump = load_dump(made.path)
        names = select_machines(dump, order.machines, matched)
        if emulator.recording is not None and not order.machines:
            continue
        known = BinaryFacts.of(dump)
        for devices in order.devices:
            jobs += [MachineJob(emulator, Machine.of(dump, name), devices, order.accel, known) for name in names]
    missed = [pattern for pattern in order.machines if pattern not in matched]
    if missed:
        raise UsageError(f"no machine type is {missed[0]}", hint="virtsmith abi show BINARY --section machines")
    yield from _machines(jobs, order, store, executor, progress)


def select_machines(dump: Dump, patterns: Sequence[str], matched: set[str] | None = None) -> list[str]:
    """Return the machine types of a binary that match patterns, by name or alias; add those patterns to ``matched``."""
    machines = dump.sections["machines"].data
    chosen = set() if patterns else set(machines)
    for pattern in patterns:
        for name, facts in machines.items():
            alias = facts.get("alias", "") if isinstance(facts, dict) else ""
            if fnmatchcase(name, pattern) or (alias and fnmatchcase(str(alias), pattern)):
                chosen.add(name)
                if matched is not None:
                    matched.add(pattern)
    return sorted(chosen, key=natural_key)


def _binaries(
    emulators: Sequence[Emulator], order: DumpPlan, store: DumpStore, executor: Executor, progress: Progress
) -> Iterator[DumpResult]:
    """Yield the dumps of the binaries themselves, in order."""
    found = [None if order.fresh or order.record else _find(store, emulator, None, "", "") for emulator in emulators]
    jobs = [
        BinaryJob(emulator, order.accel, order.record)
        for emulator, made in zip(emulators, found, strict=True)
        if made is None
    ]
    done: dict[int, DumpResult] = {}
    for outcome in run_jobs(executor, jobs, task="QEMU itself", progress=progress):
        emulator = jobs[outcome.number].emulator
        product = outcome.result
        done[id(emulator)] = _store(store, emulator, None, product, outcome.error)
        if product and product.recording:
            store.save_recording(emulator.binary, product.recording)
    for emulator, made in zip(emulators, found, strict=True):
        yield made or done[id(emulator)]


def _machines(
    jobs: Sequence[MachineJob], order: DumpPlan, store: DumpStore, executor: Executor, progress: Progress
) -> Iterator[DumpResult]:
    waiting: list[MachineJob] = []
    for job in jobs:
        made = None if order.fresh else _find(store, job.emulator, job.machine.name, job.devices.label, job.accel)
        if made:
            yield made
        else:
            waiting.append(job)
    for outcome in run_jobs(executor, waiting, task="machine types", progress=progress):
        job = waiting[outcome.number]
        yield _store(store, job.emulator, job.machine.name, outcome.result, outcome.error)


def _find(store: DumpStore, emulator: Emulator, machine: str | None, devices: str, accel: str) -> DumpResult | None:
    """Return an existing dump that need not be made again."""
    path = store.path_of(emulator.binary.key, machine, devices, accel)
    try:
        dump = load_dump(path) if path.is_file() else None
    except InputError:
        return None
    return _describe(dump, path, 0.0, cached=True) if dump and _is_final(dump) else None


def _is_final(dump: Dump) -> bool:
    """Whether another attempt would give the same: all sections exist, and QEMU started and did not crash.

    A QEMU that ended may have lacked memory, time or a device of the host.
    """
    expected = set(QEMU_SECTIONS) if dump.machine is None else {"probe", *MACHINE_SECTIONS}
    probe = dump.sections.get("probe")
    return (
        expected <= dump.sections.keys()
        and (probe is None or probe.status is not SectionStatus.UNSUPPORTED)
        and all(section.status is not SectionStatus.CRASHED for section in dump.sections.values())
    )


def _store(
    store: DumpStore, emulator: Emulator, machine: str | None, product: DumpOutput | None, error: str
) -> DumpResult:
    if product is None:
        return DumpResult(emulator.binary, machine, error=error)
    dump = parse_dump(product.text, str(emulator.binary.key))
    return _describe(dump, store.write(dump, product.text), product.seconds)


def _describe(dump: Dump, path: Path, seconds: float, *, cached: bool = False) -> DumpResult:
    lacking = {
        name: f"{'partly' if section.known else section.status.value}: {section.detail}".rstrip(": ")
        for name, section in dump.sections.items()
        if not section.known or (section.detail and section.status is SectionStatus.OK and dump.binary.source == "live")
    }
    return DumpResult(dump.binary, dump.machine, path, seconds, cached, lacking)


def summarise(made: Sequence[DumpResult]) -> Table:
    """Return a table with a row per QEMU: dumps made and kept, seconds of work, and what they lack, with reasons."""
    rows = []
    for key in sorted({result.binary.key for result in made}, key=natural_key):
        own = [result for result in made if result.binary.key == key]
        machines = [dump for dump in own if dump.machine is not None]
        new = [dump for dump in own if not dump.cached]
        seconds = sum(machine.seconds for machine in machines if not machine.cached)
        count = sum(not machine.cached for machine in machines)
        rows.append(
            [
                key,
                len(machines),
                sum(dump.cached for dump in own),
                f"{sum(result.seconds for result in new):.1f}",
                f"{seconds / count:.2f}" if count else "",
                _lacking(own),
            ]
        )
    columns = ["binary", "machine types", "kept", "seconds", "each", "not ok"]
    return Table.make(columns, rows, right=["machine types", "kept", "seconds", "each"])


def _lacking(made: Sequence[DumpResult]) -> Cell:
    """Return a cell with the sections that are not ok, in how many dumps, and why."""
    counts: dict[str, int] = {}
    reasons: dict[str, list[str]] = {}
    for result in made:
        for name, reason in ({"dump": result.error} if result.error else result.lacking).items():
            status, _, why = reason.partition(": ")
            counts[f"{name} {status}"] = counts.get(f"{name} {status}", 0) + 1
            if why:
                reasons.setdefault(why, []).append(f"{result.machine or 'QEMU itself'}/{name}")
    bad = any(result.error for result in made)
    details = [f"{why} ({_some(places)})" for why, places in reasons.items()]
    words = [name if count == 1 else f"{name} ({count})" for name, count in counts.items()]
    tone = Tone.BAD if bad else Tone.WARN if counts else Tone.GOOD
    return Cell(_some(words, 3) or "-", tone, "\n".join(details))


def _some(words: Sequence[str], count: int = 2) -> str:
    more = f" and {len(words) - count} more" if len(words) > count else ""
    return ", ".join(words[:count]) + more
