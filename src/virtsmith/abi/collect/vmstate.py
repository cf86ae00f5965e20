"""The description of migrated state: one for all machine types of a QEMU, reduced to the devices in a machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from virtsmith.abi.collect.section import machine_section
from virtsmith.abi.collect.session import Session
from virtsmith.abi.dump.layout import flatten
from virtsmith.abi.dump.model import Section, SectionStatus


def describe_all(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the migrated state of all device types."""
    return {kind: flatten(device["Description"]) for kind, device in answer.items() if "Description" in device}


@machine_section("vmstate", evidence="-dump-vmstate")
def collect(session: Session) -> Section:
    """Collect the ``vmstate`` section of a machine: the device types in it."""
    return of_types(session.known.vmstate, session.guest.types)


def of_types(everything: Section, types: Collection[str]) -> Section:
    """Return the part of a section about all device types that is about some."""
    if everything.status is not SectionStatus.OK:
        return Section(everything.status, detail=everything.detail)
    return Section(SectionStatus.OK, {kind: tree for kind, tree in everything.data.items() if kind in types})
