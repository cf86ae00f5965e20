"""Root ports and switch ports: chassis numbers, I/O space, ACS, and free ports."""

from __future__ import annotations

from collections.abc import Iterator

from libvirtxml import Domain
from libvirtxml.findings import Severity

from virtsmith.host.lint.rule import Violation, repeated, rule
from virtsmith.host.lint.view import LintView, card_model
from virtsmith.host.plan.topology import IO_PORTS

_IO_WARNING = 12
"""This many ports with I/O BARs fit only without bridges, which also need I/O space."""
_IO_CARDS = ("e1000", "e1000e", "igb", "rtl8139", "virtio-transitional")
_WITHOUT_ACS = ("ioh3420", "xio3130-downstream")
_LAST_CHASSIS = 255


def renumber_chassis(domain: Domain) -> None:
    """Give each port whose chassis is in use the lowest free one."""
    ports = LintView(domain).pci.ports
    taken = {port.chassis for port in ports}
    for port, _first in list(repeated(ports, lambda port: port.chassis)):
        if port.element.target is not None:
            chassis = next(number for number in range(1, _LAST_CHASSIS + 1) if number not in taken)
            port.element.target.chassis = chassis
            taken.add(chassis)


@rule(
    "VH005",
    "Every port has a chassis of its own",
    why='QEMU refuses to start with two ports of one chassis: "Can\'t add chassis slot, error -16".',
    fix="Number the chassis like the controller's index.",
    repair=renumber_chassis,
)
def duplicate_chassis(view: LintView) -> Iterator[Violation]:
    """Yield each port with the chassis of an earlier one."""
    for port, first in repeated(view.pci.ports, lambda port: port.chassis):
        message = f"its chassis {port.chassis} is also that of index {first.index}"
        yield Violation(f"port index {port.index}", message, port.path)


@rule(
    "VH007",
    "Devices with I/O BARs must fit into the I/O space",
    why="SeaBIOS gives 4 KiB of 64 KiB to each port with an I/O BAR behind it (e1000e, igb). From the 15th on it stops "
    "with no output on the serial port. Empty ports and virtio cards need none.",
    fix="Use cards without I/O BARs (virtio).",
)
def io_space(view: LintView) -> Iterator[Violation]:
    """Yield a violation if there are too many, or almost too many, ports with an I/O BAR behind them."""
    if view.uses_uefi or not view.is_q35:
        return
    buses = {card.pci_bus for card in view.cards if card_model(card) in _IO_CARDS}
    windows = [port for port in view.pci.ports if port.index in buses]
    if len(windows) < _IO_WARNING:
        return
    tight = len(windows) <= IO_PORTS
    message = f"{len(windows)} ports have a device with an I/O BAR; the firmware has room for {IO_PORTS}"
    yield Violation(
        f"{len(windows)} root ports",
        message + (", bridges included" if tight else ""),
        windows[-1].path,
        Severity.WARNING if tight else None,
    )


@rule(
    "VH008",
    "Functions for different owners need ports with ACS",
    why="A port without ACS puts itself and everything below it into one IOMMU group, so single virtual functions "
    'cannot be assigned: "group is not viable".',
    fix="Use the pcie-root-port model instead of ioh3420.",
)
def without_acs(view: LintView) -> Iterator[Violation]:
    """Yield each port without ACS that has a card with virtual functions behind it."""
    for port in view.pci.ports:
        if port.hardware not in _WITHOUT_ACS:
            continue
        card = next((device for device in view.pci.behind(port.index) if card_model(device) == "igb"), None)
        if card is not None:
            yield Violation(
                f"port index {port.index}",
                f"{card.name} has virtual functions, and this {port.hardware} port puts all of them in one group",
                port.path,
            )


@rule(
    "VH021",
    "Leave a root port free for hot-plug",
    why="Root ports cannot be hot-plugged themselves: once all are in use, attaching a device fails.",
    fix="Add root ports without a device.",
    severity=Severity.NOTE,
)
def free_ports(view: LintView) -> Iterator[Violation]:
    """Yield a violation if no port is free for a device."""
    tree = view.pci
    if not view.has_pcie or not tree.controllers:
        return
    if not any(port.takes_hotplug for port in tree.free_ports):
        yield Violation("root ports", f"all {len(tree.ports)} root ports are in use: nothing can be hot-plugged")
