"""Makes dumps: starts machines, runs the collectors, and gives each section an honest status."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from virtsmith.abi.collect import acpi, cpu, fwcfg, memory, pci, props, smbios, static, virtio, vmstate
from virtsmith.abi.collect.firmware import Firmware
from virtsmith.abi.dump.model import Dump, Section, Status
from virtsmith.abi.machine.devices import DeviceSet
from virtsmith.abi.machine.guest import Guest, start_guest
from virtsmith.abi.sources.binary import Emulator
from virtsmith.abi.sources.source import Source
from virtsmith.qemu.process import QemuDied
from virtsmith.qemu.qmp import QmpClosed, QmpError
from virtsmith.qemu.qtest import QtestError


@dataclass(frozen=True, slots=True)
class Known:
    """What the dump of the binary says that the dumps of its machine types need; it travels with their jobs."""

    packed: bytes

    @classmethod
    def of(cls, dump: Dump) -> Known:
        """Take it from the dump of a binary."""
        state = dump.sections["vmstate"]
        data = {
            "types": sorted(dump.sections["devices"].data),
            "vmstate": {"status": state.status.value, "detail": state.detail, "data": state.data},
        }
        return cls(zlib.compress(json.dumps(data).encode(), 1))

    @property
    def device_types(self) -> frozenset[str]:
        """The device types that this QEMU has; empty if that is not known."""
        return frozenset(_unpack(self.packed)["types"])

    @property
    def vmstate(self) -> Section:
        """The state of all device types."""
        part = _unpack(self.packed)["vmstate"]
        return Section(Status(part["status"]), part["data"], part["detail"])


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine type as the dump of the binary tells of it."""

    name: str
    lifecycle: Section
    compat: Section

    @classmethod
    def of(cls, dump: Dump, name: str) -> Machine:
        """Take it from the dump of a binary."""
        machines, properties = dump.sections["machines"], dump.sections["compat"]
        return cls(
            name,
            Section(machines.status, machines.data.get(name, {}), machines.detail),  # type: ignore[arg-type]
            Section(properties.status, properties.data.get(name, {}), properties.detail),  # type: ignore[arg-type]
        )


class Session:
    """A guest that is started when first needed, and again after it has crashed."""

    def __init__(self, start: Callable[[], Guest], known: Known) -> None:
        self._start = start
        self._guest: Guest | None = None
        self._firmware: Firmware | None = None
        self.known = known

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
        error = self.guest.qemu.died("QEMU ended")
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
    "vmstate": lambda session: vmstate.of_machine(session.known.vmstate, session.guest.types),
    "fwcfg": lambda session: fwcfg.collect(session.firmware),
    "roms": lambda session: fwcfg.collect_roms(session.guest, session.firmware),
    "e820": lambda session: fwcfg.collect_e820(session.firmware),
    "smbios": lambda session: smbios.collect(session.firmware),
    "acpi": lambda session: acpi.collect(session.firmware),
    "pci": lambda session: pci.collect(session.guest),
    "virtio": lambda session: virtio.collect(session.guest),
}
"""In the order in which they are collected: what changes the machine comes last."""


def dump_binary(source: Source, accel: str) -> Dump:
    """Dump what a QEMU says of itself.

    Raises:
        QemuDied: it does not start.
    """
    sections = {name: _understood(lambda: collect(source)) for name, collect in static.SECTIONS.items()}  # noqa: B023
    return Dump(source.binary, None, "", accel, sections)


def dump_machine(emulator: Emulator, machine: Machine, devices: DeviceSet, accel: str, known: Known) -> Dump:
    """Dump what a QEMU shows of a machine type; a recording shows little."""
    sections = {"lifecycle": machine.lifecycle, "compat": machine.compat}
    if emulator.recording is not None:
        sections |= dict.fromkeys(("probe", *SECTIONS), Section(Status.NOT_RECORDED))
        return Dump(emulator.binary, machine.name, devices.label, accel, sections)
    return dump_guest(
        lambda: start_guest(emulator.program, machine.name, devices, accel, known.device_types),
        emulator, machine, known, label=devices.label, accel=accel,
    )  # fmt: skip


def dump_guest(
    start: Callable[[], Guest], emulator: Emulator, machine: Machine, known: Known, *, label: str, accel: str
) -> Dump:
    """Dump what a QEMU shows of a guest that ``start`` starts; ``label`` names its devices."""
    sections = {"lifecycle": machine.lifecycle, "compat": machine.compat}
    session = Session(start, known)
    try:
        try:
            sections["probe"] = _probe(session.guest)
            sections["lifecycle"] = _with_reason(machine, session.guest.qemu.stderr)
        except QemuDied as error:
            sections |= dict.fromkeys(("probe", *SECTIONS), _did_not_start(error))
        else:
            sections |= {name: _collect(session, collector) for name, collector in SECTIONS.items()}
    finally:
        session.stop()
    return Dump(emulator.binary, machine.name, label, accel, sections)


def _probe(guest: Guest) -> Section:
    """Which devices of the set are there."""
    present = {node.id: node.type for node in guest.devices if node.id}
    return Section(Status.OK, present | {name: f"left out: {reason}" for name, reason in guest.left_out.items()})


def _with_reason(machine: Machine, stderr: str) -> Section:
    """Life-cycle with the reason of a deprecation, which QEMU gives only when the machine starts."""
    head = f"Machine type '{machine.name}' is deprecated: "
    for line in stderr.splitlines():
        _, found, reason = line.partition(head)
        if found:
            data = {**machine.lifecycle.data, "deprecation-reason": reason}
            return Section(machine.lifecycle.status, data, machine.lifecycle.detail)
    return machine.lifecycle


def _did_not_start(error: QemuDied) -> Section:
    killed = error.status is not None and error.status < 0
    return Section(Status.CRASHED if killed else Status.UNSUPPORTED, detail=str(error))


def _collect(session: Session, collector: Collector) -> Section:
    try:
        return _understood(lambda: collector(session))
    except (QmpError, QtestError) as error:
        return Section(Status.UNSUPPORTED, detail=str(error))
    except QmpClosed:
        return Section(Status.CRASHED, detail=str(session.crashed()))
    except QemuDied as error:
        return _did_not_start(error)


def _understood(collect: Callable[[], Section]) -> Section:
    """Collect; a QEMU that answers in a form we do not know costs one section, not the dump."""
    try:
        return collect()
    except (TypeError, ValueError, LookupError, AttributeError, struct.error) as error:
        return Section(Status.UNSUPPORTED, detail=f"not understood: {type(error).__name__}: {error}")


@lru_cache(maxsize=4)
def _unpack(packed: bytes) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(zlib.decompress(packed))
    return data
