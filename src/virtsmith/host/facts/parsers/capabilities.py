"""``virsh capabilities``: CPUs, the NUMA topology and the architecture of the host."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from libvirtxml.errors import SizeError
from libvirtxml.values import to_kib, unit_size

from virtsmith.host.facts.model import CpuFacts, Facts, FactsDamaged, LinkFacts, NodeFacts
from virtsmith.host.plan.architecture import DEFAULT, find_architecture

_SMALL_PAGE = 4


def parse_capabilities(text: str, source: str = "capabilities") -> Facts:
    """Read cells, CPUs, memory, distances, memory attributes and huge pages; a ``<topology>`` alone is accepted.

    Raises:
        FactsDamaged: it is not XML, or has no cells.
    """
    try:
        root = ET.fromstring(text)  # noqa: S314 - expat expands no outer entities
        cells = [_cell(element) for element in root.iter("cell")]
        cpus = tuple(found for element in root.iterfind(".//cell/cpus/cpu") if (found := _cpu(element)) is not None)
        links = _links(root)
    except SizeError as error:
        raise FactsDamaged(error.reason, source=source, hint=error.hint) from error
    except (ET.ParseError, ValueError, KeyError) as error:
        raise FactsDamaged(f"not a capabilities document: {error}", source=source) from error
    if not cells:
        raise FactsDamaged("it has no NUMA cells", source=source)
    return Facts(
        source,
        nodes=tuple(sorted(cells, key=lambda cell: cell.number)),
        cpus=cpus or None,
        links=links or None,
        architecture=root.findtext("host/cpu/arch"),
        iommu=_iommu(root),
    )


def _cell(element: ET.Element) -> NodeFacts:
    memory = element.find("memory")
    siblings = sorted((int(node.attrib["id"]), int(node.attrib["value"])) for node in element.iter("sibling"))
    number = int(element.attrib["id"])
    place = f"cell {number}"
    pages = {_kib(pool, pool.attrib["size"], place): int(pool.text or 0) for pool in element.iterfind("pages")}
    return NodeFacts(
        number,
        cpus=tuple(sorted(int(node.attrib["id"]) for node in element.iterfind("cpus/cpu"))),
        memory_kib=_kib(memory, memory.text or "0", place) if memory is not None else None,
        distances=tuple(value for _id, value in siblings) or None,
        hugepages={size: count for size, count in pages.items() if size > _SMALL_PAGE} or None,
    )


def _cpu(element: ET.Element) -> CpuFacts | None:
    """A CPU; None if it is offline, since libvirt then reports only its number."""
    if "socket_id" not in element.attrib:
        return None
    names = ("id", "socket_id", "die_id", "core_id")
    return CpuFacts(*(int(element.get(name, "0")) for name in names))


def _links(root: ET.Element) -> tuple[LinkFacts, ...]:
    """Read latencies in nanoseconds and read bandwidths; ``access`` means both reads and writes."""
    found: dict[tuple[int, int], dict[str, int]] = {}
    for key, path in (("latency_ns", "latency"), ("bandwidth_kib", "bandwidth")):
        for element in root.iterfind(f".//interconnects/{path}"):
            if element.get("type") in ("read", "access") and element.get("cache") is None:
                text = element.attrib["value"]
                value = _kib(element, text, path) if path == "bandwidth" else int(text)
                found.setdefault((int(element.attrib["initiator"]), int(element.attrib["target"])), {})[key] = value
    return tuple(LinkFacts(*pair, **values) for pair, values in found.items())


def _iommu(root: ET.Element) -> str | None:
    support = root.find("host/iommu")
    if support is None:
        return None
    if support.get("support") != "yes":
        return ""
    architecture = find_architecture(root.findtext("host/cpu/arch", DEFAULT.name))
    return architecture.real_iommu(root.findtext("host/cpu/vendor", "")) if architecture else None


def _kib(element: ET.Element, amount: str, place: str) -> int:
    """An amount in the unit of its element, in KiB."""
    try:
        return to_kib(int(amount) * unit_size(element.get("unit") or "KiB"))
    except SizeError as error:
        raise SizeError(f"{place}, <{element.tag}>: {error.reason}", hint=error.hint) from error
