"""Makes dumps: starts machines, runs the collectors, and gives each section an honest status."""

from __future__ import annotations

from collections.abc import Callable, Collection

from virtsmith.abi.binary import Emulator
from virtsmith.abi.collect import acpi, cpu, fwcfg, memory, pci, props, smbios, virtio
from virtsmith.abi.collect.firmware import Firmware
from virtsmith.abi.devices import DeviceSet
from virtsmith.abi.guest import Guest, start_guest
from virtsmith.abi.model import Dump, Section, Status
from virtsmith.qemu.process import QemuDied
from virtsmith.qemu.qmp import QmpClosed, QmpError
from virtsmith.qemu.qtest import QtestError


class Session:
    """A guest that is started when first needed, and again after it has crashed."""

    def __init__(self, start: Callable[[], Guest]) -> None:
        self._start = start
        self._guest: Guest | None = None
        self._firmware: Firmware | None = None

    @property
    def guest(self) -> Guest:
        """The guest."""
        if self._guest is None:
            self._guest = self._start()
        return self._guest

    @property
    def firmware(self) -> Firmware:
        """Its fw_cfg device."""
        if self._firmware is None:
            self._firmware = Firmware(self.guest.qtest)
        return self._firmware

    def crashed(self) -> QemuDied:
        """Put a dead guest away and return what it said last."""
        guest = self.guest
        error = guest.qemu.died("QEMU ended")
        self.stop()
        return error

    def stop(self) -> None:
        """End the guest, if one runs."""
        if self._guest is not None:
            self._guest.qemu.stop()
        self._guest = self._firmware = None


Collector = Callable[[Session], Section]

SECTIONS: dict[str, Collector] = {
    "props": lambda session: props.collect(session.guest),
    "cpu": lambda session: cpu.collect(session.guest),
    "memory": lambda session: memory.collect(session.guest),
    "ramblocks": lambda session: memory.collect_blocks(session.guest),
    "fwcfg": lambda session: fwcfg.collect(session.firmware),
    "roms": lambda session: fwcfg.collect_roms(session.guest, session.firmware),
    "e820": lambda session: fwcfg.collect_e820(session.firmware),
    "smbios": lambda session: smbios.collect(session.firmware),
    "acpi": lambda session: acpi.collect(session.firmware),
    "pci": lambda session: pci.collect(session.guest),
    "virtio": lambda session: virtio.collect(session.guest),
}
"""In the order in which they are collected: what changes the machine comes last."""


def dump_machine(emulator: Emulator, machine: str, devices: DeviceSet, accel: str, types: Collection[str] = ()) -> Dump:
    """Dump what a QEMU shows of a machine type."""
    session = Session(lambda: start_guest(emulator.program, machine, devices, accel, types))
    try:
        try:
            sections = {"probe": _probe(session)}
        except QemuDied as error:
            sections = dict.fromkeys(SECTIONS, _did_not_start(error))
        else:
            sections |= {name: _collect(session, collector) for name, collector in SECTIONS.items()}
    finally:
        session.stop()
    return Dump(emulator.binary, machine, devices.label, accel, sections)


def _probe(session: Session) -> Section:
    guest = session.guest
    present = {node.id: node.type for node in guest.devices if node.id}
    left_out = {name: f"left out: {reason}" for name, reason in guest.left_out.items()}
    return Section(Status.OK, present | left_out)


def _did_not_start(error: QemuDied) -> Section:
    killed = error.status is not None and error.status < 0
    return Section(Status.CRASHED if killed else Status.UNSUPPORTED, detail=str(error))


def _collect(session: Session, collector: Collector) -> Section:
    try:
        return collector(session)
    except (QmpError, QtestError) as error:
        return Section(Status.UNSUPPORTED, detail=str(error))
    except QmpClosed:
        return Section(Status.CRASHED, detail=str(session.crashed()))
    except QemuDied as error:
        return _did_not_start(error)
