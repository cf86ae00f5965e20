"""The PCI tree of a real machine as root complexes of its twin."""

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
from virtsmith.host.twin.functions import FunctionRole, Part, cast, describe, is_infiniband

_NO_PORTS = {"{:04x}:{:04x}".format(*ids) for ids in (EXPANDER_IDS, DMI_BRIDGE_IDS, PCI_BRIDGE_IDS)}
_MAX_DEPTH = 64
_ROOT = re.compile(r"pci[0-9a-f]{4,8}:[0-9a-f]{2}")
_ADDRESS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")


@dataclass(frozen=True)
class MappedFunction:
    """A function that the twin plays: the real one, the port at the root of what is above it, and the device."""

    found: DeviceFacts
    port: str | None
    root: str
    node: int | None
    device: Device
    exact: bool


@dataclass
class TwinTree:
    """What the twin has of the real machine's PCI tree."""

    complexes: dict[int, list[RootComplex]] = field(default_factory=dict)
    """Node -> its root complexes."""
    devices: tuple[Device, ...] = ()
    spare_ports: int = 0
    pci_bridge: bool = False
    root_port: str = "pcie-root-port"


def twin_tree(facts: Facts, numbers: Mapping[int, int], notes: Notes, *, stand_ins: bool) -> TwinTree:
    """Cast every function, and gather those of each node and root bus into root complexes.

    Args:
        facts: the real machine.
        numbers: its node numbers -> those of the twin.
        notes: what is lost or differs.
        stand_ins: put a random number generator where no emulated device can play the real one.
    """
    reader = _Reader(facts, numbers, notes)
    actors = _fitting(reader.actors(stand_ins=stand_ins), notes)
    _report_places(actors, notes)
    spares = Counter((port.node, port.root) for port in reader.spares())
    tree = TwinTree(root_port=_root_port(actors, facts, notes), pci_bridge=reader.has_pci_bridge())
    places = sorted(
        {(actor.node, actor.root) for actor in actors} | set(spares), key=lambda place: (place[0] or 0, place[1])
    )
    for node, root in places:
        devices = tuple(actor.device for actor in actors if (actor.node, actor.root) == (node, root))
        if node is None:
            tree.devices += devices
            tree.spare_ports += spares[node, root]
            if _bus(root) is not None or not root.startswith("pci0000:"):
                notes.note("complexes", root, "a root complex on no node: what is behind it is below pcie-root")
        else:
            bus = _bus(root)
            tree.complexes.setdefault(node, []).append(
                RootComplex(devices=devices, spare_ports=spares[node, root], bus=bus)
            )
    return tree


def _bus(root: str) -> int | None:
    """The number of a root bus: none outside of the first PCI segment, and none for the bus that QEMU itself has."""
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

    def actors(self, *, stand_ins: bool) -> list[MappedFunction]:
        """Everything that is played, by the addresses of the ports above."""
        actors = []
        groups: dict[FunctionRole, list[DeviceFacts]] = {}
        for found in self.known.values():
            if found.physical:
                continue
            count = max(self.functions[found.address], found.vfs or 0)
            part = cast(found, count)
            if part.role is FunctionRole.LOST and stand_ins:
                self.notes.note("stand-in", found.address, f"{describe(found)}: a random number generator stands in")
                part = Part(FunctionRole.PLAYED, Device(model="generic"))
            if part.device is None:
                groups.setdefault(part.role, []).append(found)
                continue
            self._compare(found, part, count)
            port, root = self.above(found)
            actors.append(MappedFunction(found, port, root, self.node(found), part.device, part.exact))
        self._report(groups)
        for model in sorted(
            {actor.device.model for actor in actors if not actor.exact and actor.device.model != "generic"}
        ):
            names = listed(e.found.address for e in actors if not e.exact and e.device.model == model)
            self.notes.note("model", names, f"played by {model}: the real model is not emulated")
        return _one_mac_each(sorted(actors, key=lambda item: (item.root, item.port or "", item.found.address)))

    def _compare(self, found: DeviceFacts, part: Part, functions: int) -> None:
        device = part.device
        if device is not None and functions > device.vfs:
            self.notes.loss("vfs", found.address, f"of {functions} virtual functions, {device.model} has {device.vfs}")
        if device is not None and is_infiniband(found):
            self.notes.note("model", found.address, f"an InfiniBand card is played by Ethernet ({device.model})")

    def _report(self, groups: Mapping[FunctionRole, list[DeviceFacts]]) -> None:
        for found in groups.get(FunctionRole.LOST, ()):
            where = f" on node {found.node}" if found.node is not None and found.node >= 0 else ""
            self.notes.loss("device", found.address, f"{describe(found)}{where} has no emulated counterpart")
        if unknown := groups.get(FunctionRole.UNKNOWN):
            names = listed(function.address for function in unknown if not self.children[function.address])
            if names:
                self.notes.loss(
                    "device", names, "the facts do not tell what they are; add virsh nodedev-dumpxml, or ssh"
                )
        if platform := groups.get(FunctionRole.PLATFORM):
            names = listed(function.address for function in platform)
            self.notes.note("platform", names, "part of chipset or processors: the twin has those of its machine type")

    def node(self, found: DeviceFacts) -> int | None:
        return self.numbers.get(found.node) if found.node is not None else None

    def above(self, found: DeviceFacts) -> tuple[str | None, str]:
        """The port below the root bus, and the root bus; a port of None is no port: it sits on the root bus itself."""
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
            return above, f"pci{above[:-5]}"  # a port that was not told itself
        return port, f"pci{at.address[:-5]}"

    def spares(self) -> Iterator[_Port]:
        """Root ports with nothing behind them; only known where every device was told."""
        for value in self.known.values() if self.complete else ():
            bridge = value.pci_class is not None and value.pci_class >> 8 == 0x0604
            below_root = value.parent is not None and value.parent.startswith("pci")
            if bridge and below_root and not self.children[value.address] and value.ids not in _NO_PORTS:
                yield _Port(self.node(value), self.above(value)[1])

    def has_pci_bridge(self) -> bool:
        """Whether it has the pair of bridges that libvirt once gave to every q35 guest."""
        bridge_ids, above = ("{:04x}:{:04x}".format(*ids) for ids in (PCI_BRIDGE_IDS, DMI_BRIDGE_IDS))
        parents = (self.known.get(value.parent or "") for value in self.known.values() if value.ids == bridge_ids)
        return any(parent is not None and parent.ids == above for parent in parents)


def _one_mac_each(actors: Iterable[MappedFunction]) -> list[MappedFunction]:
    """Members of a bond show one address; the first keeps it."""
    seen: set[str] = set()
    result = []
    for actor in actors:
        mac = actor.device.mac
        result.append(replace(actor, device=replace(actor.device, mac=None)) if mac in seen else actor)
        if mac:
            seen.add(mac)
    return result


def _fitting(actors: list[MappedFunction], notes: Notes) -> list[MappedFunction]:
    """No more cards with I/O BARs than the firmware has room for; those with virtual functions are kept longest."""
    hungry = [actor for actor in actors if actor.device.kind.has_io]
    excess = len(hungry) - IO_PORTS
    if excess <= 0:
        return actors
    hungry.sort(key=lambda item: (item.device.vfs > 0, item.exact, item.device.model == "igb"))
    losers = hungry[:excess]
    lost = sum(loser.device.vfs for loser in losers)
    notes.note(
        "model",
        listed(loser.found.address for loser in losers),
        f"played by virtio: the firmware has I/O space for {IO_PORTS} other cards",
    )
    if lost:
        notes.loss(
            "vfs", listed(e.found.address for e in losers if e.device.vfs), f"{lost} virtual functions went with that"
        )
    return [replace(e, device=Device(model="virtio", mac=e.device.mac)) if e in losers else e for e in actors]


def _report_places(actors: list[MappedFunction], notes: Notes) -> None:
    """Note what sits elsewhere: in the twin every device is a card on a port of its own, right below a root bus."""
    cards = Counter((actor.found.parent, actor.found.address.rpartition(".")[0]) for actor in actors)
    places = {
        "on the root bus itself": [e for e in actors if e.port is None],
        "behind a switch or bridge": [e for e in actors if e.port not in (None, e.found.parent)],
        "a function of a card with several": [
            e for e in actors if e.port is not None and cards[e.found.parent, e.found.address.rpartition(".")[0]] > 1
        ],
    }
    for place, found in places.items():
        if found:
            notes.note("place", listed(e.found.address for e in found), f"{place}: a card on a port of its own here")


def _root_port(actors: list[MappedFunction], facts: Facts, notes: Notes) -> str:
    """The model whose ports share IOMMU groups with their devices, if the real ones do; else the one with ACS."""
    known = {device.address: device for device in facts.devices or ()}
    models = {"{:04x}:{:04x}".format(*ids): model for model, ids in ROOT_PORT_MODELS.items()}
    emulated = Counter(models[value.ids] for value in known.values() if value.ids in models)
    if emulated:
        return emulated.most_common(1)[0][0]
    below = [(known[actor.port], actor.found) for actor in actors if actor.port is not None and actor.port in known]
    grouped = [(port, found) for port, found in below if found.group and port.group is not None]
    shared = [found for port, found in grouped if found.group == port.group]
    model = "ioh3420" if len(shared) * 2 > len(grouped) else "pcie-root-port"
    odd = [f for p, f in grouped if (f.group == p.group) != (model == "ioh3420")]
    if odd:
        fate = "share groups with their ports in the twin only" if model == "ioh3420" else "are alone in the twin only"
        notes.note("groups", listed(function.address for function in odd), f"they {fate}")
    sizes = Counter(actor.found.group for actor in actors if actor.found.group)
    together = [actor.found.address for actor in actors if actor.found.group and sizes[actor.found.group] > 1]
    if together and model != "ioh3420":
        notes.note("groups", listed(together), "they share IOMMU groups in reality, and none in the twin")
    return model
