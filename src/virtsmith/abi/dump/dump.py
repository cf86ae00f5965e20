"""Making dumps: starting machines and collecting their sections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from virtsmith.abi.collect.section import MACHINE_SECTIONS, collect_from_machine, collect_from_qemu, did_not_start
from virtsmith.abi.collect.session import BinaryFacts, Session
from virtsmith.abi.dump.model import Dump, Section, SectionStatus
from virtsmith.abi.machine.devices import DeviceSet
from virtsmith.abi.machine.guest import StoppedMachine, start_guest
from virtsmith.abi.sources.binary import Emulator
from virtsmith.abi.sources.source import QemuSource
from virtsmith.qemu.process import QemuDied


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine type, with its facts from the dump of the binary."""

    name: str
    lifecycle: Section
    compat: Section

    @classmethod
    def of(cls, dump: Dump, name: str) -> Machine:
        """Return a machine type from the dump of a binary."""
        machines, properties = dump.sections["machines"], dump.sections["compat"]
        return cls(
            name,
            Section(machines.status, machines.data.get(name, {}), machines.detail),  # type: ignore[arg-type]
            Section(properties.status, properties.data.get(name, {}), properties.detail),  # type: ignore[arg-type]
        )


def dump_binary(source: QemuSource, accel: str) -> Dump:
    """Dump what a QEMU reports about itself.

    Raises:
        QemuDied: it does not start.
    """
    return Dump(source.binary, None, "", accel, collect_from_qemu(source))


def dump_machine(emulator: Emulator, machine: Machine, devices: DeviceSet, accel: str, known: BinaryFacts) -> Dump:
    """Dump what a QEMU shows of a machine type; a recording contains little of it."""
    sections = {"lifecycle": machine.lifecycle, "compat": machine.compat}
    if emulator.recording is not None:
        sections |= dict.fromkeys(("probe", *MACHINE_SECTIONS), Section(SectionStatus.NOT_RECORDED))
        return Dump(emulator.binary, machine.name, devices.label, accel, sections)
    return dump_guest(
        lambda: start_guest(emulator.program, machine.name, devices, accel, known.device_types),
        emulator,
        machine,
        known,
        label=devices.label,
        accel=accel,
    )


def dump_guest(
    start: Callable[[], StoppedMachine],
    emulator: Emulator,
    machine: Machine,
    known: BinaryFacts,
    *,
    label: str,
    accel: str,
) -> Dump:
    """Dump what a QEMU shows of a guest that ``start`` starts; ``label`` names its devices."""
    sections = {"lifecycle": machine.lifecycle, "compat": machine.compat}
    session = Session(start, known)
    try:
        try:
            sections["probe"] = _probe(session.guest)
            sections["lifecycle"] = _with_reason(machine, session.guest.qemu.stderr)
        except QemuDied as error:
            sections |= dict.fromkeys(("probe", *MACHINE_SECTIONS), did_not_start(error))
        else:
            sections |= collect_from_machine(session)
    finally:
        session.stop()
    return Dump(emulator.binary, machine.name, label, accel, sections)


def _probe(guest: StoppedMachine) -> Section:
    """Return which devices of the set are in the machine."""
    present = {node.id: node.type for node in guest.devices if node.id}
    return Section(SectionStatus.OK, present | {name: f"left out: {reason}" for name, reason in guest.left_out.items()})


def _with_reason(machine: Machine, stderr: str) -> Section:
    """Return the life-cycle with the reason for a deprecation, which QEMU reports only when the machine starts."""
    head = f"Machine type '{machine.name}' is deprecated: "
    for line in stderr.splitlines():
        _, found, reason = line.partition(head)
        if found:
            data = {**machine.lifecycle.data, "deprecation-reason": reason}
            return Section(machine.lifecycle.status, data, machine.lifecycle.detail)
    return machine.lifecycle
