"""The whole matrix: every pair of versions, several at once, remembered by content."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path

from libvirtxml.files import write_atomic

from virtsmith.ark.check.cell import STEPS, Cell, Result, run_cell
from virtsmith.ark.check.domain import Domain
from virtsmith.ark.doctor import Health, kvm
from virtsmith.ark.layout import Installed
from virtsmith.core.cpus import usable_cpus
from virtsmith.core.dirs import cache_dir
from virtsmith.core.progress import SILENT, Progress

_GENERATION = 1
"""Raised when cells would come out differently for the same input."""

Pair = tuple[Installed, Installed]


def must_emulate(domain: Domain, accelerator: str) -> bool:
    """Whether a domain is to run without KVM: ``tcg`` always, ``kvm`` never, ``auto`` where KVM does not work."""
    if accelerator == "auto":
        return domain.kind == "kvm" and kvm().health is not Health.OK
    return accelerator == "tcg"


def run_matrix(
    domain: Domain,
    pairs: Sequence[Pair],
    *,
    emulated: bool = False,
    jobs: int | None = None,
    fresh: bool = False,
    progress: Progress = SILENT,
) -> list[Cell]:
    """Return the cells of some pairs, in their order.

    A cell is remembered as soon as it is done, so that an interrupted run goes on where it stopped; ``fresh``
    forgets. Cells that could not be judged are tried again the next time.
    """
    progress.start("cells", len(pairs))
    places = [_place(domain, pair, emulated=emulated) for pair in pairs]
    found: dict[int, Cell] = {}
    if not fresh:
        found = {number: cell for number, place in enumerate(places) if (cell := _recall(place))}
    progress.step(len(found))
    pool = ThreadPoolExecutor(jobs or usable_cpus())
    try:
        work = {
            pool.submit(run_cell, *pair, domain, emulated=emulated): number
            for number, pair in enumerate(pairs)
            if number not in found
        }
        for job in as_completed(work):
            number, cell = work[job], job.result()
            found[number] = cell
            if cell.result is not Result.ERROR:
                write_atomic(places[number], json.dumps(cell.to_dict()))
            progress.step(detail=f"{cell.libvirt} {cell.qemu} {cell.result.value}")
    finally:
        pool.shutdown(cancel_futures=True)
        progress.done()
    return [found[number] for number in range(len(pairs))]


def iter_pairs(libvirts: Sequence[Installed], qemus: Sequence[Installed]) -> Iterator[Pair]:
    """Yield every libvirt with every QEMU."""
    return ((libvirt, qemu) for libvirt in libvirts for qemu in qemus)


def _place(domain: Domain, pair: Pair, *, emulated: bool) -> Path:
    parts = [(v.id, v.version, v.program_sha256, v.packages) for v in pair]
    identity = [_GENERATION, STEPS, domain.text.decode(errors="replace"), parts, emulated, os.geteuid() == 0]
    key = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
    return cache_dir() / "ark/check" / f"{key}.json"


def _recall(place: Path) -> Cell | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return Cell.from_dict(json.loads(place.read_bytes()))
    return None
