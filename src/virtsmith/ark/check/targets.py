"""Which distributions accept a document: libvirt's schemas and QEMU's machine types, told apart.

Nothing is run. What a release that the schemas do not know makes of it is only said where its neighbours agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from libvirtxml import XMLError
from libvirtxml.acceptance import Acceptance, Since, Verdict, check
from libvirtxml.versions import Version

from virtsmith.ark.catalogue.targets import Target
from virtsmith.qemu.domain_machine import DomainMachine, read_machine
from virtsmith.qemu.machine_history import load_history
from virtsmith.qemu.machines import State, upstream_version

_VERDICTS = {
    State.PRESENT: Verdict.ACCEPTED, State.DEPRECATED: Verdict.ACCEPTED, State.ABSENT: Verdict.REFUSED,
    State.UNKNOWN: Verdict.UNKNOWN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TargetVerdict:
    """What a target makes of a document. ``libvirt`` and ``machine`` are None where they were not judged."""

    target: Target
    libvirt: Verdict | None
    machine: State | None
    reasons: tuple[str, ...]
    """Why it is refused, or why that is not known."""

    @property
    def verdict(self) -> Verdict:
        """The worse of both."""
        told = [one for one in (self.libvirt, _VERDICTS[self.machine] if self.machine else None) if one]
        worst = (Verdict.REFUSED, Verdict.UNKNOWN, Verdict.ACCEPTED)
        return next((one for one in worst if one in told), Verdict.UNKNOWN)


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
    if libvirt is Verdict.REFUSED:
        reasons += [str(one) for one in acceptance.refusals if one.accepted.judge(target.libvirt) is Verdict.REFUSED]
    elif libvirt is Verdict.UNKNOWN:
        reasons.append(f"libvirt {target.libvirt} is not known, and the releases around it differ")
    machine = _machine_state(wanted, target) if wanted and wanted.machine and not wanted.obstacle else None
    if wanted and machine and _VERDICTS[machine] != Verdict.ACCEPTED:
        reasons.append(_machine_reason(wanted.machine, machine, target))
    return TargetVerdict(target, libvirt, machine, tuple(reasons))


def _machine_state(wanted: DomainMachine, target: Target) -> State | None:
    """What the target's QEMU makes of the machine type; None if the target is a libvirt alone."""
    types = target.machine_types()
    if types is not None:
        return types.state(wanted.machine)
    if not target.distribution:
        return None
    return State.PRESENT if wanted.machine in ("pc", "q35") else State.UNKNOWN


def _machine_reason(name: str, state: State, target: Target) -> str:
    qemu = f"QEMU {target.qemu}".rstrip()
    if state is State.UNKNOWN:
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
    for target in sorted((one for one in targets if one.libvirt), key=lambda one: one.order):
        first, unsure = found.get(target.distribution, (None, False))
        if first is None:
            verdict = since.judge(target.libvirt)
            found[target.distribution] = (
                target if verdict is Verdict.ACCEPTED else None, unsure or verdict is Verdict.UNKNOWN
            )  # fmt: skip
    return [(name, *one) for name, one in found.items()]
