"""Recognises pasted output, and reads it."""

from __future__ import annotations

import re
from collections.abc import Callable

from virtsmith.host.facts.model import Facts, FactsDamaged, parse_facts
from virtsmith.host.facts.parsers.capabilities import parse_capabilities
from virtsmith.host.facts.parsers.dmesg import parse_dmesg
from virtsmith.host.facts.parsers.hwloc import parse_hwloc
from virtsmith.host.facts.parsers.lscpu import parse_lscpu
from virtsmith.host.facts.parsers.lspci import parse_lspci_tree
from virtsmith.host.facts.parsers.lstopo import parse_lstopo
from virtsmith.host.facts.parsers.nodedev import parse_nodedev_tree, parse_nodedev_xml
from virtsmith.host.facts.parsers.numactl import parse_numactl

_LSCPU = re.compile(r'\A\s*\{\s*"(lscpu|cpus)"')
_SIGNS: tuple[tuple[str, Callable[[str, str], Facts]], ...] = (
    (r"\A\s*(<\?xml[^>]*>\s*)?(<!DOCTYPE topology[^>]*>\s*)?<topology[^>]*>\s*<object\b", parse_hwloc),
    (r"\A\s*(<\?xml[^>]*>\s*)?<(capabilities|topology|host)\b", parse_capabilities),
    (r"\A\s*(<\?xml[^>]*>\s*)?<device\b", parse_nodedev_xml),
    (_LSCPU.pattern, parse_lscpu),
    (r"^available: \d+ nodes?", parse_numactl),
    (r"^Machine\b.*total", parse_lstopo),
    (r"\+- *(pci|net|block)_", parse_nodedev_tree),
    (r"-\[[0-9a-f:-]+\]-", parse_lspci_tree),
    (r"iommu|DMAR", parse_dmesg),
)
"""Patterns that identify the output of a tool, most specific first."""


def parse_any(data: bytes, source: str) -> Facts:
    """Read the probe's facts (framed or plain), or the output of a known tool, whichever it is.

    Raises:
        FactsDamaged: it is not recognised, or is damaged.
    """
    text = data.decode(errors="replace")
    if data.lstrip().startswith((b"{", b"BEGIN ")) and not _LSCPU.match(text):
        return parse_facts(data, source)
    for pattern, parse in _SIGNS:
        if re.search(pattern, text, re.MULTILINE):
            return parse(text, source)
    raise FactsDamaged(
        "neither facts of the probe nor the output of a known tool",
        source=source,
        hint="known: numactl --hardware, lspci -t, lscpu -J, lstopo, dmesg, virsh capabilities, nodedev-dumpxml, "
        "nodedev-list --tree",
    )
