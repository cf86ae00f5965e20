"""``lscpu -J`` and ``lscpu -J -e``: the CPUs of the nodes; the second form also has sockets and cores."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from virtsmith.host.facts.model import CpuFacts, Facts, FactsDamaged, NodeFacts
from virtsmith.host.spec.quantities import parse_cpus

_NODE = re.compile(r"NUMA node(\d+) CPU\(s\):")
_VIRTUALIZATION = {"VT-x": "vmx", "AMD-V": "svm"}


def parse_lscpu(text: str, source: str = "lscpu") -> Facts:
    """Read the summary or the table of CPUs, in JSON.

    Raises:
        FactsDamaged: it is neither.
    """
    try:
        data = json.loads(text)
        return _table(data["cpus"], source) if "cpus" in data else _summary(data["lscpu"], source)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FactsDamaged(f"not the output of lscpu -J: {error!r}", source=source) from error


def _summary(fields: list[dict[str, Any]], source: str) -> Facts:
    values = dict(_flat(fields))
    nodes = [
        NodeFacts(int(match[1]), parse_cpus(str(value or "")))
        for name, value in values.items()
        if (match := _NODE.fullmatch(name))
    ]
    virtualization = values.get("Virtualization:")
    return Facts(
        source,
        nodes=tuple(sorted(nodes, key=lambda node: node.number)) or None,
        architecture=values.get("Architecture:"),
        virtualization=_VIRTUALIZATION.get(virtualization) if virtualization else None,
    )


def _flat(fields: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Newer releases nest fields."""
    for field in fields:
        yield str(field["field"]), field["data"]
        yield from _flat(field.get("children", []))


def _table(rows: list[dict[str, Any]], source: str) -> Facts:
    cpus: list[CpuFacts] = []
    nodes: dict[int, list[int]] = {}
    for row in rows:
        if not all(str(row.get(key, "-")).isdecimal() for key in ("cpu", "socket", "core")):
            continue  # offline
        cpu = int(row["cpu"])
        cpus.append(CpuFacts(cpu, int(row["socket"]), 0, int(row["core"])))
        if str(row.get("node", "-")).isdecimal():
            nodes.setdefault(int(row["node"]), []).append(cpu)
    if not cpus:
        raise ValueError("no CPU")
    return Facts(
        source, nodes=tuple(NodeFacts(n, tuple(sorted(nodes[n]))) for n in sorted(nodes)) or None, cpus=tuple(cpus)
    )
