"""The whole matrix: every pair of versions, several at once, with results cached by content."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from libvirtxml.files import write_atomic

from virtsmith.ark.check.cell import STEPS, CheckCell, StepResult, lost_cell, run_cell
from virtsmith.ark.check.domain import CheckedDomain
from virtsmith.ark.doctor import Health, kvm
from virtsmith.ark.layout import InstalledVersion
from virtsmith.core.dirs import cache_dir
from virtsmith.core.parallel import open_executor, run_jobs
from virtsmith.core.progress import SILENT, Progress

_GENERATION = 1
"""Increased when cells would differ from before for the same input."""

Pair = tuple[InstalledVersion, InstalledVersion]


@dataclass(frozen=True, slots=True)
class CellJob:
    """Run a domain on one pair, in a process of its own, so that an interrupt ends its daemon at once."""

    libvirt: InstalledVersion
    qemu: InstalledVersion
    domain: CheckedDomain
    emulated: bool

    def __call__(self) -> CheckCell:
        """Run the steps of the cell."""
        return run_cell(self.libvirt, self.qemu, self.domain, emulated=self.emulated)

    def __str__(self) -> str:
        return f"{self.libvirt.name} {self.qemu.name}"


def must_emulate(domain: CheckedDomain, accelerator: str) -> bool:
    """Whether a domain is to run without KVM: ``tcg`` always, ``kvm`` never, ``auto`` where KVM does not work."""
    if accelerator == "auto":
        return domain.kind == "kvm" and kvm().health is not Health.OK
    return accelerator == "tcg"


def run_matrix(
    domain: CheckedDomain,
    pairs: Sequence[Pair],
    *,
    emulated: bool = False,
    jobs: int | None = None,
    fresh: bool = False,
    progress: Progress = SILENT,
) -> list[CheckCell]:
    """Return the cells of some pairs, in their order.

    A cell is cached as soon as it is done, so that an interrupted run continues where it stopped; ``fresh`` ignores
    the cache. Cells that could not be judged are tried again the next time.
    """
    places = [_place(domain, pair, emulated=emulated) for pair in pairs]
    cells = [None if fresh else _recall(place) for place in places]
    missing = [number for number, cell in enumerate(cells) if cell is None]
    work = [CellJob(*pairs[number], domain, emulated=emulated) for number in missing]
    with open_executor(jobs) as executor:
        for outcome in run_jobs(executor, work, task="cells", progress=progress):
            number = missing[outcome.number]
            cell = outcome.result or lost_cell(*pairs[number], outcome.error)
            cells[number] = cell
            if cell.result is not StepResult.ERROR:
                write_atomic(places[number], json.dumps(cell.to_dict()))
    return [cell for cell in cells if cell is not None]


def iter_pairs(libvirts: Sequence[InstalledVersion], qemus: Sequence[InstalledVersion]) -> Iterator[Pair]:
    """Yield every libvirt with every QEMU."""
    return ((libvirt, qemu) for libvirt in libvirts for qemu in qemus)


def _place(domain: CheckedDomain, pair: Pair, *, emulated: bool) -> Path:
    parts = [(v.id, v.version, v.program_sha256, v.packages) for v in pair]
    identity = [_GENERATION, STEPS, domain.text.decode(errors="replace"), parts, emulated, os.geteuid() == 0]
    key = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
    return cache_dir() / "ark/check" / f"{key}.json"


def _recall(place: Path) -> CheckCell | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return CheckCell.from_dict(json.loads(place.read_bytes()))
    return None
