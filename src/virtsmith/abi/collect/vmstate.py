"""The description of migrated state: one for all machine types of a QEMU, cut down to what is in a machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from virtsmith.abi.dump.layout import flatten
from virtsmith.abi.dump.model import Section, Status


def describe_all(answer: Mapping[str, Any]) -> dict[str, Any]:
    """All device types of a dump with what is migrated of them."""
    return {kind: flatten(item["Description"]) for kind, item in answer.items() if "Description" in item}


def of_machine(everything: Section, types: Collection[str]) -> Section:
    """The ``vmstate`` section of a machine: the types that are in it."""
    if everything.status is not Status.OK:
        return Section(everything.status, detail=everything.detail)
    return Section(Status.OK, {kind: tree for kind, tree in everything.data.items() if kind in types})
