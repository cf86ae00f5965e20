"""A domain document as QEMU hardware, by virtsmith's own mapping; it notes what it does not map.

Buses and addresses are those of the document. If libvirt has not completed it yet, devices without an address are on
the root bus instead of behind their own ports: the same devices with the same state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from libvirtxml import (
    AddressPCI,
    Controller,
    ControllerSATA,
    ControllerSCSI,
    ControllerUSB,
    ControllerVirtioSerial,
    Domain,
    SizeError,
    Topology,
    check_sizes,
)

from virtsmith.abi.machine.devices import SetDevice
from virtsmith.abi.vm.account import LeftOut, account
from virtsmith.abi.vm.blockers import find_blockers
from virtsmith.abi.vm.buses import Buses
from virtsmith.abi.vm.hardware import Hardware
from virtsmith.abi.vm.parts import Parts
from virtsmith.abi.vm.storage import boot_orders
from virtsmith.abi.vm.system import machine_options, system_devices, system_options
from virtsmith.errors import InputError

_ALWAYS = (
    "disks: replaced by null devices, since contents do not matter",
    "networks: not connected; offloads that a host's network adds are not tried",
)
_DISK_CONTROLLERS = {"scsi": ControllerSCSI, "sata": ControllerSATA}


def read_domain(domain: Domain, source: str, accel: str = "tcg") -> Hardware:
    """Return the hardware of a domain document, with what of the document is not in a trial with an accelerator.

    Raises:
        InputError: it is not for x86_64 with a machine type of the pc or q35 family.
    """
    check_domain(domain, source)
    hardware = to_hardware(domain)
    left_out = account(domain, lambda changed: to_hardware(changed).trial).left_out
    return replace(hardware, left_out=(*left_out, *(_of_kvm(domain) if accel != "kvm" else ())))


def _of_kvm(domain: Domain) -> Iterator[LeftOut]:
    """Yield what QEMU accepts under emulation, too, and then does not offer to the guest."""
    features = domain.features
    for name in ("hyperv", "kvm", "pvspinlock") if features is not None else ():
        if getattr(features, name) is not None:
            yield LeftOut(f"/domain/features/{name}", "emulation does not have it; --accel kvm does")


def check_domain(domain: Domain, source: str) -> None:
    """Make sure that a document can be tried.

    Raises:
        InputError: it is incomplete, or not for x86_64.
    """
    missing = next((problem for problem in domain.problems() if problem.kind == "missing"), None)
    if missing is not None:
        raise InputError(f"{missing.path}: {missing.message}", source=source)
    try:
        check_sizes(domain)
    except SizeError as error:
        raise InputError(error.reason, source=source, hint=error.hint) from error
    kind = domain.os.type if domain.os is not None else None
    if kind is None or not kind.machine:
        raise InputError("the document names no machine type", source=source, hint="virsh dumpxml gives it in full")
    if (kind.arch or "x86_64") != "x86_64":
        raise InputError(f"a VM for {kind.arch} cannot be tried here: only x86_64", source=source)


def to_hardware(domain: Domain) -> Hardware:
    """Return the hardware of a document that was checked."""
    kind = domain.os.type if domain.os is not None else None
    machine = (kind.machine if kind is not None else None) or ""
    is_q35 = "q35" in machine
    buses = Buses(is_q35)
    notes: list[str] = []
    parts = Parts(buses, notes, boot_orders(domain))
    devices = domain.devices
    made: list[SetDevice] = []
    places: dict[str, str] = {}
    for device, place in [*_implied(Topology(domain), buses), *parts.all(devices)]:
        made.append(device)
        places[device.id] = place
    options = system_options(domain, notes)
    made += system_devices(domain)
    if any("-pci" in device.type and "addr=" not in device.options for device in made):
        notes.append("addresses: some devices have none in the document; they are tried on the root bus")
    notes = [*_ALWAYS, *buses.notes, *notes]
    return Hardware(
        machine,
        tuple(machine_options(domain)),
        tuple(options),
        tuple(_parents_first(made)),
        places,
        tuple(notes),
        blockers=tuple(find_blockers(domain)),
    )


def _implied(topology: Topology, buses: Buses) -> Iterator[tuple[SetDevice, str]]:
    """Yield the controllers that libvirt adds: USB for every VM, virtio-serial for channels, and those of disks."""
    listed = {controller.controller_id for controller in topology.controllers}
    seats = {device.sits_on for device in topology.devices if device.tag == "disk"} - listed
    kinds = {found[0] for found in listed if found}
    missing: list[Controller] = []
    if "usb" not in kinds:
        place = None if buses.is_q35 else AddressPCI(bus=0, slot=1, function=2)
        missing.append(ControllerUSB(index=0, address=place))
    if "virtio-serial" not in kinds and topology.find(tag="channel"):
        missing.append(ControllerVirtioSerial(index=0))
    for kind, index in sorted(seat for seat in seats if seat and seat[0] in _DISK_CONTROLLERS):
        missing.append(_DISK_CONTROLLERS[kind](index=index))
    for controller in missing:
        made = buses.controller(controller)
        if made:
            yield made, f"controller {controller.type} {controller.index} (added)"


def _parents_first(devices: list[SetDevice]) -> list[SetDevice]:
    """Return the devices in an order in which buses come first; the order of documents is arbitrary."""
    names = {device.id for device in devices}
    ordered: dict[str, SetDevice] = {}
    waiting = devices
    while waiting:
        ready = [device for device in waiting if device.on not in names or device.on in ordered]
        if not ready:
            return [*ordered.values(), *waiting]  # a cycle: QEMU will report it
        ordered.update((device.id, device) for device in ready)
        waiting = [device for device in waiting if device.id not in ordered]
    return list(ordered.values())
