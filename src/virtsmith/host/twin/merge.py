"""Facts of one machine from several sources, which complement each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from virtsmith.host.facts.model import DeviceFacts, Facts, NodeFacts
from virtsmith.host.notes import Notes

Record = TypeVar("Record", NodeFacts, DeviceFacts)

_JUDGED = {"cpus", "distances", "ids", "node", "mac"}
"""Fields in which sources must agree; some round sizes, and names of groups are arbitrary."""


def merge_facts(sources: Sequence[Facts], notes: Notes) -> Facts:
    """Merge facts of one machine; the first source that has a fact wins, contradictions are reported."""
    names = ", ".join(source.source for source in sources)
    nodes = _merge([source.nodes or () for source in sources], "number", "node {}", notes)
    devices = _merge([source.devices or () for source in sources], "address", "{}", notes)
    merged = replace(
        sources[0],
        source=names,
        nodes=tuple(sorted(nodes, key=lambda node: node.number)) or None,
        devices=tuple(sorted(devices, key=lambda device: device.address)) or None,
        groups_known=any(source.groups_known for source in sources),
        complete=any(source.complete for source in sources),
    )
    scalars = ("cpus", "links", "architecture", "iommu", "log", "kvm", "virtualization")
    return replace(merged, **{name: _first(getattr(source, name) for source in sources) for name in scalars})


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _merge(sources: Sequence[Sequence[Record]], key: str, subject: str, notes: Notes) -> list[Record]:
    found: dict[Any, Record] = {}
    for source in sources:
        for record in source:
            name = getattr(record, key)
            known = found.get(name)
            found[name] = record if known is None else _fill(known, record, subject.format(name), notes)
    return list(found.values())


def _fill(known: Record, other: Record, subject: str, notes: Notes) -> Record:
    missing = {}
    for field in fields(known):
        old, new = getattr(known, field.name), getattr(other, field.name)
        if old is None and new is not None:
            missing[field.name] = new
        elif field.name in _JUDGED and new is not None and old != new:
            notes.loss("conflict", subject, f"the sources do not agree on its {field.name}: {old} is taken, not {new}")
    return replace(known, **missing)
