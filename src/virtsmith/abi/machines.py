"""What becomes of a domain's machine type on some QEMUs, and what to take instead."""

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
"""What libvirt takes on x86 for a domain that names no machine type, if QEMU has it."""

REMOVED = Rule(
    "ABI-VM-MACHINE-REMOVED",
    "the machine type has been removed",
    "QEMU drops its versioned machine types after some years; the domain does not start any more, and cannot be "
    "migrated there.",
    "Shut it down on a QEMU that has the type, set the type named as next, and start it anew: its hardware changes.",
)
TOO_NEW = Rule(
    "ABI-VM-MACHINE-TOO-NEW",
    "the machine type is newer than QEMU",
    "A QEMU has no machine types of later releases; the domain does not start there, and cannot be migrated there.",
    "Use a newer QEMU, or create domains with a type that all QEMUs have.",
)
UNKNOWN = Rule(
    "ABI-VM-MACHINE-UNKNOWN",
    "QEMU has no such machine type",
    "Distributions add machine types of their own, and some remove upstream's; no domain moves between such builds.",
    "Use a type that all QEMUs have, or keep to builds of one distribution.",
)
DEPRECATED = Rule(
    "ABI-VM-MACHINE-DEPRECATED",
    "the machine type is deprecated",
    "QEMU still has it, and a later release will not: the domain will not start after that upgrade.",
    "Plan a shutdown, and set the type named as next: hardware changes, so migration is no way.",
    Severity.WARNING,
)
ALIAS = Rule(
    "ABI-VM-MACHINE-ALIAS",
    "the machine type is a short name, or none is named",
    "A short name means the newest type of whatever QEMU defines the domain: one document makes different machines.",
    "Name a versioned type that all QEMUs have. A domain that exists keeps what libvirt wrote into its definition.",
    Severity.WARNING,
)
UNTOLD = Rule(
    "ABI-VM-MACHINE-UNTOLD",
    "nothing is known of the machine type",
    "It is for another hypervisor or architecture, or a build of which it is not known whether it has the type.",
    "Name a QEMU that can be asked, with --qemu.",
    Severity.NOTE,
)
RULES = (REMOVED, TOO_NEW, UNKNOWN, DEPRECATED, ALIAS, UNTOLD)


@dataclass(frozen=True, slots=True)
class Advice:
    """One domain over some QEMUs.

    ``states`` and ``means`` have an entry for each QEMU, by its name: what it makes of the machine type, and the full
    name of that. ``next`` is the safe type closest above, ``newest`` the one that will last longest; both exist in all
    QEMUs and are deprecated in none. Empty where there is none, or nothing need change.
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
    """Say what becomes of a domain on some QEMUs."""
    place = Location(file, domain.line)

    def finding(rule: Rule, message: str, severity: Severity | None = None) -> Finding:
        return Finding(rule.id, severity or rule.severity, domain.name, message, where=place)

    if domain.obstacle:
        return Advice(file, domain, {}, {}, findings=(finding(UNTOLD, domain.obstacle),))
    wanted = domain.machine or _DEFAULT
    states = {qemu.version: qemu.state(wanted) for qemu in qemus}
    means = {qemu.version: qemu.resolve(wanted) for qemu in qemus}
    safe = safe_types(wanted, qemus)
    short = not is_versioned(wanted) and (wanted in SHORT or any(wanted in qemu.aliases for qemu in qemus))
    above = safe if short else [name for name in safe if natural_key(name) >= natural_key(wanted)]
    newest = safe[-1] if safe else ""
    following = newest if short else next(iter(above), newest)
    found = [*_missing(wanted, qemus), *_deprecated(wanted, qemus)]
    if short:
        found.append(_short(domain.machine, means))
    unsure = [name for name, state in states.items() if state is MachineTypeState.UNKNOWN]
    if unsure:
        found.append((UNTOLD, f"whether {_names(unsure)} has the machine type {wanted} is not known", None))
    harm = any(rule is not UNTOLD for rule, _, _ in found)
    advice = f"; {_remedy(wanted, following, newest, qemus)}" if harm else ""
    findings = tuple(
        finding(rule, f"{message}{advice if rule is not UNTOLD else ''}", severity) for rule, message, severity in found
    )
    return Advice(file, domain, states, means, following if harm else "", newest if harm else "", findings)


def safe_types(name: str, qemus: Sequence[MachineTypes]) -> list[str]:
    """The versioned types of a machine type's family that all QEMUs have and none has deprecated, oldest first.

    Where the family has none, upstream's with the same chipset.
    """
    return [item for item in _common(name, qemus) if not any(qemu.names[item] for qemu in qemus)]


def _common(name: str, qemus: Sequence[MachineTypes]) -> list[str]:
    """As `safe_types`, deprecated or not."""
    every = [
        item
        for item in (qemus[0].names if qemus else ())
        if is_versioned(item) and all(item in qemu.names for qemu in qemus)
    ]
    for wanted in (family(name), upstream_family(name)):
        found = sorted((item for item in every if family(item) == wanted), key=natural_key)
        if found:
            return found
    return []


_Found = tuple[Rule, str, Severity | None]


def _missing(wanted: str, qemus: Sequence[MachineTypes]) -> Iterable[_Found]:
    by_rule: dict[str, tuple[Rule, list[str]]] = {}
    for qemu in qemus:
        if qemu.state(wanted) is MachineTypeState.ABSENT:
            rule = _why_missing(wanted, qemu)
            by_rule.setdefault(rule.id, (rule, []))[1].append(qemu.version)
    life = load_history().life(wanted)
    told = {REMOVED.id: f" ({life})", TOO_NEW.id: f" (since {life.first})"} if life else {}
    verbs = {REMOVED.id: "has been removed from", TOO_NEW.id: "is newer than", UNKNOWN.id: "does not exist in"}
    for rule, names in by_rule.values():
        yield rule, f"{wanted} {verbs[rule.id]} {_names(names)}{told.get(rule.id, '')}", None


def _why_missing(wanted: str, types: MachineTypes) -> Rule:
    known = sorted((name for name in types.names if family(name) == family(wanted)), key=natural_key)
    versioned = [item for item in known if is_versioned(item)]
    if is_versioned(wanted) and versioned:
        if natural_key(wanted) < natural_key(versioned[0]):
            return REMOVED
        if natural_key(wanted) > natural_key(versioned[-1]):
            return TOO_NEW
    return UNKNOWN


def _deprecated(wanted: str, qemus: Sequence[MachineTypes]) -> Iterable[_Found]:
    names = [qemu.version for qemu in qemus if qemu.state(wanted) is MachineTypeState.DEPRECATED]
    if names:
        life = load_history().life(wanted)
        yield DEPRECATED, f"{wanted} is deprecated in {_names(names)}{f' ({life})' if life and str(life) else ''}", None


def _short(machine: str, means: Mapping[str, str]) -> _Found:
    subject = f"{machine} is a short name" if machine else f"no machine type is named, so libvirt takes {_DEFAULT}"
    told = {qemu: full for qemu, full in means.items() if is_versioned(full)}
    by_meaning: dict[str, list[str]] = {}
    for qemu, full in told.items():
        by_meaning.setdefault(full, []).append(qemu)
    if len(by_meaning) > 1:
        meanings = ", ".join(f"{full} in {' and '.join(names)}" for full, names in by_meaning.items())
        return ALIAS, f"{subject}: it means {meanings}", None
    meaning = f": it means {next(iter(by_meaning))} here, and another type in other QEMUs" if by_meaning else ""
    return ALIAS, f"{subject}{meaning}", Severity.NOTE


def _remedy(wanted: str, following: str, newest: str, qemus: Sequence[MachineTypes]) -> str:
    if following:
        return f"next safe type: {following}" + (f", newest: {newest}" if newest != following else "")
    common = _common(wanted, qemus)
    if not common:
        return "all together have no machine type of its kind"
    where = _names([qemu.version for qemu in qemus if qemu.names[common[-1]]])
    return f"there is no safe type: all have {common[-1]}, but it is deprecated in {where}"


def _names(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
