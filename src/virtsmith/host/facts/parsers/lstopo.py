"""``lstopo --of console -p`` (hwloc), physical numbers: nodes, CPUs, and the node of each PCI function it shows."""

from __future__ import annotations

import re

from libvirtxml.values import to_kib, unit_size

from virtsmith.host.facts.model import DeviceFacts, Facts, FactsDamaged, NodeFacts

_NODE = re.compile(r"NUMANode P#(\d{1,9}) \((?:P#\d{1,9} )?(\d{1,15})([KMG])B\)")
_CPU = re.compile(r"\bPU P#(\d{1,9})\b")
_PCI = re.compile(r"\bPCI (?:([0-9a-f]{4,8}):)?([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])")


def parse_lstopo(text: str, source: str = "lstopo") -> Facts:
    """Read the tree: what is indented below the group of a node belongs to that node.

    Raises:
        FactsDamaged: it shows no NUMA node with physical numbers.
    """
    cpus: dict[int, list[int]] = {}
    sizes: dict[int, int] = {}
    devices: list[DeviceFacts] = []
    node, depth = -1, 0
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if node >= 0 and indent < depth:
            node = -1
        if match := _NODE.search(line):
            node, depth = int(match[1]), indent
            sizes[node] = to_kib(int(match[2]) * unit_size(match[3]))  # its KB are 1024 bytes
            cpus[node] = []
        cpus.get(node, []).extend(int(number) for number in _CPU.findall(line))
        for domain, rest in _PCI.findall(line):
            devices.append(DeviceFacts(f"{domain or '0000'}:{rest}", node=node))
    if not sizes:
        raise FactsDamaged("no NUMA node as lstopo prints it with physical numbers (-p)", source=source)
    nodes = (NodeFacts(number, tuple(sorted(cpus[number])), sizes[number]) for number in sorted(sizes))
    return Facts(source, nodes=tuple(nodes), devices=tuple(devices))
