"""The check of one domain, from its document to the matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from virtsmith.ark.check.cell import CheckPlan
from virtsmith.ark.check.domain import CheckedDomain
from virtsmith.ark.check.matrix import find_emulation, iter_pairs, run_matrix
from virtsmith.ark.check.outlook import find_prospects
from virtsmith.ark.check.report import UntestedVersion
from virtsmith.ark.check.steps import CheckCell, StepResult, Until
from virtsmith.ark.layout import Ark
from virtsmith.ark.requests import choose_installed
from virtsmith.core.progress import SILENT, Progress


@dataclass(frozen=True, slots=True)
class DomainCheck:
    """The results for pairs of versions, and what schemas say about releases that are not installed."""

    domain: CheckedDomain
    cells: Sequence[CheckCell]
    prospects: Sequence[UntestedVersion]

    @property
    def is_fine(self) -> bool:
        """Whether every step of every pair succeeded."""
        return all(cell.result is StepResult.OK for cell in self.cells)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "domain": self.domain.name,
            "cells": [cell.to_dict() for cell in self.cells],
            "not_run": [{"libvirt": prospect.version, "message": prospect.message} for prospect in self.prospects],
        }


def check_domain(
    document: bytes,
    *,
    libvirts: str = "all",
    qemus: str = "all",
    accel: str = "auto",
    name: str = "<domain>",
    ark: Ark | None = None,
    jobs: int | None = None,
    fresh: bool = False,
    until: str = Until.SAVE,
    as_is: bool = False,
    progress: Progress = SILENT,
) -> DomainCheck:
    """Run a domain on installed libvirt and QEMU versions: define, start, save, restore, destroy.

    The domain is defined as it is given. It is started, paused, with stand-ins for what it names of the machine that
    it comes from (disks, networks, assigned devices, memory), which every cell lists.

    Args:
        document: the domain's XML.
        libvirts: which of the installed versions: ``all``, ``6..9``, ``>=7``, ``min,max``.
        qemus: the same for QEMU.
        accel: ``tcg``, ``kvm``, or ``auto``: as the domain says, emulated where KVM does not work.
        name: what to call the document in errors.
        ark: where versions are installed; by default the user's.
        jobs: pairs at once; by default one per processor.
        fresh: ignore cached results of earlier runs.
        until: the last thing to try: ``define``, ``native``, ``start``, ``save`` or ``migrate``.
        as_is: without stand-ins and not paused: whether it works on this machine.
        progress: reports the steps, and warns if a domain that asks for KVM is run emulated.

    Raises:
        InputError: it is not a domain.
        MissingError: none of these versions is installed.
    """
    ark = ark or Ark.open()
    domain = CheckedDomain.parse(document, name)
    pairs = list(iter_pairs(choose_installed(ark, "libvirt", libvirts), choose_installed(ark, "qemu", qemus)))
    prospects = find_prospects(
        domain.text, libvirts, [item.version for item in ark.installed("libvirt") if item.version]
    )
    emulated = find_emulation(domain, accel)
    if emulated and domain.kind == "kvm":
        progress.warn("the domain asks for KVM; it is run emulated")
    plan = CheckPlan(domain, emulated, Until(until), as_is)
    cells = run_matrix(plan, pairs, jobs=jobs, fresh=fresh, progress=progress)
    return DomainCheck(domain, cells, prospects)
