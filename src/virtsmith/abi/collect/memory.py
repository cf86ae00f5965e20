"""The memory map: flat address ranges, and the named RAM blocks that are migrated."""

from __future__ import annotations

import re
from typing import Any

from virtsmith.abi.collect.section import machine_section
from virtsmith.abi.collect.session import Session
from virtsmith.abi.dump.model import Section, SectionStatus

_USERS = re.compile(r' AS "(memory|I/O|cpu-[^"]*)"')
"""Address spaces of the guest's CPUs; those of single devices are internal to QEMU."""
_ROOT = re.compile(r" Root memory region: (.*)")
_RANGE = re.compile(r"(?m)^ ++([0-9a-f]++)-([0-9a-f]++) \(prio -?\d++, ([^)\n]*+)\): (.*)")
_BLOCK = re.compile(r"(?m)^ *+(\S(?:.*\S)?) ++\d++ [KMG]?i?B ++0x[0-9a-f]++ ++0x([0-9a-f]++) ++0x([0-9a-f]++)")


@machine_section("memory", evidence="info mtree -f")
def collect(session: Session) -> Section:
    """Collect the ``memory`` section from ``info mtree -f``, whose order of views varies between runs."""
    text = session.guest.qmp.human("info mtree -f")
    if "FlatView" not in text:
        return Section(SectionStatus.UNSUPPORTED, detail="this QEMU does not print flat views")
    views = parse_views(text)
    return Section(SectionStatus.OK if views else SectionStatus.ABSENT, views)


@machine_section("ramblocks", evidence="info ramblock")
def collect_blocks(session: Session) -> Section:
    """Collect the ``ramblocks`` section: sizes in bytes; a block of another size cannot be loaded."""
    text = session.guest.qmp.human("info ramblock")
    if "Block Name" not in text:
        return Section(SectionStatus.UNSUPPORTED, detail="this QEMU does not list its RAM blocks")
    blocks = parse_blocks(text)
    return Section(SectionStatus.OK if blocks else SectionStatus.ABSENT, blocks)


def parse_views(text: str) -> dict[str, dict[str, str]]:
    """Parse ``info mtree -f``: for each root region that CPUs see, its ranges with their content.

    If several different views have the same root, the second in the order of their text is called ``ROOT#2``.
    """
    found: dict[str, set[tuple[tuple[str, str], ...]]] = {}
    for part in text.split("\nFlatView"):
        root = _ROOT.search(part)
        ranges = tuple(
            (f"0x{match[1]}-0x{match[2]}", f"{match[4].removesuffix(' KVM')} ({match[3]})")
            for match in _RANGE.finditer(part)
            if root and match[4].partition(" @")[0] != root[1]  # the range is empty
        )
        if root and ranges and _USERS.search(part):
            found.setdefault(root[1], set()).add(ranges)
    return {
        f"{root}#{number}" if number > 1 else root: dict(ranges)
        for root, views in sorted(found.items())
        for number, ranges in enumerate(sorted(views), 1)
    }


def parse_blocks(text: str) -> dict[str, dict[str, Any]]:
    """Parse ``info ramblock``: used and maximum size of each block."""
    return {match[1]: {"size": int(match[2], 16), "max": int(match[3], 16)} for match in _BLOCK.finditer(text)}
