"""Checks of a domain's machine type on some QEMUs, and what to use instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from libvirtxml.findings import Finding, Location, Rule, Severity

from virtsmith.abi.dump.model import natural_key
from virtsmith.qemu.domain_machine import DomainMachine
from virtsmith.qemu.machine_history import load_history
from virtsmith.qemu.machines import SHORT, MachineTypes, MachineTypeState, family, is_versioned, upstream_family

_DEFAULT = "pc"
"""What libvirt uses on x86 for a domain without a machine type, if QEMU has it."""

REMOVED = Rule(
    "ABI-VM-MACHINE-REMOVED",
    "the machine type has been removed",
    "QEMU removes versioned machine types after some years; the domain no longer starts there, and cannot be migrated "
    "there.",
    "Shut it down on a QEMU that has the type, set the next safe type, and start it again: its hardware changes.",
)
TOO_NEW = Rule(
    "ABI-VM-MACHINE-TOO-NEW",
    "the machine type is newer than QEMU",
    "A QEMU does not have the machine types of later releases; the domain cannot start or be migrated there.",
    "Use a newer QEMU, or create domains with a type that all QEMUs have.",
)
UNKNOWN = Rule(
    "ABI-VM-MACHINE-UNKNOWN",
    "QEMU has no such machine type",
    "Distributions add their own machine types, and some remove upstream's; domains cannot move between such builds.",
    "Use a type that all QEMUs have, or only builds of one distribution.",
)
DEPRECATED = Rule(
    "ABI-VM-MACHINE-DEPRECATED",
    "the machine type is deprecated",
    "QEMU still has it, but a later release will not: the domain will not start after that upgrade.",
    "Plan a shutdown, and set the next safe type: the hardware changes, so migration is impossible.",
    Severity.WARNING,
)
ALIAS = Rule(
    "ABI-VM-MACHINE-ALIAS",
    "the machine type is an alias, or none is given",
    "An alias refers to the newest type of the QEMU that defines the domain: one document gives different machines.",
    "Use a versioned type that all QEMUs have. Existing domains keep the type that libvirt wrote to their definition.",
    Severity.WARNING,
)
NOT_REPORTED = Rule(
    "ABI-VM-MACHINE-NOT-REPORTED",
    "the machine type cannot be checked",
    "It is for another hypervisor or architecture, or it is unknown whether a build has the type.",
    "Name a QEMU that can be queried, with --qemu.",
    Severity.NOTE,
)
RULES = (REMOVED, TOO_NEW, UNKNOWN, DEPRECATED, ALIAS, NOT_REPORTED)


@dataclass(frozen=True, slots=True)
class Advice:
    """The check of one domain on some QEMUs.

    ``states`` and ``means`` have an entry per QEMU, by its name: the state of the machine type, and its full name.
    ``next`` is the closest later safe type, ``newest`` the one that will last longest; both exist in all QEMUs and are
    not deprecated in any. They are empty if there is none, or nothing need change.
    """

    file: str
    domain: DomainMachine
    states: Mapping[str, MachineTypeState]
    means: Mapping[str, str]
    next: str = ""
    newest: str = ""
    findings: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        life = load_history().life(self.domain.machine)
        return {
            "file": self.file,
            "line": self.domain.line,
            "domain": self.domain.name,
            "machine": self.domain.machine,
            "states": {name: state.value for name, state in self.states.items()},
            "means": dict(self.means),
            "next": self.next,
            "newest": self.newest,
            "life": str(life) if life else "",
        }


def advise(domain: DomainMachine, file: str, qemus: Sequence[MachineTypes]) -> Advice:
    """Check the machine type of a domain on some QEMUs."""
    place = Location(file, domain.line)

    def finding(rule: Rule, message: str, severity: Severity | None = None) -> Finding:
        return Finding(rule.id, severity or rule.severity, domain.name, message, where=place)

    if domain.obstacle:
        return Advice(file, domain, {}, {}, findings=(finding(NOT_REPORTED, domain.obstacle),))
    machine = domain.machine or _DEFAULT
    states = {qemu.version: qemu.state(machine) for qemu in qemus}
    means = {qemu.version: qemu.resolve(machine) for qemu in qemus}
    safe = safe_types(machine, qemus)
    short = not is_versioned(machine) and (machine in SHORT or any(machine in qemu.aliases for qemu in qemus))
    above = safe if short else [name for name in safe if natural_key(name) >= natural_key(machine)]
    newest = safe[-1] if safe else ""
    following = newest if short else next(iter(above), newest)
    found = [*_missing(machine, qemus), *_deprecated(machine, qemus)]
    if short:
        found.append(_short(domain.machine, means))
    unsure = [name for name, state in states.items() if state is MachineTypeState.UNKNOWN]
    if unsure:
        found.append((NOT_REPORTED, f"whether {_names(unsure)} has the machine type {machine} is unknown", None))
    harm = any(rule is not NOT_REPORTED for rule, _, _ in found)
    advice = f"; {_remedy(machine, following, newest, qemus)}" if harm else ""
    findings = tuple(
        finding(rule, f"{message}{advice if rule is not NOT_REPORTED else ''}", severity)
        for rule, message, severity in found
    )
    return Advice(file, domain, states, means, following if harm else "", newest if harm else "", findings)


def safe_types(name: str, qemus: Sequence[MachineTypes]) -> list[str]:
    """Return the types of a machine type's family that all QEMUs have and none has deprecated, oldest first.

    If the family has none, upstream's types with the same chipset.
    """
    return [candidate for candidate in _common(name, qemus) if not any(qemu.names[candidate] for qemu in qemus)]


def _common(name: str, qemus: Sequence[MachineTypes]) -> list[str]:
    """Return types as `safe_types`, including deprecated ones."""
    every = [
        candidate
        for candidate in (qemus[0].names if qemus else ())
        if is_versioned(candidate) and all(candidate in qemu.names for qemu in qemus)
    ]
    for base in (family(name), upstream_family(name)):
        found = sorted((candidate for candidate in every if family(candidate) == base), key=natural_key)
        if found:
            return found
    return []


_Found = tuple[Rule, str, Severity | None]


def _missing(machine: str, qemus: Sequence[MachineTypes]) -> Iterable[_Found]:
    by_rule: dict[str, tuple[Rule, list[str]]] = {}
    for qemu in qemus:
        if qemu.state(machine) is MachineTypeState.ABSENT:
            rule = _why_missing(machine, qemu)
            by_rule.setdefault(rule.id, (rule, []))[1].append(qemu.version)
    life = load_history().life(machine)
    notes = {REMOVED.id: f" ({life})", TOO_NEW.id: f" (since {life.first})"} if life else {}
    verbs = {REMOVED.id: "has been removed from", TOO_NEW.id: "is newer than", UNKNOWN.id: "does not exist in"}
    for rule, names in by_rule.values():
        yield rule, f"{machine} {verbs[rule.id]} {_names(names)}{notes.get(rule.id, '')}", None


def _why_missing(machine: str, types: MachineTypes) -> Rule:
    known = sorted((name for name in types.names if family(name) == family(machine)), key=natural_key)
    versioned = [candidate for candidate in known if is_versioned(candidate)]
    if is_versioned(machine) and versioned:
        if natural_key(machine) < natural_key(versioned[0]):
            return REMOVED
        if natural_key(machine) > natural_key(versioned[-1]):
            return TOO_NEW
    return UNKNOWN


def _deprecated(machine: str, qemus: Sequence[MachineTypes]) -> Iterable[_Found]:
    names = [qemu.version for qemu in qemus if qemu.state(machine) is MachineTypeState.DEPRECATED]
    if names:
        life = load_history().life(machine)
        yield (
            DEPRECATED,
            f"{machine} is deprecated in {_names(names)}{f' ({life})' if life and str(life) else ''}",
            None,
        )


def _short(machine: str, means: Mapping[str, str]) -> _Found:
    subject = f"{machine} is an alias" if machine else f"no machine type is given, so libvirt uses {_DEFAULT}"
    versioned = {qemu: full for qemu, full in means.items() if is_versioned(full)}
    by_meaning: dict[str, list[str]] = {}
    for qemu, full in versioned.items():
        by_meaning.setdefault(full, []).append(qemu)
    if len(by_meaning) > 1:
        meanings = ", ".join(f"{full} in {' and '.join(names)}" for full, names in by_meaning.items())
        return ALIAS, f"{subject}: it means {meanings}", None
    meaning = f": it means {next(iter(by_meaning))} here, and another type in other QEMUs" if by_meaning else ""
    return ALIAS, f"{subject}{meaning}", Severity.NOTE


def _remedy(machine: str, following: str, newest: str, qemus: Sequence[MachineTypes]) -> str:
    if following:
        return f"next safe type: {following}" + (f", newest: {newest}" if newest != following else "")
    common = _common(machine, qemus)
    if not common:
        return "they have no machine type of its kind in common"
    where = _names([qemu.version for qemu in qemus if qemu.names[common[-1]]])
    return f"there is no safe type: all have {common[-1]}, but it is deprecated in {where}"


def _names(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
