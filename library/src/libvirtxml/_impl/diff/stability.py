"""Whether libvirt refuses a difference between two domains where one is to replace the other in a guest's life.

Before it restores, migrates or reverts a guest, libvirt compares the domain it knows with the one it is given, field by
field and list by list, and refuses the second if a guest could see the difference. ``checked.py`` has the fields, as
they were measured; here is what libvirt assumes where a document says nothing, so that the difference is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from libvirtxml._impl.diff.checked import ALONE, LATER, LEADING, UNCHECKED, VALUES
from libvirtxml._impl.diff.views import FieldRule, Views
from libvirtxml._impl.element import Element
from libvirtxml.errors import SizeError
from libvirtxml.topology.addresses import DrivePlace, target_bus

OWN = frozenset({
    "Domain.uuid", "Domain.memory", "Console.target", "Disk.address", "Video.model", "Devices.graphics",
    "AddressVirtioSerial.port",
})  # fmt: skip
"""Checked as well: domains with different UUIDs cannot be compared by the way in which the others were measured, most
edits of some change nothing, since libvirt assumes the same, and ports of other buses are not numbers."""
VOLATILE = frozenset({
    "Domain.current_memory", "CurrentMemory.value", "CurrentMemory.unit", "VCPU.current", "Domain.vcpus", "VCPUs.vcpus",
    "VCPUsVCPU.enabled", "VCPUsVCPU.id", "VCPUsVCPU.order",
})  # fmt: skip
"""Not among them: what changes while a guest runs is checked for snapshots only."""

_CHECKED = (VALUES | ALONE | OWN) - VOLATILE


def _bus(target: Any, _domain: Any) -> str | None:
    return None if target is None else target_bus(target)


def _is_read_only(disk: Any, _domain: Any) -> bool:
    return bool(disk.__dict__.get("readonly")) or disk.__dict__.get("device") == "cdrom"


def _disk_address(disk: Any, _domain: Any) -> Any:
    """Where a disk sits on a bus with drives, by its address or its name; of others the address as it is written."""
    address = disk.__dict__.get("address")
    return DrivePlace.of(disk) or (address and address.to_xml())


def _acpi_index(device: Any, _domain: Any) -> int:
    """The number that firmware gives to a device: all that is checked of its ``<acpi>``."""
    acpi = device.__dict__.get("acpi")
    return 0 if acpi is None else _number(acpi, "index")


def _policy(capabilities: Any) -> str:
    """Which capabilities a container keeps, beside those that are listed: only this is checked."""
    return str((capabilities and capabilities.__dict__.get("policy")) or "default")


def _number(element: Any, name: str, assumed: int = 0) -> int:
    """A number, or what libvirt assumes where there is none."""
    value = element.__dict__.get(name)
    if isinstance(value, int):
        return value
    return int(value) if str(value).isdecimal() else assumed


def _or(name: str, assumed: Any) -> Callable[[Any, Any], Any]:
    """A field, or what libvirt assumes where it is absent."""
    if isinstance(assumed, int):
        return lambda element, _domain: _number(element, name, assumed)
    return lambda element, _domain: str(element.__dict__.get(name) or assumed)


def _input_bus(device: Any, _domain: Any) -> str:
    return str(device.__dict__.get("bus") or ("usb" if device.type == "tablet" else "ps2"))


def _balloon_address(balloon: Any, _domain: Any) -> str | None:
    """A balloon that is none has no address."""
    address = balloon.__dict__.get("address")
    return None if address is None or balloon.model == "none" else address.to_xml()


def _video_type(model: Any, domain: Any) -> str:
    """The type of a video device; where there is none, that of the drivers that do not choose themselves."""
    kind = None if model is None else model.__dict__.get("type")
    system = getattr(getattr(getattr(domain, "os", None), "type", None), "value", None)
    return str(kind or ("xen" if system in ("xen", "linux") else "cirrus"))


def _video_memory(model: Any, domain: Any) -> int:
    standard = {"qxl": 65536, "xen": 4096, "vbox": 8192}.get(_video_type(model, domain), 16384)
    return standard if model is None else _number(model, "vram", standard)


def _video_model(video: Any, domain: Any) -> Any:
    model = video.model
    heads = 1 if model is None else _number(model, "heads", 1)
    return _video_type(model, domain), _video_memory(model, domain), heads, _place(video)


def _videos(devices: Any, domain: Any) -> list[Any]:
    """A guest with a screen has a video device."""
    standard = (_video_type(None, domain), _video_memory(None, domain), 1, None)
    return [_video_model(video, domain) for video in devices.videos] or [standard] * bool(devices.graphics)


def _console_type(target: Any, _domain: Any) -> str:
    return str((None if target is None else target.__dict__.get("type")) or "serial")


def _consoles(devices: Any, _domain: Any) -> list[str]:
    """The first serial port is a console as well."""
    return [_console_type(console.target, None) for console in devices.consoles] or ["serial"] * bool(devices.serials)


def _serials(devices: Any, _domain: Any) -> list[Any]:
    """A console of this kind is a serial port as well."""
    first = devices.consoles[0] if devices.consoles else None
    is_serial = first is not None and _console_type(first.target, None) == "serial"
    standard = (0, None, None, None)
    return [(*_port_target(port, None), _place(port)) for port in devices.serials] or [standard] * is_serial


def _memory(domain: Any, _domain: Any = None) -> Any:
    """Where a guest has NUMA cells and no memory of its own, theirs counts."""
    cells = getattr(getattr(domain.cpu, "numa", None), "cells", None)
    try:
        amounts = [amount.bytes for amount in ([domain.memory] if domain.memory is not None else cells or [])]
    except SizeError:
        return None
    return None if None in amounts else sum(amounts)


def _place(device: Any) -> str | None:
    address = device.__dict__.get("address")
    return None if address is None else str(address.to_xml())


def _port_target(device: Any, _domain: Any) -> Any:
    target = device.target
    values = {} if target is None else target.__dict__
    return values.get("port") or 0, values.get("type"), getattr(values.get("model"), "name", None)


ASSUMED: Mapping[str, Callable[[Any, Any], Any]] = {
    "Disk.readonly": _is_read_only,
    "Disk.address": _disk_address,
    "DiskTarget.bus": _bus,
    "Input.bus": _input_bus,
    "MemBalloon.address": _balloon_address,
    "Controller.type": _or("type", "ide"),
    "Controller.index": _or("index", 0),
    **{f"Address.{name}": _or(name, 0) for name in ("domain", "bus", "slot", "function", "controller", "unit")},
    "DomainCPUFeature.policy": _or("policy", "require"),
    "DomainCPU.mode": _or("mode", "custom"),
    "Devices.videos": _videos,
    "Devices.graphics": _videos,
    "Video.model": _video_model,
    "VideoModel.type": _video_type,
    "VideoModel.vram": _video_memory,
    "VideoModel.ram": _or("ram", 65536),
    "VideoModel.heads": _or("heads", 1),
    "Devices.consoles": _consoles,
    "Devices.serials": _serials,
    "Console.target": lambda console, _domain: _console_type(console.target, None),
    "Console.target CharTarget.type": _console_type,
    "Serial.target": _port_target,
    "Parallel.target": _port_target,
    "CharTarget.port": _or("port", 0),
    "Domain.memory": _memory,
    "Memory.value": lambda _element, domain: _memory(domain),
    "Memory.unit": lambda _element, domain: _memory(domain),
    "VCPU.value": _or("value", 1),
    "FeaturesCapabilities.policy": _or("policy", "default"),
    "Features.capabilities": lambda features, _domain: _policy(features.capabilities),
    "FeaturesSMM.state": _or("state", True),
    "FeaturesVMCoreInfo.state": _or("state", True),
    "FeaturesPvspinlock.state": _or("state", True),
    **{key: _acpi_index for key in ALONE if key.endswith(".acpi") and not key.startswith("Features")},
    "Disk.blockio": lambda disk, _domain: [] if disk.blockio is None else sorted(disk.blockio.__dict__.items()),
}
"""What libvirt makes of a field, given the element that has it and its domain: with the same there is no difference.

A key with two fields is for the second below the first.
"""


class Stability:
    """Judges the differences that a comparison finds."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def is_refused(self, trail: list[FieldRule], parents: Sequence[tuple[Element, Element]], value: Any) -> bool:
        """Whether libvirt refuses a difference.

        Args:
            trail: the fields that lead to it, and its own.
            parents: the elements that have the fields, before and after.
            value: the element that was added or removed; None if a value changed.
        """
        if not trail or not all(LEADING.intersection(rule.keys) for rule in trail[:-1]):
            return False
        keys = trail[-1].keys
        pairs = [f"{parent} {key}" for parent in (trail[-2].keys if len(trail) > 1 else ()) for key in keys]
        if not UNCHECKED.isdisjoint(pairs):
            return False
        assumed = next((ASSUMED[key] for key in (*pairs, *keys) if key in ASSUMED), None)
        if assumed is not None and assumed(parents[-1][0], parents[0][0]) == assumed(parents[-1][1], parents[0][1]):
            return False
        if not _CHECKED.isdisjoint(keys):
            return True
        return isinstance(value, Element) and bool(LEADING.intersection(keys)) and self._holds_any(value, parents[0][0])

    @staticmethod
    def since(trail: list[FieldRule]) -> str:
        """The first release among those that were asked that checks a field; empty if all of them do."""
        return next((LATER[key] for rule in trail for key in rule.keys if key in LATER), "")

    def _holds_any(self, element: Element, domain: Element) -> bool:
        """Whether an element holds anything that is checked and not what libvirt assumes."""
        rules = self._views.plan(type(element)).rules
        for name, value in self._views.view(element).items():
            keys = rules[name].keys
            if not VALUES.isdisjoint(keys) or not ALONE.isdisjoint(keys):
                assumed = next((ASSUMED[key] for key in keys if key in ASSUMED), None)
                if assumed is None or assumed(element, domain) != assumed(_Empty(element), domain):
                    return True
            elif rules[name].field.kind.is_object and LEADING.intersection(keys):
                members = value if rules[name].field.many else [value]
                if any(self._holds_any(member, domain) for member in members):
                    return True
        return False


class _Empty:
    """An element of the same kind that says nothing."""

    def __init__(self, element: Element) -> None:
        self._element = element

    def __getattr__(self, name: str) -> Any:
        return getattr(type(self._element), name)
