"""The whole matrix: every pair of versions, several at once, with results cached by content."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from libvirtxml.files import write_atomic

from virtsmith.ark.check.cell import CheckPlan, lost_cell, run_cell
from virtsmith.ark.check.domain import CheckedDomain
from virtsmith.ark.check.steps import CheckCell
from virtsmith.ark.doctor import Health, kvm
from virtsmith.ark.layout import InstalledVersion
from virtsmith.ark.requests import labels
from virtsmith.core.dirs import cache_dir
from virtsmith.core.parallel import open_executor, run_jobs
from virtsmith.core.progress import SILENT, Progress

_GENERATION = 2
"""Increased when cells would differ from before for the same input."""

Pair = tuple[InstalledVersion, InstalledVersion]


@dataclass(frozen=True, slots=True)
class CellJob:
    """Run a domain on one pair, in a process of its own, so that an interrupt ends its daemon at once."""

    libvirt: InstalledVersion
    qemu: InstalledVersion
    plan: CheckPlan

    def __call__(self) -> CheckCell:
        """Run the steps of the cell."""
        return run_cell(self.libvirt, self.qemu, self.plan)

    def __str__(self) -> str:
        return f"{self.libvirt.name} {self.qemu.name}"


def find_emulation(domain: CheckedDomain, accelerator: str) -> bool | None:
    """Whether a domain is to run without KVM: ``tcg`` always, ``kvm`` never, ``auto`` where KVM cannot work.

    None means that KVM is to be tried first.
    """
    if accelerator == "auto":
        if domain.kind != "kvm":
            return False
        return True if domain.is_foreign or kvm().health is not Health.OK else None
    return accelerator == "tcg"


def run_matrix(
    plan: CheckPlan, pairs: Sequence[Pair], *, jobs: int | None = None, fresh: bool = False, progress: Progress = SILENT
) -> list[CheckCell]:
    """Return the cells of some pairs, in their order.

    A cell is cached as soon as it is done, so that an interrupted run continues where it stopped; ``fresh`` ignores
    the cache. Only verdicts are: what could not be judged is tried again the next time.
    """
    places = [_place(plan, pair) for pair in pairs]
    cells = [None if fresh else _recall(place) for place in places]
    missing = [number for number, cell in enumerate(cells) if cell is None]
    work = [CellJob(*pairs[number], plan) for number in missing]
    with open_executor(jobs) as executor:
        for outcome in run_jobs(executor, work, task="cells", progress=progress):
            number = missing[outcome.number]
            cell = outcome.result or lost_cell(*pairs[number], plan, outcome.error)
            cells[number] = cell
            if cell.result.is_verdict:
                write_atomic(places[number], json.dumps(cell.to_dict()))
    named = labels(version for pair in pairs for version in pair)
    return [
        replace(cell, libvirt=named[libvirt.path], qemu=named[qemu.path])
        for cell, (libvirt, qemu) in zip(cells, pairs, strict=True)
        if cell is not None
    ]


def iter_pairs(libvirts: Sequence[InstalledVersion], qemus: Sequence[InstalledVersion]) -> Iterator[Pair]:
    """Yield every libvirt with every QEMU."""
    return ((libvirt, qemu) for libvirt in libvirts for qemu in qemus)


def _place(plan: CheckPlan, pair: Pair) -> Path:
    """Where the cell of a pair is cached: by everything that it depends on."""
    domain = plan.domain
    parts = [(v.id, v.version, v.program_sha256, v.packages) for v in pair]
    lacks = sorted(lack.what for lack in domain.lacks(*pair).values())
    machine = [os.geteuid() == 0, platform.release(), kvm().health.value, lacks]
    files = [_file_state(path) for path in domain.files()] if plan.as_is else []
    text = domain.text.decode(errors="replace")
    identity = [_GENERATION, plan.until, plan.as_is, text, parts, plan.emulated, machine, files]
    key = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
    return cache_dir() / "ark/check" / f"{key}.json"


def _file_state(path: str) -> tuple[str, int, int] | None:
    """Identify the state of a file that the domain names."""
    with suppress(OSError, ValueError):
        found = Path(path).stat()
        return path, found.st_size, found.st_mtime_ns
    return None


def _recall(place: Path) -> CheckCell | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return CheckCell.from_dict(json.loads(place.read_bytes()))
    return None
