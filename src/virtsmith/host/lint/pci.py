"""Rules about buses, ports and slots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from libvirtxml import AddressPCI, Controller, ControllerPCI
from libvirtxml.findings import Rule, Severity

from virtsmith.host.lint.rule import Breach, Context, LintRule
from virtsmith.host.lint.view import DomainView, controller_path, whole
from virtsmith.host.plan.topology import IO_PORTS, LAST_BUS, LIBVIRT_PORTS, place_ranges
from virtsmith.host.spec.model import Complex

_IO_WARNING = 12
_BUILT_IN = {"pc-q35": 0x1F, "q35": 0x1F, "pc-i440fx": 1, "pc": 1}
"""Machine types with a PCI bus as of a PC, and the slot whose function 0 is theirs: the bridge to ISA."""


def _index(each: ControllerPCI) -> int:
    return whole(each.index) or 0


def overlapping_ranges(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH001."""
    seen: list[tuple[int, int, int]] = []
    for each in view.expanders:
        first, last = view.bus_range(each)
        for index, other_first, other_last in seen:
            if first <= other_last and other_first <= last and first != other_first:
                yield Breach(
                    f"expander index {_index(each)}",
                    f"its buses {first}-{last} overlap {other_first}-{other_last} of the expander with index {index}",
                    controller_path(_index(each)),
                )
        seen.append((_index(each), first, last))


def past_last_bus(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH002."""
    for each in view.expanders:
        first, last = view.bus_range(each)
        if last > LAST_BUS:
            yield Breach(
                f"expander index {_index(each)}", f"bus {first} with {last - first} buses behind it ends at {last}",
                controller_path(_index(each)),
            )  # fmt: skip


def among_root_buses(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH003."""
    own = view.buses_below(0)
    for each in view.expanders:
        first, _last = view.bus_range(each)
        if first <= own:
            yield Breach(
                f"expander index {_index(each)}", f"bus {first} is one of the {own} buses below pcie-root",
                controller_path(_index(each)),
            )  # fmt: skip
        elif first <= own + LIBVIRT_PORTS and not _is_stored(view):
            yield Breach(
                f"expander index {_index(each)}",
                f"bus {first} leaves little room above the {own} buses below pcie-root: libvirt adds root ports",
                controller_path(_index(each)), Severity.WARNING,
            )  # fmt: skip


def _is_stored(view: DomainView) -> bool:
    """Whether libvirt has stored the document before: then every controller has its address already."""
    return all(each.address is not None for index, each in view.controllers.items() if index)


def without_node(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH004."""
    cells = view.cell_ids()
    for each in view.expanders:
        node = whole(each.target.node) if each.target else None
        if node is None and len(cells) > 0:
            message = "it names no NUMA node, so the guest sees its devices on none"
        elif node is not None and node not in cells:
            message = f"it names node {node}, which no cell has"
        else:
            continue
        yield Breach(f"expander index {_index(each)}", message, controller_path(_index(each)))


def duplicate_chassis(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH005."""
    seen: dict[int, int] = {}
    for each in view.ports:
        chassis = whole(each.target.chassis) if each.target else None
        if chassis is None:
            continue
        if chassis in seen:
            yield Breach(
                f"port index {_index(each)}", f"its chassis {chassis} is also that of index {seen[chassis]}",
                controller_path(_index(each)),
            )  # fmt: skip
        seen.setdefault(chassis, _index(each))


def duplicate_bus_number(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH006."""
    seen: dict[int, int] = {}
    for each in view.expanders:
        first, _last = view.bus_range(each)
        if first in seen:
            yield Breach(
                f"expander index {_index(each)}", f"its bus number {first} is also that of index {seen[first]}",
                controller_path(_index(each)),
            )  # fmt: skip
        seen.setdefault(first, _index(each))


def io_space(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH007."""
    if view.uses_uefi or not view.machine.startswith(("q35", "pc-q35")):
        return
    windows = [each for each in view.ports if any(device.has_io for device in view.behind(_index(each)))]
    if len(windows) < _IO_WARNING:
        return
    tight = len(windows) <= IO_PORTS
    message = f"{len(windows)} ports have a device with an I/O BAR; the firmware has room for {IO_PORTS}"
    yield Breach(
        f"{len(windows)} root ports", message + (", bridges included" if tight else ""),
        controller_path(_index(windows[-1])), Severity.WARNING if tight else None,
    )  # fmt: skip


def without_acs(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH008."""
    for each in view.ports:
        model = each.hardware_model.name if each.hardware_model else None
        if model not in ("ioh3420", "xio3130-downstream"):
            continue
        functions = [device for device in view.behind(_index(each)) if device.nic_model == "igb"]
        if functions:
            yield Breach(
                f"port index {_index(each)}",
                f"{functions[0].name} has virtual functions, and this {model} port puts all of them in one group",
                controller_path(_index(each)),
            )


def bypassed_node(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH009."""
    if not view.expanders:
        return
    for device in view.devices:
        root = view.root_above(device.bus)
        wanted = device.is_assigned or device.nic_model in ("e1000e", "igb")
        if wanted and (root is None or root.model != "pcie-expander-bus"):
            yield Breach(device.name, "it sits below pcie-root, on no node, although there are expanders", device.path)


def free_ports(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH021."""
    if not view.machine.startswith(("q35", "pc-q35", "virt")) or not view.controllers:
        return
    taken = {device.bus for device in view.devices}
    free = [
        each
        for each in view.ports
        if _index(each) not in taken and not view.children(_index(each)) and _hotpluggable(each)
    ]
    if not free:
        yield Breach("root ports", f"all {len(view.ports)} root ports are taken: nothing can be hot-plugged")


def _hotpluggable(port: ControllerPCI) -> bool:
    return port.target is None or port.target.hotplug is not False


def same_place(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH022."""
    for (bus, slot, function), names in sorted(_places(view).items()):
        for name, path in names[1:]:
            yield Breach(name, f"{names[0][0]} is at {bus:#04x}:{slot:02x}.{function} as well", path)


def _places(view: DomainView) -> dict[tuple[int, int, int], list[tuple[str, str]]]:
    """Names and paths of what is at each bus, slot and function; controllers of PCI included."""
    places: dict[tuple[int, int, int], list[tuple[str, str]]] = defaultdict(list)
    for device in view.devices:
        places[device.bus, device.slot, device.function].append((device.name, device.path))
    for index, each in view.controllers.items():
        address = each.address
        if isinstance(address, AddressPCI):
            bus, slot, function = whole(address.bus), whole(address.slot), whole(address.function)
            if bus is not None and slot is not None:
                places[bus, slot, function or 0].append((f"controller index {index}", controller_path(index)))
    return places


def no_function_zero(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH027."""
    own = next((slot for prefix, slot in _BUILT_IN.items() if view.machine.startswith(prefix)), None)
    if own is None or view.has_raw_arguments:
        return  # other buses are not scanned like this; arguments may add devices that the document does not tell
    places = _places(view)
    open_slots = {(device.bus, device.slot) for device in view.devices if isinstance(device.element, Controller)}
    if not _is_stored(view):  # libvirt may yet put something there: companions of USB controllers, root ports
        open_slots |= {(bus, slot) for bus, slot, _ in places if bus == 0}
    for (bus, slot, function), names in sorted(places.items()):
        if 0 < function < 8 and (bus, slot, 0) not in places and (bus, slot) not in {(0, own), *open_slots}:
            for name, path in names:
                yield Breach(name, f"it is function {function} of {bus:#04x}:{slot:02x}, which has no function 0", path)


def wrong_parent(view: DomainView, _context: Context) -> Iterator[Breach]:
    """VH023."""
    expanders = {_index(each) for each in view.expanders}
    for device in view.devices:
        if device.bus in expanders:
            yield Breach(device.name, f"it sits directly on the expander with index {device.bus}", device.path)
    for each in view.expanders:
        if view.parent(_index(each)) != 0:
            yield Breach(
                f"expander index {_index(each)}", "it does not sit on pcie-root", controller_path(_index(each))
            )


def renumber(view: DomainView) -> None:
    """Give every expander a range of its own; numbers that are right already stay."""
    low = view.buses_below(0) + LIBVIRT_PORTS + 1
    kept: list[tuple[int, int]] = []
    wanted: list[Complex] = []
    for each in view.expanders:
        first, last = view.bus_range(each)
        clash = any(first <= other_last and other_first <= last for other_first, other_last in kept)
        right = low <= first and last <= LAST_BUS and not clash
        if right:
            kept.append((first, last))
        wanted.append(Complex(spare_ports=last - first, bus=first if right else None))
    for each, start in zip(view.expanders, place_ranges([(0, one) for one in wanted], low=low), strict=True):
        if each.target is not None:
            each.target.bus_nr = start


def renumber_chassis(view: DomainView) -> None:
    """Give a port whose chassis is taken the lowest free one."""
    seen: set[int] = set()
    taken = {whole(each.target.chassis) for each in view.ports if each.target}
    for each in view.ports:
        chassis = whole(each.target.chassis) if each.target else None
        if chassis in seen and each.target is not None:
            chassis = next(number for number in range(1, 256) if number not in taken)
            each.target.chassis = chassis
            taken.add(chassis)
        if chassis is not None:
            seen.add(chassis)


RULES = (
    LintRule(Rule("VH001", "Bus ranges of expanders must not overlap",
                  "An expander with number B and n ports uses the guest buses B to B+n. libvirt, QEMU and the firmware "
                  "accept overlapping ranges; the guest then loses devices and shows others on the wrong node.",
                  "Leave at least as many numbers between expanders as each has ports, plus one."),
             overlapping_ranges, renumber),
    LintRule(Rule("VH002", "Bus ranges must end at 255 or below",
                  "SeaBIOS numbers buses past 255 in an endless loop: the guest shows nothing at all, for ever.",
                  "Choose a lower bus number."), past_last_bus, renumber),
    LintRule(Rule("VH003", "Expander numbers must lie above the buses of pcie-root",
                  "The firmware numbers the bridges below pcie-root from 1 on. An expander in that range disappears, "
                  "and its ports turn up below a bridge, on no node and in one IOMMU group.",
                  "Choose a number above all bridges and root ports of pcie-root, those that libvirt adds included."),
             among_root_buses, renumber),
    LintRule(Rule("VH004", "Every expander names a node that exists",
                  "Devices get their node from the expander above them; without one the guest reports node -1.",
                  "Add <node> to the expander's <target>."), without_node),
    LintRule(Rule("VH005", "Every port has a chassis of its own",
                  "QEMU refuses to start with two ports of one chassis: \"Can't add chassis slot, error -16\".",
                  "Number the chassis like the controller's index."), duplicate_chassis, renumber_chassis),
    LintRule(Rule("VH006", "Every expander has a bus number of its own",
                  'libvirt defines it, QEMU refuses to start: "Bus N is already in use".',
                  "Give each expander another busNr."), duplicate_bus_number, renumber),
    LintRule(Rule("VH007", "Devices with I/O BARs must fit into the I/O space",
                  "SeaBIOS gives 4 KiB of 64 KiB to each port with an I/O BAR behind it (e1000e, igb). From the 15th "
                  "on it stops without a word on the serial port. Empty ports and virtio cards need none.",
                  "Use cards without I/O BARs (virtio)."), io_space),
    LintRule(Rule("VH008", "Functions for different owners need ports with ACS",
                  "A port without ACS puts itself and everything below it into one IOMMU group, so single virtual "
                  'functions cannot be assigned: "group is not viable".',
                  "Use the pcie-root-port model instead of ioh3420."), without_acs),
    LintRule(Rule("VH009", "Devices for a node sit below its expander",
                  "Only the expander above it gives a device its node; one below pcie-root is on none.",
                  "Move it to a root port on the node's expander.", Severity.WARNING), bypassed_node),
    LintRule(Rule("VH021", "Keep a free root port for hot-plug",
                  "Root ports cannot be hot-plugged themselves: once all are taken, attaching a device fails.",
                  "Add root ports without a device.", Severity.NOTE), free_ports),
    LintRule(Rule("VH022", "Every device has a place of its own",
                  "Two devices at one PCI address cannot both start.", "Change one address."), same_place),
    LintRule(Rule("VH023", "Devices sit on ports, expanders on pcie-root",
                  "An expander bus takes only root ports, and pcie-root alone takes expanders; libvirt refuses the "
                  "rest when the domain is defined.", "Put a root port between expander and device."), wrong_parent),
    LintRule(Rule("VH027", "Every slot in use has a function 0",
                  "Guests look for functions 1 to 7 of a slot only if it has a function 0. libvirt and QEMU accept the "
                  "domain; the guest does not see the device.",
                  "Put a device at function 0, or move this one there."), no_function_zero),
)  # fmt: skip
"""The rules of this family."""
