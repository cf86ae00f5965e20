"""The hardware of one VM as QEMU arguments: what a guest sees and migration transfers, without backends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from virtsmith.abi.machine.devices import SetDevice
from virtsmith.abi.vm.account import LeftOut

Settings = Mapping[str, Mapping[str, str]]
"""Properties to set, by device id."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """A machine type with CPUs and memory, and devices in the order in which they are plugged.

    ``places`` maps device ids to their names in the document; ``notes`` say what was replaced; ``left_out`` is what a
    guest can notice and what is not in the trial; ``blockers`` are parts of the document that cannot be migrated.
    """

    machine: str
    machine_options: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    devices: tuple[SetDevice, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    blockers: tuple[str, ...] = ()

    @property
    def trial(self) -> object:
        """What QEMU is started with."""
        return self.machine, self.machine_options, self.options, self.devices

    def command_line(self, program: str, accel: str) -> list[str]:
        """Return QEMU's command line for it, stopped before the first instruction."""
        machine = ",".join([self.machine, f"accel={accel}", *self.machine_options])
        head = [program, "-machine", machine, "-S", "-nodefaults", "-no-user-config", "-display", "none"]
        return [*head, *self.options, *(word for device in self.devices for word in device.arguments)]

    def without(self, ids: Collection[str]) -> Hardware:
        """Return the hardware without some devices and without those on their buses."""
        gone = set(ids)
        kept: list[SetDevice] = []
        for device in self.devices:
            if device.id in gone or device.on in gone:
                gone.add(device.id)
            else:
                kept.append(device)
        return replace(self, devices=tuple(kept))

    def only(self, device: str, among: Collection[str]) -> Hardware:
        """Return the hardware with only one of some devices and those on its buses."""
        return self.without([text for text in among if text != device])

    def changed(self, settings: Settings) -> Hardware:
        """Return the hardware with some properties set; in QEMU, a later setting of a property wins."""
        devices = tuple(
            replace(device, options=",".join(filter(None, [device.options, *_assignments(settings, device.id)])))
            for device in self.devices
        )
        return replace(self, devices=devices)

    def of_type(self, machine: str) -> Hardware:
        """Return the hardware with another machine type."""
        return replace(self, machine=machine)

    def find(self, device: str) -> SetDevice | None:
        """Return a device by its id."""
        return next((known for known in self.devices if known.id == device), None)

    def place(self, device: str) -> str:
        """Return the name of a device in the document; its id if unknown."""
        return self.places.get(device, device)


def _assignments(settings: Settings, device: str) -> list[str]:
    return [f"{name}={value}" for name, value in settings.get(device, {}).items()]


def escaped(value: str) -> str:
    """Return a value for QEMU's option syntax, in which commas are doubled."""
    return value.replace(",", ",,")


def on_off(state: bool) -> str:
    """Return a boolean as QEMU writes it."""
    return "on" if state else "off"
