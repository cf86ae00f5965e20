"""Declaring the sections of a dump, with the functions that collect them.

A function returns a `Section`, or raises the reason why it could not; the decorators turn that into a section with the
corresponding status. A module added to this package is found, and its sections are in every dump from then on.
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
"""Exceptions raised for replies in an unknown format."""

CollectFromQemu = Callable[[QemuSource], Section]
CollectFromMachine = Callable[[Session], Section]


@dataclass(frozen=True, slots=True)
class QemuSection:
    """A section about QEMU itself."""

    collect: CollectFromQemu
    evidence: str
    """The source of the facts in QEMU, as quoted by comparisons."""
    of_accelerator: bool
    """Whether it depends on the accelerator, so that it cannot be compared between different accelerators."""


@dataclass(frozen=True, slots=True)
class MachineSection:
    """A section about a machine; collectors that change the machine have a higher ``order`` and run later."""

    collect: CollectFromMachine
    evidence: str
    order: int


QEMU_SECTIONS: Registry[QemuSection] = Registry("virtsmith.abi.collect")
"""The sections of a dump of QEMU itself."""
MACHINE_SECTIONS: Registry[MachineSection] = Registry("virtsmith.abi.collect")
"""The sections of a dump of a machine type, besides those from the dump of QEMU itself."""


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
    """Return the source of a section's facts in QEMU; empty for an undeclared section (of another version)."""
    section = MACHINE_SECTIONS.get(name) or QEMU_SECTIONS.get(name)
    return section.evidence if section else ""


def collect_from_qemu(source: QemuSource) -> dict[str, Section]:
    """Collect all sections about QEMU itself."""
    return {name: section.collect(source) for name, section in QEMU_SECTIONS.items()}


def collect_from_machine(session: Session) -> dict[str, Section]:
    """Collect all sections about a machine."""
    ordered = sorted(MACHINE_SECTIONS.items(), key=lambda item: item[1].order)
    return {name: section.collect(session) for name, section in ordered}


def did_not_start(error: QemuDied) -> Section:
    """Return a section for a machine that does not start: a crash if a signal ended QEMU."""
    killed = error.status is not None and error.status < 0
    return Section(SectionStatus.CRASHED if killed else SectionStatus.UNSUPPORTED, detail=str(error))


def _not_understood(error: Exception) -> Section:
    """Return a section for a reply in an unknown format, which must not spoil the rest of the dump."""
    return Section(SectionStatus.UNSUPPORTED, detail=f"not understood: {type(error).__name__}: {error}")
