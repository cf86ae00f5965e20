"""The hardware of one VM, as QEMU is told of it: what a guest sees and migration carries, without what is behind it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from virtsmith.abi.machine.devices import SetDevice

Settings = Mapping[str, Mapping[str, str]]
"""Properties to set, by device id."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """A machine type, what belongs to it (processors, memory), and devices in the order in which they are plugged.

    ``places`` tells for each device id what it is in the document; ``notes`` tell what was left out or replaced.
    """

    machine: str
    machine_options: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    devices: tuple[SetDevice, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def command_line(self, program: str, accel: str) -> list[str]:
        """QEMU's command line for it, stopped before its first instruction."""
        machine = ",".join([self.machine, f"accel={accel}", *self.machine_options])
        head = [program, "-machine", machine, "-S", "-nodefaults", "-no-user-config", "-display", "none"]
        return [*head, *self.options, *(word for device in self.devices for word in device.arguments)]

    def without(self, ids: Collection[str]) -> Hardware:
        """The same without some devices, and without those that sit on them."""
        gone = set(ids)
        kept: list[SetDevice] = []
        for device in self.devices:
            if device.id in gone or device.on in gone:
                gone.add(device.id)
            else:
                kept.append(device)
        return replace(self, devices=tuple(kept))

    def only(self, wanted: str, among: Collection[str]) -> Hardware:
        """The same with just one of some devices, and with those that sit on it."""
        return self.without([text for text in among if text != wanted])

    def changed(self, settings: Settings) -> Hardware:
        """The same with some properties set; a later setting of a property wins in QEMU."""
        devices = tuple(
            replace(device, options=",".join(filter(None, [device.options, *_assignments(settings, device.id)])))
            for device in self.devices
        )
        return replace(self, devices=devices)

    def of_type(self, machine: str) -> Hardware:
        """The same with another machine type."""
        return replace(self, machine=machine)

    def find(self, device: str) -> SetDevice | None:
        """A device by its id."""
        return next((item for item in self.devices if item.id == device), None)

    def place(self, device: str) -> str:
        """What a device is in the document; its id where nothing is known."""
        return self.places.get(device, device)


def _assignments(settings: Settings, device: str) -> list[str]:
    return [f"{name}={value}" for name, value in settings.get(device, {}).items()]


def escaped(value: str) -> str:
    """A value for QEMU's option syntax, in which a comma is written twice."""
    return value.replace(",", ",,")
