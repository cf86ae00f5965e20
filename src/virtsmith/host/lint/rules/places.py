"""Where devices and controllers are: one per address, on the right kind of bus, where guests look for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from libvirtxml import Controller, Interface
from libvirtxml.findings import Severity

from virtsmith.host.lint.rule import Violation, repeated, rule
from virtsmith.host.lint.view import LintView, card_model

_NODE_CARDS = ("e1000e", "igb")
"""Cards that are usually meant to be on a node."""
_BUILT_IN = {"pc-q35": 0x1F, "q35": 0x1F, "pc-i440fx": 1, "pc": 1}
"""Machine types with the PCI bus of a PC, and the slot whose function 0 is their ISA bridge."""
_FUNCTIONS = 8
_BUS = re.compile(r"""(?:\bbus=|"bus"\s*:\s*")([\w.-]+)""")


@rule(
    "VH009",
    "Devices for a node are below its expander",
    why="A device gets its node from the expander above it; below pcie-root it is on no node.",
    fix="Move it to a root port on the node's expander.",
    severity=Severity.WARNING,
)
def bypassed_node(view: LintView) -> Iterator[Violation]:
    """Yield each card or assigned device below pcie-root of a domain with expanders."""
    if not view.pci.expanders:
        return
    for device in view.pci.devices:
        root = None if device.pci_bus is None else view.pci.root_above(device.pci_bus)
        belongs_to_node = device.is_assigned or card_model(device) in _NODE_CARDS
        if belongs_to_node and (root is None or root.model != "pcie-expander-bus"):
            message = "it is below pcie-root, on no node, although there are expanders"
            yield Violation(device.name, message, device.path)


@rule(
    "VH022",
    "Every device has an address of its own",
    why="Two devices at one PCI address cannot both start.",
    fix="Change one address.",
)
def same_place(view: LintView) -> Iterator[Violation]:
    """Yield each device at the address of another."""
    for place, (first, *others) in sorted(view.pci.places.items()):
        for device in others:
            where = f"{place.bus:#04x}:{place.slot:02x}.{place.function}"
            yield Violation(device.name, f"{first.name} is also at {where}", device.path)


@rule(
    "VH023",
    "Devices are on ports, expanders on pcie-root",
    why="An expander bus accepts only root ports, and only pcie-root accepts expanders; libvirt refuses anything else "
    "when the domain is defined.",
    fix="Put a root port between expander and device.",
)
def wrong_parent(view: LintView) -> Iterator[Violation]:
    """Yield each device directly on an expander, and each expander that is not on pcie-root."""
    expanders = {expander.index for expander in view.pci.expanders}
    for device in view.pci.devices:
        if device.pci_bus in expanders:
            yield Violation(device.name, f"it is directly on the expander with index {device.pci_bus}", device.path)
    for expander in view.pci.expanders:
        if expander.parent != 0:
            yield Violation(f"expander index {expander.index}", "it is not on pcie-root", expander.path)


@rule(
    "VH031",
    "Cards with virtual functions are on ports",
    why="Their functions need a bus number of their own, which only a port has: the guest cannot use them.",
    fix="Put the card on a root port.",
    severity=Severity.WARNING,
)
def functions_on_root(view: LintView) -> Iterator[Violation]:
    """Yield each igb card directly on pcie-root."""
    for card in view.cards:
        if card_model(card) == "igb" and card.pci_bus == 0 and view.has_pcie:
            yield Violation(card.name, "it is on the root bus, where its virtual functions are out of reach", card.path)


@rule(
    "VH032",
    "Ports with raw devices are not free for libvirt",
    why="libvirt does not know of devices in <qemu:arg>: it puts its own on their ports, and QEMU refuses to start.",
    fix="Give every device an address, and switch off the USB controller and the balloon if they have none.",
)
def raw_clash(view: LintView) -> Iterator[Violation]:
    """Yield each port with a raw device, where libvirt still has devices to place."""
    open_names = list(_without_place(view))
    if not open_names:
        return
    free = {f"pci.{port.index}": port for port in view.pci.free_ports}
    for bus in _raw_buses(view):
        if port := free.get(bus):
            message = f"a raw argument uses it, and libvirt may place {open_names[0]} on it"
            yield Violation(f"port index {port.index}", message, port.path)


def _without_place(view: LintView) -> Iterator[str]:
    """What libvirt will place on free ports: devices without an address, and those that it adds."""
    if not any(device.controller_id and device.controller_id[0] == "usb" for device in view.devices):
        yield "a USB controller"
    if view.domain.devices.memballoon is None:
        yield "a balloon"
    for card in view.cards:
        if card.address is None:
            yield card.name


def _raw_buses(view: LintView) -> Iterator[str]:
    """The buses that raw ``-device`` arguments name, in both forms of such an argument."""
    commandline = view.domain.qemu_commandline
    values = [argument.value or "" for argument in commandline.qemu_args] if commandline else []
    for option, value in pairwise(values):
        if option == "-device":
            yield from _BUS.findall(value)


@rule(
    "VH026",
    "Every card has a MAC address of its own",
    why="The guest and the verifier identify cards by it.",
    fix="Change one.",
    severity=Severity.WARNING,
)
def same_mac(view: LintView) -> Iterator[Violation]:
    """Yield each card with the MAC address of an earlier one."""
    # a card that fails over to another has the same address as that one
    alone = [card for card in view.cards if isinstance(card.element, Interface) and not card.element.teaming]
    for card, _first in repeated(alone, lambda card: card.mac):
        mac = str(card.mac).lower()
        yield Violation(f"interface {card.number}", f"{mac} is also the address of another card", card.path)


@rule(
    "VH027",
    "Every slot in use has a function 0",
    why="Guests look for functions 1 to 7 of a slot only if it has a function 0. libvirt and QEMU accept the domain; "
    "the guest does not see the device.",
    fix="Put a device at function 0, or move this one there.",
)
def no_function_zero(view: LintView) -> Iterator[Violation]:
    """Yield each device at functions 1 to 7 of a slot that has, and will get, no function 0."""
    own = next((slot for prefix, slot in _BUILT_IN.items() if view.machine.startswith(prefix)), None)
    if own is None or view.has_raw_arguments:
        return  # other buses are not scanned like this, and raw arguments may add devices
    places = view.pci.places
    filled = {(place.bus, place.slot) for place in places if place.function == 0}
    filled |= {(0, own), *_open_slots(view)}
    for place, devices in sorted(places.items()):
        if 0 < place.function < _FUNCTIONS and (place.bus, place.slot) not in filled:
            where = f"{place.bus:#04x}:{place.slot:02x}"
            for device in devices:
                message = f"it is function {place.function} of {where}, which has no function 0"
                yield Violation(device.name, message, device.path)


def _open_slots(view: LintView) -> set[tuple[int, int]]:
    """Slots in which libvirt may still place devices: companions of USB controllers, root ports."""
    tree = view.pci
    on_controllers = [device.pci_place for device in tree.devices if isinstance(device.element, Controller)]
    found = {(place.bus, place.slot) for place in on_controllers if place}
    if not view.is_stored:
        found |= {(place.bus, place.slot) for place in tree.places if place.bus == 0}
    return found
