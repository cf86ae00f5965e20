"""The PCI tree of a real machine, as root complexes of its twin."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from virtsmith.host.facts.model import DeviceFacts, Facts
from virtsmith.host.notes import Notes, listed
from virtsmith.host.plan.devices import DMI_BRIDGE_IDS, EXPANDER_IDS, PCI_BRIDGE_IDS, ROOT_PORT_MODELS
from virtsmith.host.plan.topology import IO_PORTS
from virtsmith.host.spec.model import Device, RootComplex
from virtsmith.host.twin.functions import FunctionRole, Part, describe, is_infiniband, match_device

_NO_PORTS = {"{:04x}:{:04x}".format(*ids) for ids in (EXPANDER_IDS, DMI_BRIDGE_IDS, PCI_BRIDGE_IDS)}
_MAX_DEPTH = 64
_ROOT = re.compile(r"pci[0-9a-f]{4,8}:[0-9a-f]{2}")
_ADDRESS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")


@dataclass(frozen=True)
class MappedFunction:
    """A real function with the topmost port above it, and the device that represents it in the twin."""

    found: DeviceFacts
    port: str | None
    root: str
    node: int | None
    device: Device
    exact: bool


@dataclass
class TwinTree:
    """The twin's share of the real machine's PCI tree."""

    complexes: dict[int, list[RootComplex]] = field(default_factory=dict)
    """Node -> its root complexes."""
    devices: tuple[Device, ...] = ()
    spare_ports: int = 0
    pci_bridge: bool = False
    root_port: str = "pcie-root-port"


def twin_tree(facts: Facts, numbers: Mapping[int, int], notes: Notes, *, stand_ins: bool) -> TwinTree:
    """Map every function to a device, and collect those of each node and root bus in root complexes.

    Args:
        facts: the real machine.
        numbers: its node numbers -> those of the twin.
        notes: collects losses and differences.
        stand_ins: add a random number generator where no emulated device can represent the real one.
    """
    reader = _Reader(facts, numbers, notes)
    functions = _fitting(reader.mapped_functions(stand_ins=stand_ins), notes)
    _report_places(functions, notes)
    spares = Counter((port.node, port.root) for port in reader.spares())
    tree = TwinTree(root_port=_root_port(functions, facts, notes), pci_bridge=reader.has_pci_bridge())
    places = sorted(
        {(function.node, function.root) for function in functions} | set(spares),
        key=lambda place: (place[0] or 0, place[1]),
    )
    for node, root in places:
        devices = tuple(function.device for function in functions if (function.node, function.root) == (node, root))
        if node is None:
            tree.devices += devices
            tree.spare_ports += spares[node, root]
            if _bus(root) is not None or not root.startswith("pci0000:"):
                notes.note("complexes", root, "a root complex on no node: its devices are below pcie-root")
        else:
            bus = _bus(root)
            if bus is None and not root.startswith("pci0000:"):
                notes.note("complexes", root, "a PCI segment of its own: in the twin it is in the first one")
            tree.complexes.setdefault(node, []).append(
                RootComplex(devices=devices, spare_ports=spares[node, root], bus=bus)
            )
    return tree


def _bus(root: str) -> int | None:
    """The number of a root bus; None outside the first PCI segment, and for bus 0, which is QEMU's own."""
    segment, _, bus = root.removeprefix("pci").partition(":")
    return (int(bus, 16) or None) if int(segment, 16) == 0 else None


@dataclass(frozen=True)
class _Port:
    node: int | None
    root: str


class _Reader:
    def __init__(self, facts: Facts, numbers: Mapping[int, int], notes: Notes) -> None:
        self.complete = facts.complete
        self.numbers = numbers
        self.notes = notes
        self.known = {device.address: device for device in facts.devices or ()}
        self.functions = Counter(value.physical for value in self.known.values() if value.physical)
        self.children = Counter(value.parent for value in self.known.values())

    def mapped_functions(self, *, stand_ins: bool) -> list[MappedFunction]:
        """All functions that are represented, by the addresses of the ports above."""
        mapped = []
        groups: dict[FunctionRole, list[DeviceFacts]] = {}
        for found in self.known.values():
            if found.physical:
                continue
            count = max(self.functions[found.address], found.vfs or 0)
            on_card = found.parent is not None and _ROOT.fullmatch(found.parent) is None
            part = match_device(found, count, on_card=on_card)
            if part.role is FunctionRole.LOST and stand_ins:
                self.notes.note(
                    "stand-in", found.address, f"{describe(found)}: represented by a random number generator"
                )
                part = Part(FunctionRole.PLAYED, Device(model="generic"))
            if part.device is None:
                groups.setdefault(part.role, []).append(found)
                continue
            self._compare(found, part, count)
            port, root = self.above(found)
            mapped.append(MappedFunction(found, port, root, self.node(found), part.device, part.exact))
        self._report(groups)
        for model in sorted(
            {function.device.model for function in mapped if not function.exact and function.device.model != "generic"}
        ):
            names = listed(
                function.found.address for function in mapped if not function.exact and function.device.model == model
            )
            self.notes.note("model", names, f"represented by {model}: the real model is not emulated")
        return _one_mac_each(
            sorted(mapped, key=lambda function: (function.root, function.port or "", function.found.address))
        )

    def _compare(self, found: DeviceFacts, part: Part, functions: int) -> None:
        device = part.device
        if device is not None and functions > device.vfs:
            self.notes.loss("vfs", found.address, f"of {functions} virtual functions, {device.model} has {device.vfs}")
        if device is not None and is_infiniband(found):
            self.notes.note("model", found.address, f"an InfiniBand card is represented by Ethernet ({device.model})")

    def _report(self, groups: Mapping[FunctionRole, list[DeviceFacts]]) -> None:
        for found in groups.get(FunctionRole.LOST, ()):
            where = f" on node {found.node}" if found.node is not None and found.node >= 0 else ""
            self.notes.loss("device", found.address, f"{describe(found)}{where} has no emulated counterpart")
        if unknown := groups.get(FunctionRole.UNKNOWN):
            names = listed(function.address for function in unknown if not self.children[function.address])
            if names:
                self.notes.loss("device", names, "the facts do not identify them; add virsh nodedev-dumpxml, or ssh")
        if platform := groups.get(FunctionRole.PLATFORM):
            names = listed(function.address for function in platform)
            self.notes.note("platform", names, "part of chipset or processors: the twin has those of its machine type")

    def node(self, found: DeviceFacts) -> int | None:
        return self.numbers.get(found.node) if found.node is not None else None

    def above(self, found: DeviceFacts) -> tuple[str | None, str]:
        """The port below the root bus (None if the function is on the root bus itself), and the root bus."""
        port = None
        at = found
        for _ in range(_MAX_DEPTH):
            if at.parent is None or at.parent not in self.known:
                break
            at = self.known[at.parent]
            port = at.address
        above = at.parent or ""
        if _ROOT.fullmatch(above):
            return port, above
        if _ADDRESS.fullmatch(above):
            return above, f"pci{above[:-5]}"  # the facts do not list the port itself
        return port, f"pci{at.address[:-5]}"

    def spares(self) -> Iterator[_Port]:
        """Root ports with nothing behind them; only known if the facts list every device."""
        for value in self.known.values() if self.complete else ():
            bridge = value.pci_class is not None and value.pci_class >> 8 == 0x0604
            below_root = value.parent is not None and value.parent.startswith("pci")
            if bridge and below_root and not self.children[value.address] and value.ids not in _NO_PORTS:
                yield _Port(self.node(value), self.above(value)[1])

    def has_pci_bridge(self) -> bool:
        """Whether it has the pair of bridges that libvirt once added to every q35 guest."""
        bridge_ids, above = ("{:04x}:{:04x}".format(*ids) for ids in (PCI_BRIDGE_IDS, DMI_BRIDGE_IDS))
        parents = (self.known.get(value.parent or "") for value in self.known.values() if value.ids == bridge_ids)
        return any(parent is not None and parent.ids == above for parent in parents)


def _one_mac_each(functions: Iterable[MappedFunction]) -> list[MappedFunction]:
    """Members of a bond have the same address; the first keeps it."""
    seen: set[str] = set()
    result = []
    for function in functions:
        mac = function.device.mac
        result.append(replace(function, device=replace(function.device, mac=None)) if mac in seen else function)
        if mac:
            seen.add(mac)
    return result


def _fitting(functions: list[MappedFunction], notes: Notes) -> list[MappedFunction]:
    """Limit cards with I/O BARs to the firmware's I/O space; those with virtual functions are kept longest."""
    hungry = [function for function in functions if function.device.kind.has_io]
    excess = len(hungry) - IO_PORTS
    if excess <= 0:
        return functions
    hungry.sort(key=lambda function: (function.device.vfs > 0, function.exact, function.device.model == "igb"))
    losers = hungry[:excess]
    lost = sum(loser.device.vfs for loser in losers)
    notes.note(
        "model",
        listed(loser.found.address for loser in losers),
        f"represented by virtio: the firmware has I/O space for {IO_PORTS} other cards",
    )
    if lost:
        notes.loss(
            "vfs",
            listed(function.found.address for function in losers if function.device.vfs),
            f"{lost} virtual functions are lost with that",
        )
    return [
        replace(function, device=Device(model="virtio", mac=function.device.mac)) if function in losers else function
        for function in functions
    ]


def _report_places(functions: list[MappedFunction], notes: Notes) -> None:
    """Note changed places: in the twin every device is a card on a port of its own, directly below a root bus."""
    cards = Counter((function.found.parent, function.found.address.rpartition(".")[0]) for function in functions)
    places = {
        "on the root bus itself": [function for function in functions if function.port is None],
        "behind a switch or bridge": [
            function for function in functions if function.port not in (None, function.found.parent)
        ],
        "a function of a card with several": [
            function
            for function in functions
            if function.port is not None and cards[function.found.parent, function.found.address.rpartition(".")[0]] > 1
        ],
    }
    for place, found in places.items():
        if found:
            notes.note(
                "place",
                listed(function.found.address for function in found),
                f"{place}: a card on a port of its own in the twin",
            )


def _root_port(functions: list[MappedFunction], facts: Facts, notes: Notes) -> str:
    """The port model without ACS, if the real ports share IOMMU groups with their devices; else the one with ACS."""
    known = {device.address: device for device in facts.devices or ()}
    models = {"{:04x}:{:04x}".format(*ids): model for model, ids in ROOT_PORT_MODELS.items()}
    emulated = Counter(models[value.ids] for value in known.values() if value.ids in models)
    if emulated:
        return emulated.most_common(1)[0][0]
    below = [
        (known[function.port], function.found)
        for function in functions
        if function.port is not None and function.port in known
    ]
    grouped = [(port, found) for port, found in below if found.group and port.group is not None]
    shared = [found for port, found in grouped if found.group == port.group]
    model = "ioh3420" if len(shared) * 2 > len(grouped) else "pcie-root-port"
    odd = [f for p, f in grouped if (f.group == p.group) != (model == "ioh3420")]
    if odd:
        fate = "share groups with their ports in the twin only" if model == "ioh3420" else "are alone in the twin only"
        notes.note("groups", listed(function.address for function in odd), f"they {fate}")
    sizes = Counter(function.found.group for function in functions if function.found.group)
    together = [
        function.found.address for function in functions if function.found.group and sizes[function.found.group] > 1
    ]
    if together and model != "ioh3420":
        notes.note("groups", listed(together), "they share IOMMU groups on the real machine, but not in the twin")
    return model
