"""Pure numbering: from a spec to controllers, buses, slots, chassis, ports and MAC addresses.

Three number spaces must not be confused here: the *index* of a controller (what ``bus`` means in a libvirt
address), the *bus number* the guest sees, and the *chassis* of a root port. An expander with bus number B and n ports
uses the guest buses B to B+n; firmware and QEMU accept ranges that overlap or run past 255 and the guest then loses
devices or never boots, so ranges are checked to be disjoint before anything is built from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from virtsmith.host.plan.devices import DMI_BRIDGE_IDS, EXPANDER_IDS, PCI_BRIDGE_IDS, ROOT_PORT_MODELS
from virtsmith.host.spec.check import check_spec
from virtsmith.host.spec.model import Device, HostSpec, RootComplex, SpecError
from virtsmith.host.spec.quantities import add_to_mac

LAST_BUS = 255
LIBVIRT_PORTS = 8
"""Buses kept free below expanders for the root ports that libvirt adds for its own devices."""
IO_PORTS = 14
"""Ports with an I/O BAR behind them that boot: 15 leave SeaBIOS "out of I/O address space" (QEMU 7.2 and 11.1)."""
SLOTS = 32
FUNCTIONS = 8
_FIRST_SLOT = 2  # slot 0 is the host bridge; slot 1 is where libvirt puts the primary video device
_LAST_SLOT = 0x1C  # 0x1d is for USB, 0x1e for the DMI bridge, 0x1f for the chipset
_DMI_SLOT = 0x1E


@dataclass(frozen=True, slots=True)
class PlannedController:
    """A PCI controller: where it is attached, what libvirt needs to know, and its address in the guest."""

    index: int
    model: str
    device: str = ""
    parent: int | None = None
    slot: int = 0
    function: int = 0
    multifunction: bool = False
    node: int | None = None
    bus_number: int | None = None
    chassis: int | None = None
    port: int | None = None
    hotplug: bool | None = None
    guest: str | None = None
    """Its own address in the guest; None for root buses."""
    guest_bus: int = 0
    """Its secondary bus in the guest."""
    ids: tuple[int, int] = (0, 0)

    @property
    def name(self) -> str:
        """Its QEMU id, as libvirt names it."""
        return "pcie.0" if self.parent is None else f"pci.{self.index}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A device with its position: its port, its node, its MAC address and its address in the guest."""

    name: str
    device: Device
    port: int
    node: int | None
    mac: str | None
    guest: str
    backend: str
    """QEMU id of its back end: the network of a NIC, the drive of a disk."""

    def vf_addresses(self) -> tuple[str, ...]:
        """Guest addresses of its virtual functions, from the offset and stride of its SR-IOV capability."""
        kind = self.device.kind
        bus = int(self.guest[5:7], 16)
        numbers = (kind.vf_offset + kind.vf_stride * number for number in range(self.device.vfs))
        return tuple(guest_address(bus + (n >> 8), (n & 0xFF) >> 3, n & 7) for n in numbers)


@dataclass(frozen=True, slots=True)
class Plan:
    """A numbered host."""

    spec: HostSpec
    controllers: tuple[PlannedController, ...]
    endpoints: tuple[Endpoint, ...]

    def controller(self, index: int) -> PlannedController:
        """The controller with an index."""
        return next(controller for controller in self.controllers if controller.index == index)

    def children(self, index: int) -> list[PlannedController]:
        """The controllers on the bus of another one."""
        return [controller for controller in self.controllers if controller.parent == index]

    def endpoint_at(self, port: int) -> Endpoint | None:
        """The device behind a port; None for a spare one."""
        return next((endpoint for endpoint in self.endpoints if endpoint.port == port), None)

    def own_slots(self) -> list[int]:
        """Slots of the root bus, from the highest, for the card and the disks of the host itself.

        They belong to no node, and must not take the ports that are spare.
        """
        taken = {controller.slot for controller in self.children(0)}
        return [slot for slot in range(_LAST_SLOT, _FIRST_SLOT - 1, -1) if slot not in taken]

    def expanders(self) -> list[PlannedController]:
        """The expander buses, in order of their index."""
        return [controller for controller in self.controllers if controller.model == "pcie-expander-bus"]


def guest_address(bus: int, slot: int, function: int) -> str:
    """A PCI address as Linux writes it: ``0000:b5:00.0``."""
    return f"0000:{bus:02x}:{slot:02x}.{function}"


def plan(spec: HostSpec) -> Plan:
    """Assign every number of a host.

    Raises:
        SpecError: the spec is impossible; the message names the entry and the limit.
    """
    check_spec(spec)
    return _Numbering(spec).plan()


@dataclass(frozen=True, slots=True)
class _Seat:
    """A port to be assigned: its root complex (None is pcie-root) and the device behind it."""

    complex: int | None
    node: int | None
    device: Device | None


class _Numbering:
    def __init__(self, spec: HostSpec) -> None:
        self.spec = spec
        self.complexes = list(spec.iter_complexes())
        self.seats = list(self._seats())
        self._check_io_space()

    def _seats(self) -> Iterator[_Seat]:
        for number, (node, root_complex) in enumerate(self.complexes):
            yield from (_Seat(number, node, device) for device in root_complex.devices)
            yield from (_Seat(number, node, None) for _ in range(root_complex.spare_ports))
        yield from (_Seat(None, None, device) for device in self.spec.devices)
        yield from (_Seat(None, None, None) for _ in range(self.spec.spare_ports))

    def _check_io_space(self) -> None:
        """Refuse more devices with I/O BARs than fit into the firmware's I/O space; other devices need none."""
        if not self.spec.architecture.has_io_space:
            return
        hungry = [seat.device for seat in self.seats if seat.device is not None and seat.device.kind.has_io]
        if len(hungry) > IO_PORTS:
            device = hungry[IO_PORTS]
            raise SpecError.at(
                device.at,
                f"{device.model} is the {IO_PORTS + 1}th device with an I/O BAR; the firmware has room for {IO_PORTS}",
                hint="use virtio cards, which have none",
            )

    def plan(self) -> Plan:
        controllers = [PlannedController(0, "pcie-root")]
        expanders = self._expander_slots()
        own_buses = self._root_buses()
        starts = place_ranges(self.complexes, low=own_buses + LIBVIRT_PORTS + 1)
        if self.spec.pci_bridge:
            controllers += self._bridges(own_buses - 1)
        first = len(controllers)
        for number, (node, _complex) in enumerate(self.complexes):
            controllers.append(self._expander(first + number, node, expanders[number], starts[number]))
        ports = list(self._ports(first, len(controllers), starts, expanders))
        numbered = Plan(self.spec, (*controllers, *ports), tuple(self._endpoints(ports)))
        if (images := self.spec.images()) and len(numbered.own_slots()) <= len(images):
            raise SpecError.at(self.spec.at, f"the root bus has no slots left for {len(images)} disks and a card")
        return numbered

    def _expander_slots(self) -> list[int]:
        room = _LAST_SLOT - _FIRST_SLOT + 1
        for number, (_node, root_complex) in enumerate(self.complexes):
            if number >= room:
                raise SpecError.at(
                    root_complex.at, f"this is root complex {number + 1}; the root bus has slots for {room}"
                )
            if root_complex.ports > SLOTS * FUNCTIONS:
                raise SpecError.at(
                    root_complex.at, f"{root_complex.ports} ports on one root complex; a bus has {SLOTS * FUNCTIONS}"
                )
        return [_FIRST_SLOT + number for number in range(len(self.complexes))]

    def _root_buses(self) -> int:
        """The number of buses below pcie-root."""
        own = sum(seat.complex is None for seat in self.seats)
        return own + (2 if self.spec.pci_bridge else 0)

    def _bridges(self, bus: int) -> list[PlannedController]:
        dmi = guest_address(0, _DMI_SLOT, 0)
        inner = guest_address(bus, 0, 0)
        return [
            PlannedController(
                1, "dmi-to-pci-bridge", "i82801b11-bridge", 0, _DMI_SLOT, guest=dmi, guest_bus=bus, ids=DMI_BRIDGE_IDS
            ),
            PlannedController(
                2, "pci-bridge", "pci-bridge", 1, 0, chassis=2, guest=inner, guest_bus=bus + 1, ids=PCI_BRIDGE_IDS
            ),
        ]

    def _expander(self, index: int, node: int, slot: int, bus: int) -> PlannedController:
        return PlannedController(
            index,
            "pcie-expander-bus",
            "pxb-pcie",
            0,
            slot,
            node=node,
            bus_number=bus,
            guest=guest_address(0, slot, 0),
            guest_bus=bus,
            ids=EXPANDER_IDS,
        )

    def _ports(self, first: int, index: int, starts: list[int], expanders: list[int]) -> Iterator[PlannedController]:
        root_slot = (expanders[-1] if expanders else _FIRST_SLOT - 1) + 1
        totals: dict[int | None, int] = {}
        for seat in self.seats:
            totals[seat.complex] = totals.get(seat.complex, 0) + 1
        taken: dict[int | None, int] = {}
        for seat in self.seats:
            number = taken.get(seat.complex, 0)
            taken[seat.complex] = number + 1
            base, room = (root_slot, _LAST_SLOT + 1 - root_slot) if seat.complex is None else (0, SLOTS)
            slot, function, shared = _position(number, totals[seat.complex], room, self._place(seat))
            slot += base
            bus = 0 if seat.complex is None else starts[seat.complex]
            yield PlannedController(
                index,
                "pcie-root-port",
                self.spec.root_port,
                0 if seat.complex is None else first + seat.complex,
                slot,
                function,
                multifunction=shared and function == 0,
                node=seat.node,
                chassis=index,
                port=slot * FUNCTIONS + function,
                hotplug=None if seat.device is None else self.spec.hotplug,
                guest=guest_address(bus, slot, function),
                guest_bus=bus + 1 + number,
                ids=ROOT_PORT_MODELS[self.spec.root_port],
            )
            index += 1

    def _place(self, seat: _Seat) -> SpecError:
        place = seat.device.at if seat.device else self.spec.at
        return SpecError.at(place, "no slot is left for this port", hint="spread the devices over more root complexes")

    def _endpoints(self, ports: list[PlannedController]) -> Iterator[Endpoint]:
        macs = _MacPool(self.spec)
        counts: dict[str, int] = {}
        for seat, port in zip(self.seats, ports, strict=True):
            device = seat.device
            if device is None:
                continue
            prefix = "net" if device.kind.is_nic else device.model
            number = counts.get(prefix, 0)
            counts[prefix] = number + 1
            backend = {"net": f"hostnet{number}", "nvme": f"drive-nvme{number}"}.get(prefix, "")
            mac = macs.take(device, seat.node) if device.kind.is_nic else None
            guest = guest_address(port.guest_bus, 0, 0)
            yield Endpoint(f"{prefix}{number}", device, port.index, seat.node, mac, guest, backend)


def _position(number: int, total: int, room: int, error: SpecError) -> tuple[int, int, bool]:
    """Slot, function, and whether the slot is shared: one port per slot if they fit, else eight."""
    if total <= room:
        return number, 0, False
    slot, function = divmod(number, FUNCTIONS)
    if slot >= room:
        raise error
    return slot, function, total - slot * FUNCTIONS > 1


class _MacPool:
    """MAC addresses for cards without one: base + 256 for each node + a count, skipping those in use."""

    def __init__(self, spec: HostSpec) -> None:
        self.base = spec.mac_base
        self.used = {device.mac for device in spec.iter_devices() if device.mac}
        self.next: dict[int | None, int] = {}

    def take(self, device: Device, node: int | None) -> str:
        if device.mac:
            return device.mac
        offset = self.next.get(node, 1 + 256 * (0 if node is None else node + 1))
        while (mac := add_to_mac(self.base, offset)) in self.used:
            offset += 1
        self.used.add(mac)
        self.next[node] = offset + 1
        return mac


def place_ranges(complexes: Iterable[tuple[int, RootComplex]], *, low: int) -> list[int]:
    """Choose the first bus of each root complex so that all ranges are disjoint and lie in ``low`` to 255.

    Requested numbers are kept; the others get the largest power of two between range starts that lets all of them fit,
    so that the guest's bus numbers are easy to read and ranges can grow.

    Raises:
        SpecError: a requested range overlaps another, ends past 255 or begins below ``low``, or there is no room.
    """
    root_complexes = [root_complex for _node, root_complex in complexes]
    fixed = _fixed_ranges(root_complexes, low)
    free = [number for number, function in enumerate(root_complexes) if function.bus is None]
    for step in (32, 16, 8, 4, 2, 1):
        starts = _fit(root_complexes, fixed, free, low, step)
        if starts is not None:
            return starts
    last = root_complexes[free[-1]]
    buses = sum(root_complex.ports + 1 for root_complex in root_complexes)
    raise SpecError.at(
        last.at,
        f"the root complexes need {buses} buses, which do not fit into {low}-{LAST_BUS}",
        hint="use fewer ports, or no bus numbers of your own",
    )


def _fixed_ranges(root_complexes: list[RootComplex], low: int) -> list[tuple[int, int]]:
    taken: list[tuple[int, int]] = []
    for root_complex in root_complexes:
        if root_complex.bus is None:
            continue
        end = root_complex.bus + root_complex.ports
        if end > LAST_BUS:
            raise SpecError.at(
                root_complex.at,
                f"bus {root_complex.bus} with {root_complex.ports} ports ends at {end}, past {LAST_BUS}",
            )
        if root_complex.bus < low:
            raise SpecError.at(
                root_complex.at,
                f"bus {root_complex.bus} lies among the buses of the root bus itself (up to {low - 1})",
                hint=f"use {low} or more",
            )
        for other, other_end in taken:
            if root_complex.bus <= other_end and other <= end:
                raise SpecError.at(
                    root_complex.at, f"buses {root_complex.bus}-{end} overlap the range {other}-{other_end}"
                )
        taken.append((root_complex.bus, end))
    return taken


def _fit(
    root_complexes: list[RootComplex], fixed: list[tuple[int, int]], free: list[int], low: int, step: int
) -> list[int] | None:
    starts = [root_complex.bus or 0 for root_complex in root_complexes]
    at = -(-max(low, step) // step) * step
    for number in free:
        size = root_complexes[number].ports
        while at + size <= LAST_BUS and (clash := _clash(fixed, at, at + size)) is not None:
            at = -(-(clash + 1) // step) * step
        if at + size > LAST_BUS:
            return None
        starts[number] = at
        at = -(-(at + size + 1) // step) * step
    return starts


def _clash(fixed: list[tuple[int, int]], first: int, last: int) -> int | None:
    """The last bus of a range that overlaps, None if there is none."""
    return next((end for start, end in fixed if first <= end and start <= last), None)
