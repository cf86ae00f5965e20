"""``virsh capabilities``: the NUMA topology of the host."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from virtsmith.host.facts import Facts, FactsDamaged, NodeFacts

_UNITS = {"b": 0, "bytes": 0, "KiB": 10, "k": 10, "KB": 10, "MiB": 20, "M": 20, "GiB": 30, "G": 30}


def parse_capabilities(text: str, source: str = "capabilities") -> Facts:
    """Read cells, CPUs, memory, distances and huge pages; a lone ``<topology>`` will do.

    Raises:
        FactsDamaged: it is not XML, or has no cells.
    """
    try:
        root = ET.fromstring(text)  # noqa: S314 - expat expands no outer entities
        cells = [_cell(each) for each in root.iter("cell")]
    except (ET.ParseError, ValueError, KeyError) as error:
        raise FactsDamaged(f"not a capabilities document: {error}", source=source) from error
    if not cells:
        raise FactsDamaged("it has no NUMA cells", source=source)
    return Facts(source, nodes=tuple(sorted(cells, key=lambda cell: cell.number)))


def _cell(element: ET.Element) -> NodeFacts:
    memory = element.find("memory")
    siblings = sorted((int(each.attrib["id"]), int(each.attrib["value"])) for each in element.iter("sibling"))
    pages = {
        int(each.attrib["size"]): int(each.text or 0)
        for each in element.iterfind("pages")
        if int(each.attrib["size"]) > 4
    }
    return NodeFacts(
        int(element.attrib["id"]),
        cpus=tuple(sorted(int(each.attrib["id"]) for each in element.iterfind("cpus/cpu"))),
        memory_kib=_kib(memory) if memory is not None else None,
        distances=tuple(value for _id, value in siblings) or None,
        hugepages=pages or None,
    )


def _kib(element: ET.Element) -> int:
    shift = _UNITS[element.get("unit", "KiB")]
    value = int(element.text or "0")
    return value << (shift - 10) if shift else value >> 10
