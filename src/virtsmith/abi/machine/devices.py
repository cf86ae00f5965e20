"""Named sets of devices that are plugged into a machine before it is inspected."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from virtsmith.errors import UsageError


@dataclass(frozen=True, slots=True)
class SetDevice:
    """One device: its type, the bus (or the device with the bus) that it needs, and its backend."""

    type: str
    id: str
    on: str = ""
    options: str = ""
    backend: tuple[str, ...] = ()

    @property
    def arguments(self) -> list[str]:
        """The QEMU arguments for the device."""
        parts = [self.type, f"id={self.id}", *([self.options] if self.options else [])]
        return [*self.backend, "-device", ",".join(parts)]


@dataclass(frozen=True, slots=True)
class DeviceSet:
    """A named set of devices."""

    name: str
    about: str
    devices: tuple[SetDevice, ...]

    @property
    def label(self) -> str:
        """The name with a digest of all arguments: equal labels mean the same devices, whatever the binary."""
        words = "\n".join(f"{device.on} {device.arguments}" for device in self.devices)
        return f"{self.name}-{hashlib.sha256(words.encode()).hexdigest()[:8]}"

    def fitting(self, buses: Collection[str], refused: Collection[str] = ()) -> list[SetDevice]:
        """Return the devices for which there is a bus and which are not rejected, in order."""
        chosen: dict[str, SetDevice] = {}
        for device in self.devices:
            if device.id not in refused and (not device.on or device.on in buses or device.on in chosen):
                chosen[device.id] = device
        return list(chosen.values())


@cache
def device_sets() -> dict[str, DeviceSet]:
    """Return all device sets by name."""
    data = tomllib.loads((files("virtsmith.abi.machine") / "devices.toml").read_text())
    return {
        name: DeviceSet(
            name,
            part["about"],
            tuple(SetDevice(**{**device, "backend": tuple(device.get("backend", ()))}) for device in part["devices"]),
        )
        for name, part in data.items()
    }


def device_set(name: str) -> DeviceSet:
    """Return a device set.

    Raises:
        UsageError: it does not exist.
    """
    try:
        return device_sets()[name]
    except KeyError:
        raise UsageError(f"no such device set: {name}", hint=f"there are {', '.join(device_sets())}") from None
