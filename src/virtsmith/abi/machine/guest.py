"""A machine that is started but stopped before its first instruction, for inspection."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property
from typing import Self

from virtsmith.abi.machine.devices import DeviceSet, SetDevice
from virtsmith.abi.machine.qtree import QtreeDevice, parse_qtree
from virtsmith.qemu.process import Qemu, QemuDied
from virtsmith.qemu.qmp import Qmp
from virtsmith.qemu.qtest import Qtest

MEMORY = 64
"""MiB of RAM: enough for firmware, and quick to save and load."""
_BUS_KINDS = {"PCIE": ("pcie", "pci"), "PCI": ("pci",), "ISA": ("isa",)}


class StoppedMachine:
    """A started machine. Leaving the ``with`` block ends it.

    ``left_out`` lists the devices of the set that this machine or this QEMU does not support, with the reason.
    """

    def __init__(self, qemu: Qemu, left_out: dict[str, str]) -> None:
        self.qemu = qemu
        self.left_out = left_out

    @property
    def qmp(self) -> Qmp:
        """The QMP connection."""
        return self.qemu.qmp

    @property
    def qtest(self) -> Qtest:
        """The qtest connection, for ports and memory."""
        return self.qemu.qtest

    @cached_property
    def devices(self) -> list[QtreeDevice]:
        """All devices on buses, parents first."""
        return parse_qtree(self.qmp.human("info qtree"))

    @cached_property
    def types(self) -> set[str]:
        """The types of all objects in the machine; for old QEMUs without ``info qom-tree``, of devices on buses."""
        return set(_TYPE.findall(self.qmp.human("info qom-tree"))) or {node.type for node in self.devices}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.qemu.stop()


_TYPE = re.compile(r"^ *(?:/.*)? \(([^()]+)\)\r?$", re.MULTILINE)


def command_line(program: str, machine: str, devices: Collection[SetDevice], accel: str) -> list[str]:
    """Return the command line of a stopped machine, with options that every QEMU since 1.4 has."""
    base = [
        program,
        "-machine",
        f"{machine},accel={accel}",
        "-S",
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-m",
        str(MEMORY),
    ]
    return base + [word for device in devices for word in device.arguments]


def start_guest(
    program: str, machine: str, device_set: DeviceSet, accel: str, types: Collection[str] = ()
) -> StoppedMachine:
    """Start a machine with all devices of a set that it supports.

    Args:
        program: the QEMU.
        machine: machine type.
        device_set: the devices.
        accel: accelerator.
        types: the device types of this QEMU, if known: others are left out without an attempt.

    Raises:
        QemuDied: it does not start even without devices.
    """
    left_out = {
        device.id: "this QEMU has no such device" for device in device_set.devices if types and device.type not in types
    }
    buses = find_buses(program, machine, accel) if device_set.devices else set()
    while True:
        chosen = device_set.fitting(buses, left_out)
        try:
            qemu = Qemu(command_line(program, machine, chosen, accel), qtest=True)
        except QemuDied as error:
            blamed = find_blamed(error.stderr, chosen)
            if blamed is None:
                raise
            left_out[blamed[0]] = blamed[1]
            continue
        present = {device.id for device in chosen}
        for device in device_set.devices:
            if device.id not in present:
                left_out.setdefault(device.id, f"no {device.on} for it")
        return StoppedMachine(qemu, left_out)


def find_buses(program: str, machine: str, accel: str) -> set[str]:
    """Return the kinds of buses of a machine type: ``pcie``, ``pci``, ``isa``. Unknown types are started and inspected.

    Raises:
        QemuDied: it does not start.
    """
    if machine.startswith("pc-q35") or machine == "q35":
        return {"pcie", "pci", "isa"}
    if machine == "pc" or machine.startswith("pc-i440fx-"):
        return {"pci", "isa"}
    with StoppedMachine(Qemu(command_line(program, machine, [], accel)), {}) as bare:
        kinds = {kind for node in bare.devices for kind in node.buses.values()}
    return {name for kind in kinds for name in _BUS_KINDS.get(kind, ())}


def find_blamed(stderr: str, chosen: Collection[SetDevice]) -> tuple[str, str] | None:
    """Return the device that QEMU rejected, and its message; QEMU repeats the argument before the message."""
    for line in reversed(stderr.splitlines()):
        for device in chosen:
            for word in device.arguments:
                _, found, reason = line.partition(f" {word}: ")
                if found:
                    return device.id, reason
    return None
