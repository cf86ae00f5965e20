"""Which distributions have a libvirt whose schema accepts a document, and a QEMU that has its machine type.

Nothing is run. For a release that the schemas do not cover there is an answer only if its neighbours agree.
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

_FITS = {
    ReleaseVerdict.ACCEPTED: True,
    ReleaseVerdict.REFUSED: False,
    ReleaseVerdict.UNKNOWN: None,
    MachineTypeState.PRESENT: True,
    MachineTypeState.DEPRECATED: True,
    MachineTypeState.ABSENT: False,
    MachineTypeState.UNKNOWN: None,
}


@dataclass(frozen=True, slots=True)
class TargetVerdict:
    """What a target's schema and QEMU make of a document. Both are None where they were not judged."""

    target: Target
    schema: ReleaseVerdict | None
    machine: MachineTypeState | None
    reasons: tuple[str, ...]
    """Why it is refused, or why it could not be judged."""

    @property
    def fits(self) -> bool | None:
        """Whether the schema accepts it and the machine type exists, as far as these were judged; None if unknown."""
        answers = {_FITS[item] for item in (self.schema, self.machine) if item is not None}
        return False if False in answers else None if None in answers or not answers else True


def judge(document: bytes, targets: Sequence[Target]) -> tuple[Acceptance, list[TargetVerdict]]:
    """Judge a document for each target; the first result is its acceptance by the schemas of all libvirt releases.

    Raises:
        XMLError: the document cannot be read, or is not a libvirt document.
    """
    acceptance = check(document)
    try:
        requested = read_machine(document)
    except XMLError:  # part of a document
        requested = None
    return acceptance, [_judge(acceptance, requested, target) for target in targets]


def _judge(acceptance: Acceptance, requested: DomainMachine | None, target: Target) -> TargetVerdict:
    reasons: list[str] = []
    schema = acceptance.judge(target.libvirt) if target.libvirt else None
    if schema is ReleaseVerdict.REFUSED:
        reasons += [
            str(refusal)
            for refusal in acceptance.refusals
            if refusal.accepted.judge(target.libvirt) is ReleaseVerdict.REFUSED
        ]
    elif schema is ReleaseVerdict.UNKNOWN:
        reasons.append(
            f"the schema of libvirt {target.libvirt} is not known, and those of the releases around it differ"
        )
    machine = _machine_state(requested, target) if requested and requested.machine and not requested.obstacle else None
    if requested and machine and not _FITS[machine]:
        reasons.append(_machine_reason(requested.machine, machine, target))
    return TargetVerdict(target, schema, machine, tuple(reasons))


def _machine_state(requested: DomainMachine, target: Target) -> MachineTypeState | None:
    """Whether the target's QEMU has the machine type; None if the target has no QEMU."""
    types = target.machine_types()
    if types is not None:
        return types.state(requested.machine)
    if not target.distribution:
        return None
    return MachineTypeState.PRESENT if requested.machine in ("pc", "q35") else MachineTypeState.UNKNOWN


def _machine_reason(name: str, state: MachineTypeState, target: Target) -> str:
    qemu = f"QEMU {target.qemu}".rstrip()
    if state is MachineTypeState.UNKNOWN:
        return f"it is not known whether its {qemu} has the machine type {name}"
    if target.types == "own":
        return f"its {qemu} has its own machine types, without {name}"
    version = upstream_version(name)
    if version is not None and Version.parse(target.qemu) < version:
        return f"{qemu} has no machine type {name}, which came with QEMU {version}"
    life = load_history().life(name)
    return f"{qemu} has no machine type {name}{f' ({life})' if life else ''}"


def first_of_each(since: Since, targets: Sequence[Target]) -> list[tuple[str, Target | None, bool]]:
    """The first release of each distribution whose libvirt has a feature.

    Returns the distribution, its first release (None if none has it), and whether an older one may have it as well.
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
