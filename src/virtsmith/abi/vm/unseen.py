"""Parts of documents that change nothing that a guest sees, beyond libvirtxml's view of the guest ABI; and reasons.

The rest of what is not in a trial is listed with its path, and with a reason where this module has one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from libvirtxml import (
    ControllerCCID,
    ControllerPCI,
    ControllerSCSI,
    ControllerUSB,
    ControllerVirtioSerial,
    Devices,
    DomainCPU,
    Element,
)

Test = Callable[[Any], bool]
"""Whether a value changes nothing, given the value."""


def _always(_value: Any) -> bool:
    return True


def _of_the_machine(value: Any) -> bool:
    """Whether a controller comes with the machine: its place there is fixed."""
    if isinstance(value, ControllerPCI):
        return value.model in (None, "pci-root", "pcie-root")
    if isinstance(value, ControllerUSB):
        return value.model == "none"
    return not isinstance(value, ControllerSCSI | ControllerVirtioSerial | ControllerCCID)


def _is_ps2(value: Any) -> bool:
    return getattr(value, "bus", None) == "ps2"


def _is_first_console(value: Any) -> bool:
    """Whether a console is another name for a serial port."""
    return value.target is None or getattr(value.target, "type", None) in (None, "serial", "isa-serial")


def _is_default_timer(value: Any) -> bool:
    """Whether a timer does what QEMU's does anyway."""
    if getattr(value, "catchup", None) is not None:
        return False
    return value.name in ("pit", "rtc") and getattr(value, "tickpolicy", None) in (None, "delay")


_UNSEEN: Mapping[str, Test] = {
    "Domain.type": _always,  # the accelerator of the trial is chosen by its user
    "Domain.name": _always,
    "OSType.value": _always,
    "OSType.arch": _always,  # it was checked
    "Domain.memory": _always,  # where the sizes of NUMA cells count instead
    "DomainCPU.mode": lambda value: value == "custom",
    "DomainCPU.check": _always,
    "DomainCPU.match": _always,
    "Features.apic": _always,  # every processor that QEMU emulates for x86 has one
    "Features.pae": _always,
    "Clock.offset": _always,  # the time is in the state, and not in the hardware
    "ClockTimezone.timezone": _always,
    "ClockVariable.adjustment": _always,
    "ClockVariable.basis": _always,
    "ClockUTC.adjustment": _always,
    "ClockLocaltime.adjustment": _always,
    "ClockAbsolute.start": _always,
    "Clock.timers": _is_default_timer,
    "Devices.watchdogs": lambda value: value.model == "itco",  # the machine has it
    "Devices.controllers": _of_the_machine,
    "Controller.index": _always,  # a name within the document; addresses that refer to it are in the trial
    "Devices.inputs": _is_ps2,
    "Devices.consoles": _is_first_console,
    "Console.target": _always,
    "ConsoleTarget.port": _always,
    "CharTarget.port": _always,
    "Serial.target": _always,
    "CharTarget.model": _always,
    "SerialTargetModel.name": _always,
    "Disk.driver": _always,
    "DiskDriver.discard": _always,  # how the image is stored; the device offers it in any case
    "DiskDriver.detect_zeroes": _always,
    "DiskTarget.dev": _always,
    "Disk.readonly": _always,  # of CD-ROM drives, which are read-only in any case
    "VideoModel.primary": _always,  # the first is
    "VideoModel.heads": lambda value: value == 1,
    "VideoModel.vram": _always,  # of models without a size
    "Sound.multichannel": _always,
    "Hub.type": _always,
    "AddressPCI.domain": _always,
}
"""Keys are ``Class.field``; variants of a class are meant too."""

_REASONS: Mapping[str, str] = {
    "Domain.launch_security": "the memory of such a guest is encrypted, and QEMU does not migrate it",
    "Domain.qemu_commandline": "arguments for QEMU may name files and devices of the host",
    "Domain.qemu_override": "its properties are set for devices by libvirt's names",
    "OS.loader": "SeaBIOS takes the place of other firmware",
    "OS.firmware": "SeaBIOS takes the place of other firmware",
    "Devices.hostdevs": "an assigned device; whether it migrates depends on its driver",
    "Devices.tpms": "the state of a TPM is in a separate program",
    "Devices.filesystems": "shared directories need a server",
    "Devices.vsock": "it needs the host's vhost",
    "DomainCPU.mode": "the CPUs depend on the host; the machine's default model takes their place",
    "FeaturesIOAPIC.driver": "only KVM has it",
    "InterfaceDriver.queues": "several queues need a real network",
    "VideoModel.acceleration": "it needs a graphics card",
}


def is_unseen(element: Element, name: str, value: object) -> bool:
    """Return whether a field of an element changes nothing that a guest sees."""
    return any((test := _UNSEEN.get(f"{cls.__name__}.{name}")) and test(value) for cls in type(element).__mro__)


def may_be_implied(element: Element, name: str) -> bool:
    """Return whether members of a list may be there although the document does not name them."""
    return isinstance(element, Devices) and name == "controllers"


def is_replaced(element: Element, name: str) -> bool:
    """Return whether something else is in the trial in any case, although other values would be in it."""
    return isinstance(element, DomainCPU) and name == "mode" and element.mode not in (None, "custom")


def reason_for(element: Element, name: str) -> str:
    """Return why a field of an element is not in a trial; empty where no reason is known."""
    return next((text for cls in type(element).__mro__ if (text := _REASONS.get(f"{cls.__name__}.{name}"))), "")
