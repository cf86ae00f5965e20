"""The check of one VM, from its document to the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from libvirtxml import Domain

from virtsmith.abi.diff.allowances import Allowance, review
from virtsmith.abi.dump.store import open_store
from virtsmith.abi.migrate.trials import BOTH_STATES
from virtsmith.abi.vm.check import TrialOptions, VmReport
from virtsmith.abi.vm.complete import complete, is_complete
from virtsmith.abi.vm.document import check_domain, read_domain
from virtsmith.abi.vm.sides import find_side
from virtsmith.abi.vm.stack import make_job
from virtsmith.ark.doctor import require_kvm
from virtsmith.ark.layout import Ark
from virtsmith.core.parallel import open_executor
from virtsmith.core.progress import SILENT, Progress
from virtsmith.errors import UsageError


def check_vm(
    domain: Domain,
    source: str,
    target: str,
    *,
    states: Sequence[bool] = BOTH_STATES,
    accel: str = "tcg",
    directory: Path | None = None,
    jobs: int | None = None,
    name: str = "",
    allowances: Sequence[Allowance] = (),
    progress: Progress = SILENT,
) -> VmReport:
    """Check whether a VM can migrate from one QEMU to another, by really saving and loading the state of its hardware.

    If it does not load, the devices at fault are identified one by one, and changes that may help are tried.

    Args:
        domain: the VM; a document that libvirt has not completed is completed by a libvirt of the ark, if it has one.
        source: what it runs on: a distribution (``debian-12``) or a pair of versions (``libvirt@9.0+qemu@7.2``), or
            only a QEMU: ``qemu@10.0`` of the ark, ``system``, or the path of a program. Where both sides have a
            libvirt, the document itself is also moved between them.
        target: what it is to move to.
        states: False: before the machine's first instruction; True: after firmware has set up the devices.
        accel: ``tcg`` or ``kvm``.
        directory: the directory of dumps; by default ``$VIRTSMITH_ABI``, or the user's.
        jobs: trials at once; by default one per CPU.
        name: the name of the document in errors.
        allowances: differences that were reviewed and are accepted.
        progress: receives the progress.

    Raises:
        InputError: the VM cannot be tried here.
        UsageError: both sides are the same.
        MissingError: KVM is requested and does not work here.
        VirtsmithError: a QEMU cannot be found, or does not start with the VM's hardware.
    """
    if accel == "kvm":
        require_kvm()
    check_domain(domain, name)  # before anything is started
    ark = Ark.open()
    sides = [find_side(word, ark) for word in (source, target)]
    emulators = [side.emulator for side in sides]
    if sides[0] == sides[1] or (None in [side.pair for side in sides] and emulators[0] == emulators[1]):
        raise UsageError("both sides are the same")
    given = domain.to_xml().encode()
    notes: tuple[str, ...] = ()
    if not is_complete(domain):
        domain, note = complete(domain, emulators[0], accel, ark)
        notes = (note,)
    hardware = read_domain(domain, name, accel)
    hardware = replace(hardware, notes=(*notes, *hardware.notes))
    with open_executor(jobs) as executor:
        check = TrialOptions(executor, open_store(directory), tuple(states), accel, progress)
        report = check.run(hardware, *emulators)
        origin, destination = (side.pair for side in sides)
        if origin is not None and destination is not None:
            job = make_job(given, origin, destination, kvm=accel == "kvm", ark=ark)
            report = replace(report, stack=check.run_stack(job))
    found = review([report.comparison] if report.comparison is not None else [], allowances)
    return replace(report, comparison=found.comparisons[0] if found.comparisons else None, uses=found.uses)
