"""The places on the root bus that the chipset of an x86 machine has for itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from libvirtxml._impl.definition.guest import Guest, each, look, number

_PIIX3_IDE, _PIIX3_USB = (1, 1), (1, 2)
_ICH9_SATA = (0x1F, 2)


class Chipset:
    """Which slots and functions of the root bus no other device has."""

    def __init__(self, domain: Any, guest: Guest) -> None:
        self._own: dict[str, tuple[int, int]] = {}
        """Where the chipset has its first controller of a type."""
        self._reserved: set[tuple[int, int]] = set()
        if guest.is_q35:
            self._own = {"sata": _ICH9_SATA}
            self._reserved = {(0x1F, 0), _ICH9_SATA, (0x1F, 3)}
        elif guest.is_i440fx:
            self._own = {"ide": _PIIX3_IDE}
            self._reserved = {(1, 0), (1, 3)}
            kinds = {look(item, "type") for _, item in each(domain, "controllers")}
            if "ide" in kinds or any(look(disk, "target.bus") == "ide" for _, disk in each(domain, "disks")):
                self._reserved.add(_PIIX3_IDE)
            usb = [item for _, item in each(domain, "controllers") if look(item, "type") == "usb"]
            if all(_is_piix3(item) or number(item, "index") for item in usb):
                self._reserved.add(_PIIX3_USB)
                self._own |= {"usb": _PIIX3_USB} if any(look(item, "model") for item in usb) else {}

    def objections(self, path: str, device: Any) -> Iterator[tuple[str, str]]:
        """What keeps a device from its place on the root bus."""
        place = (number(device, "address.slot") or 0, number(device, "address.function") or 0)
        kind = str(look(device, "type")) if "/controller[" in path and not number(device, "index") else ""
        own = self._own.get(kind)
        if own is not None and place != own:
            message = f"the first {kind} controller of this machine is function {own[1]} of slot {own[0]:#x}"
            yield f"{path}/address", message
        elif own is None and place in self._reserved and not (kind == "usb" and place == _PIIX3_USB):
            yield f"{path}/address", f"function {place[1]} of slot {place[0]:#x} is part of the chipset"


def _is_piix3(controller: Any) -> bool:
    """Whether a USB controller is that of the chipset; without a model it is, where QEMU has it."""
    return (look(controller, "model") or "piix3-uhci") == "piix3-uhci"
