"""Which distributions accept a document: libvirt's schemas and QEMU's machine types, told apart.

Nothing is run. What a release that the schemas do not know makes of it is only said where its neighbours agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from libvirtxml import XMLError
from libvirtxml.acceptance import Acceptance, ReleaseVerdict, Since, check
from libvirtxml.versions import Version

from virtsmith.ark.catalogue.targets import Target
from virtsmith.qemu.domain_machine import DomainMachine, read_machine
from virtsmith.qemu.machine_history import load_history
from virtsmith.qemu.machines import MachineTypeState, upstream_version

_VERDICTS = {
    MachineTypeState.PRESENT: ReleaseVerdict.ACCEPTED,
    MachineTypeState.DEPRECATED: ReleaseVerdict.ACCEPTED,
    MachineTypeState.ABSENT: ReleaseVerdict.REFUSED,
    MachineTypeState.UNKNOWN: ReleaseVerdict.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class TargetVerdict:
    """What a target makes of a document. ``libvirt`` and ``machine`` are None where they were not judged."""

    target: Target
    libvirt: ReleaseVerdict | None
    machine: MachineTypeState | None
    reasons: tuple[str, ...]
    """Why it is refused, or why that is not known."""

    @property
    def verdict(self) -> ReleaseVerdict:
        """The worse of both."""
        told = [item for item in (self.libvirt, _VERDICTS[self.machine] if self.machine else None) if item]
        worst = (ReleaseVerdict.REFUSED, ReleaseVerdict.UNKNOWN, ReleaseVerdict.ACCEPTED)
        return next((item for item in worst if item in told), ReleaseVerdict.UNKNOWN)


def judge(document: bytes, targets: Sequence[Target]) -> tuple[Acceptance, list[TargetVerdict]]:
    """Ask the facts about a document for each target; the first result says what all libvirt releases make of it.

    Raises:
        XMLError: the document cannot be read, or is none of libvirt's.
    """
    acceptance = check(document)
    try:
        wanted = read_machine(document)
    except XMLError:  # part of a document
        wanted = None
    return acceptance, [_judge(acceptance, wanted, target) for target in targets]


def _judge(acceptance: Acceptance, wanted: DomainMachine | None, target: Target) -> TargetVerdict:
    reasons: list[str] = []
    libvirt = acceptance.judge(target.libvirt) if target.libvirt else None
    if libvirt is ReleaseVerdict.REFUSED:
        reasons += [
            str(refusal)
            for refusal in acceptance.refusals
            if refusal.accepted.judge(target.libvirt) is ReleaseVerdict.REFUSED
        ]
    elif libvirt is ReleaseVerdict.UNKNOWN:
        reasons.append(f"libvirt {target.libvirt} is not known, and the releases around it differ")
    machine = _machine_state(wanted, target) if wanted and wanted.machine and not wanted.obstacle else None
    if wanted and machine and _VERDICTS[machine] != ReleaseVerdict.ACCEPTED:
        reasons.append(_machine_reason(wanted.machine, machine, target))
    return TargetVerdict(target, libvirt, machine, tuple(reasons))


def _machine_state(wanted: DomainMachine, target: Target) -> MachineTypeState | None:
    """What the target's QEMU makes of the machine type; None if the target is a libvirt alone."""
    types = target.machine_types()
    if types is not None:
        return types.state(wanted.machine)
    if not target.distribution:
        return None
    return MachineTypeState.PRESENT if wanted.machine in ("pc", "q35") else MachineTypeState.UNKNOWN


def _machine_reason(name: str, state: MachineTypeState, target: Target) -> str:
    qemu = f"QEMU {target.qemu}".rstrip()
    if state is MachineTypeState.UNKNOWN:
        return f"whether its {qemu} has the machine type {name} is not known"
    if target.types == "own":
        return f"its {qemu} has machine types of its own, and not {name}"
    version = upstream_version(name)
    if version is not None and Version.parse(target.qemu) < version:
        return f"{qemu} has no machine type {name}, which came with QEMU {version}"
    life = load_history().life(name)
    return f"{qemu} has no machine type {name}{f' ({life})' if life else ''}"


def first_of_each(since: Since, targets: Sequence[Target]) -> list[tuple[str, Target | None, bool]]:
    """The first release of each distribution whose libvirt has a thing.

    Gives the distribution, its first release (None if none has it), and whether an older one may have it as well.
    """
    found: dict[str, tuple[Target | None, bool]] = {}
    for target in sorted((item for item in targets if item.libvirt), key=lambda entry: entry.order):
        first, unsure = found.get(target.distribution, (None, False))
        if first is None:
            verdict = since.judge(target.libvirt)
            found[target.distribution] = (
                target if verdict is ReleaseVerdict.ACCEPTED else None,
                unsure or verdict is ReleaseVerdict.UNKNOWN,
            )
    return [(name, *item) for name, item in found.items()]
