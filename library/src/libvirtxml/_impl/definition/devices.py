"""Rules about devices: what may be there once, and what needs something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.guest import each, look
from libvirtxml._impl.definition.rule import ALL, Found, measured_before, repeated, rule

if TYPE_CHECKING:
    from libvirtxml import Domain

_IDE = ("piix3", "piix4", "ich6")
_SOURCES = {"file": "file", "block": "dev", "dir": "dir", "network": "protocol"}
"""By types of disks that have one, what says where their data are."""
_MOST = (
    ("watchdogs", 1, measured_before("11.3.0")),
    ("tpms", 2, ALL),
)
"""Devices in lists, how many there can be, and the measured releases, as bits, that refuse more."""


@rule(
    "DEF020",
    "disks have targets of their own",
    why="libvirt knows a disk by its target.",
    fix="Give one of them another target.",
)
def check_targets(domain: Domain) -> Found:
    """Targets of disks."""
    for number, disk, first in repeated(domain.devices.disks, lambda disk: getattr(disk.target, "dev", None)):
        name = getattr(disk.target, "dev", None)
        yield f"/domain/devices/disk[{number}]/target/@dev", f"{name} is already that of disk[{first}]"


@rule(
    "DEF021",
    "controllers of one type have indexes of their own",
    why="Devices name their controller by type and index. Only USB controllers may share one.",
    fix="Give one of them the next free index.",
)
def check_controllers(domain: Domain) -> Found:
    """Indexes of controllers."""

    def key(controller: Any) -> Any:
        kind = controller.__dict__.get("type", "ide")
        return None if kind == "usb" or controller.index is None else (kind, controller.index)

    for number, controller, first in repeated(domain.devices.controllers, key):
        place = f"/domain/devices/controller[{number}]/@index"
        kind = controller.__dict__.get("type", "ide")
        yield place, f"{kind} controller {controller.index} is already controller[{first}]"
    for number, controller in enumerate(domain.devices.controllers, 1):
        if controller.__dict__.get("type") is not None:
            continue
        unknown = controller.extra.unknown_attributes() if controller.extra is not None else {}
        model = unknown.get("model") or controller.__dict__.get("model")
        if model is not None and str(model) not in _IDE:
            yield f"/domain/devices/controller[{number}]/@type", f"is missing, and no IDE controller is a {model}"


@rule(
    "DEF022",
    "audio backends have ids of their own",
    why="Sound devices name their backend by its id.",
    fix="Give one of them another id.",
)
def check_audios(domain: Domain) -> Found:
    """Ids of audio backends."""
    for number, audio, first in repeated(domain.devices.audios, lambda audio: audio.id):
        yield f"/domain/devices/audio[{number}]/@id", f"{audio.id} is already that of audio[{first}]"


@rule(
    "DEF023",
    "panic devices are of different models",
    why="A guest reports its crash through one device of a kind.",
    fix="Remove one of them.",
)
def check_panics(domain: Domain) -> Found:
    """Models of panic devices."""
    for number, _panic, first in repeated(domain.devices.panics, lambda panic: panic.model or "default"):
        yield f"/domain/devices/panic[{number}]", f"it is of the same model as panic[{first}]"


@rule(
    "DEF024",
    "one video device at most is the primary one",
    why="The firmware and the console use it.",
    fix="Leave one with primary='yes'.",
)
def check_primary(domain: Domain) -> Found:
    """Primary video devices."""

    def key(video: Any) -> bool | None:
        return True if video.model is not None and video.model.__dict__.get("primary") is True else None

    for number, _video, first in repeated(domain.devices.videos, key):
        yield f"/domain/devices/video[{number}]/model/@primary", f"video[{first}] is the primary one"


@rule(
    "DEF025",
    "a boot order is used once",
    why="libvirt does not choose between two devices.",
    fix="Number the devices in the order that is meant.",
)
def check_boot_orders(domain: Domain) -> Found:
    """Boot orders."""
    devices = [*_bootable(domain)]
    for number, (path, order), first in repeated(devices, lambda found: found[1]):
        del number
        yield f"{path}/boot/@order", f"{order} is already that of {devices[first - 1][0]}"


@rule(
    "DEF026",
    "devices have boot orders, or the domain has boot devices",
    why="libvirt refuses documents with both.",
    fix="Remove <boot dev=...> from <os>, or <boot order=...> from the devices.",
)
def check_boot_kinds(domain: Domain) -> Found:
    """Both kinds of boot order."""
    if domain.os is not None and domain.os.boots and (first := next(_bootable(domain), None)):
        yield f"{first[0]}/boot", "the domain has boot devices as well"


def _bootable(domain: Domain) -> Iterator[tuple[str, int]]:
    devices = domain.devices
    for tag, found in (
        ("disk", devices.disks),
        ("interface", devices.interfaces),
        ("hostdev", devices.hostdevs),
        ("redirdev", devices.redirdevs),
    ):
        for number, device in enumerate(found, 1):
            boot = device.__dict__.get("boot")
            if boot is not None and isinstance(boot.order, int):
                yield f"/domain/devices/{tag}[{number}]", boot.order


@rule(
    "DEF027",
    "a disk says where its data are",
    why="Only drives with removable media may be empty.",
    fix="Add <source>.",
)
def check_sources(domain: Domain) -> Found:
    """Sources of disks."""
    for number, disk in enumerate(domain.devices.disks, 1):
        values = disk.__dict__
        kind = values.get("type") or "file"
        if kind not in _SOURCES or values.get("device") in ("cdrom", "floppy"):
            continue
        source = values.get("source")
        if source is None:
            yield f"/domain/devices/disk[{number}]/source", "is missing, and the disk is not a drive for media"
        elif kind == "block" and values.get("device") == "lun" and look(source, "slices") is None:
            continue
        elif kind != "network" and not source.__dict__.get(_SOURCES[kind]):
            place = f"/domain/devices/disk[{number}]/source/@{_SOURCES[kind]}"
            yield place, "is missing, and the disk is not a drive for media"


@rule(
    "DEF028",
    "a guest without USB has no other USB controller",
    why="A controller of the model 'none' says that there is no USB at all.",
    fix="Remove one of the two.",
)
def check_usb(domain: Domain) -> Found:
    """USB that is off."""
    usb = [(number, controller) for number, controller in enumerate(domain.devices.controllers, 1)
           if controller.__dict__.get("type") == "usb"]  # fmt: skip
    off = [controller for _, controller in usb if controller.__dict__.get("model") == "none"]
    if off and len(usb) > len(off):
        number = next(number for number, controller in usb if controller not in off)
        yield f"/domain/devices/controller[{number}]", "another controller switches USB off"
    elif len(off) > 1:
        yield f"/domain/devices/controller[{usb[1][0]}]", "USB is switched off twice"


@rule(
    "DEF059",
    "a guest has as many devices of a kind as it can have",
    why="libvirt refuses a second device where there can be one.",
    fix="Remove the others.",
)
def check_counts(domain: Domain) -> Found:
    """Devices that there can be one of, or not many."""
    for name, most, which in _MOST:
        devices = [*each(domain, name)]
        for path, _ in devices[most:]:
            yield path, f"there can be {most}", which
