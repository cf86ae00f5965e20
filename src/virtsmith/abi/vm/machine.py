"""The machine type of a document under two QEMUs, and what to do if one of them does not have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from virtsmith.abi.dump.model import natural_key
from virtsmith.abi.sources.binary import Emulator
from virtsmith.abi.sources.live import LiveSource
from virtsmith.abi.sources.source import Unanswered
from virtsmith.errors import ExternalError
from virtsmith.qemu.machines import MachineTypes, family, parse_types


@dataclass(frozen=True, slots=True)
class MachineChoice:
    """The machine type to try; if it cannot be tried, the reason (``obstacle``) and what to do (``advice``)."""

    name: str
    remarks: tuple[str, ...] = ()
    obstacle: str = ""
    advice: str = ""


def read_types(emulator: Emulator, accel: str) -> MachineTypes:
    """Ask a QEMU for its machine types.

    Raises:
        ExternalError: it does not list them.
    """
    version = emulator.binary.version
    try:
        with LiveSource(emulator, accel) as live:
            return parse_types(version, live.ask("query-machines"))
    except Unanswered as reason:
        raise ExternalError(f"QEMU {version} does not list its machine types: {reason}") from reason


def choose(requested: str, source: MachineTypes, target: MachineTypes) -> MachineChoice:
    """Return the machine type of a document that is to move from one QEMU to another."""
    name, remarks = source.resolve(requested), []
    if name != requested:
        remarks.append(f"{requested} is {name} in QEMU {source.version}, which libvirt writes into the VM's definition")
        if requested in target.aliases and target.resolve(requested) != name:
            remarks.append(
                f"QEMU {target.version} resolves {requested} to {target.resolve(requested)}: never migrate by that name"
            )
    missing = [types for types in (source, target) if name not in types.names]
    if missing:
        return MachineChoice(name, tuple(remarks), *_obstacle(name, source, target, missing))
    remarks += [
        f"{name} is deprecated in QEMU {types.version}: it will be removed in a later release"
        for types in (source, target)
        if types.names[name]
    ]
    return MachineChoice(name, tuple(remarks))


def shared(name: str, source: MachineTypes, target: MachineTypes) -> list[str]:
    """Return the versioned types of the same family that both have, oldest first."""
    base = family(name)
    both = [
        candidate
        for candidate in source.names
        if candidate in target.names and family(candidate) == base and candidate[-1].isdigit()
    ]
    return sorted(both, key=natural_key)


def _obstacle(
    name: str, source: MachineTypes, target: MachineTypes, missing: Sequence[MachineTypes]
) -> tuple[str, str]:
    both = shared(name, source, target)
    who = " and ".join(f"QEMU {types.version}" for types in missing)
    known = sorted(
        (candidate for types in missing for candidate in types.names if family(candidate) == family(name)),
        key=natural_key,
    )
    why = ""
    if known and natural_key(name) < natural_key(known[0]):
        why = f", which has removed all before {known[0]}" if len(missing) == 1 else ""
    elif known and len(missing) == 1 and natural_key(name) > natural_key(known[-1]):
        why = f", whose newest is {known[-1]}"
    if not both:
        return f"{who} has no machine type {name}{why}", "the two have no machine type of this family in common"
    advice = (
        f"shut the VM down, set <type machine='{both[-1]}'> (both have {both[0]} to {both[-1]}) and start it again: "
        "its hardware changes then, and it cannot be migrated before"
    )
    return f"{who} has no machine type {name}{why}", advice
