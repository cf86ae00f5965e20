"""``lstopo --of xml`` (hwloc): nodes, CPUs, distances and the PCI functions it kept, of this machine or another."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from xml.etree import ElementTree as ET

from virtsmith.host.facts.model import CpuFacts, DeviceFacts, Facts, FactsDamaged, LinkFacts, NodeFacts
from virtsmith.host.spec.quantities import MAX_CPU, parse_mac

_BUS_ID = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
_TYPE = re.compile(r"([0-9a-f]{4}) \[([0-9a-f]{4}):([0-9a-f]{4})\]")
_HOST_BRIDGE = re.compile(r"([0-9a-f]{4,8}):\[([0-9a-f]{2})-[0-9a-f]{2}\]")
_WORD_BITS = 32
_ATTRIBUTES = {
    "Latency": ("latency_ns", 1),
    "ReadLatency": ("latency_ns", 1),
    "Bandwidth": ("bandwidth_kib", 1 << 10),
    "ReadBandwidth": ("bandwidth_kib", 1 << 10),
}
"""hwloc's memory attributes, in nanoseconds and MiB/s, and the facts they are, with their factor."""


def parse_hwloc(text: str, source: str = "lstopo") -> Facts:
    """Read the tree of objects.

    hwloc leaves out objects that it finds uninteresting, so a device that is not shown is unknown, not absent.

    Raises:
        FactsDamaged: it is not XML, or shows no NUMA node.
    """
    try:
        root = ET.fromstring(text)  # noqa: S314 - expat expands no outer entities
        reader = _Reader()
        for child in root.iterfind("object"):
            reader.walk(child, _Place())
        reader.add_distances(root)
        reader.add_attributes(root)
    except (ET.ParseError, ValueError, KeyError, RecursionError) as error:
        raise FactsDamaged(f"not a topology of hwloc: {error!r}", source=source) from error
    if not reader.nodes:
        raise FactsDamaged("it shows no NUMA node", source=source)
    taken: set[int] = set()
    nodes = []
    for number, (local, kib, pages) in sorted(reader.nodes.items()):
        # a memory-only node shows the CPUs nearest to it, which are those of an earlier node
        own = tuple(cpu for cpu in local if cpu not in taken)
        taken.update(own)
        nodes.append(NodeFacts(number, own, kib, reader.distances.get(number), pages or None))
    return Facts(
        source,
        nodes=tuple(nodes),
        devices=tuple(reader.devices),
        cpus=tuple(reader.cpus) or None,
        links=tuple(reader.links.values()) or None,
        architecture=reader.architecture or _architecture(root),  # hwloc 3 has it beside the machine
    )


def _architecture(element: ET.Element) -> str | None:
    found = (info.get("value") for info in element.iterfind("info") if info.get("name") == "Architecture")
    return next(found, None)


@dataclass(frozen=True)
class _Place:
    """The ancestors of an object."""

    socket: int = 0
    die: int = 0
    core: int | None = None
    node: int = -1
    bridge: str | None = None


@dataclass
class _Reader:
    nodes: dict[int, tuple[tuple[int, ...], int | None, dict[int, int]]] = field(default_factory=dict)
    cpus: list[CpuFacts] = field(default_factory=list)
    devices: list[DeviceFacts] = field(default_factory=list)
    distances: dict[int, tuple[int, ...]] = field(default_factory=dict)
    links: dict[tuple[int, int], LinkFacts] = field(default_factory=dict)
    """Initiator and target -> memory attributes."""
    architecture: str | None = None
    numbers: dict[str, int] = field(default_factory=dict)
    """Internal number of an object -> number of the node."""

    def walk(self, element: ET.Element, place: _Place) -> None:
        kind = element.get("type", "")
        number = int(element.get("os_index", "0"))
        node, socket, die, core, bridge = place.node, place.socket, place.die, place.core, place.bridge
        if (nodes := element.get("nodeset")) is not None:
            local = _bits(nodes)
            node = local[0] if kind != "Machine" and local else -1
        match kind:
            case "Machine" | "System":
                self.architecture = _architecture(element) or self.architecture
            case "Package" | "Socket":
                socket = number
            case "Die":
                die = number
            case "Core":
                core = number
            case "PU":
                self.cpus.append(CpuFacts(number, socket, die, number if core is None else core))
            case "NUMANode":
                self._node(element, number)
            case "Bridge" | "PCIDev":
                bridge = self._function(element, node, bridge)
        inside = _Place(socket, die, core, node, bridge)
        for child in element.iterfind("object"):
            self.walk(child, inside)

    def _node(self, element: ET.Element, number: int) -> None:
        pages = {
            int(node.attrib["size"]) >> 10: int(node.get("count", "0"))
            for node in element.iterfind("page_type")
            if int(node.attrib["size"]) > 1 << 16
        }
        size = int(element.attrib["local_memory"]) >> 10 if "local_memory" in element.attrib else None
        self.nodes[number] = tuple(_bits(element.get("cpuset", "0x0"))), size, pages
        self.numbers[element.get("gp_index", "")] = number

    def _function(self, element: ET.Element, node: int, above: str | None) -> str | None:
        """Record a PCI function, and return the parent of the functions below it."""
        address = element.get("pci_busid")
        if address is None:
            root = _HOST_BRIDGE.fullmatch(element.get("bridge_pci", ""))
            return f"pci{root[1]}:{root[2]}" if root else None
        if _BUS_ID.fullmatch(address) is None:
            raise ValueError(f"not a PCI address: {address!r}")
        kind = _TYPE.match(element.get("pci_type", ""))
        self.devices.append(
            DeviceFacts(
                address,
                parent=above,
                ids=f"{kind[2]}:{kind[3]}" if kind else None,
                node=node,
                mac=_mac(element),
                pci_class=int(kind[1], 16) << 8 if kind else None,
            )
        )
        return address

    def add_distances(self, root: ET.Element) -> None:
        for element in root.iterfind("distances2"):
            if element.get("type") != "NUMANode" or self.distances:
                continue
            words = "".join(part.text or "" for part in element.iterfind("indexes")).split()
            by_number = element.get("indexing") == "os"
            order = [int(word) if by_number else self.numbers[word] for word in words]
            values = [int(w) for part in element.iterfind("u64values") for w in (part.text or "").split()]
            if sorted(order) != sorted(self.nodes) or len(values) != len(order) ** 2:
                continue
            for row, number in enumerate(order):
                found = dict(zip(order, values[row * len(order) :], strict=False))
                self.distances[number] = tuple(found[other] for other in sorted(order))

    def add_attributes(self, root: ET.Element) -> None:
        """Latencies and bandwidths of nodes, from all CPUs of a node."""
        initiators = {frozenset(cpus): number for number, (cpus, *_) in reversed(self.nodes.items()) if cpus}
        for name, (attribute, factor) in _ATTRIBUTES.items():
            for value in root.iterfind(f"memattr[@name='{name}']/memattr_value[@target_obj_type='NUMANode']"):
                initiator = initiators.get(frozenset(_bits(value.get("initiator_cpuset", "0x0"))))
                target = self.numbers.get(value.get("target_obj_gp_index", ""))
                if initiator is None or target is None:
                    continue
                link = self.links.get((initiator, target), LinkFacts(initiator, target))
                if getattr(link, attribute) is None:
                    self.links[initiator, target] = replace(link, **{attribute: int(value.attrib["value"]) * factor})


def _bits(text: str) -> list[int]:
    """The numbers in a bitmap as hwloc writes it: 32 bits per word, highest first, an empty word for zero.

    Raises:
        ValueError: it is not a bitmap, or an infinite one.
    """
    words = text.split(",")
    if words[0] == "0xf...f" or len(words) * _WORD_BITS > MAX_CPU * 2:
        raise ValueError("infinite bitmap")
    value = 0
    for word in words:
        value = value << _WORD_BITS | (int(word, 16) if word else 0)
    return [bit for bit in range(value.bit_length()) if value >> bit & 1]


def _mac(element: ET.Element) -> str | None:
    for info in element.iterfind("object[@type='OSDev']/info[@name='Address']"):
        try:
            return parse_mac(info.get("value", ""))
        except ValueError:
            continue
    return None
