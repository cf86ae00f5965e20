"""Rules about controllers, and the places on the buses that they open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.definition.chipset import Chipset
from libvirtxml._impl.definition.guest import VIRTIO, Guest, address_type, each, every, look, number
from libvirtxml._impl.definition.rule import Found, repeated, rule
from libvirtxml.topology.addresses import address_key

if TYPE_CHECKING:
    from libvirtxml import Domain

_ROOTS = ("pci-root", "pcie-root")
_RANGES = {"index": (0, 30), "chassis_nr": (1, 255), "chassis": (0, 255), "port": (0, 255), "bus_nr": (1, 254)}
_XML_NAMES = {"chassis_nr": "chassisNr", "bus_nr": "busNr", "index": "index", "chassis": "chassis", "port": "port"}
_TARGETS = {
    "bus_nr": ("pci-expander-bus", "pcie-expander-bus"),
    "chassis_nr": ("pci-bridge",),
    "chassis": ("pcie-root-port", "pcie-switch-downstream-port"),
    "port": ("pcie-root-port", "pcie-switch-downstream-port"),
    "index": ("pci-root",),
}
"""Models of PCI controllers that have each part of <target>."""
_HARDWARE = {
    "pci-bridge": ("pci-bridge",),
    "dmi-to-pci-bridge": ("i82801b11-bridge",),
    "pcie-root-port": ("ioh3420", "pcie-root-port"),
    "pcie-switch-upstream-port": ("x3130-upstream",),
    "pcie-switch-downstream-port": ("xio3130-downstream",),
    "pci-expander-bus": ("pxb",),
    "pcie-expander-bus": ("pxb-pcie",),
    "pcie-to-pci-bridge": ("pcie-pci-bridge",),
    "pci-root": ("spapr-pci-host-bridge",),
    "pcie-root": (),
}
_SINGLE = ("pcie-root-port", "pcie-switch-downstream-port")
"""Models that have one slot, 0."""
_PARENTS = {
    "pcie-switch-upstream-port": ("pcie-root-port", "pcie-switch-downstream-port"),
    "pcie-switch-downstream-port": ("pcie-switch-upstream-port",),
    "dmi-to-pci-bridge": ("pcie-root", "pcie-expander-bus"),
    "pcie-root-port": ("pcie-root", "pcie-expander-bus"),
    "pci-expander-bus": ("pci-root",),
    "pcie-expander-bus": ("pcie-root",),
    "pcie-to-pci-bridge": _SINGLE,
    "pci-bridge": (*_ROOTS, *_SINGLE, "pci-bridge", "dmi-to-pci-bridge", "pci-expander-bus", "pcie-to-pci-bridge"),
}
"""Where controllers can be plugged in, by their model."""
_COMPANIONS = ("ich9-uhci1", "ich9-uhci2", "ich9-uhci3")
"""Models of USB controllers that share the ports of another one."""
_PORTS = {"nec-xhci": 15, "qemu-xhci": 15}
_USB_PORTS = {
    "nec-xhci": 4, "qemu-xhci": 4, "piix3-uhci": 2, "piix4-uhci": 2, "ehci": 6, "ich9-ehci1": 6, "vt82c686b-uhci": 2,
    "ich9-uhci1": 2, "ich9-uhci2": 2, "ich9-uhci3": 2, "pci-ohci": 3,
}  # fmt: skip
"""Ports of USB controllers, where the document does not say."""


def _model(controller: Any) -> str:
    return str(look(controller, "model") or "")


def _index(controller: Any) -> int | None:
    return number(controller, "index")


@rule(
    "DEF034",
    "numbers of PCI controllers are in their range",
    why="They are fields of the hardware.",
    fix="Choose a number in the range, or leave it to libvirt.",
)
def check_pci_numbers(domain: Domain) -> Found:
    """Indexes, chassis, ports and bus numbers."""
    for path, controller in each(domain, "controllers"):
        if look(controller, "type") != "pci":
            continue
        index = _index(controller)
        if index is not None and index > 255:
            yield f"{path}/@index", f"{index} is more than 255"
        for name, (least, most) in _RANGES.items():
            value = number(controller, f"target.{name}")
            if value is not None and not least <= value <= most:
                yield f"{path}/target/@{_XML_NAMES[name]}", f"{value} is not in the range from {least} to {most}"
        target = number(controller, "target.index")
        if target is not None and index is not None and (index == 0) != (target == 0):
            yield f"{path}/target/@index", "the controller 0 has the target index 0, and no other"
        if index == 0 and number(controller, "target.node") is not None:
            yield f"{path}/target/node", "the controller 0 is on no NUMA node"
        if _model(controller) in _ROOTS and address_type(controller) is not None:
            yield f"{path}/address", f"a {_model(controller)} has none"


@rule(
    "DEF035",
    "I/O threads of controllers are those of virtio-scsi",
    why="No other controller has any.",
    fix="Remove it, or make the controller one of the model virtio-scsi.",
)
def check_controller_threads(domain: Domain) -> Found:
    """I/O threads of controllers."""
    for path, controller in each(domain, "controllers"):
        threads = look(controller, "driver.iothread") or look(controller, "driver.iothreads")
        if threads and not _is_virtio_scsi(controller):
            yield f"{path}/driver/@iothread", "only controllers of the model virtio-scsi have I/O threads"


def _is_virtio_scsi(controller: Any) -> bool:
    model = _model(controller)
    return look(controller, "type") == "scsi" and (model == "virtio-scsi" or model in VIRTIO)


@rule(
    "DEF036",
    "PCI addresses are possible",
    why="A bus has 32 slots with eight functions each.",
    fix="Choose an address in the range, or leave it to libvirt.",
)
def check_pci_ranges(domain: Domain) -> Found:
    """Parts of PCI addresses."""
    for path, device in every(domain):
        if address_type(device) == "pci" and "/console[" not in path:
            yield from _pci_ranges(f"{path}/address", look(device, "address"))
        if look(device, "type") == ("hostdev" if "/interface[" in path else "pci"):
            yield from _pci_ranges(f"{path}/source/address", look(device, "source.address"))


def _pci_ranges(path: str, address: Any) -> Iterator[tuple[str, str]]:
    is_nowhere = not any(number(address, name) for name in ("domain", "bus", "slot"))
    for name, most in (("domain", 0xFFFFFFFF), ("bus", 0xFF), ("slot", 0x1F), ("function", 7)):
        given, value = look(address, name), number(address, name)
        if given is not None and value is None:
            yield f"{path}/@{name}", f"{str(given)!r} is not a number"
        elif value is not None and value > most and not (name == "function" and is_nowhere):
            yield f"{path}/@{name}", f"{value:#x} is more than {most:#x}"


@rule(
    "DEF056",
    "CCW addresses are complete",
    why="libvirt makes up a whole address, and no part of one.",
    fix="Give cssid, ssid and devno, or none of them.",
)
def check_ccw_parts(domain: Domain) -> Found:
    """Parts of CCW addresses."""
    for path, device in every(domain):
        address = look(device, "address")
        missing = [name for name in ("cssid", "ssid", "devno") if look(address, name) is None]
        if address_type(device) == "ccw" and "/console[" not in path and 0 < len(missing) < 3:
            yield f"{path}/address/@{missing[0]}", "is missing, and other parts are there"


@rule(
    "DEF103",
    "PCI controllers are of the hardware that their model has, where it can be",
    why="QEMU's driver knows which controller can be plugged into which, and what each has.",
    fix="Leave the hardware's name, target and address to libvirt, or use those that fit.",
    driver="qemu",
)
def check_qemu_pci(domain: Domain) -> Found:
    """PCI controllers of QEMU."""
    guest, cells = Guest(domain), len(look(domain, "cpu.numa.cells") or ())
    for path, controller in each(domain, "controllers"):
        if look(controller, "type") != "pci" or not (model := _model(controller)):
            continue
        index, name = _index(controller), look(controller, "hardware_model.name")
        if model in _HARDWARE and name is not None and str(name) not in _HARDWARE[model]:
            yield f"{path}/model/@name", f"a {model} is no {name}"
        if index == 0 and model not in _ROOTS:
            yield f"{path}/@index", f"the controller 0 is the root bus, and no {model}"
        if index and (model == "pcie-root" or (model == "pci-root" and guest.is_known and not guest.is_pseries)):
            yield f"{path}/@index", f"the index of a {model} is 0"
        yield from _targets(path, controller, model, cells)
        yield from _machine_has(path, model, guest)


def _machine_has(path: str, model: str, guest: Guest) -> Iterator[tuple[str, str]]:
    if model == "pcie-expander-bus" and guest.is_known and not (guest.is_q35 or guest.is_arm_virt):
        yield f"{path}/@model", f"{guest} has no {model}"
    if model == "pci-expander-bus" and guest.is_known and not guest.is_i440fx:
        yield f"{path}/@model", f"{guest} has no {model}"
    if model == "pcie-root" and guest.is_i440fx:
        yield f"{path}/@model", f"{guest} has a pci-root"
    if model == "pci-root" and guest.is_q35:
        yield f"{path}/@model", f"{guest} has a pcie-root"


def _targets(path: str, controller: Any, model: str, cells: int) -> Iterator[tuple[str, str]]:
    for part, models in _TARGETS.items():
        if number(controller, f"target.{part}") is not None and model not in models:
            yield f"{path}/target/@{_XML_NAMES[part]}", f"a {model} has none"
    node = number(controller, "target.node")
    if node is not None and model not in ("pci-expander-bus", "pcie-expander-bus", "pci-root"):
        yield f"{path}/target/node", f"a {model} is on no NUMA node"
    elif node is not None and node >= max(cells, 0) and model != "pci-root":
        yield f"{path}/target/node", f"there is no NUMA cell {node}"
    if look(controller, "pcihole64") is not None and model not in _ROOTS:
        yield f"{path}/pcihole64", f"a {model} has none"


@rule(
    "DEF104",
    "PCI devices sit in slots of their own that their bus has",
    why="libvirt checks each address against the bus, and does not put two devices into one slot.",
    fix="Leave the address to libvirt, or choose a free slot on a bus that takes the device.",
    driver="qemu",
)
def check_places(domain: Domain) -> Found:
    """PCI addresses of QEMU's guests."""
    guest = Guest(domain)
    taken: dict[object, str] = {}
    chipset = Chipset(domain, guest)
    models = {0: "pcie-root" if guest.is_q35 or guest.is_arm_virt or guest.is_riscv_virt else "pci-root"}
    for _, controller in each(domain, "controllers"):
        if look(controller, "type") == "pci" and (index := _index(controller)) is not None:
            models[index] = _model(controller)
    for path, device in every(domain):
        if address_type(device) != "pci" or "/console[" in path:
            continue
        key = address_key(device.address)
        bus, slot = number(device, "address.bus") or 0, number(device, "address.slot")
        if slot is not None and key in taken:
            yield f"{path}/address", f"{taken[key]} is there"
        if slot is not None:
            taken.setdefault(key, path)
        yield from _on_bus(path, device, models.get(bus, ""), guest)
        if bus == 0 and slot:  # an address of zeros is none
            yield from chipset.objections(path, device)


def _on_bus(path: str, device: Any, bus_model: str, guest: Guest) -> Iterator[tuple[str, str]]:
    """What keeps a device from its place on a bus of a model."""
    slot = number(device, "address.slot")
    own = _model(device) if "/controller[" in path and look(device, "type") == "pci" else ""
    allowed = _PARENTS.get(own)
    if bus_model and allowed is not None and bus_model not in allowed:
        yield f"{path}/address/@bus", f"a {own} cannot be plugged into a {bus_model}"
    elif bus_model == "pcie-expander-bus" and not own:
        yield f"{path}/address/@bus", f"only controllers can be plugged into a {bus_model}"
    elif bus_model == "pcie-switch-upstream-port" and not own:
        yield f"{path}/address/@bus", "only downstream ports can be plugged into an upstream port"
    if bus_model in _SINGLE and slot:
        yield f"{path}/address/@slot", f"a {bus_model} has the slot 0 only"
    if bus_model in ("pci-bridge", "pcie-to-pci-bridge") and slot == 0 and guest.is_x86:
        yield f"{path}/address/@slot", f"the slot 0 of a {bus_model} is its own"
    uid = number(device, "address.zpci.uid")
    if uid is not None and not 0 < uid <= 0xFFFF:
        yield f"{path}/address/zpci/@uid", f"{uid:#x} is not in the range from 0x1 to 0xffff"
    if number(device, "address.domain"):
        yield f"{path}/address/@domain", "guests have one PCI domain, 0"


@rule(
    "DEF105",
    "CCW devices have numbers of their own",
    why="The guest knows a device by its number.",
    fix="Leave the address to libvirt, or use another devno.",
    driver="qemu",
)
def check_ccw(domain: Domain) -> Found:
    """CCW addresses."""
    guest, taken = Guest(domain), dict[object, str]()
    for path, device in every(domain):
        kind = address_type(device)
        if kind == "ccw" and guest.is_known and not guest.is_s390:
            yield f"{path}/address/@type", f"{guest} has no CCW devices"
        if kind != "ccw" or number(device, "address.devno") is None:
            continue
        key = address_key(device.address)
        if key in taken:
            yield f"{path}/address", f"{taken[key]} is there"
        taken.setdefault(key, path)


@rule(
    "DEF064",
    "USB controllers that share ports have one that they share them with",
    why="Companion controllers serve the slow devices on another controller's ports.",
    fix="Add that controller, such as the model ich9-ehci1, or remove <master>.",
)
def check_companions(domain: Domain) -> Found:
    """Companions of USB controllers."""
    usb = _usb_controllers(domain)
    if usb and all(_is_companion(item) for _, item in usb):
        yield usb[0][0], "there is no USB controller without a master"


@rule(
    "DEF118",
    "USB controllers have indexes of their own",
    why="Devices name their controller by its index; only companions share it.",
    fix="Give one of them the next free index.",
    driver="qemu",
)
def check_usb_indexes(domain: Domain) -> Found:
    """Indexes of USB controllers."""
    own = [item for item in _usb_controllers(domain) if not _is_companion(item[1])]
    for _, (path, _), first in repeated(own, lambda item: _index(item[1])):
        yield f"{path}/@index", f"{own[first - 1][0]} has it"


def _usb_controllers(domain: Any) -> list[tuple[str, Any]]:
    return [(path, item) for path, item in each(domain, "controllers") if look(item, "type") == "usb"]


def _is_companion(controller: Any) -> bool:
    return _model(controller) in _COMPANIONS or look(controller, "master") is not None


@rule(
    "DEF106",
    "controllers have the settings of their model",
    why="QEMU's driver refuses settings that a controller does not have.",
    fix="Remove the setting.",
    driver="qemu",
)
def check_controller_settings(domain: Domain) -> Found:
    """Settings of controllers."""
    threads_known = look(domain, "iothreads") is None and look(domain, "iothreadids") is None
    guest = Guest(domain)
    for path, controller in each(domain, "controllers"):
        if not _is_virtio_scsi(controller):
            for name in ("queues", "cmd_per_lun", "max_sectors"):
                if number(controller, f"driver.{name}"):
                    yield f"{path}/driver/@{name}", "only controllers of the model virtio-scsi have it"
        elif threads_known and number(controller, "driver.iothread"):
            yield f"{path}/driver/@iothread", "there are no I/O threads"
        if look(controller, "type") == "ide" and (_index(controller) or 0) > 0 and (guest.is_i440fx or guest.is_q35):
            yield f"{path}/@index", f"{guest} has one IDE controller"
        if look(controller, "type") == "usb":
            most = _PORTS.get(_model(controller))
            if most is not None and (number(controller, "ports") or 0) > most:
                yield f"{path}/@ports", f"a {_model(controller)} has {most} ports at most"


@rule(
    "DEF107",
    "USB devices are plugged into ports that exist",
    why="libvirt builds the tree of controllers and hubs.",
    fix="Leave the address to libvirt, or name a port of a controller or hub.",
    driver="qemu",
)
def check_usb_ports(domain: Domain) -> Found:
    """USB addresses."""
    controllers: dict[int, int | None] = {}
    for _, controller in each(domain, "controllers"):
        if look(controller, "type") == "usb":
            bus = _index(controller) or 0
            ports = number(controller, "ports") or _USB_PORTS.get(_model(controller))
            known = controllers.get(bus, ports)
            controllers[bus] = None if ports is None or known is None else max(ports, known)
    hubs = {
        (number(hub, "address.bus") or 0, str(look(hub, "address.port")))
        for _, hub in each(domain, "hubs")
        if look(hub, "address.port") is not None
    }
    are_known = all(look(hub, "address.port") is not None for _, hub in each(domain, "hubs"))
    taken: dict[object, str] = {}
    for path, device in every(domain):
        port = look(device, "address.port")
        if address_type(device) != "usb" or port is None:
            continue
        bus, text = number(device, "address.bus") or 0, str(port)
        first, *rest = text.split(".")
        ports = controllers.get(bus)
        if not rest and ports is not None and first.isdecimal() and int(first) > ports:
            yield f"{path}/address/@port", f"the bus {bus} has {ports} ports"
        if rest:
            above = {".".join([first, *rest[:length]]) for length in range(len(rest))}
            if are_known and (lost := {port for port in above if (bus, port) not in hubs}):
                yield f"{path}/address/@port", f"there is no hub at port {min(lost)}"
            elif rest[-1].isdecimal() and int(rest[-1]) > 8:
                yield f"{path}/address/@port", "hubs have eight ports"
        if (bus, text) in taken:
            yield f"{path}/address/@port", f"{taken[bus, text]} is there"
        taken.setdefault((bus, text), path)
