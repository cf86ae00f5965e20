"""``numactl --hardware``."""

from __future__ import annotations

import re

from virtsmith.host.facts.model import Facts, FactsDamaged, NodeFacts

_CPUS = re.compile(r"node (\d{1,9}) cpus:((?: *+\d{1,9}+(?!\d))*+) *$")
_SIZE = re.compile(r"node (\d{1,9}) size: (\d{1,12}) MB$")
_ROW = re.compile(r"(\d{1,9}):((?: ++\d{1,9}+(?!\d))++) *$")
_AVAILABLE = re.compile(r"available: \d+ nodes? ")


def parse_numactl(text: str, source: str = "numactl") -> Facts:
    """Read nodes, CPUs, sizes and distances; column widths and trailing spaces do not matter.

    Raises:
        FactsDamaged: it is not the output of ``numactl --hardware``.
    """
    cpus: dict[int, tuple[int, ...]] = {}
    sizes: dict[int, int] = {}
    rows: dict[int, tuple[int, ...]] = {}
    for line in (word.strip() for word in text.splitlines()):
        if match := _CPUS.match(line):
            cpus[int(match[1])] = tuple(int(cpu) for cpu in match[2].split())
        elif match := _SIZE.match(line):
            sizes[int(match[1])] = int(match[2]) << 10
        elif match := _ROW.match(line):
            rows[int(match[1])] = tuple(int(value) for value in match[2].split())
    if _AVAILABLE.search(text) is None or not sizes:
        raise FactsDamaged("not the output of numactl --hardware", source=source)
    nodes = (NodeFacts(n, cpus.get(n, ()), sizes[n], rows.get(n)) for n in sorted(sizes))
    return Facts(source, nodes=tuple(nodes))
