"""The description of migrated state: one for all machine types of a QEMU, cut down to what is in a machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from virtsmith.abi.collect.section import machine_section
from virtsmith.abi.collect.session import Session
from virtsmith.abi.dump.layout import flatten
from virtsmith.abi.dump.model import Section, SectionStatus


def describe_all(answer: Mapping[str, Any]) -> dict[str, Any]:
    """All device types of a dump with what is migrated of them."""
    return {kind: flatten(item["Description"]) for kind, item in answer.items() if "Description" in item}


@machine_section("vmstate", evidence="-dump-vmstate")
def collect(session: Session) -> Section:
    """The ``vmstate`` section of a machine: the types that are in it."""
    return of_types(session.known.vmstate, session.guest.types)


def of_types(everything: Section, types: Collection[str]) -> Section:
    """What a section about all device types says of some."""
    if everything.status is not SectionStatus.OK:
        return Section(everything.status, detail=everything.detail)
    return Section(SectionStatus.OK, {kind: tree for kind, tree in everything.data.items() if kind in types})
