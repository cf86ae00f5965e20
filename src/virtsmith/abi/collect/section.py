"""How a section of a dump is declared: beside the function that collects it.

A function returns a `Section`, or raises what kept it from its facts; the decorators turn that into a section with an
honest status. A module that is added to this package is found, and its sections are in every dump from then on.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from virtsmith.abi.collect.session import Session
from virtsmith.abi.dump.model import Section, SectionStatus
from virtsmith.abi.sources.source import QemuSource, Unanswered
from virtsmith.core.registry import Registry
from virtsmith.qemu.process import QemuDied
from virtsmith.qemu.qmp import QmpClosed, QmpError
from virtsmith.qemu.qtest import QtestError

_STRANGE = (TypeError, ValueError, LookupError, AttributeError, struct.error)
"""What comes of answers in a form that we do not know."""

CollectFromQemu = Callable[[QemuSource], Section]
CollectFromMachine = Callable[[Session], Section]


@dataclass(frozen=True, slots=True)
class QemuSection:
    """A section about QEMU itself."""

    collect: CollectFromQemu
    evidence: str
    """How QEMU is asked, as comparisons quote it."""
    of_accelerator: bool
    """Whether it depends on the accelerator, so that dumps with different ones cannot be compared in it."""


@dataclass(frozen=True, slots=True)
class MachineSection:
    """A section about a machine; those that change the machine have a higher ``order`` and are collected later."""

    collect: CollectFromMachine
    evidence: str
    order: int


QEMU_SECTIONS: Registry[QemuSection] = Registry("virtsmith.abi.collect")
"""The sections of a dump of QEMU itself."""
MACHINE_SECTIONS: Registry[MachineSection] = Registry("virtsmith.abi.collect")
"""The sections of a dump of a machine type, beside those that come from the dump of QEMU itself."""


def qemu_section(
    name: str, *, evidence: str, of_accelerator: bool = False
) -> Callable[[CollectFromQemu], CollectFromQemu]:
    """Declare a function that collects a section about QEMU itself."""

    def declare(collect: CollectFromQemu) -> CollectFromQemu:
        @wraps(collect)
        def section(source: QemuSource) -> Section:
            try:
                return collect(source)
            except Unanswered as reason:
                return Section(reason.status, detail=reason.detail)
            except _STRANGE as error:
                return _not_understood(error)

        QEMU_SECTIONS.add(name, QemuSection(section, evidence, of_accelerator))
        return section

    return declare


def machine_section(name: str, *, evidence: str, order: int = 0) -> Callable[[CollectFromMachine], CollectFromMachine]:
    """Declare a function that collects a section about a machine."""

    def declare(collect: CollectFromMachine) -> CollectFromMachine:
        @wraps(collect)
        def section(session: Session) -> Section:
            try:
                return collect(session)
            except (QmpError, QtestError) as error:
                return Section(SectionStatus.UNSUPPORTED, detail=str(error))
            except QmpClosed:
                return Section(SectionStatus.CRASHED, detail=str(session.crashed()))
            except QemuDied as error:
                return did_not_start(error)
            except _STRANGE as error:
                return _not_understood(error)

        MACHINE_SECTIONS.add(name, MachineSection(section, evidence, order))
        return section

    return declare


def evidence_of(name: str) -> str:
    """How QEMU was asked for a section; empty for one that nobody declares, such as those of another version."""
    section = MACHINE_SECTIONS.get(name) or QEMU_SECTIONS.get(name)
    return section.evidence if section else ""


def collect_from_qemu(source: QemuSource) -> dict[str, Section]:
    """All sections about QEMU itself."""
    return {name: section.collect(source) for name, section in QEMU_SECTIONS.items()}


def collect_from_machine(session: Session) -> dict[str, Section]:
    """All sections about a machine."""
    ordered = sorted(MACHINE_SECTIONS.items(), key=lambda item: item[1].order)
    return {name: section.collect(session) for name, section in ordered}


def did_not_start(error: QemuDied) -> Section:
    """The section of a machine that does not start: a crash if a signal ended QEMU."""
    killed = error.status is not None and error.status < 0
    return Section(SectionStatus.CRASHED if killed else SectionStatus.UNSUPPORTED, detail=str(error))


def _not_understood(error: Exception) -> Section:
    """A QEMU that answers in a form that we do not know costs one section, not the dump."""
    return Section(SectionStatus.UNSUPPORTED, detail=f"not understood: {type(error).__name__}: {error}")
