"""What libvirt refuses to define of a topology, as `libvirtxml.definition` knows it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from libvirtxml.definition import find_objections

from virtsmith.host.lint.rule import Violation, rule
from virtsmith.host.lint.view import LintView

_TOPOLOGY = re.compile(
    r"/domain/(?:(maxMemory|memoryBacking|vcpus?|cputune|numatune|cpu|iothreads|iothreadids)(?![\w-])"
    r"|devices/((?:controller|memory|iommu|hostdev)(?:\[\d+\])?|[^/]+(?=/address))(?![^/]))"
)
"""Where memory, CPUs and buses are described, with what a finding is about; the rest is not the business of lint."""


@rule(
    "VH033",
    "libvirt defines the topology",
    why="libvirt refuses to define the domain. Where another rule says why, this one is silent.",
    fix="Change what the finding names; `virtsmith xml rules` explains the rule of libvirt at its end.",
    where_others_are_silent=True,
)
def not_defined(view: LintView) -> Iterator[Violation]:
    """Yield what libvirt's parsers and its QEMU driver object to in the topology."""
    release = str(view.libvirt) if view.libvirt else ""
    for objection in find_objections(view.domain, release) or ():
        if place := _TOPOLOGY.match(objection.path):
            yield Violation(place[1] or place[2], f"{objection.message} ({objection.rule})", objection.path)
