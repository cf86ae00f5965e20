"""``dmesg``: IOMMU messages and groups, as old and new kernels write them."""

from __future__ import annotations

import re

from virtsmith.host.facts.model import DeviceFacts, Facts, FactsDamaged

_OLD = re.compile(r"iommu: Adding device ([0-9a-f:.]+) to group (\d+)")
_NEW = re.compile(r"\b([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]): Adding to iommu group (\d+)")
_RELEVANT = re.compile(r"DMAR|AMD-Vi|remapping|RMRR|NUMA node|secondary bus")

_KINDS = {"DMAR: Intel(R) Virtualization Technology": "intel", "AMD-Vi: ": "amd"}


def parse_dmesg(text: str, source: str = "dmesg") -> Facts:
    """Read IOMMU groups and the messages that a verdict depends on.

    The output of ``grep DMAR`` or ``grep iommu`` is accepted: devices that it does not name are unknown, not absent.

    Raises:
        FactsDamaged: no line is about an IOMMU.
    """
    groups = {match[1]: match[2] for pattern in (_OLD, _NEW) for match in pattern.finditer(text)}
    log = tuple(line.strip() for line in text.splitlines() if _RELEVANT.search(line))
    if not groups and not log:
        raise FactsDamaged("no kernel message about an IOMMU", source=source)
    devices = tuple(DeviceFacts(address, group=number) for address, number in groups.items())
    has_dmar = any("DMAR" in line for line in log)
    kind = next((kind for sign, kind in _KINDS.items() if any(sign in line for line in log)), None)
    return Facts(source, devices=devices or None, log=log if has_dmar else None, iommu=kind)
